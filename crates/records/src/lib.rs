//! The database: all records, on SQLite and on PostgreSQL with one code base.
//!
//! Functions take and return the domain's values; rows are parsed at this edge. This crate must never decide whether something may
//! be done (that is the domain's and the operations' part), never touch content, and never let a record of one organization be seen by
//! another: each function takes the organization, or says in its name or description that it works across them.

pub mod announcements;
pub mod api_keys;
mod archiving;
pub mod artifact_versions;
pub mod artifacts;
pub mod binaries;
pub mod binary_parts;
pub mod binary_signatures;
pub mod bulk_operations;
pub mod bundle_overrides;
pub mod bundles;
pub mod ca_certificates;
pub mod callers;
mod changes;
pub mod cohorts;
pub mod contents;
pub mod copying;
pub mod database;
pub mod device_certificates;
pub mod device_outcomes;
pub mod devices;
mod dialect;
pub mod download_counts;
mod entities;
pub mod error;
pub mod event_feed;
pub mod events;
mod feed_ids;
pub mod guessing;
pub mod idempotency_keys;
pub mod invitations;
pub mod jobs;
pub mod lists;
pub mod lookups;
pub mod memberships;
mod migrations;
pub mod organizations;
mod places;
pub mod products;
pub mod reason;
pub mod release_claims;
pub mod release_days;
pub mod release_insights;
pub mod releases;
pub mod replicas;
mod rows;
pub mod sessions;
pub mod settings;
pub mod signing_keys;
pub mod stops;
pub mod storage_backends;
mod tags;
mod tenants;
pub mod testing;
#[cfg(test)]
mod tests;
pub mod user_links;
pub mod users;
pub mod verification_codes;
pub mod views;

pub use database::{CallerReads, Database, Integrity, ListReader, Listener, Options, Reader, Signals, Write};
pub use error::{Constraint, Error, Trouble};
pub use lists::ListQuery;
