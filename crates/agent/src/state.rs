//! What the agent knows across restarts, and how each step changes it. No IO here: the one who takes a step saves the state
//! before it acts on it, so that a power loss at any point leaves a state from which the next start goes on.

mod failures;
mod status;

use std::collections::{BTreeMap, VecDeque};

use olivine_api::device::StatusReport;
use olivine_client::Reported;
use olivine_domain::bundles::Bundle;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::prn::Prn;
use olivine_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::as_text;
use crate::plan::{Entry, Plan};
use crate::state::failures::Kind;
pub(crate) use crate::state::failures::{Failure, HeldBack, Patience};
use crate::state::status::Status;

/// The form of the file. A file of another form is set aside, never guessed at.
pub(crate) const FORMAT: u32 = 1;

/// The most characters of a report's detail.
const DETAIL: usize = 2_000;

/// All that is kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    /// [`FORMAT`].
    pub(crate) format: u32,
    /// What this device runs.
    pub(crate) current: Current,
    /// What is under way.
    pub(crate) phase: Phase,
    /// What was last installed of each artifact, by the artifact's PRN.
    pub(crate) installed: BTreeMap<String, Installed>,
    /// What of a bundle is installed already and can't be taken back, while the bundle as a whole is not.
    pub(crate) done: Option<Done>,
    /// Bundles that failed and are not tried again at once, oldest first.
    pub(crate) failures: VecDeque<Failure>,
    /// What the server has not acknowledged yet, in order.
    pub(crate) reports: VecDeque<StatusReport>,
}

/// What this device runs, as the server named it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Current {
    /// The release that it is on.
    pub(crate) release_prn: Option<String>,
    /// The last bundle that was installed as a whole.
    pub(crate) bundle_prn: Option<String>,
    /// The version of the release.
    pub(crate) version: Option<String>,
    /// Whether parts of another bundle were installed since.
    pub(crate) mixed: bool,
}

/// What is under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// Nothing.
    #[default]
    Idle,
    /// Contents are fetched and checked.
    Downloading {
        /// Of this bundle.
        #[serde(with = "as_text")]
        bundle: Prn<Bundle>,
    },
    /// Everything is fetched and checked; entries are installed in order.
    Installing {
        /// What is installed.
        plan: Plan,
        /// The entry that is next. Those before it are installed; it may be half installed, as the journal says.
        next: usize,
        /// How often an agent of the version before, which has no journal, began that entry.
        starts: u32,
        /// Whether an installer said that its work needs a restart.
        restart: bool,
        /// The version that ran before.
        before: Option<String>,
    },
    /// Everything is installed; a restart shows what runs.
    Restarting {
        /// What is installed.
        plan: Plan,
        /// Whether an installer asked for the restart.
        asked: bool,
        /// The version that ran before.
        before: Option<String>,
        /// The system's start in which it was installed.
        boot: Option<String>,
    },
}

/// What was last installed of an artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Installed {
    /// Its version.
    pub(crate) version: String,
    /// Its content.
    #[serde(with = "as_text")]
    pub(crate) hash: Sha256Digest,
}

/// What of a bundle is installed already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Done {
    /// The bundle.
    #[serde(with = "as_text")]
    pub(crate) bundle: Prn<Bundle>,
    /// Its first entries, as many as are installed.
    pub(crate) entries: Vec<Entry>,
    /// Whether one of them needs a restart.
    pub(crate) restart: bool,
}

impl State {
    /// The state of a device that runs what its configuration says.
    pub(crate) fn new(current: Current) -> Self {
        Self { format: FORMAT, current, ..Self::default() }
    }

    /// What the device says of itself. Where parts of another bundle were installed, it does not claim its last whole one,
    /// unless that is all that the server could know it by: so the server may send that one again.
    pub(crate) fn reported(&self, version: Option<String>) -> Reported {
        let Current { release_prn, bundle_prn, version: recorded, mixed } = self.current.clone();
        let hidden = mixed && release_prn.is_some();
        Reported { bundle_prn: bundle_prn.filter(|_| !hidden), release_prn, version: version.or(recorded) }
    }

    /// Whether this bundle is what runs.
    pub(crate) fn runs(&self, bundle: &Prn<Bundle>) -> bool {
        !self.current.mixed && self.current.bundle_prn.as_ref() == Some(&bundle.to_string())
    }

    /// The bundle that runs is that of another release: the device is on that one now. False if it was already.
    pub(crate) fn arrive(
        &mut self,
        bundle: &Prn<Bundle>,
        release: Option<String>,
        version: Option<String>,
    ) -> bool {
        self.phase = Phase::Idle;
        if release.is_none() || release == self.current.release_prn {
            return false;
        }
        self.current.release_prn.clone_from(&release);
        self.current.version = version;
        self.report(bundle, release, Status::Installed, None);
        true
    }

