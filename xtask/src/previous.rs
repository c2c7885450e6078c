//! The server as it was before the newest migration, for the test that both versions work on one database. Must never touch the files of
//! the workspace itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::build::{Profile, cargo, executables_folder, workspace_root};
use crate::{console, run};

const MIGRATIONS: &str = "crates/records/src/migrations";

/// Builds it unless that was done before; returns the folder that holds the executable.
pub(crate) fn build() -> anyhow::Result<PathBuf> {
    let commit = commit_before(&newest_migration()?)?;
    let executables = executables_folder(Profile::Dev)?;
    let target = executables.parent().context("a profile's folder is in the target folder")?;
    let folder = target.join("previous").join(&commit);
    if folder.join("olivine").is_file() {
        return Ok(folder);
    }
    console::heading(format!("Building the server of {commit}, before the newest migration"));
    let source = folder.join("source");
    unpack(&commit, &source)?;
    // In the same target folder, where most dependencies are built already; the executable is put aside, and the build that follows makes
    // the present one again.
    let mut build = cargo();
    build.args(["build", "--workspace", "--bin", "olivine", "--target-dir"]).arg(target).current_dir(&source);
    run::step(&mut build)?;
    let aside = folder.join("olivine.new");
    fs::copy(executables.join("olivine"), &aside).context("putting the executable aside")?;
    fs::rename(&aside, folder.join("olivine"))?;
    fs::remove_dir_all(&source)?;
    Ok(folder)
}

/// The file of the migration that has the greatest number.
fn newest_migration() -> anyhow::Result<PathBuf> {
    let folder = Path::new(MIGRATIONS);
    let entries = fs::read_dir(folder).with_context(|| format!("looking into {MIGRATIONS}"))?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let newest = names.filter(|name| is_migration(name)).max().context("there are no migrations")?;
    Ok(folder.join(newest))
}

/// `NNNN_name.sql`, and not what is for SQLite besides.
fn is_migration(name: &str) -> bool {
    let is_numbered = name.bytes().take(4).all(|byte| byte.is_ascii_digit());
    is_numbered && name.strip_suffix(".sql").is_some_and(|stem| !stem.contains('.'))
}

/// The commit before the one that added a file; the last one where the file is not committed yet.
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

/// A commit's files, without a worktree that git would have to know of.
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
