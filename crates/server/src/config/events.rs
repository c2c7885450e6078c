//! How long events are kept.

use std::time::Duration;

use anyhow::ensure;

/// How long events are kept.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Events {
    /// After how many days events are deleted.
    #[config(nested)]
    pub retention_days: RetentionDays,
}

/// After how many days events are deleted.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct RetentionDays {
    /// Events of changes by people, keys and the server. At least 30.
    #[config(default = 730, env = "OLIVINE_EVENTS_RETENTION_DAYS_AUDIT")]
    pub audit: u64,

    /// Events of devices, downloads and refused certificates, which are most of all events. At most as many days as `audit`.
    #[config(default = 30, env = "OLIVINE_EVENTS_RETENTION_DAYS_FREQUENT")]
    pub frequent: u64,
}

/// An audit trail must be long enough to answer questions after a month.
const LEAST_AUDIT: u64 = 30;
/// A hundred years.
const MOST: u64 = 36_500;

impl Events {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let RetentionDays { audit, frequent } = self.retention_days;
        ensure!(
            (LEAST_AUDIT..=MOST).contains(&audit),
            "events.retention_days.audit must be from {LEAST_AUDIT} to {MOST}"
        );
        ensure!(
            (1..=audit).contains(&frequent),
            "events.retention_days.frequent must be at least 1, and at most events.retention_days.audit ({audit})"
        );
        Ok(())
    }

    /// How long events of the audit class are kept.
    pub(super) const fn audit(&self) -> Duration {
        days(self.retention_days.audit)
    }

    /// How long frequent events are kept.
    pub(super) const fn frequent(&self) -> Duration {
        days(self.retention_days.frequent)
    }
}

const fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 60 * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audit_trail_has_a_floor() {
        let check =
            |audit, frequent| Events { retention_days: RetentionDays { audit, frequent } }.check().is_ok();
        for (audit, frequent) in [(730, 30), (30, 30), (30, 1), (36_500, 1)] {
            assert!(check(audit, frequent), "{audit} {frequent}");
        }
        for (audit, frequent) in [(29, 1), (0, 0), (730, 0), (60, 61), (u64::MAX, 1)] {
            assert!(!check(audit, frequent), "{audit} {frequent}");
        }
    }
}
