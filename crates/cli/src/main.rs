//! The `peridio` command: manages firmware on an Olivine server, signs it, uploads and downloads it.
//!
//! It talks to the Admin API only, through `olivine-client`. Data goes to stdout, everything else to stderr; it must never ask
//! a question when stdin is not a terminal, and never show the API key.

mod api_keys;
mod archiving;
mod artifact_versions;
mod artifacts;
mod binaries;
mod binary_parts;
mod binary_signatures;
mod bundle_overrides;
mod bundles;
mod ca_certificates;
mod certificates;
mod changes;
mod cohorts;
mod completions;
mod confirmation;
mod custom_metadata;
mod device_certificates;
mod devices;
mod events;
mod failure;
mod globals;
mod grammar;
mod invitations;
mod jobs;
mod lists;
mod lookup;
mod memberships;
mod messages;
mod moments;
mod names;
mod organizations;
mod output;
mod plans;
mod private_files;
mod private_keys;
mod products;
mod profiles;
mod progress;
mod push;
mod releases;
mod session;
mod settings;
mod signing;
mod signing_keys;
mod sizes;
mod status;
mod storage_backends;
mod texts;
mod uploads;
mod users;
mod views;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::failure::Failure;

fn main() -> ExitCode {
    let line = std::env::args_os().collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(line)),
        Err(error) => Err(Failure::with_source("can't start threads", error)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn run(line: Vec<OsString>) -> Result<(), Failure> {
    names::read::<grammar::Cli>(line).await?.run().await
}
