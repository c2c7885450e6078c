//! The rules of Olivine, as pure functions over plain values.
//!
//! This crate must never do IO, read a clock, draw a random number or know a wire or row format: wire shapes live in
//! `olivine-api`, row shapes in `olivine-records`. Everything here can be tested by example and by property.

pub mod accounts;
pub mod api_keys;
pub mod archiving;
pub mod artifact_versions;
pub mod artifacts;
pub mod authenticators;
pub mod binaries;
pub mod binary_parts;
pub mod binary_signatures;
pub mod bulk_operations;
pub mod bundle_overrides;
pub mod bundles;
pub mod ca_certificates;
pub mod certificates;
mod changes;
pub mod cohorts;
pub mod contents;
pub mod device_certificates;
pub mod device_credentials;
pub mod devices;
pub mod event_exports;
pub mod event_feed;
pub mod events;
pub mod guessing;
pub mod hash;
pub mod hosts;
pub mod invitations;
pub mod jobs;
pub mod key_files;
pub mod lookups;
pub mod memberships;
pub mod metadata;
pub mod nesting;
pub mod organizations;
pub mod pages;
pub mod passwords;
mod pem;
pub mod permissions;
pub mod prn;
pub mod products;
pub mod refusals;
pub mod releases;
pub mod resolution;
pub mod search;
mod secrets;
pub mod sessions;
pub mod signing_keys;
pub mod spreadsheets;
pub mod stops;
pub mod storage_backends;
pub mod tags;
pub mod target;
pub mod text;
pub mod time;
pub mod users;
pub mod versions;
pub mod views;

pub use hash::Sha256Digest;
pub use metadata::CustomMetadata;
pub use prn::{Id, Prn};
pub use target::Target;
pub use time::Timestamp;
