//! The steps as a table, and as properties: whatever fails, and whenever the power is lost, all is new or all is old.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn mark() -> Sha256Digest {
    Sha256Digest::of(b"state")
}

fn copy(before: Before) -> Trace {
    Trace::Copy { path: "/x".into(), before }
}

const COMMAND: Trace = Trace::Command { reverts: true };
const LASTING: Trace = Trace::Command { reverts: false };

fn failure(detail: &str) -> Failure {
    Failure { blame: Blame::Installer, detail: detail.to_owned() }
}

/// All steps, one letter each with the number of its entry: `S` stage, `C` commit, `U` unstage, `R` revert. `fails` are numbers of steps,
/// counted from 0. At the end `=` for whole, or how many entries stay; `!` for each that could not be taken back.
fn way(first: usize, traces: &[Trace], fails: &[usize]) -> String {
    let mut journal = Journal::begin(mark(), first, first + traces.len(), 0);
    let mut way = String::new();
    for number in 0.. {
        let (letter, entry) = match journal.step() {
            Step::Stage(entry) => ('S', entry),
            Step::Commit(entry) => ('C', entry),
            Step::Unstage(entry) => ('U', entry),
            Step::Revert(entry) => ('R', entry),
            Step::Finished => {
                way.push('=');
                break;
            }
            Step::TakenBack => {
                let back = journal.taking_back().unwrap();
                let _ = write!(way, "{}{}", back.floor, "!".repeat(back.stuck.len()));
                break;
            }
        };
        if letter == 'S' {
            journal.note(traces[entry - first].clone());
        }
        journal.begun();
        let _ = write!(way, "{letter}{entry} ");
        if fails.contains(&number) { journal.failed(failure("no")) } else { journal.succeeded(false) }
    }
    way
}

#[test]
fn the_steps_follow_each_other() {
    let copies = [copy(Before::File), copy(Before::Nothing), copy(Before::Same)];
    let lasting = [copy(Before::File), LASTING, copy(Before::File)];
    for (first, traces, fails, steps) in [
        (0, &copies, vec![], "S0 S1 S2 C0 C1 C2 ="),
        (0, &copies, vec![0], "S0 U0 0"),
        (0, &copies, vec![2], "S0 S1 S2 U2 U1 U0 0"),
        (0, &copies, vec![3], "S0 S1 S2 C0 U2 U1 R0 0"),
        (0, &copies, vec![5], "S0 S1 S2 C0 C1 C2 R2 R1 R0 0"),
        // Something can't be taken back: the others are all the same.
        (0, &copies, vec![5, 7], "S0 S1 S2 C0 C1 C2 R2 R1 R0 0!"),
        (0, &copies, vec![5, 6, 7, 8], "S0 S1 S2 C0 C1 C2 R2 R1 R0 0!!!"),
        (0, &copies, vec![1, 2], "S0 S1 U1 U0 0!"),
        // A command without revert stays once it succeeded, with what came before it…
        (0, &lasting, vec![5], "S0 S1 S2 C0 C1 C2 R2 2"),
        // …and is taken for undone where it failed.
        (0, &lasting, vec![4], "S0 S1 S2 C0 C1 U2 R1 R0 0"),
        (0, &lasting, vec![1], "S0 S1 U1 U0 0"),
        // After an attempt that could not be taken back.
        (2, &copies, vec![], "S2 S3 S4 C2 C3 C4 ="),
        (2, &copies, vec![5], "S2 S3 S4 C2 C3 C4 R4 R3 R2 2"),
        (2, &lasting, vec![5], "S2 S3 S4 C2 C3 C4 R4 4"),
    ] {
        assert_eq!(way(first, traces, &fails), steps, "{first} {fails:?}");
    }
    assert_eq!(Journal::begin(mark(), 3, 3, 0).step(), Step::Finished);
}

/// A device as the steps change it, and the two files that say how far it is.
struct World {
    traces: Vec<Trace>,
    /// Of each entry: whether it is new. A command that was cut short has done its work or not.
    new: Vec<bool>,
    /// What is on the disk.
    journal: Journal,
    /// The entry that the state says is next.
    next: usize,
}

impl World {
    fn new(traces: Vec<Trace>) -> Self {
        let journal = Journal::begin(mark(), 0, traces.len(), 0);
        Self { new: vec![false; traces.len()], traces, journal, next: 0 }
    }

