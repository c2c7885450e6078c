//! What runs on this device, as far as it can be seen from files: its version, and whether it was restarted.

use std::fs;
use std::path::{Path, PathBuf};

use crate::state::Current;

/// The most characters of a version.
const MAX_VERSION: usize = 256;

/// Where to see what runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Running {
    /// What a device runs that has not been updated yet.
    pub(crate) factory: Current,
    /// The file whose text is the version that runs.
    pub(crate) version_file: Option<PathBuf>,
    /// The file whose text is another one after each start of the system.
    pub(crate) boot_id_file: Option<PathBuf>,
    /// What restarts the system.
    pub(crate) reboot_command: Option<Vec<String>>,
}

/// The outcome of an update that needed a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AfterRestart {
    /// There was none yet.
    Pending,
    /// What was installed runs.
    New,
    /// What was there before runs.
    Old(String),
}

impl Running {
    /// The version that runs.
    pub(crate) fn version(&self) -> Option<String> {
        self.version_file.as_deref().and_then(text)
    }

    /// What names this start of the system.
    pub(crate) fn boot_id(&self) -> Option<String> {
        self.boot_id_file.as_deref().and_then(text)
    }

    /// Whether what was installed has to prove itself by a restart: an installer asked for one, or the version that should
    /// have changed has not.
    pub(crate) fn needs_restart(&self, asked: bool, before: Option<&str>, expected: Option<&str>) -> bool {
        let version = self.version();
        asked || (version.is_some() && version.as_deref() == before && version.as_deref() != expected)
    }

    /// What came of it. `restarted` says whether there was a restart since.
    pub(crate) fn after_restart(
        &self,
        (asked, restarted): (bool, bool),
        before: Option<&str>,
        expected: Option<&str>,
    ) -> AfterRestart {
        if asked && !restarted {
            return AfterRestart::Pending;
        }
        match self.version() {
            Some(version) if Some(version.as_str()) == expected || Some(version.as_str()) != before => {
                AfterRestart::New
            }
            Some(version) if restarted => AfterRestart::Old(version),
            None if restarted => AfterRestart::New,
            _ => AfterRestart::Pending,
        }
    }
}

fn text(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let text: String = text.trim().chars().take(MAX_VERSION).collect();
    (!text.is_empty()).then_some(text)
}
