//! `cargo xtask audit`: what we depend on. Licences, banned crates, duplicates, known holes. (Dependencies that nothing uses are found by
//! `tests/tests/workspace.rs`.)
//!
//! `cargo xtask test` runs all of it but the advisories: those need the network, and news from outside must not
//! fail a change that has nothing to do with them.

use std::path::PathBuf;
use std::process::Command;

use crate::build::{Profile, cargo, executables_folder};
use crate::{console, run};

/// Check dependencies: licences, banned crates, duplicates, and published advisories.
#[derive(clap::Args)]
pub(crate) struct Args {}

/// A checker, installed from source at the version that we know.
struct Checker {
    name: &'static str,
    version: &'static str,
}

const DENY: Checker = Checker { name: "cargo-deny", version: "0.20.2" };

pub(crate) fn run(_: &Args) -> anyhow::Result<()> {
    offline()?;
    deny(&["advisories"])
}

/// The part that looks only at this repository.
pub(crate) fn offline() -> anyhow::Result<()> {
    deny(&["licenses", "bans", "sources"])
}

fn deny(checks: &[&str]) -> anyhow::Result<()> {
    run::step(DENY.command()?.args(["--locked", "check", "--hide-inclusion-graph"]).args(checks))
}

impl Checker {
    /// The installed checker; the first time, compiles it (a minute).
    fn command(&self) -> anyhow::Result<Command> {
        let program = self.root()?.join("bin").join(self.name);
        if !program.exists() {
            console::say(format!("{} is compiled once; it stays in the target folder.", self.name));
            run::step(&mut self.installation()?)?;
        }
        Ok(Command::new(program))
    }

    /// Without optimization: it works for a second, and its own profile takes minutes.
    fn installation(&self) -> anyhow::Result<Command> {
        let mut command = cargo();
        command
            .env("CARGO_PROFILE_DEV_DEBUG", "false")
            .args(["install", "--quiet", "--debug", "--locked", "--version", self.version, self.name])
            .arg("--root")
            .arg(self.root()?);
        Ok(command)
    }

    /// A folder per version, so that a new version here is a new installation.
    fn root(&self) -> anyhow::Result<PathBuf> {
        let folder = format!("{}-{}", self.name, self.version);
        Ok(executables_folder(Profile::Dev)?.with_file_name("tools").join(folder))
    }
}
