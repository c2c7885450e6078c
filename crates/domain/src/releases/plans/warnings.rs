//! Warnings before an edit. A warning does not forbid anything.

use std::fmt;

use super::{Edit, Fleet, Plan};
use crate::releases::graph::Named;
use crate::releases::{Phase, Release};
use crate::stops::{Extent, Stop};
use crate::text::{Name, Reason};
use crate::time::Timestamp;

/// So many devices that are offered a release at once are many.
const MANY: u64 = 100;

/// Something that a change of a cohort's releases, or of a bundle override, brings with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// Nothing would be different.
    NoChange,
    /// Many devices would be offered something at once.
    ManyDevices {
        /// What, in words.
        what: String,
        /// How many.
        devices: u64,
    },
    /// Devices that got a release before would get none.
    Held {
        /// The release that they are on.
        from: Named,
        /// How many there are.
        devices: u64,
        /// Why, in words.
        because: Option<String>,
    },
    /// Devices would get an older version than the one of their release.
    OlderVersion {
        /// The release that they are on.
        from: Named,
        /// The release that they would get.
        to: Named,
        /// How many there are.
        devices: u64,
    },
    /// Devices are on the release that is deleted.
    DevicesOnDeleted {
        /// The release.
        release: Named,
        /// How many there are.
        devices: u64,
    },
    /// The release is for devices with certain tags, which are not counted.
    NotCountedByTags(Named),
    /// The override is for devices with certain tags, and they could not be counted.
    NotCountedTagged(Name),
    /// Devices are on no release of the cohort, and are not counted.
    NotCountedUnplaced(u64),
    /// No device gets the release before its scheduled time, so the present numbers say little.
    Scheduled {
        /// The release.
        release: Named,
        /// The moment.
        at: Timestamp,
    },
    /// More devices have claimed the release than its phase allows; they keep it.
    ClaimsBeyondPhase {
        /// The release.
        release: Named,
        /// How many have.
        claims: u64,
        /// How many may.
        limit: u64,
    },
    /// Updates are stopped, so nothing is offered before somebody resumes them.
    Stopped {
        /// What is stopped.
        extent: Extent,
        /// Why.
        reason: Reason,
    },
    /// The bundle has binaries that can't be served, so that some or all devices don't get it.
    Unservable {
        /// How many binaries.
        binaries: u64,
    },
    /// A bundle override has not begun.
    NotYet(Timestamp),
    /// A bundle override is over.
    Over(Timestamp),
}

impl Warning {
    /// Many devices, if they are.
    pub fn many(what: String, before: u64, after: u64) -> Option<Self> {
        let devices = after.saturating_sub(before);
        (devices > MANY).then_some(Self::ManyDevices { what, devices })
    }

    /// That updates are stopped, if they are.
    pub fn stopped(stop: Option<&Stop>) -> Option<Self> {
        stop.map(|stop| Self::Stopped { extent: stop.extent, reason: stop.reason.clone() })
    }

    /// That so many binaries can't be served, if there are any.
    pub fn unservable(binaries: usize) -> Option<Self> {
        (binaries > 0).then_some(Self::Unservable { binaries: binaries as u64 })
    }

    /// For programs: stable, in `snake_case`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoChange => "no_change",
            Self::ManyDevices { .. } => "many_devices",
            Self::Held { .. } => "devices_held",
            Self::OlderVersion { .. } => "older_version",
            Self::DevicesOnDeleted { .. } => "devices_on_deleted",
            Self::NotCountedByTags(_) | Self::NotCountedTagged(_) => "tags_not_counted",
            Self::NotCountedUnplaced(_) => "unplaced_not_counted",
            Self::Scheduled { .. } => "scheduled",
            Self::ClaimsBeyondPhase { .. } => "claims_beyond_phase",
            Self::Stopped { .. } => "updates_stopped",
            Self::Unservable { .. } => "bundle_not_servable",
            Self::NotYet(_) => "not_started",
            Self::Over(_) => "ended",
        }
    }
}