    /// One life of an agent: it takes steps until the power goes, at the point that `end` names.
    fn live(
        &mut self,
        mut end: usize,
        fails: &mut impl FnMut() -> bool,
    ) -> Result<Option<Step>, TestCaseError> {
        prop_assert!(self.journal.fits(&mark(), self.next, 0), "{:?} at {}", self.journal, self.next);
        let mut journal = self.journal.clone();
        let mut is_out = move || {
            end = end.saturating_sub(1);
            end == 0
        };
        loop {
            let step = journal.step();
            if let Step::Stage(entry) = step {
                journal.note(self.traces[entry].clone());
            }
            if matches!(step, Step::Finished | Step::TakenBack) {
                return Ok(Some(step));
            }
            journal.begun();
            if is_out() {
                return Ok(None);
            }
            self.journal = journal.clone();
            if is_out() {
                return Ok(None);
            }
            self.next = journal.installed();
            for (entry, is_new) in self.new.iter().enumerate() {
                // What an agent of the version before is told is true.
                prop_assert!(*is_new || entry >= self.next, "{:?} at {}", self.journal, self.next);
            }
            if is_out() {
                return Ok(None);
            }
            let fails = fails();
            match step {
                Step::Commit(entry) if !fails => self.new[entry] = true,
                Step::Revert(entry) if !fails => self.new[entry] = false,
                Step::Unstage(entry) => prop_assert!(!self.new[entry]),
                _ => {}
            }
            if is_out() {
                return Ok(None);
            }
            if fails { journal.failed(failure("no")) } else { journal.succeeded(false) }
        }
    }
}

fn traces() -> impl Strategy<Value = Vec<Trace>> {
    let one = prop_oneof![
        Just(copy(Before::File)),
        Just(copy(Before::Nothing)),
        Just(copy(Before::Same)),
        Just(COMMAND)
    ];
    prop::collection::vec(one, 1..6)
}

proptest! {
    /// No step of taking back fails.
    #[test]
    fn whenever_the_power_is_lost_all_is_new_or_all_is_old(
        traces in traces(),
        lives in prop::collection::vec(1..30_usize, 0..20),
        failing in prop::collection::vec(any::<bool>(), 0..4),
    ) {
        let mut world = World::new(traces);
        let mut failing = failing.into_iter();
        let mut ended = None;
        for life in lives.into_iter().chain([usize::MAX]) {
            let is_forward = world.journal.taking_back().is_none();
            let mut fails = || is_forward && failing.next().unwrap_or_default();
            let mut once = false;
            ended = world.live(life, &mut || !once && { once = fails(); once })?;
            if ended.is_some() {
                break;
            }
        }
        match ended {
            Some(Step::Finished) => prop_assert!(world.new.iter().all(|new| *new)),
            Some(Step::TakenBack) => prop_assert!(world.new.iter().all(|new| !new)),
            other => prop_assert!(false, "{other:?}"),
        }
    }

    /// Also where commands have no way back: what stays are the first entries, and the state says how many.
    #[test]
    fn what_stays_is_said(kinds in prop::collection::vec(any::<bool>(), 1..6), fails_at in 0..12_usize) {
        let traces = kinds.iter().map(|reverts| Trace::Command { reverts: *reverts }).collect();
        let mut world = World::new(traces);
        let mut number = 0;
        let ended = world.live(usize::MAX, &mut || { number += 1; number == fails_at + 1 })?;
        if ended == Some(Step::TakenBack) {
            let back = world.journal.taking_back().map_or(0, |back| back.floor);
            let stays = world.new.iter().take_while(|new| **new).count();
            prop_assert!(world.new[stays..].iter().all(|new| !new));
            prop_assert!(stays >= back && world.next == stays, "{} {stays}", world.next);
        }
    }

    #[test]
    fn it_can_be_read_again(traces in traces(), steps in 0..12_usize, fails_at in 0..12_usize) {
        let mut journal = Journal::begin(mark(), 1, 1 + traces.len(), 3);
        for number in 0..steps {
            let text = serde_json::to_vec(&journal).unwrap();
            prop_assert_eq!(&serde_json::from_slice::<Journal>(&text).unwrap(), &journal);
            match journal.step() {
                Step::Stage(entry) => journal.note(traces[entry - 1].clone()),
                Step::Finished | Step::TakenBack => break,
                _ => {}
            }
            journal.begun();
            if number == fails_at { journal.failed(failure("no")) } else { journal.succeeded(false) }
        }
    }
}

/// An agent of the version before takes the same plan on, and the state moves on without the journal.
#[test]
fn a_journal_that_the_state_has_left_behind_does_not_fit() {
    let mut journal = Journal::begin(mark(), 0, 3, 0);
    for _ in 0..3 {
        journal.note(COMMAND);
        journal.begun();
        journal.succeeded(false);
    }
    journal.begun();
    assert!(journal.fits(&mark(), 0, 0));
    assert!(!journal.fits(&mark(), 0, 1), "the agent before began the entry");
    assert!(!journal.fits(&mark(), 1, 0), "it has installed it");
    assert!(!journal.fits(&Sha256Digest::of(b"another state"), 0, 0));
    journal.succeeded(false);
    assert!(journal.fits(&mark(), 0, 0) && journal.fits(&mark(), 1, 0) && !journal.fits(&mark(), 2, 0));
    journal.failed(failure("no"));
    assert!(journal.fits(&mark(), 1, 0) && !journal.fits(&mark(), 0, 0) && !journal.fits(&mark(), 2, 0));
}
