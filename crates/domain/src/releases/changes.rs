//! Changing a release: its fields, and whom it is for.

use super::phases::{PhaseChange, PhaseMisfit};
use super::{Phase, Release};
use crate::bundles::Bundle;
use crate::prn::Id;
use crate::text::{Description, Name};
use crate::time::Timestamp;
use crate::versions::{Requirement, Version};

/// Changes of a [`Release`]: what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// See [`Release::bundle`].
    pub bundle: Option<Id<Bundle>>,
    /// See [`Release::next`].
    pub next: Option<Option<Id<Release>>>,
    /// See [`Release::name`].
    pub name: Option<Name>,
    /// See [`Release::description`].
    pub description: Option<Option<Description>>,
    /// See [`Release::version`].
    pub version: Option<Option<Version>>,
    /// See [`Release::version_requirement`].
    pub version_requirement: Option<Option<Requirement>>,
    /// See [`Release::required`].
    pub required: Option<bool>,
    /// See [`Release::disabled`].
    pub disabled: Option<bool>,
    /// See [`Release::schedule_date`].
    pub schedule_date: Option<Option<Timestamp>>,
    /// See [`Release::phase`].
    pub phase: PhaseChange,
}

impl Change {
    /// The release after the change, with its next revision; `None` where it would be as it was. Whether the graph would still be one is
    /// not looked at.
    pub fn apply(self, old: &Release, now: Timestamp) -> Result<Option<Release>, PhaseMisfit> {
        let phase: Phase = self.phase.apply(&old.phase)?;
        let new = Release {
            bundle: self.bundle.unwrap_or(old.bundle),
            next: self.next.unwrap_or(old.next),
            name: self.name.unwrap_or_else(|| old.name.clone()),
            description: self.description.unwrap_or_else(|| old.description.clone()),
            version: self.version.unwrap_or_else(|| old.version.clone()),
            version_requirement: self.version_requirement.unwrap_or_else(|| old.version_requirement.clone()),
            required: self.required.unwrap_or(old.required),
            disabled: self.disabled.unwrap_or(old.disabled),
            schedule_date: self.schedule_date.unwrap_or(old.schedule_date),
            phase,
            ..old.clone()
        };
        let revision = old.revision.next();
        Ok((new != *old).then_some(Release { revision, updated_at: now, ..new }))
    }
}
