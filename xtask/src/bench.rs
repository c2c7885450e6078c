//! `cargo xtask bench`: the measurements of docs/performance.md, on release builds.

use crate::build::cargo;
use crate::{run, tools};

/// Measure against reference programs: `content` or `records`, then the benchmark's own arguments.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to measure and how; `cargo xtask bench -- --help` lists it
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_name = "ARGUMENTS")]
    bench: Vec<String>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    tools::install(&[tools::OPENSSL, tools::NGINX])?;
    // The executables that are measured come from the same build.
    run::step(cargo().args(["build", "--release", "--workspace", "--bins"]))?;
    run::step(cargo().args(["run", "--release", "--quiet", "--package", "bench", "--"]).args(&args.bench))
}