/// `1 device`, `2 devices`.
fn count(devices: u64) -> String {
    if devices == 1 { "1 device".to_owned() } else { format!("{devices} devices") }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoChange => f.write_str("this changes nothing"),
            Self::ManyDevices { what, devices } => write!(
                f,
                "{} more would be offered {what} at once; to begin with fewer, limit the phase of a release (phase_value), or choose fewer devices",
                count(*devices)
            ),
            Self::Held { from, devices, because } => {
                let why = because.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                write!(f, "{} on '{}' would get no update any more{why}", count(*devices), from.name)
            }
            Self::OlderVersion { from, to, devices } => write!(
                f,
                "{} on '{}' would get the older version of '{}'",
                count(*devices),
                from.name,
                to.name
            ),
            Self::DevicesOnDeleted { release, devices } => write!(
                f,
                "{} on '{}' would no longer count as being on a release until they report again; the plan assumes that they report its \
                 bundle and version",
                count(*devices),
                release.name
            ),
            Self::NotCountedByTags(release) => write!(
                f,
                "'{}' is for devices with certain tags; the numbers are those of devices without tags",
                release.name
            ),
            Self::NotCountedTagged(name) => {
                write!(f, "'{name}' is for devices with certain tags, and how many have them was not counted")
            }
            Self::NotCountedUnplaced(devices) => write!(
                f,
                "{} of this cohort count as being on none of its releases; what they are offered depends on what they report, and they are not in \
                 these numbers",
                count(*devices)
            ),
            Self::Scheduled { release, at } => {
                write!(f, "no device gets '{}' before {at}; the numbers are those of now", release.name)
            }
            Self::ClaimsBeyondPhase { release, claims, limit } => write!(
                f,
                "{} have claimed a place in the phase of '{}', which has {limit} places; those that have one keep it",
                count(*claims),
                release.name
            ),
            Self::Stopped { extent, reason } => write!(
                f,
                "updates of {extent} are stopped ({}): no device is offered anything before somebody resumes them",
                reason.as_str()
            ),
            Self::Unservable { binaries } => write!(
                f,
                "{binaries} binaries of the bundle can't be served, because they were destroyed or lack signatures; devices that need them get \
                 no update"
            ),
            Self::NotYet(at) => write!(f, "it applies from {at} on; no device is offered anything before"),
            Self::Over(at) => write!(f, "it ended at {at}; no device is offered anything"),
        }
    }
}

/// The warnings of an edit.
pub(super) fn warnings(edit: Edit<'_>, plan: &Plan, fleet: &Fleet, now: Timestamp) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if edit.old.is_some() && edit.old == edit.new {
        return vec![Warning::NoChange];
    }
    for offered in &plan.offers {
        let what = format!("'{}'", offered.release.name);
        warnings.extend(Warning::many(what, offered.before, offered.after));
    }
    warnings.extend(plan.ways.iter().filter_map(|way| {
        let was_served = way.before.goes_to.is_some() && way.after.goes_to.is_none();
        was_served.then(|| Warning::Held {
            from: way.from.clone(),
            devices: way.devices,
            because: way.after.held_because.clone(),
        })
    }));
    warnings.extend(plan.ways.iter().filter_map(|way| older(edit, way)));
    if let (Some(old), None) = (edit.old, edit.new) {
        let on = fleet.on.get(&old.id).copied().filter(|devices| *devices > 0);
        warnings.extend(on.map(|devices| Warning::DevicesOnDeleted { release: Named::of(old), devices }));
    }
    if let Some(new) = edit.new.filter(|new| new.archived_at.is_none() && !new.disabled) {
        warnings.extend(of_release(edit, new, fleet.devices, now));
    }
    warnings.extend((plan.unplaced > 0).then_some(Warning::NotCountedUnplaced(plan.unplaced)));
    warnings
}

fn older(edit: Edit<'_>, way: &super::Way) -> Option<Warning> {
    let to = way.after.goes_to.as_ref().filter(|_| way.before.goes_to != way.after.goes_to)?;
    let from = edit.before.known(way.from.prn.id)?.version.as_ref()?;
    let version = edit.after.known(to.prn.id)?.version.as_ref()?;
    let warning = Warning::OlderVersion { from: way.from.clone(), to: to.clone(), devices: way.devices };
    from.is_newer_than(version).then_some(warning)
}

fn of_release(edit: Edit<'_>, new: &Release, devices: u64, now: Timestamp) -> Vec<Warning> {
    let release = Named::of(new);
    let scheduled = new.schedule_date.filter(|_| !new.is_due(now));
    let scheduled = scheduled.map(|at| Warning::Scheduled { release: release.clone(), at });
    let limited = match &new.phase {
        Phase::Tags(_) => Some(Warning::NotCountedByTags(release)),
        Phase::Numeric(value) => {
            let is_changed = edit.old.is_none_or(|old| old.phase != new.phase);
            let limit = value.limit(devices).filter(|limit| is_changed && new.claims > *limit);
            limit.map(|limit| Warning::ClaimsBeyondPhase { release, claims: new.claims, limit })
        }
    };
    scheduled.into_iter().chain(limited).collect()
}
