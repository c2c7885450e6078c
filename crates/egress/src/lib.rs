//! Requests that leave the house: the one HTTP client through which a server calls other servers.
//!
//! The rule about which networks may be reached is here and nowhere else. A client follows no redirect, resolves a name once per
//! connection, and connects to the very address that it checked. It must never know what a request is for.

pub mod client;
pub mod network;

pub use client::{Answer, Client, ConfigurationError, Request, SendError, Timeouts};
pub use network::{Network, Refused};
