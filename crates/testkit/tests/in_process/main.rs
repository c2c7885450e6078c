//! What both APIs do, asked without a socket: rules of distribution, of certificates and of input that is wrong.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod archive_storage;
mod archived;
mod authorities;
mod bad_input;
mod bulk_operations;
mod cohort_graph;
mod console;
mod device_counts;
mod dry_runs;
mod emergencies;
mod event_exports;
mod examples;
mod feed;
mod fitness;
mod jobs;
mod kit;
mod lookups;
mod outcomes;
mod overview;
mod people;
mod renewals;
mod sorted_devices;
mod storage_checks;
mod taken_back;
mod tenants;
mod versions;
