//! `cargo xtask bench`: the measurements of docs/performance.md, each against a reference program in the same run.
//!
//! It measures the release executables from outside, as users run them. It must never use the server's internals, and never leave a process
//! or a file behind.

mod api;
mod bulk;
mod checks;
mod content;
mod feed;
mod machine;
mod memory;
mod nginx;
mod numbered;
mod postgres;
mod processor;
mod programs;
mod records;
mod scale;
mod server;
mod sessions;
mod sizes;
mod stops;
mod table;

use anyhow::bail;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

/// Measurements against reference programs.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench --", bin_name = "cargo xtask bench --")]
enum Command {
    /// Uploads, verification, downloads, memory: against openssl, cp and nginx
    Content(content::Args),
    /// Queries and start-up with a million binaries: against the same with a thousand
    Records(records::Args),
    /// Requests of a simulated fleet of devices: against nginx, and with many devices against few
    Checks(checks::Args),
    /// The event feed: numbering events against inserting rows, and a thousand streams
    Feed(feed::Args),
    /// A bulk operation on 10,000 devices: against importing them, and against inserting their events
    Bulk(bulk::Args),
    /// An emergency stop at one process: how soon another one offers no updates
    Stops(stops::Args),
    /// Requests of people: authenticated by a session against authenticated by an API key
    Sessions(sessions::Args),
    /// Records in PostgreSQL and content in an object store: against SQLite, pgbench, the AWS CLI, and curl with openssl
    Scale(scale::Args),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let command = Command::parse();
    // These signals do not end the program at once, because started processes must be stopped and written files removed.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let measuring = async {
        match command {
            Command::Content(args) => content::run(&args).await,
            Command::Records(args) => records::run(&args).await,
            Command::Checks(args) => checks::run(&args).await,
            Command::Feed(args) => feed::run(&args).await,
            Command::Bulk(args) => bulk::run(&args).await,
            Command::Stops(args) => stops::run(&args).await,
            Command::Sessions(args) => sessions::run(&args).await,
            Command::Scale(args) => scale::run(&args).await,
        }
    };
    tokio::select! {
        result = measuring => result,
        _ = terminate.recv() => bail!("interrupted"),
        _ = interrupt.recv() => bail!("interrupted"),
    }
}
