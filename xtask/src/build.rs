//! Finds the workspace and its executables, and builds them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::run;

/// The profile of the executables.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to build.
    Dev,
    /// As users run it: takes minutes to build, and runs much faster.
    Release,
}

impl Profile {
    /// The profile for a `--release` flag.
    pub(crate) fn from_flag(release: bool) -> Self {
        if release { Self::Release } else { Self::Dev }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// The folder that holds the workspace's `Cargo.toml`.
pub(crate) fn workspace_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the workspace")
}

/// The cargo that started this program.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The cargo that started this program, with clippy as the compiler of the workspace: it checks all lints and compiles in one go. `cargo
/// clippy` would process everything a second time, including dependencies, and discard the result.
pub(crate) fn linting_cargo() -> Command {
    let mut command = cargo();
    command.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver");
    command
}

/// Builds `olivine`, `peridio` and `olivine-agent`, and returns the folder that holds them.
pub(crate) fn executables(profile: Profile) -> anyhow::Result<PathBuf> {
    let mut command = cargo();
    // With `--package`, cargo would resolve features differently and compile half of the dependencies a second time.
    command.args(["build", "--workspace", "--bin", "olivine", "--bin", "peridio", "--bin", "olivine-agent"]);
    if profile == Profile::Release {
        command.arg("--release");
    }
    run::step(&mut command)?;
    executables_folder(profile)
}

/// The folder of a profile's executables, next to the folder of this program.
pub(crate) fn executables_folder(profile: Profile) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("cannot find out where cargo builds to")?;
    let target = own.ancestors().nth(2).context("xtask does not run from a target folder")?;
    Ok(target.join(profile.folder()))
}
