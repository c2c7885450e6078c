//! The `olivine-agent` executable.

use std::process::ExitCode;

use clap::Parser;
use olivine_agent::commands::Cli;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    Cli::parse().run().await
}
