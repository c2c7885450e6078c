//! The network side of Olivine: HTTP routers, authentication, TLS, configuration and the job runner; and `main`, which wires all of it.
//!
//! Handlers hold no rules: they parse a request into values, call one operation, and write the answer. No other crate below the clients
//! knows HTTP.

pub mod acceptor;
pub mod admin;
pub mod announcement;
pub mod app;
pub mod commands;
pub mod config;
pub mod console;
pub mod content;
pub mod descriptors;
pub mod device;
pub mod downloads;
pub mod draining;
pub mod elsewhere;
mod handshake;
pub mod http;
pub mod lingering;
pub mod local_urls;
pub mod logs;
pub mod openapi;
pub mod probes;
pub mod restored;
pub mod router;
pub mod serve;
pub mod setup_link;
pub mod startup;
pub mod tls;
pub mod wire;
