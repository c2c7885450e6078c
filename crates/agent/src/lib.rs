//! The agent: a device's side of the distribution. It asks for updates over mutual TLS, checks every content with keys that are
//! pinned on the device, installs, and reports.
//!
//! It must never install what is not signed by a pinned key, whatever the server says, and it must be able to continue after any
//! interruption: each step is saved before it is taken.

mod agent;
mod as_text;
pub mod commands;
mod config;
mod files;
mod installers;
mod installing;
mod outcome;
mod plan;
mod room;
mod running;
mod schedule;
mod shells;
mod state;
mod stop;
mod store;

pub(crate) use outcome::{Error, Outcome, chain};

#[cfg(test)]
mod tests;
