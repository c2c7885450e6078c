//! How Olivine is reached: HTTP routers, authentication, TLS, configuration and the job runner; and `main`, which wires all of it.
//!
//! Handlers hold no rules: they parse a request into values, call one operation, and say its result. No other crate knows HTTP.

mod addresses;
pub mod admin;
pub mod announcement;
pub mod answers;
pub mod app;
pub mod commands;
pub mod config;
pub mod content;
pub mod descriptors;
pub mod device;
pub mod door;
pub mod downloads;
pub mod draining;
pub mod elsewhere;
pub mod forwarded;
mod handshake;
pub mod limits;
pub mod lines;
pub mod lingering;
pub mod local_urls;
pub mod logs;
pub mod manifests;
pub mod openapi;
pub mod places;
pub mod probes;
pub mod proxies;
pub mod rates;
pub mod room;
pub mod screening;
pub mod serve;
pub mod startup;
pub mod steady;
pub mod tls;
pub mod transfers;
pub mod unread;
