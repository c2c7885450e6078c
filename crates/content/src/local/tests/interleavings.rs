//! Any interleaving of uploads, completions, deletions, new beginnings and restarts: whatever can be read is exactly what was
//! acknowledged and completed, and after a deletion nothing is left.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use proptest::prelude::*;

use super::*;

/// One thing done to the one content. A part's bytes follow from its index and variant.
#[derive(Clone, Debug)]
enum Step {
    Begin,
    Receive { index: u64, variant: u64 },
    Complete { variants: Vec<u64> },
    Delete,
    Restart,
}

/// What a step has made true.
#[derive(Debug, Default)]
struct Outcome {
    acknowledged: Option<(u64, u64)>,
    tried: Option<Vec<u64>>,
    completed: Option<Vec<u64>>,
    deleted: bool,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Begin),
        6 => (1..=2_u64, 0..2_u64).prop_map(|(index, variant)| Step::Receive { index, variant }),
        3 => prop::collection::vec(0..2_u64, 1..=2).prop_map(|variants| Step::Complete { variants }),
        1 => Just(Step::Delete),
        1 => Just(Step::Restart),
    ]
}

fn content(index: u64, variant: u64) -> Bytes {
    bytes(10 * index + variant, 1000 + usize::try_from(index * 100 + variant).unwrap())
}

fn whole(variants: &[u64]) -> Vec<u8> {
    (1..).zip(variants).flat_map(|(index, variant)| content(index, *variant).to_vec()).collect()
}

async fn take(local: &Local, step: &Step) -> Outcome {
    match step {
        Step::Begin => drop(local.begin(&key(1)).await.unwrap()),
        Step::Receive { index, variant } => {
            let bytes = content(*index, *variant);
            match receive(local, &key(1), &part(*index, &bytes), body(&bytes)).await {
                Ok(_) => return Outcome { acknowledged: Some((*index, *variant)), ..Outcome::default() },
                Err(error) => {
                    assert!(matches!(error, ReceiveError::Storage(Error::SessionGone)), "{error:?}");
                }
            }
        }
        Step::Complete { variants } => {
            let parts: Vec<_> = (1..).zip(variants).map(|(i, v)| part(i, &content(i, *v))).collect();
            let done = local.complete(&key(1), &UploadSession::new("local"), &parts).await;
            let completed = match done {
                Ok(()) => Some(variants.clone()),
                Err(Error::MissingPart { .. } | Error::SessionGone | Error::AlreadyComplete) => None,
                Err(error) => panic!("{error:?}"),
            };
            return Outcome { tried: Some(variants.clone()), completed, ..Outcome::default() };
        }
        Step::Delete => {
            local.delete(&key(1)).await.unwrap();
            return Outcome { deleted: true, ..Outcome::default() };
        }
        Step::Restart => drop(open(local.layout.tmp().parent().unwrap()).await),
    }
    Outcome::default()
}

/// Takes the steps of each round at once, the rounds one after the other.
async fn play(rounds: &[Vec<Step>]) {
    let (_folder, local) = folder().await;
    let mut acknowledged = BTreeSet::new();
    let mut holds: Option<Vec<u8>> = None;
    for round in rounds {
        let tasks = round.iter().cloned().map(|step| {
            let local = local.clone();
            tokio::spawn(async move { take(&local, &step).await })
        });
        let outcomes: Vec<Outcome> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
        acknowledged.extend(outcomes.iter().filter_map(|outcome| outcome.acknowledged));
        let deleted = outcomes.iter().any(|outcome| outcome.deleted);
        match read_all(&local, &key(1)).await {
            Ok(read) => {
                let tried = outcomes.iter().filter_map(|outcome| outcome.tried.as_deref());
                let known =
                    |variants: &[u64]| (1..).zip(variants).all(|(i, v)| acknowledged.contains(&(i, *v)));
                let new = tried.filter(|variants| known(variants)).any(|variants| whole(variants) == read);
                assert!(new || holds.as_ref() == Some(&read), "bytes that nobody completed");
                assert!(holds.is_none() || deleted || holds.as_ref() == Some(&read), "changed in place");
                holds = Some(read);
            }
            Err(Error::NotFound) => {
                assert!(holds.is_none() || deleted, "a complete content is lost");
                let completed = outcomes.iter().any(|outcome| outcome.completed.is_some());
                assert!(!completed || deleted, "a completion that was acknowledged is lost");
                holds = None;
            }
            Err(error) => panic!("{error:?}"),
        }
        assert!(is_empty(local.layout.tmp()));
    }
    local.delete(&key(1)).await.unwrap();
    assert_empty(&local);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_can_be_read_is_what_was_acknowledged_and_completed(
        rounds in prop::collection::vec(prop::collection::vec(step(), 1..=4), 1..=8),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(play(&rounds));
    }
}
