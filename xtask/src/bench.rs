//! `cargo xtask bench`: the measurements of docs/performance.md, on release builds.

use std::process::Command;

use crate::build::{Profile, cargo, executables_folder};
use crate::{previous, run, test, tools};

/// Measure against reference programs: `content`, `records`, `checks`, `feed`, `bulk`, `stops`, `sessions` or `scale`, then the benchmark's own
/// arguments.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  cargo xtask bench content\n  cargo xtask bench content --size 256M --rounds 2\n  \
                        cargo xtask bench records --postgres\n  cargo xtask bench checks --devices 10000 --seconds 1\n  \
                        cargo xtask bench feed --postgres\n  cargo xtask bench bulk --postgres\n  cargo xtask bench sessions\n  cargo xtask bench scale --size 512M\n  \
                        cargo xtask bench scale --only upgrade\n  cargo xtask bench -- --help"
)]
pub(crate) struct Args {
    /// What to measure and how; `cargo xtask bench -- --help` lists it
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_name = "ARGUMENTS")]
    bench: Vec<String>,
}

/// The environment variable with the path of the AWS CLI for the benchmark.
const AWS_CLI: &str = "OLIVINE_BENCH_AWS_CLI";

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    tools::install(&[tools::OPENSSL, tools::CURL, tools::NGINX])?;
    // A single build: with `--package`, cargo would resolve features differently and build dependencies again. The benchmark expects the
    // executables in its own folder.
    run::step(cargo().args(["build", "--release", "--workspace", "--bins"]))?;
    let mut bench = Command::new(executables_folder(Profile::Release)?.join("bench"));
    bench.args(&args.bench);
    let at_scale = args.bench.iter().any(|argument| argument == "scale");
    if at_scale {
        bench.env(AWS_CLI, tools::aws_cli()?);
    }
    if at_scale && args.bench.iter().any(|argument| argument == "upgrade") {
        run::step(cargo().args(["build", "--workspace", "--bins"]))?;
        bench.env(test::PREVIOUS, previous::build()?);
    }
    if at_scale || args.bench.iter().any(|argument| ["--postgres", "stops"].contains(&argument.as_str())) {
        tools::install(&[tools::POSTGRESQL])?;
        return test::with_postgres(&mut bench);
    }
    run::step(&mut bench)
}
