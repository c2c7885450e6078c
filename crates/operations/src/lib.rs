//! The use cases: one function for each. The only place where records and content meet.
//!
//! Each function takes the proof that its caller may do it, loads records, asks the domain whether it may happen and what
//! follows, and writes change, event and follow-up jobs in one transaction. No HTTP here, and no rule that the domain could hold.

pub mod api_keys;
mod archive_storage;
mod archiving;
mod arrivals;
pub mod artifact_versions;
pub mod artifacts;
pub mod backup;
pub mod binaries;
pub mod binary_parts;
pub mod binary_signatures;
pub mod bulk_operations;
pub mod bundle_overrides;
pub mod bundles;
pub mod ca_certificates;
pub mod clock;
pub mod cohorts;
pub mod content;
pub mod content_audit;
pub mod context;
mod copies;
mod deadlocks;
pub mod device_certificates;
pub mod device_import;
pub mod devices;
pub mod distribution;
pub mod error;
mod event_budgets;
pub mod events;
pub mod handing_out;
pub mod health;
pub mod idempotency;
pub mod jobs;
mod links;
pub mod lists;
pub mod lookup;
pub mod moves;
pub mod organizations;
pub mod overview;
pub mod people;
pub mod products;
pub mod provisioning;
mod recently;
pub mod releases;
pub mod sealing;
pub mod signals;
pub mod signing_keys;
pub mod stops;
pub mod storage_backends;
pub mod storages;
pub mod views;
mod watchdog;
mod work;

pub use clock::Clock;
pub use context::{Context, Settings};
pub use error::Error;
