//! `cargo xtask audit`: checks the dependencies. Licences, banned crates, duplicates, published advisories. (`tests/tests/workspace.rs`
//! finds unused dependencies.)
//!
//! `cargo xtask test` runs everything except the advisories. They need the network, and a new advisory must not fail a change that has
//! nothing to do with it. It checks nothing if no dependency has changed since the last time.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::build::{Profile, cargo, executables_folder, workspace_root};
use crate::{console, run};

/// Check dependencies: licences, banned crates, duplicates, and published advisories.
#[derive(clap::Args)]
pub(crate) struct Args {}

/// A checker, installed from source in a fixed version.
struct Checker {
    name: &'static str,
    version: &'static str,
}

const DENY: Checker = Checker { name: "cargo-deny", version: "0.20.2" };

/// What passed the last time. It is committed, so that the checker, which takes minutes to compile, is needed only where dependencies change.
const PASSED: &str = "deny.passed";

pub(crate) fn run(_: &Args) -> anyhow::Result<()> {
    look_at_dependencies(&workspace_root().join(PASSED), &what_is_checked()?)?;
    deny(&["advisories"])
}

/// The part that looks only at this repository, unless just this has passed before.
pub(crate) fn offline() -> anyhow::Result<()> {
    let (passed, checked) = (workspace_root().join(PASSED), what_is_checked()?);
    if std::fs::read_to_string(&passed).is_ok_and(|before| before == checked) {
        console::say(format!("These dependencies have passed {} already: see {PASSED}.", DENY.name));
        return Ok(());
    }
    look_at_dependencies(&passed, &checked)
}

fn look_at_dependencies(passed: &Path, checked: &str) -> anyhow::Result<()> {
    deny(&["licenses", "bans", "sources"])?;
    std::fs::write(passed, checked).with_context(|| format!("writing {PASSED}"))?;
    console::say(format!("{PASSED} says what has passed: commit it with the change."));
    Ok(())
}

/// The checker, and git's hashes of all files that its answer depends on.
fn what_is_checked() -> anyhow::Result<String> {
    let git =
        |arguments: &[&str]| run::quietly(Command::new("git").current_dir(workspace_root()).args(arguments));
    let files = git(&["ls-files", "Cargo.lock", "deny.toml", "Cargo.toml", "*/Cargo.toml"])?;
    let mut arguments = vec!["hash-object", "--"];
    arguments.extend(files.lines());
    let hashes = git(&arguments)?;
    let lines = hashes.lines().zip(files.lines()).map(|(hash, file)| format!("{hash} {file}\n"));
    Ok(std::iter::once(format!("{} {}\n", DENY.name, DENY.version)).chain(lines).collect())
}

fn deny(checks: &[&str]) -> anyhow::Result<()> {
    run::step(DENY.command()?.args(["--locked", "check", "--hide-inclusion-graph"]).args(checks))
}

impl Checker {
    /// The installed checker. The first time, it is compiled, which takes a minute.
    fn command(&self) -> anyhow::Result<Command> {
        let program = self.root()?.join("bin").join(self.name);
        if !program.exists() {
            console::say(format!("{} is compiled once; it stays in the target folder.", self.name));
            run::step(&mut self.installation()?)?;
        }
        Ok(Command::new(program))
    }

    /// Built without optimization: it runs for a second, and an optimized build takes minutes.
    fn installation(&self) -> anyhow::Result<Command> {
        let mut command = cargo();
        command
            .env("CARGO_PROFILE_DEV_DEBUG", "false")
            .args(["install", "--quiet", "--debug", "--locked", "--version", self.version, self.name])
            .arg("--root")
            .arg(self.root()?);
        Ok(command)
    }

    /// Each version has its own folder, so that a changed version is installed anew.
    fn root(&self) -> anyhow::Result<PathBuf> {
        let folder = format!("{}-{}", self.name, self.version);
        Ok(executables_folder(Profile::Dev)?.with_file_name("tools").join(folder))
    }
}
