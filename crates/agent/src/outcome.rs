//! The result of a check for an update, for people and for the schedule.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use olivine_client::Cause;

/// What came of asking once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// There is no update.
    UpToDate,
    /// The server has taken this device out of distribution.
    Quarantined,
    /// An update is installed.
    Updated {
        /// Its bundle.
        bundle: String,
    },
    /// The device is on another release now, whose bundle it runs already.
    Arrived {
        /// Its bundle.
        bundle: String,
    },
    /// An update is installed, and runs after a restart.
    RestartPending {
        /// Its bundle.
        bundle: String,
    },
    /// There is an update that failed before, and is not tried now.
    HeldBack {
        /// Its bundle.
        bundle: String,
        /// How long it is left alone; none if for good.
        left: Option<Duration>,
    },
    /// The update failed.
    Failed {
        /// Its bundle.
        bundle: String,
        /// Why.
        detail: String,
    },
    /// The update was undone by the restart.
    RolledBack {
        /// Its bundle.
        bundle: String,
        /// How that is known.
        detail: String,
    },
}

impl Outcome {
    /// Whether there is an update that this device does not run because it failed.
    pub(crate) const fn is_failure(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::RolledBack { .. } | Self::HeldBack { .. })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UpToDate => f.write_str("up to date"),
            Self::Quarantined => f.write_str("quarantined: the server gives this device no updates"),
            Self::Updated { bundle } => write!(f, "updated to {bundle}"),
            Self::Arrived { bundle } => write!(f, "on a new release; its bundle {bundle} runs already"),
            Self::RestartPending { bundle } => write!(f, "installed {bundle}; it runs after a restart"),
            Self::HeldBack { bundle, left: Some(left) } => {
                write!(f, "{bundle} failed and is tried again in {} seconds", left.as_secs())
            }
            Self::HeldBack { bundle, left: None } => {
                write!(
                    f,
                    "{bundle} failed too often, or was rolled back, and is not tried again; waiting for another bundle"
                )
            }
            Self::Failed { bundle, detail } => write!(f, "the update to {bundle} failed: {detail}"),
            Self::RolledBack { bundle, detail } => {
                write!(f, "the update to {bundle} was rolled back: {detail}")
            }
        }
    }
}

/// Why asking came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It was asked to stop.
    #[error("stopped")]
    Stopped,
    /// The server can't be reached, or refuses.
    #[error("{}{}", .0, advice(.0.cause()))]
    Client(#[from] olivine_client::Error),
    /// The server's answer can't be used.
    #[error("{0}")]
    Answer(String),
    /// The agent's folder can't be used.
    #[error("can't use {}", .path.display())]
    Folder {
        /// The folder, or the file in it.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another agent is at work.
    #[error("another agent is using {}", .path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// The configuration can't be used.
    #[error("{0}")]
    Config(String),
    /// A test has cut the power.
    #[cfg(test)]
    #[error("the power is gone")]
    Power,
}

/// What the agent's own settings can do about it.
const fn advice(cause: Option<Cause>) -> &'static str {
    match cause {
        Some(Cause::UnknownAuthority) => {
            "; if it is the right server, add its authority (PEM) to the file that ca_certificate names"
        }
        Some(Cause::OtherName) => "; give one of its names as server in the configuration",
        Some(Cause::Refused | Cause::UnknownHost) => " (server, in the configuration)",
        Some(Cause::Certificate) | None => "",
    }
}

impl Error {
    /// When to try again, if the server said so.
    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Client(error) => error.retry_after(),
            _ => None,
        }
    }
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Some errors repeat their cause in their own words.
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