    /// Begins to fetch; says so once, however often that is interrupted. False if nothing is new.
    pub(crate) fn begin(&mut self, plan: &Plan) -> bool {
        let phase = Phase::Downloading { bundle: plan.bundle };
        let is_new = self.phase != phase;
        if is_new {
            self.phase = phase;
            self.report_on(plan, Status::Downloading, None);
        }
        is_new
    }

    /// Everything is there and checked. Goes on where an earlier attempt at the same bundle ended.
    pub(crate) fn fetched(&mut self, plan: Plan, before: Option<String>) {
        let done = self.done.take().filter(|done| done.bundle == plan.bundle);
        self.report_on(&plan, Status::Installing, None);
        // The same contents in the same order; what the server may have changed since is installed.
        let same = |done: &Done| {
            done.entries.iter().zip(&plan.entries).take_while(|(a, b)| a.hash == b.hash).count()
        };
        let (next, restart) = done.map_or((0, false), |done| (same(&done), done.restart));
        self.phase = Phase::Installing { plan, next, starts: 0, restart, before };
    }

    /// The entries before `next` are installed. False if that was said already.
    ///
    /// How often the entry after them was begun is in the journal. Here it is 0: it is counted by agents of the version before only, so that
    /// the next agent notices that one was at work.
    pub(crate) fn progress(&mut self, installed: usize, needs_restart: bool) -> bool {
        let Phase::Installing { next, starts, restart, .. } = &mut self.phase else { return false };
        let before = (*next, *starts, *restart);
        (*next, *starts, *restart) = (installed, 0, *restart || needs_restart);
        before != (*next, *starts, *restart)
    }

    /// What does not change while a bundle is installed, in one number: all but the reports, and how far it is.
    pub(crate) fn mark(&self) -> Sha256Digest {
        let mut state = Self { reports: VecDeque::new(), ..self.clone() };
        if let Phase::Installing { next, starts, restart, .. } = &mut state.phase {
            (*next, *starts, *restart) = (0, 0, false);
        }
        Sha256Digest::of(&serde_json::to_vec(&state).expect("a state always is JSON"))
    }

    /// All is installed, but does not run before a restart.
    pub(crate) fn await_restart(&mut self, boot: Option<String>) {
        if let Phase::Installing { plan, restart, before, .. } = std::mem::take(&mut self.phase) {
            self.phase = Phase::Restarting { plan, asked: restart, before, boot };
        }
    }

    /// All is installed and runs.
    pub(crate) fn installed(&mut self, plan: &Plan) {
        self.phase = Phase::Idle;
        for Entry { artifact, version, hash, .. } in &plan.entries {
            let installed = Installed { version: version.clone(), hash: *hash };
            self.installed.insert(artifact.to_string(), installed);
        }
        self.current = Current {
            // An override has no release: the device stays on the one that it was on.
            release_prn: plan.release.clone().or_else(|| self.current.release_prn.take()),
            bundle_prn: Some(plan.bundle.to_string()),
            version: plan.version.clone(),
            mixed: false,
        };
        self.done = None;
        self.failures.clear();
        self.report_on(plan, Status::Installed, None);
    }

    /// After the restart the version before runs: this bundle is not tried again before a different one was installed.
    pub(crate) fn rolled_back(&mut self, plan: &Plan, detail: &str, patience: Patience, now: Timestamp) {
        self.phase = Phase::Idle;
        self.done = None;
        self.remember(&plan.bundle, patience, now, Kind::Failed).given_up = true;
        self.report_on(plan, Status::RolledBack, Some(detail));
    }

    fn report_on(&mut self, plan: &Plan, status: Status, detail: Option<&str>) {
        self.report(&plan.bundle, plan.release.clone(), status, detail);
    }

