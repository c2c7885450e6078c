//! `cargo xtask test`: everything that has to pass before a commit, on a machine that has only Rust.

use std::process::Command;

use crate::build::{Profile, cargo, executables_folder, linting_cargo, workspace_root};
use crate::postgres::Cluster;
use crate::suites::{self, Run, Suite};
use crate::wanted::Wanted;
use crate::{audit, console, long, previous, run, scaled, timings, tools, web_console};

/// The environment variable with the URL of the PostgreSQL server in which tests create databases.
pub(crate) const POSTGRES: &str = "OLIVINE_TEST_POSTGRES";
/// The environment variable with the folder of the executable of the version before the newest migration, for the tests and the benchmark.
pub(crate) const PREVIOUS: &str = "OLIVINE_TEST_PREVIOUS";

/// The environment variable with the path of Azurite, which simulates Azure's storage.
const AZURITE: &str = "OLIVINE_TEST_AZURITE";

/// Install what tests need, then run every check: format, lints, tests on both databases, documentation.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  cargo xtask test\n  cargo xtask test --only resumes_an_upload\n  \
                        cargo xtask test -- -p olivine-records claims")]
pub(crate) struct Args {
    /// Run only the tests whose names contain this text
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Run only the end-to-end tests, on PostgreSQL and S3 with two servers behind nginx
    #[arg(long, conflicts_with = "cargo_test")]
    scaled: bool,
    /// Run only the tests that take too long for every commit: 1,000 kills, 400 histories of changes and ten minutes of generated requests
    #[arg(long, conflicts_with_all = ["cargo_test", "scaled", "only"])]
    long: bool,
    /// Run only `cargo test` with these arguments
    #[arg(last = true, value_name = "CARGO TEST ARGUMENTS")]
    cargo_test: Vec<String>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let checked = check(args);
    timings::print();
    checked
}

fn check(args: &Args) -> anyhow::Result<()> {
    timings::of("installing programs".to_owned(), || {
        tools::install(&[
            tools::POSTGRESQL,
            tools::OPENSSL,
            tools::CURL,
            tools::NGINX,
            tools::HAPROXY,
            tools::PGBOUNCER,
            tools::NGINX_STREAM,
            tools::FAKETIME,
        ])
    })?;
    if args.long {
        return long::run();
    }
    if !args.cargo_test.is_empty() {
        return cargo_test(args);
    }
    if args.is_partial() {
        return run_suites(args);
    }
    run::step(cargo().args(["fmt", "--all", "--check"]))?;
    run_suites(args)?;
    web_console::check()?;
    audit::offline()?;
    console::heading("All checks passed");
    Ok(())
}

/// Runs the tests of all packages in parallel. If no tests are left out, lints are checked while everything is compiled (the workspace
/// denies warnings), and the documentation is written.
fn run_suites(args: &Args) -> anyhow::Result<()> {
    let wanted = args.only.as_deref().map_or(Ok(Wanted::default()), Wanted::by)?;
    let cargo = if args.is_partial() { cargo } else { linting_cargo };
    if wanted.needs_executables() {
        run::step(cargo().args(["build", "--workspace", "--bins"]))?;
    }
    let suites = suites::build(cargo(), &wanted)?;
    let variables = variables(&wanted)?;
    if !args.is_partial() {
        run::step(cargo().args(["test", "--workspace", "--doc"]))?;
        document()?;
    }
    let runs = runs(&suites, args);
    timings::of("tests".to_owned(), || {
        with_postgres_at(|url| {
            let with_variables = |run: Run| {
                let run = run.variable(POSTGRES, url);
                variables.iter().fold(run, |run, (name, value)| run.variable(name, value))
            };
            suites::run_all(runs.into_iter().map(with_variables).collect())
        })
    })
}

/// The environment variables that tests need besides a database. Set after the build, because most of the previous version's
/// dependencies are built then.
fn variables(wanted: &Wanted) -> anyhow::Result<Vec<(&'static str, String)>> {
    let mut variables = vec![("PATH", tools::path_beginning_with(&tools::postgresql_programs()?)?)];
    if wanted.has("previous") {
        variables.push((PREVIOUS, previous::build()?.display().to_string()));
    }
    if wanted.has("storage") && std::env::var_os(AZURITE).is_none() {
        variables.push((AZURITE, tools::azurite()?.display().to_string()));
    }
    Ok(variables)
}

