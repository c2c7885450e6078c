//! The client library: a typed client of the Admin API, and the engines that upload and download contents.
//!
//! All that goes over the wire goes through here: retries, idempotency keys, timeouts, pages. This crate must never print, ask a question
//! or read settings from the environment; its user learns what happens through an [`Observer`].

mod api_keys;
mod artifact_versions;
mod artifacts;
mod binaries;
mod binary_parts;
mod binary_signatures;
mod bulk_operations;
mod bundle_overrides;
mod bundles;
mod ca_certificates;
mod causes;
mod clocks;
mod cohorts;
mod connection;
mod device;
mod device_certificates;
mod devices;
pub mod downloads;
mod error;
mod event_stream;
mod events;
pub mod files;
mod invitations;
mod jobs;
mod lookup;
mod memberships;
mod observer;
mod organizations;
mod pages;
mod patience;
mod plans;
mod products;
mod releases;
mod requests;
mod resource;
mod retries;
mod signing_keys;
mod storage_backends;
mod transfers;
pub mod uploads;
mod users;
mod views;

pub use causes::Cause;
pub use connection::{Client, DeviceSettings, Pace, Settings};
pub use device::{DeviceClient, Reported};
pub use devices::Import;
pub use error::Error;
pub use event_stream::{EventStream, Message};
pub use events::EventExport;
pub use observer::{Notice, Observer, Step, silent};
pub use pages::{Pages, Query};
pub use plans::ReleaseEdit;
pub use resource::{Archive, Create, Delete, Resource, Update};

#[cfg(test)]
mod tests;
