//! A process that has cached records answers like a process that was just started: after each change, by any process, and after any number
//! of earlier changes.
//!
//! A history is a random sequence of changes of everything that a device's check depends on. Three processes share a database: the first
//! and the second make the changes in turn and remember what they were asked; a third one is started anew for each comparison.
//!
//! `OLIVINE_COHERENCE_HISTORIES` says how many histories are tried on each database, `OLIVINE_COHERENCE_SEED` with which seed the first
//! one is made. A failure prints the seed of its history.

mod changes;
mod comparison;
mod factory;
mod history;
mod steps;
mod world;

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::panic::resume_unwind;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::steps::{Asked, Change, Check, Course, Kind, Maker, Picks, Said, Step, step};
use crate::world::{Place, Site};

/// What every run can afford. A thousand should be tried after each change of what is remembered.
const SQLITE_HISTORIES: u64 = 32;
const POSTGRES_HISTORIES: u64 = 16;
/// How many are played at once on each database.
const AT_ONCE: usize = 2;

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name}: {error}")))
}

fn all_processes_answer_alike(place: Place, usual: u64) {
    let histories = variable("OLIVINE_COHERENCE_HISTORIES").unwrap_or(usual);
    let chosen = variable("OLIVINE_COHERENCE_SEED");
    let first = chosen.unwrap_or_else(|| RandomState::new().build_hasher().finish() >> 16);
    std::thread::scope(|scope| {
        let players = (first..first + histories).take(AT_ONCE).map(|begin| {
            let seeds = (begin..first + histories).step_by(AT_ONCE);
            scope.spawn(move || play_all(place, seeds))
        });
        for player in players.collect::<Vec<_>>() {
            player.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
    });
}

fn play_all(place: Place, seeds: impl Iterator<Item = u64>) {
    let site = Site::open(place);
    for seed in seeds {
        let config = Config {
            cases: 1,
            failure_persistence: None,
            max_shrink_iters: 60,
            rng_seed: RngSeed::Fixed(seed),
            ..Config::default()
        };
        let outcome = TestRunner::new(config).run(&vec(step(), 1..45), |steps| {
            site.run(history::play(&site, steps)).map_err(TestCaseError::fail)
        });
        if let Err(failure) = outcome {
            panic!("OLIVINE_COHERENCE_HISTORIES=1 OLIVINE_COHERENCE_SEED={seed}\n{failure}");
        }
    }
}

/// Histories that once ended with different answers, in few steps.
fn known(steps: Vec<Step>) {
    let site = Site::open(Place::Sqlite);
    site.run(history::play(&site, steps)).unwrap_or_else(|difference| panic!("{difference}"));
}

const fn plain(kind: Kind, picks: Picks, device: u8, said: Said) -> Step {
    let check = Some(Check { at: Asked::First, device, said });
    Step {
        change: Change { kind, picks },
        by: Maker::First,
        course: Course::Alone,
        check,
        said: Said::Nothing,
    }
}

/// Its devices got nothing until the process was started again: the product's target was not among those that were remembered.
#[test]
fn a_product_is_created_after_its_organization_was_remembered() {
    let line = [1, 3, 1, 0, 0];
    known(vec![
        plain(Kind::PassTime, [0; 5], 1, Said::Version(0)),
        plain(Kind::CreateLine, line, 1, Said::Version(0)),
    ]);
}

/// Its devices counted as being on a release that was deleted, and so were never counted again.
#[test]
fn a_release_is_replaced_that_devices_are_on() {
    known(vec![
        plain(Kind::PassTime, [0; 5], 1, Said::Version(1)),
        plain(Kind::ReplaceRelease, [1; 5], 0, Said::Same),
    ]);
}

#[test]
fn on_sqlite() {
    all_processes_answer_alike(Place::Sqlite, SQLITE_HISTORIES);
}

#[test]
fn on_postgres() {
    all_processes_answer_alike(Place::Postgres, POSTGRES_HISTORIES);
}
