//! What a process does. Several processes with different roles make one installation.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Something that a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The Admin API, contents included.
    Api,
    /// The Device API.
    Device,
    /// Work in the background.
    Jobs,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 3] = [Self::Api, Self::Device, Self::Jobs];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Device => "device",
            Self::Jobs => "jobs",
        }
    }
}

/// A word that is no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no role: roles are api, device and jobs")]
pub struct NoRole(String);

impl FromStr for Role {
    type Err = NoRole;

    fn from_str(text: &str) -> Result<Self, NoRole> {
        let text = text.trim();
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| NoRole(text.to_owned()))
    }
}

/// Roles as an environment variable has them. An empty one is a mistake rather than a process that does nothing.
pub(super) fn list(text: &str) -> Result<BTreeSet<Role>, NoRole> {
    text.split(',').map(str::parse).collect()
}