    fn report(
        &mut self,
        bundle: &Prn<Bundle>,
        release: Option<String>,
        status: Status,
        detail: Option<&str>,
    ) {
        self.reports.push_back(StatusReport {
            bundle_prn: bundle.to_string(),
            release_prn: release,
            status: status.as_str().to_owned(),
            detail: detail.map(|detail| detail.chars().take(DETAIL).collect()),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::failures::REMEMBERED;
    use super::*;
    use crate::tests::prn;

    const PATIENCE: Patience = Patience { max_attempts: 3, first_wait: Duration::from_mins(1) };

    fn plan(number: u64) -> Plan {
        let entry = |artifact| Entry {
            artifact: prn("artifact", artifact).parse().unwrap(),
            artifact_version: prn("artifact_version", number).parse().unwrap(),
            version: format!("{number}.0.0"),
            binary: prn("binary", artifact).parse().unwrap(),
            target: "arm".to_owned(),
            size: 1,
            hash: Sha256Digest::of(&[u8::try_from(artifact).unwrap()]),
            metadata: Some("{\"a\": 1}".to_owned()),
        };
        Plan {
            bundle: prn("bundle", number).parse().unwrap(),
            release: Some(prn("release", number)),
            version: None,
            entries: vec![entry(1), entry(2)],
        }
    }

    fn moment(seconds: u64) -> Timestamp {
        let start: Timestamp = "2026-01-15T10:30:00Z".parse().unwrap();
        start.plus(Duration::from_secs(seconds))
    }

    fn reports(state: &State) -> Vec<(String, String)> {
        state.reports.iter().map(|report| (report.bundle_prn.clone(), report.status.clone())).collect()
    }

    fn step(state: &mut State, step: u8, number: u64, now: Timestamp) {
        let plan = plan(number);
        let subject = (&plan.bundle, plan.release.clone());
        match step {
            0 => drop(state.begin(&plan)),
            1 => state.fetched(plan, Some("0".to_owned())),
            2 => drop(state.progress(1, true)),
            3 => state.await_restart(None),
            4 => state.installed(&plan),
            5 => state.failed(subject, "no", PATIENCE, now),
            6 => drop(state.interrupted(&plan, "no", PATIENCE, now)),
            7 => state.rolled_back(&plan, "no", PATIENCE, now),
            8 => drop(state.arrive(&plan.bundle, plan.release, None)),
            9 => state.torn(&plan, "no", PATIENCE, now),
            _ => state.postponed(subject, "no", PATIENCE, now),
        }
    }

    proptest! {
        #[test]
        fn whatever_happens_the_state_can_be_read_again_and_no_report_is_lost(
            steps in prop::collection::vec((0..11_u8, 1..40_u64, 0..1_000_000_u64), 0..60),
        ) {
            let mut state = State::new(Current::default());
            for (index, number, at) in steps {
                let before = reports(&state);
                step(&mut state, index, number, moment(at));
                prop_assert_eq!(&reports(&state)[..before.len()], before);
                prop_assert!(state.failures.len() <= REMEMBERED);
                let text = serde_json::to_vec(&state).unwrap();
                let read: State = serde_json::from_slice(&text).unwrap();
                prop_assert_eq!(serde_json::to_vec(&read).unwrap(), text);
            }
        }
    }

    #[test]
    fn a_bundle_that_fails_waits_longer_each_time_and_then_for_ever() {
        let mut state = State::new(Current::default());
        let plan = plan(1);
        let held_back = |state: &State, at| state.held_back(&plan.bundle, moment(at));
        state.failed((&plan.bundle, None), "no", PATIENCE, moment(0));
        assert_eq!(held_back(&state, 10), Some(HeldBack::For(Duration::from_secs(50))));
        assert_eq!(held_back(&state, 60), None);
        state.failed((&plan.bundle, None), "no", PATIENCE, moment(60));
        assert_eq!(held_back(&state, 60), Some(HeldBack::For(Duration::from_mins(2))));
        // The clock was set back: nobody knows how much time has passed.
        assert_eq!(held_back(&state, 0), None);
        state.failed((&plan.bundle, None), "no", PATIENCE, moment(180));
        assert_eq!(held_back(&state, 1_000_000), Some(HeldBack::GivenUp));
    }

    /// Only installers count; neither what came before nor after makes it worse.
    #[test]
    fn what_cannot_be_taken_waits_six_hours_at_most_and_is_tried_for_ever() {
        let mut state = State::new(Current::default());
        let plan = plan(1);
        let mut at = 0;
        let mut waits = Vec::new();
        for _ in 0..12 {
            state.postponed((&plan.bundle, None), "no", PATIENCE, moment(at));
            let Some(HeldBack::For(wait)) = state.held_back(&plan.bundle, moment(at)) else { panic!() };
            waits.push(wait.as_secs() / 60);
            at += wait.as_secs();
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]);
        assert_eq!(state.held_back(&plan.bundle, moment(at)), None);
        for is_last in [false, false, true] {
            state.failed((&plan.bundle, None), "no", PATIENCE, moment(at));
            at += 100_000;
            assert_eq!(state.held_back(&plan.bundle, moment(at)).is_some(), is_last);
        }
    }

    #[test]
    fn contents_that_cannot_be_reached_are_told_now_and_then_but_never_given_up() {
        let mut state = State::new(Current::default());
        let plan = plan(1);
        // Its waits: 1, 2 and 4 minutes, and so on from the beginning.
        let told: Vec<_> = (0..7).map(|_| state.interrupted(&plan, "no", PATIENCE, moment(0))).collect();
        assert_eq!(told, [false, false, true, false, false, true, false]);
        assert_eq!(state.held_back(&plan.bundle, moment(100_000)), None);
    }

    #[test]
    fn what_another_server_answer_says_of_the_same_bundle_is_not_skipped() {
        let mut state = State::new(Current::default());
        state.fetched(plan(1), None);
        assert!(state.progress(1, false) && !state.progress(1, false));
        state.failed((&plan(1).bundle, None), "no", PATIENCE, moment(0));
        let mut other = plan(1);
        other.entries[0].hash = Sha256Digest::of(b"other");
        state.fetched(other, None);
        assert!(matches!(state.phase, Phase::Installing { next: 0, .. }));
    }
}