/// The runs, the longest first.
///
/// An end-to-end test on PostgreSQL runs on the scaled deployment, which covers everything that a single process on PostgreSQL does, and
/// more. Only tests that examine a single process run on one.
fn runs(suites: &[Suite], args: &Args) -> Vec<Run> {
    let only = args.only.as_deref();
    let scaled = scaled::runs(suites, only);
    let mut all: Vec<_> = match only {
        _ if args.scaled => scaled.collect(),
        Some(only) => suites.iter().map(|suite| suite.clone().run().argument(only)).collect(),
        None => scaled.chain(suites.iter().flat_map(on_one_process)).collect(),
    };
    all.sort_by_key(|run| {
        LONGEST.iter().position(|name| run.suite_name().ends_with(name)).unwrap_or(LONGEST.len())
    });
    all
}

/// The remaining runs of a suite whose tests on PostgreSQL run on the scaled deployment.
fn on_one_process(suite: &Suite) -> Vec<Run> {
    let run = suite.clone().run();
    if !suite.is_end_to_end() {
        return vec![run];
    }
    let on_postgres = suite.clone().run().how("one process on PostgreSQL");
    let on_postgres = scaled::left_out().fold(on_postgres, Run::argument);
    vec![on_postgres, run.argument("--skip").argument("postgres::")]
}

/// The suites that take longest. If one of them started last, it would run alone at the end on one core.
const LONGEST: [&str; 15] = [
    "in_process",
    "olivine-records",
    "coherence",
    "processes",
    "killed",
    "distribution",
    "rollout",
    "bad_input",
    "backends",
    "shares",
    "lifecycle",
    "archive_storage",
    "storage",
    "races",
    "serving",
];

/// Runs `cargo test` with the given arguments.
fn cargo_test(args: &Args) -> anyhow::Result<()> {
    let mut command = cargo();
    command.arg("test");
    if !args.names_a_package() {
        command.arg("--workspace");
    }
    if args.needs_executables() {
        run::step(cargo().args(["build", "--workspace", "--bins"]))?;
        // After the build, because most of the previous version's dependencies are built then.
        command.env(PREVIOUS, previous::build()?);
    }
    if args.needs_executables() && std::env::var_os(AZURITE).is_none() {
        command.env(AZURITE, tools::azurite()?);
    }
    with_postgres(command.args(&args.cargo_test).args(&args.only))
}

impl Args {
    /// Whether some of the tests and the other checks are left out.
    fn is_partial(&self) -> bool {
        self.scaled || self.only.is_some()
    }

    fn names(&self, argument: &str) -> bool {
        self.cargo_test.iter().any(|given| given == argument)
    }

    /// End-to-end tests start the real executables. If another package was asked for, they need not be built.
    fn needs_executables(&self) -> bool {
        !self.names_a_package() || self.names("olivine-tests")
    }

    fn names_a_package(&self) -> bool {
        self.names("-p") || self.names("--package")
    }
}

/// Runs a command that needs a PostgreSQL server.
pub(crate) fn with_postgres(command: &mut Command) -> anyhow::Result<()> {
    with_postgres_at(|url| run::step(command.env(POSTGRES, url)))
}

/// Does work that needs a PostgreSQL server: either the server in the environment variable, or one that is started for it.
pub(crate) fn with_postgres_at(work: impl FnOnce(&str) -> anyhow::Result<()>) -> anyhow::Result<()> {
    if let Ok(url) = std::env::var(POSTGRES) {
        console::say(format!("Using the PostgreSQL server that {POSTGRES} names."));
        return work(&url);
    }
    let cluster = Cluster::start()?;
    work(&cluster.url())
}

/// Writes the documentation of all libraries. This fails if a link in it is broken.
fn document() -> anyhow::Result<()> {
    let mut command = linting_cargo();
    command.args(["test", "--workspace", "--doc"]).env("RUSTDOCFLAGS", "-D warnings");
    command.env("RUSTDOC", workspace_root().join("xtask/document.sh"));
    command.env("OLIVINE_DOCUMENTATION", executables_folder(Profile::Dev)?.join("../doc"));
    run::step(&mut command)
}
