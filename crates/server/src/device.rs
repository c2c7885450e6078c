//! The Device API: what devices ask and say, over mutual TLS, on a listener of its own.
//!
//! Here is what a protocol for devices needs, whichever it is: TLS, who asks, certificates that proxies hand on, limits, and what is
//! measured and logged. Each protocol has a folder of its own with its routes, words and errors, and is named by nothing here:
//! [`peridio`] so far. `router.rs` puts them together.
//!
//! The way of a device that is known and unchanged has no database on it, and no line in the log.

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
