//! The Device API: the requests of devices, over mutual TLS, on a listener of its own.
//!
//! These modules are for every device protocol: TLS, authentication, certificates that proxies pass on, limits, metrics and logs. Each
//! protocol has a folder of its own with its routes, words and errors, and is named by nothing here: [`peridio`] so far. `router.rs` puts
//! them together.
//!
//! A request of a cached, unchanged device uses no database, and writes no line to the log.

pub mod app;
pub mod auth;
mod authority;
pub mod client_certificates;
pub mod connections;
pub mod error;
mod meters;
pub mod observe;
pub mod peridio;
pub mod tls;
mod verifier;
