//! `cargo xtask test`: everything that has to pass before a commit, on a machine that has only Rust.

use std::process::Command;

use crate::build::cargo;
use crate::postgres::Cluster;
use crate::{audit, console, long, previous, run, scaled, tools};

/// The tests' way to a PostgreSQL server in which they create databases.
const POSTGRES: &str = "OLIVINE_TEST_POSTGRES";
/// The tests' and the benchmark's way to the executable of the version before the newest migration.
pub(crate) const PREVIOUS: &str = "OLIVINE_TEST_PREVIOUS";

/// The tests' way to a program that plays Azure's storage.
const AZURITE: &str = "OLIVINE_TEST_AZURITE";

/// Install what tests need, then run every check: format, lints, tests on both databases, documentation.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  cargo xtask test\n  cargo xtask test --only resumes_an_upload\n  \
                        cargo xtask test -- -p olivine-records claims")]
pub(crate) struct Args {
    /// Run only the tests whose names contain this
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Run only the end-to-end tests, on PostgreSQL and S3 with two servers behind nginx
    #[arg(long, conflicts_with = "cargo_test")]
    scaled: bool,
    /// Run only what takes too long for every commit: 1,000 kills, and ten minutes of generated requests
    #[arg(long, conflicts_with_all = ["cargo_test", "scaled", "only"])]
    long: bool,
    /// Run only `cargo test` with these arguments
    #[arg(last = true, value_name = "CARGO TEST ARGUMENTS")]
    cargo_test: Vec<String>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    tools::install(&[
        tools::POSTGRESQL,
        tools::OPENSSL,
        tools::CURL,
        tools::NGINX,
        tools::HAPROXY,
        tools::PGBOUNCER,
        tools::NGINX_STREAM,
        tools::FAKETIME,
    ])?;
    if args.scaled {
        run::step(cargo().args(["build", "--workspace", "--bins"]))?;
        return scaled::run(args.only.as_deref());
    }
    if args.long {
        return long::run();
    }
    let everything = args.only.is_none() && args.cargo_test.is_empty();
    if everything {
        lint()?;
    }
    test(args)?;
    if everything {
        scaled::run(None)?;
        document()?;
        audit::offline()?;
        console::heading("All checks passed");
    }
    Ok(())
}

/// Warnings are denied by the workspace's lints.
fn lint() -> anyhow::Result<()> {
    run::step(cargo().args(["fmt", "--all", "--check"]))?;
    run::step(cargo().args(["clippy", "--workspace", "--all-targets"]))
}

fn test(args: &Args) -> anyhow::Result<()> {
    let mut command = cargo();
    command.arg("test");
    if !args.names_a_package() {
        command.arg("--workspace");
    }
    if args.needs_executables() {
        run::step(cargo().args(["build", "--workspace", "--bins"]))?;
        // Afterwards, because most of what it needs is built then.
        command.env(PREVIOUS, previous::build()?);
    }
    if args.needs_executables() && std::env::var_os(AZURITE).is_none() {
        command.env(AZURITE, tools::azurite()?);
    }
    if args.cargo_test.is_empty() {
        // What else fails is worth knowing.
        command.arg("--no-fail-fast");
    }
    with_postgres(command.args(&args.cargo_test).args(&args.only))
}

impl Args {
    fn names(&self, argument: &str) -> bool {
        self.cargo_test.iter().any(|given| given == argument)
    }

    /// End-to-end tests start the real executables. Whoever asks for another package should not wait for them.
    fn needs_executables(&self) -> bool {
        !self.names_a_package() || self.names("olivine-tests")
    }

    fn names_a_package(&self) -> bool {
        self.names("-p") || self.names("--package")
    }
}

/// Runs a command that needs a PostgreSQL server: the one that the variable names, or one that is started for it.
pub(crate) fn with_postgres(command: &mut Command) -> anyhow::Result<()> {
    if std::env::var_os(POSTGRES).is_some() {
        console::say(format!("Using the PostgreSQL server that {POSTGRES} names."));
        return run::step(command);
    }
    let cluster = Cluster::start()?;
    run::step(command.env(POSTGRES, cluster.url()))
}

fn document() -> anyhow::Result<()> {
    run::step(cargo().args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}
