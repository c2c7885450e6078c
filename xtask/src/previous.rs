//! Builds the server of the version before the newest migration, for the test that both versions can use one database. It must never change
//! the files of the workspace itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::build::{Profile, cargo, executables_folder, workspace_root};
use crate::{console, run};

const MIGRATIONS: &str = "crates/records/src/migrations";

/// Builds the previous version, unless that was done before. Returns the folder with the executable.
pub(crate) fn build() -> anyhow::Result<PathBuf> {
    let commit = commit_before(&newest_migration()?)?;
    let executables = executables_folder(Profile::Dev)?;
    let target = executables.parent().context("a profile's folder is in the target folder")?;
    let folder = target.join("previous").join(&commit);
    if folder.join("olivine").is_file() {
        return Ok(folder);
    }
    console::heading(format!("Building the server of {commit}, before the newest migration"));
    let (source, own) = (folder.join("source"), folder.join("target"));
    unpack(&commit, &source)?;
    lend_dependencies(&executables, &own.join("debug"))?;
    let mut build = cargo();
    build.args(["build", "--workspace", "--bin", "olivine", "--target-dir"]).arg(&own).current_dir(&source);
    // As here, whatever that version's profile says: it takes a third less time, and dependencies are the same.
    build.env("CARGO_PROFILE_DEV_DEBUG", "false");
    run::step(&mut build)?;
    fs::rename(own.join("debug/olivine"), folder.join("olivine")).context("putting the executable aside")?;
    fs::remove_dir_all(&source)?;
    fs::remove_dir_all(&own)?;
    Ok(folder)
}

/// The files that cargo builds from the workspace itself. Cargo distinguishes two checkouts only by the times of their files, so these
/// crates must never be built in the same target folder. Crates from a registry are the same in both.
const OWN: [&str; 5] = ["olivine", "libolivine", "peridio", "xtask", "bench"];

/// Copies the dependencies that are already built to the place where the previous version is built, so that this takes a minute instead of
/// ten.
fn lend_dependencies(from: &Path, to: &Path) -> anyhow::Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for (folder, how) in [("deps", "-al"), ("build", "-al"), (".fingerprint", "-a")] {
        run::quietly(Command::new("cp").arg(how).arg(from.join(folder)).arg(to.join(folder)))?;
        for entry in fs::read_dir(to.join(folder))? {
            let entry = entry?;
            if OWN.iter().any(|own| entry.file_name().to_string_lossy().starts_with(own)) {
                let path = entry.path();
                if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
            }
        }
    }
    Ok(())
}

/// The file of the migration with the highest number.
fn newest_migration() -> anyhow::Result<PathBuf> {
    let folder = Path::new(MIGRATIONS);
    let entries = fs::read_dir(folder).with_context(|| format!("looking into {MIGRATIONS}"))?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let newest = names.filter(|name| is_migration(name)).max().context("there are no migrations")?;
    Ok(folder.join(newest))
}

/// Whether a name is `NNNN_name.sql`, and not the variant for SQLite.
fn is_migration(name: &str) -> bool {
    let is_numbered = name.bytes().take(4).all(|byte| byte.is_ascii_digit());
    is_numbered && name.strip_suffix(".sql").is_some_and(|stem| !stem.contains('.'))
}

/// The commit before the one that added a file, or the last commit if the file is not committed yet.
fn commit_before(file: &Path) -> anyhow::Result<String> {
    let git = || {
        let mut git = Command::new("git");
        git.current_dir(workspace_root());
        git
    };
    let added = run::quietly(git().args(["log", "--diff-filter=A", "--format=%H", "-1", "--"]).arg(file))?;
    let before = if added.is_empty() { "HEAD".to_owned() } else { format!("{added}^") };
    let commit = run::quietly(git().args(["rev-parse", "--verify", &before]));
    commit
        .context("the commit before the newest migration is not in this clone; a shallow one has too little")
}

/// Writes the files of a commit to a folder, without a worktree that git would have to know.
fn unpack(commit: &str, folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let archive = folder.with_extension("tar");
    run::quietly(Command::new("git").arg("archive").arg("--output").arg(&archive).arg(commit))?;
    run::quietly(
        Command::new("tar").arg("--extract").arg("--file").arg(&archive).arg("--directory").arg(folder),
    )?;
    fs::remove_file(&archive)?;
    ensure!(folder.join("Cargo.toml").is_file(), "the commit {commit} has no workspace at its top");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_told_from_what_is_beside_them() {
        assert!(is_migration("0002_distribution.sql"));
        assert!(!is_migration("0002_distribution.sqlite.sql") && !is_migration("notes.sql"));
    }
}
