//! How long people stay signed in.

use std::time::Duration;

use anyhow::ensure;
use olivine_domain::sessions::SessionLimits;

/// How long people stay signed in.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Sessions {
    /// After how many seconds without a request a session ends. The default is twelve hours.
    #[config(default = 43_200, env = "OLIVINE_SESSION_IDLE_SECONDS")]
    pub idle_seconds: u64,

    /// After how many seconds every session ends. The default is seven days.
    #[config(default = 604_800, env = "OLIVINE_SESSION_SECONDS")]
    pub longest_seconds: u64,
}

impl Sessions {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(
            (60..=31_536_000).contains(&self.idle_seconds)
                && (60..=31_536_000).contains(&self.longest_seconds),
            "sessions.idle_seconds and sessions.longest_seconds take 60 seconds to a year"
        );
        Ok(())
    }

    pub(super) const fn limits(&self) -> SessionLimits {
        SessionLimits {
            idle: Duration::from_secs(self.idle_seconds),
            longest: Duration::from_secs(self.longest_seconds),
        }
    }
}
