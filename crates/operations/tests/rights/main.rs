//! Nobody can do what no grant of theirs allows, nor hand out more than they have, and what descends from somebody who was removed is dead:
//! after each step of random histories of invitations, memberships, keys and personal keys, by random actors.
//!
//! The model of what is allowed is apart from the rules that it checks: it asks each grant, one scope and one place at a time.
//!
//! `OLIVINE_RIGHTS_HISTORIES` says how many histories are played, `OLIVINE_RIGHTS_SEED` with which seed the first one is made. A failure
//! prints the seed of its history.

mod model;
mod world;

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::world::{Counts, Site, Step, Who};

/// What every run can afford.
const USUAL: u64 = 32;

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name}: {error}")))
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![3 => any::<u8>().prop_map(Who::Person), 2 => any::<u8>().prop_map(Who::Key)]
}

fn step() -> impl Strategy<Value = Step> {
    let grants = || any::<[u8; 4]>();
    prop_oneof![
        3 => (who(), any::<u8>(), grants()).prop_map(|(by, whom, grants)| Step::Invite { by, whom, grants }),
        4 => any::<u8>().prop_map(|invitation| Step::Accept { invitation }),
        1 => (who(), any::<u8>()).prop_map(|(by, invitation)| Step::RevokeInvitation { by, invitation }),
        3 => (who(), any::<u8>(), grants()).prop_map(|(by, whom, grants)| Step::Change { by, whom, grants }),
        3 => (who(), any::<u8>()).prop_map(|(by, whom)| Step::Remove { by, whom }),
        3 => (who(), grants()).prop_map(|(by, grants)| Step::MakeKey { by, grants }),
        2 => (who(), any::<u8>()).prop_map(|(by, key)| Step::RevokeKey { by, key }),
        2 => (any::<u8>(), grants()).prop_map(|(by, grants)| Step::MakePersonalKey { by, grants }),
        2 => (who(), any::<bool>()).prop_map(|(by, on)| Step::RequireSecondFactor { by, on }),
        2 => any::<u8>().prop_map(|whom| Step::SetSecondFactor { whom }),
    ]
}

#[test]
fn nobody_does_or_hands_out_more_than_their_grants_allow() {
    let histories = variable("OLIVINE_RIGHTS_HISTORIES").unwrap_or(USUAL);
    let chosen = variable("OLIVINE_RIGHTS_SEED");
    let first = chosen.unwrap_or_else(|| RandomState::new().build_hasher().finish() >> 16);
    let (site, counts) = (Site::open(), Counts::default());
    for seed in first..first + histories {
        let config = Config {
            cases: 1,
            failure_persistence: None,
            max_shrink_iters: 100,
            rng_seed: RngSeed::Fixed(seed),
            ..Config::default()
        };
        let outcome = TestRunner::new(config)
            .run(&vec(step(), 20..60), |steps| site.play(&steps, &counts).map_err(TestCaseError::fail));
        if let Err(failure) = outcome {
            panic!("OLIVINE_RIGHTS_HISTORIES=1 OLIVINE_RIGHTS_SEED={seed}\n{failure}");
        }
    }
    // Histories in which nothing succeeds would prove nothing.
    if histories >= USUAL {
        counts.assert_each_happened();
    }
}
