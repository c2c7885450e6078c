//! The `[[installers]]` of a configuration.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::{artifact_prn, wrong};
use crate::Error;
use crate::installers::{Action, Installer, PLACEHOLDERS, Programs};
use crate::shells::code_with_placeholder;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InstallerSection {
    artifact_prn: Option<String>,
    target: Option<String>,
    command: Option<Vec<String>>,
    stage: Option<Vec<String>>,
    revert: Option<Vec<String>>,
    timeout_seconds: Option<u64>,
    reboot_exit_code: Option<i32>,
    copy: Option<PathBuf>,
    mode: Option<String>,
}

impl InstallerSection {
    pub(super) fn read(self, number: usize, folder: &Path) -> Result<Installer, Error> {
        let place = format!("installer {number}");
        let Self { artifact_prn: artifact, target, command, copy, .. } = &self;
        let action = match (command, copy) {
            (Some(words), None) => self.command(words, &place)?,
            (None, Some(path)) => self.copy(&folder.join(path), &place)?,
            _ => return Err(wrong(format!("{place} has either a command or a path to copy to"))),
        };
        let artifact_prn = artifact.as_ref().map(|prn| artifact_prn(prn, &place)).transpose()?;
        Ok(Installer { artifact_prn, target: target.clone(), action })
    }

    fn command(&self, words: &[String], place: &str) -> Result<Action, Error> {
        if self.mode.is_some() {
            return Err(wrong(format!("{place}: mode is for copy")));
        }
        let lines =
            [("command", Some(words)), ("stage", self.stage.as_deref()), ("revert", self.revert.as_deref())];
        for (name, words) in lines {
            words.map_or(Ok(()), |words| check_line(name, words, place))?;
        }
        let timeout = self.timeout_seconds.unwrap_or(1_800);
        if timeout == 0 || self.reboot_exit_code == Some(0) {
            return Err(wrong(format!("{place}: timeout_seconds and reboot_exit_code are not 0")));
        }
        let (stage, revert) = (self.stage.clone(), self.revert.clone());
        Ok(Action::Command {
            programs: Programs { stage, commit: words.to_vec(), revert },
            timeout: Duration::from_secs(timeout),
            reboot_exit_code: self.reboot_exit_code,
        })
    }

    fn copy(&self, path: &Path, place: &str) -> Result<Action, Error> {
        if self.timeout_seconds.is_some() || self.reboot_exit_code.is_some() {
            return Err(wrong(format!("{place}: timeout_seconds and reboot_exit_code are for commands")));
        }
        if self.stage.is_some() || self.revert.is_some() {
            return Err(wrong(format!("{place}: stage and revert are for commands; a copy has its own")));
        }
        if path.file_name().is_none() {
            return Err(wrong(format!("{place}: copy names a file")));
        }
        let mode = self.mode.as_deref().unwrap_or("0644");
        let mode = u32::from_str_radix(mode, 8).ok().filter(|mode| *mode <= 0o7777);
        let mode = mode.ok_or_else(|| wrong(format!("{place}: mode is written like \"0755\"")))?;
        Ok(Action::Copy { path: path.to_owned(), mode })
    }
}

/// A program with its arguments.
fn check_line(name: &str, words: &[String], place: &str) -> Result<(), Error> {
    match words.first() {
        None => return Err(wrong(format!("{place}: {name} is a list that begins with a program"))),
        Some(program) if program.contains('{') => {
            return Err(wrong(format!("{place}: the program of {name} itself can't be a placeholder")));
        }
        Some(_) => {}
    }
    if let Some(word) = words.iter().find(|word| has_unknown_placeholder(word)) {
        return Err(wrong(format!(
            "{place}: '{word}' has a placeholder that does not exist; there are {PLACEHOLDERS:?}"
        )));
    }
    if let Some(code) = code_with_placeholder(words, PLACEHOLDERS) {
        return Err(wrong(format!(
            "{place}: '{code}' is run by a shell or an interpreter, so it can't have placeholders: what the server says would \
             be run as code. Use environment variables in quotes instead, such as \"$OLIVINE_FILE\" and \"$OLIVINE_VERSION\""
        )));
    }
    Ok(())
}

/// Braces are for placeholders only where they enclose a lowercase name.
fn has_unknown_placeholder(word: &str) -> bool {
    word.match_indices('{').any(|(at, _)| {
        let rest = &word[at..];
        let name = rest[1..].find('}').map(|end| &rest[..end + 2]);
        let looks_like_one = name.is_some_and(|name| {
            name.len() > 2 && name[1..name.len() - 1].bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        });
        looks_like_one && !PLACEHOLDERS.iter().any(|known| rest.starts_with(known))
    })
}
