//! What resolution did, step by step, in words: the answer to "why does this device not update?".
//!
//! Reasons are texts for people and may change; steps and outcomes are names for machines.

use std::fmt;

use crate::releases::Release;
use crate::releases::graph::ReleaseGraph;
use crate::versions::{Requirement, Version};

/// The most releases that a reason names: half of them from each end.
const MAX_NAMED: usize = 10;

/// The most steps back that a trace spells out.
const MAX_STEPS_BACK: usize = 100;

/// One step of a resolution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceStep {
    /// What was looked at.
    pub step: Step,
    /// What came of it.
    pub outcome: Outcome,
    /// Why, in words.
    pub reason: String,
}

impl TraceStep {
    /// The last step of an update, which the caller looks up: whether the bundle can be delivered.
    pub fn deliverable(problem: Option<&str>) -> Self {
        let (outcome, reason) = match problem {
            Some(problem) => (Outcome::NoUpdate, problem),
            None => (Outcome::Update, "the bundle has a signed, compatible binary of each artifact version"),
        };
        Self { step: Step::Deliverable, outcome, reason: reason.to_owned() }
    }
}

/// What a step looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Whether the device is quarantined.
    Quarantine,
    /// Whether an emergency stop is on. Only recorded where one is.
    Stop,
    /// Whether a bundle override is active for it.
    Override,
    /// Whether it is in a cohort.
    Cohort,
    /// Where it enters the cohort's graph.
    Entry,
    /// How far it goes at most.
    Forward,
    /// How far it has to step back.
    Back,
    /// Whether that is newer than what it runs.
    Newer,
    /// Whether the bundle can be delivered.
    Deliverable,
}

impl Step {
    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quarantine => "quarantine",
            Self::Stop => "stop",
            Self::Override => "override",
            Self::Cohort => "cohort",
            Self::Entry => "entry",
            Self::Forward => "forward",
            Self::Back => "back",
            Self::Newer => "newer",
            Self::Deliverable => "deliverable",
        }
    }
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The next step follows.
    Continue,
    /// Nothing was found; the next kind of report is tried.
    FallThrough,
    /// The release is not open to the device; the one before it is tried.
    StepBack,
    /// The answer is an update.
    Update,
    /// The answer is no update.
    NoUpdate,
    /// The answer is that the device is quarantined.
    DeviceQuarantine,
}

impl Outcome {
    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Continue => "continue",
            Self::FallThrough => "fall_through",
            Self::StepBack => "step_back",
            Self::Update => "update",
            Self::NoUpdate => "no_update",
            Self::DeviceQuarantine => "device_quarantine",
        }
    }
}

/// The receiver of each step. The rules are written once, with and without a receiver.
pub(super) trait Tracer {
    /// Takes one step; `reason` is only asked of if somebody listens.
    fn step(&mut self, step: Step, outcome: Outcome, reason: impl FnOnce() -> String);
}

/// Listens to nothing.
pub(super) struct Silent;

impl Tracer for Silent {
    fn step(&mut self, _: Step, _: Outcome, _: impl FnOnce() -> String) {}
}

/// Writes all down, except for steps back beyond [`MAX_STEPS_BACK`].
#[derive(Default)]
pub(super) struct Recorder {
    steps: Vec<TraceStep>,
    steps_back: usize,
}

impl Recorder {
    pub(super) fn finish(mut self) -> Vec<TraceStep> {
        self.say_what_was_left_out();
        self.steps
    }

    fn say_what_was_left_out(&mut self) {
        let left_out = self.steps_back.saturating_sub(MAX_STEPS_BACK);
        self.steps_back = 0;
        if left_out > 0 {
            let reason = format!("and {left_out} more steps back, for like reasons");
            self.steps.push(TraceStep { step: Step::Back, outcome: Outcome::StepBack, reason });
        }
    }
}

impl Tracer for Recorder {
    fn step(&mut self, step: Step, outcome: Outcome, reason: impl FnOnce() -> String) {
        if outcome == Outcome::StepBack {
            self.steps_back += 1;
            if self.steps_back > MAX_STEPS_BACK {
                return;
            }
        } else {
            self.say_what_was_left_out();
        }
        self.steps.push(TraceStep { step, outcome, reason: reason() });
    }
}

/// Says of releases in a row, the one nearest the sink first, why none of them is open: each is disabled, or its
/// requirement is not met by that version.
pub(super) fn closed(releases: &[Release], version: Option<&Version>) -> String {
    let version = version.map_or_else(String::new, ToString::to_string);
    match releases {
        [] => "no release is closed".to_owned(),
        [one] if one.disabled => format!("'{}' is disabled", one.name),
        [one] => unmet(one, &version),
        [first, .., last] => {
            let all = releases.len();
            let disabled = releases.iter().filter(|release| release.disabled).count();
            let unmet = match all - disabled {
                0 => String::new(),
                unmet => format!(", {unmet} require another version than the device's {version}"),
            };
            let (first, last) = (&first.name, &last.name);
            format!("of {all} releases from '{first}' back to '{last}', {disabled} are disabled{unmet}")
        }
    }
}

/// Says that a device of that version does not meet the release's requirement.
pub(super) fn unmet(release: &Release, version: &impl fmt::Display) -> String {
    let requirement = release.version_requirement.as_ref().map_or("", Requirement::as_str);
    format!("'{}' requires version {requirement}; the device has {version}", release.name)
}

/// Says what a device that only knows its version could enter at, the oldest version first.
pub(super) fn entries(graph: &ReleaseGraph) -> String {
    let all = graph.len();
    if all == 0 {
        return "its cohort has no releases".to_owned();
    }
    let versioned = graph.versioned().len();
    let left_out = versioned.saturating_sub(MAX_NAMED);
    let first = if left_out > 0 { MAX_NAMED / 2 } else { versioned };
    let mut named: Vec<String> = graph.versioned().take(first).map(takes).collect();
    if left_out > 0 {
        named.push(format!("{left_out} more"));
        named.extend(graph.versioned().skip(first + left_out).map(takes));
    }
    match all - versioned {
        0 => {}
        1 => named.push("1 release has no version, so no device enters at it".to_owned()),
        more => named.push(format!("{more} releases have no version, so no device enters at them")),
    }
    named.join("; ")
}

fn takes(release: &Release) -> String {
    let name = &release.name;
    match (&release.version, &release.version_requirement) {
        (Some(version), None) => {
            format!("'{name}' ({version}, without a requirement) takes every version below {version}")
        }
        (Some(version), Some(requirement)) => format!("'{name}' ({version}) takes {requirement}"),
        (None, _) => format!("'{name}' has no version"),
    }
}
