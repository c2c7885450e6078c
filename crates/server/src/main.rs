//! The `olivine` executable.

use std::process::ExitCode;

use clap::Parser as _;
use olivine_server::commands::{Cli, run};

#[tokio::main]
#[expect(clippy::print_stderr, reason = "the last word of a command that failed")]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("olivine: {error:#}");
            ExitCode::FAILURE
        }
    }
}
