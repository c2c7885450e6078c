//! Overrides for devices that report only a version: how it is known that such a device runs the bundle it was given.
//!
//! An [`Offer`] is remembered when the device is given the bundle, and changes with what the device reports. Nothing here
//! changes when a device only asks again.

use super::report::Report;
use crate::bundles::Bundle;
use crate::devices::UpdateStatus;
use crate::prn::Id;
use crate::text::VersionText;
use crate::versions::is_same;

/// The override's bundle that a device was given last, if its report named no bundle then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What it was given.
    pub bundle: Id<Bundle>,
    /// The version that it reported when it was given the bundle.
    pub version: Option<VersionText>,
    /// Whether the device has since said that it installed the bundle, and not reported another version after that.
    pub is_installed: bool,
}

impl Offer {
    /// How it is known that a device that names no bundle runs this one; `None` if it is not known.
    pub(super) fn sign(&self, bundle: Id<Bundle>, report: &Report) -> Option<String> {
        if self.bundle != bundle {
            return None;
        }
        if self.is_installed {
            return Some("it reported that it installed it".to_owned());
        }
        let (before, now) = self.version.as_ref().zip(report.version_text())?;
        let is_another = !is_same(before.as_str(), &now);
        is_another.then(|| format!("it was offered to version {before}, and the device now reports {now}"))
    }

    /// What to remember when a device that names no bundle is given this one; `None` if that is remembered already.
    pub fn needed(known: Option<&Self>, bundle: Id<Bundle>, report: &Report) -> Option<Self> {
        let version = report.version_text().and_then(|text| text.parse().ok());
        let is_known = known
            .is_some_and(|known| known.bundle == bundle && (known.version.is_some() || version.is_none()));
        (!is_known).then_some(Self { bundle, version, is_installed: false })
    }

    /// What is left of it after a report that differs from the one before. `reported` is the bundle that the new report
    /// names, by itself or by its release; `forced` the bundle of the override that is active for the device.
    #[must_use]
    pub fn after_report(
        self,
        (old, new): (Option<&VersionText>, Option<&VersionText>),
        reported: Option<Id<Bundle>>,
        forced: Option<Id<Bundle>>,
    ) -> Option<Self> {
        let names_another = reported.is_some_and(|reported| reported != self.bundle);
        let has_changed = old.zip(new).is_some_and(|(old, new)| !is_same(old.as_str(), new.as_str()));
        // Without the override, another version comes from elsewhere: nothing tells that the device still runs the bundle.
        if names_another || (has_changed && forced != Some(self.bundle)) {
            return None;
        }
        // From now on the version tells, also when the device goes back to the one it had.
        Some(Self { is_installed: self.is_installed && !has_changed, ..self })
    }

    /// What it becomes when the device says how an update goes; `None` if that changes nothing.
    pub fn after_status(&self, bundle: Id<Bundle>, status: UpdateStatus) -> Option<Self> {
        let is_installed = match status {
            UpdateStatus::Installed => true,
            UpdateStatus::Failed | UpdateStatus::RolledBack => false,
            UpdateStatus::Downloading | UpdateStatus::Installing => return None,
        };
        (self.bundle == bundle && self.is_installed != is_installed)
            .then(|| Self { is_installed, ..self.clone() })
    }
}
