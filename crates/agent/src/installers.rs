//! Installers: what is done with a content that is fetched and checked. Which one, the device's own configuration says; the
//! server has no say in it.
//!
//! Each stages, commits and takes back one entry; in which order, `installing` says. All three must be safe to do again.

mod command;
mod copy;

use std::path::{Path, PathBuf};
use std::time::Duration;

use self::command::{Order, Reading};
use self::copy::Place;
use crate::files;
use crate::installing::Trace;
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
    /// Programs take it from there.
    Command {
        /// What they are.
        programs: Programs,
        /// How long each may take.
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

/// Programs with their arguments, in which there may be placeholders.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    /// Prepares, without a change of what runs.
    pub(crate) stage: Option<Vec<String>>,
    /// Installs.
    pub(crate) commit: Vec<String>,
    /// Puts back what was there before.
    pub(crate) revert: Option<Vec<String>>,
}

impl Programs {
    fn all(&self) -> impl Iterator<Item = &Vec<String>> {
        self.stage.iter().chain([&self.commit]).chain(&self.revert)
    }
}

/// An entry of a plan whose content was fetched and checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'a> {
    /// Its number in the plan.
    pub(crate) index: usize,
    /// The entry.
    pub(crate) entry: &'a Entry,
    /// Where the content is.
    pub(crate) store: &'a Store,
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
            Action::Command { programs, .. } => {
                let mut named = programs.all().filter_map(|words| words.first());
                let program = named.find(|program| !is_program(program))?;
                Some(format!("the program '{program}' does not exist"))
            }
            Action::Copy { path, .. } => {
                let folder = files::folder(path);
                (!folder.is_dir()).then(|| format!("the folder {} does not exist", folder.display()))
            }
        }
    }

    /// What its operator should know, although it may be meant so.
    pub(crate) fn warning(&self) -> Option<&'static str> {
        let Action::Command { programs: Programs { revert: None, .. }, .. } = &self.action else {
            return None;
        };
        Some(
            "the command has no revert: if a later entry of a bundle fails, what this one installed stays, and the device is between two \
             bundles until an attempt succeeds",
        )
    }

    /// Whether it can take an entry, as far as can be told before the content is there.
    pub(crate) fn check(&self, entry: &Entry) -> Result<(), String> {
        match &self.action {
            Action::Command { programs, .. } => {
                programs.all().try_for_each(|words| command::check_words(words, entry))
            }
            Action::Copy { .. } => Ok(()),
        }
    }

    /// What has to be known to commit an entry and to take it back. `earlier` are the traces of the entries before it.
    pub(crate) async fn look(&self, piece: Piece<'_>, earlier: &[Trace]) -> Result<Trace, String> {
        match &self.action {
            Action::Command { programs, .. } => Ok(Trace::Command { reverts: programs.revert.is_some() }),
            Action::Copy { path, .. } => copy::look(path, piece, earlier).await,
        }
    }

    /// Prepares an entry: nothing of it runs. Again after a power loss.
    pub(crate) async fn stage(&self, piece: Piece<'_>, trace: &Trace) -> Result<(), String> {
        match (&self.action, trace) {
            (Action::Command { programs: Programs { stage: Some(words), .. }, timeout, .. }, _) => {
                command::run(order(words, *timeout, Reading::Not), piece, |code| code == 0).await.map(drop)
            }
            (Action::Copy { mode, .. }, Trace::Copy { path, before }) => {
                copy::stage(Place::new(path, *before, piece.index), *mode, piece).await
            }
            _ => Ok(()),
        }
    }
}

/// Puts a staged entry in place. Again after a power loss in the middle.
pub(crate) async fn commit(
    installer: Option<&Installer>,
    piece: Piece<'_>,
    trace: &Trace,
) -> Result<Success, String> {
    if let Trace::Copy { path, before } = trace {
        copy::commit(Place::new(path, *before, piece.index), piece).await?;
        return Ok(Success { needs_restart: false });
    }
    let Some(Action::Command { programs, timeout, reboot_exit_code }) =
        installer.map(|installer| &installer.action)
    else {
        return Err("no command is configured for it any more".to_owned());
    };
    let is_fine = |code| code == 0 || Some(code) == *reboot_exit_code;
    let code = command::run(order(&programs.commit, *timeout, Reading::Anew), piece, is_fine).await?;
    Ok(Success { needs_restart: Some(code) == *reboot_exit_code })
}

/// Takes a committed entry back, or one whose commit was begun.
pub(crate) async fn revert(
    installer: Option<&Installer>,
    piece: Piece<'_>,
    trace: &Trace,
) -> Result<(), String> {
    match trace {
        Trace::Copy { path, before } => copy::revert(Place::new(path, *before, piece.index), piece).await,
        // Its commit failed, and it is not known to have done anything.
        Trace::Command { reverts: false } => Ok(()),
        Trace::Command { reverts: true } => match installer.map(|installer| &installer.action) {
            Some(Action::Command { programs: Programs { revert: Some(words), .. }, timeout, .. }) => {
                command::run(order(words, *timeout, Reading::Not), piece, |code| code == 0).await.map(drop)
            }
            _ => Err("no revert is configured for it any more".to_owned()),
        },
    }
}

/// Takes an entry back that was never committed.
pub(crate) async fn unstage(
    installer: Option<&Installer>,
    piece: Piece<'_>,
    trace: &Trace,
) -> Result<(), String> {
    match (trace, installer.map(|installer| &installer.action)) {
        (Trace::Copy { path, before }, _) => copy::unstage(Place::new(path, *before, piece.index)).await,
        (Trace::Command { .. }, Some(Action::Command { programs: Programs { stage: Some(_), .. }, .. })) => {
            revert(installer, piece, trace).await
        }
        (Trace::Command { .. }, _) => Ok(()),
    }
}

/// Removes what staging put beside a file. What is done is done.
pub(crate) async fn tidy(index: usize, trace: &Trace) {
    let Trace::Copy { path, before } = trace else { return };
    if let Err(error) = copy::unstage(Place::new(path, *before, index)).await {
        tracing::warn!(error, "a file of no more use can't be removed");
    }
}

/// Whether the content of an entry is still the one that was checked.
pub(crate) async fn check_content(piece: Piece<'_>) -> Result<(), String> {
    let file = piece.store.content(&piece.entry.hash);
    command::check(&file, piece.entry).await.map_err(|error| error.to_string())
}

const fn order(words: &[String], timeout: Duration, content: Reading) -> Order<'_> {
    Order { words, timeout, content }
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
