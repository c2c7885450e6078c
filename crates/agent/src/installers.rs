//! Installers: what is done with a content that is fetched and checked. Which one, the device's own configuration says; the
//! server has no say in it.

mod command;
mod copy;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::files;
use crate::plan::Entry;
use crate::store::Store;

/// The placeholders that a command may have.
pub(crate) const PLACEHOLDERS: &[&str] =
    &["{file}", "{version}", "{artifact_version_prn}", "{binary_prn}", "{hash}", "{target}", "{metadata}"];

/// One way to install, and for what.
#[derive(Clone, Debug)]
pub(crate) struct Installer {
    /// Only for this artifact.
    pub(crate) artifact_prn: Option<String>,
    /// Only for binaries with this target.
    pub(crate) target: Option<String>,
    /// What is done.
    pub(crate) action: Action,
}

/// What is done with a content.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// A program takes it from there.
    Command {
        /// The program and its arguments, with placeholders.
        words: Vec<String>,
        /// How long it may take.
        timeout: Duration,
        /// The exit code that says: installed, and runs after a restart.
        reboot_exit_code: Option<i32>,
    },
    /// It becomes a file.
    Copy {
        /// Which one.
        path: PathBuf,
        /// The file's permissions.
        mode: u32,
    },
}

/// An entry is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Success {
    /// Whether it runs only after a restart.
    pub(crate) needs_restart: bool,
}

/// The first of the installers that is for this entry.
pub(crate) fn choose<'a>(installers: &'a [Installer], entry: &Entry) -> Option<&'a Installer> {
    let artifact = entry.artifact.to_string();
    installers.iter().find(|installer| {
        installer.artifact_prn.as_ref().is_none_or(|prn| *prn == artifact)
            && installer.target.as_ref().is_none_or(|target| *target == entry.target)
    })
}

impl Installer {
    /// Why it would fail whatever it is given: what it needs is not on this device.
    pub(crate) fn problem(&self) -> Option<String> {
        match &self.action {
            Action::Command { words, .. } => {
                let program = words.first().filter(|program| !is_program(program))?;
                Some(format!("the program '{program}' does not exist"))
            }
            Action::Copy { path, .. } => {
                let folder = files::folder(path);
                (!folder.is_dir()).then(|| format!("the folder {} does not exist", folder.display()))
            }
        }
    }

    /// Whether it can take an entry, as far as can be told before the content is there.
    pub(crate) fn check(&self, entry: &Entry) -> Result<(), String> {
        match &self.action {
            Action::Command { words, .. } => command::check_words(words, entry),
            Action::Copy { .. } => Ok(()),
        }
    }

    /// Installs an entry whose content was fetched and checked. The content is read once more: what the disk made of it in the
    /// meantime must still be what was signed.
    pub(crate) async fn install(&self, entry: &Entry, store: &Store) -> Result<Success, String> {
        match &self.action {
            Action::Command { words, timeout, reboot_exit_code } => {
                command::run(words, (*timeout, *reboot_exit_code), entry, store).await
            }
            Action::Copy { path, mode } => copy::copy(path.clone(), *mode, entry, store).await,
        }
    }
}

/// Whether there is such a program, by its path or among those of `PATH`.
fn is_program(name: &str) -> bool {
    if name.contains('/') {
        return Path::new(name).is_file();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

pub(crate) use command::restart;
