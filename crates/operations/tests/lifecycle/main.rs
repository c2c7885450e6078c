//! Any interleaving of what clients, the clock and crashes can do to a binary ends in a state that the lifecycle's table allows, with
//! each change on record and a content that is what the record says.
//!
//! Everything is real but the clock: database, content folder, job runner. A crash drops all tasks wherever they are.

mod checks;
mod replay;
mod steps;
mod world;

use olivine_operations::Error;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::steps::{Action, Step, contents, step};
use crate::world::{Place, World};

/// A few minutes of everything would find more; these are what every run can afford.
const SQLITE_CASES: u32 = 60;
const POSTGRES_CASES: u32 = 16;

fn any_interleaving_is_allowed_by_the_table(place: Place, cases: u32) {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    let story = (contents(), vec(step(), 4..24));
    let outcome = TestRunner::new(config).run(&story, |(content, steps)| {
        let mut world = World::open(place, content);
        world.perform(vec![(Action::Create, None)]);
        for step in steps {
            take(&mut world, step)?;
        }
        world.settle();
        // What broken-off requests held is freed with them.
        world.crash();
        world.settle();
        checks::check(&world)
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

fn take(world: &mut World, step: Step) -> Result<(), TestCaseError> {
    match step {
        Step::Together(actions) => {
            for error in world.perform(actions) {
                let expected = !matches!(
                    error,
                    Error::Internal(_)
                        | Error::Unavailable { .. }
                        | Error::StorageFull
                        | Error::Unauthenticated(_)
                );
                prop_assert!(expected, "{error:?}");
            }
        }
        Step::Later(minutes) => world.pass_minutes(minutes),
        Step::Settle => world.settle(),
        Step::Crash => world.crash(),
    }
    Ok(())
}

#[test]
fn on_sqlite() {
    any_interleaving_is_allowed_by_the_table(Place::Sqlite, SQLITE_CASES);
}

#[test]
fn on_postgres() {
    any_interleaving_is_allowed_by_the_table(Place::Postgres, POSTGRES_CASES);
}
