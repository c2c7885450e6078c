//! Many at once: one wins, the others are told, nothing is lost and nothing is "locked".

use futures_util::future::join_all;
use olivine_domain::binaries::BinaryState;
use olivine_domain::permissions::Tenancy;

use super::*;
use crate::error::Constraint;
use crate::idempotency_keys::{Claimed, IdempotencyClaim};
use crate::organizations::ReserveError;
use crate::*;

on_both! {
    async fn sixty_four_writers_wait_for_each_other(database) {
        let Frame { organization: owner, artifact: parent, .. } = frame(&database).await;
        let tasks = (0..64).map(|_| {
            let (database, child) = (Database::clone(&database), version(&parent));
            tokio::spawn(async move {
                // Reads first, then writes: the transaction that fails in SQLite unless it begins as a writer.
                let write = database.write().await?;
                let found = artifacts::get(&write, child.organization, child.artifact).await?;
                artifact_versions::insert(&write, &child).await?;
                let new = Artifact { revision: found.revision.next(), ..found.clone() };
                let updated = artifacts::update(&write, &found, &new).await;
                write.commit().await?;
                updated
            })
        });
        let outcomes: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
        let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let lost = outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::Conflict))).count();
        assert_eq!(won + lost, 64, "{outcomes:?}");
        let revision = artifacts::get(&*database, owner.id, parent.id).await.unwrap().revision.get();
        assert_eq!(usize::try_from(revision).unwrap(), 1 + won);
    }

    async fn of_sixty_four_updates_one_wins(database) {
        let Frame { version: child, .. } = frame(&database).await;
        let record = binary(&child);
        commit!(database, |write| binaries::insert(&write, &record).await).unwrap();
        let tasks = (0..64).map(|number| {
            let (database, mut record) = (Database::clone(&database), record.clone());
            tokio::spawn(async move {
                let old = record.clone();
                record.state = if number % 2 == 0 { BinaryState::Hashable } else { BinaryState::Destroyed };
                record.revision = record.revision.next();
                commit!(database, |write| binaries::update(&write, &old, &record).await)
            })
        });
        let outcomes: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::Conflict))).count(), 63);
    }

    async fn of_sixty_four_creations_one_wins(database) {
        let Frame { version: child, .. } = frame(&database).await;
        let tasks = (0..64).map(|number| {
            let target = if number % 2 == 0 { "portable" } else { "universal" };
            let (database, record) = (Database::clone(&database), binary(&child));
            let record = Binary { target: target.parse().unwrap(), ..record };
            tokio::spawn(async move { commit!(database, |write| binaries::insert(&write, &record).await) })
        });
        let outcomes: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
        let duplicate = |outcome: &&Result<(), Error>| matches!(outcome, Err(Error::Duplicate(Constraint::BinaryTarget)));
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert_eq!(outcomes.iter().filter(duplicate).count(), 63, "{outcomes:?}");
    }

    async fn the_quota_holds_under_pressure(database) {
        let record = Organization { storage_quota: Some(1000), ..organization() };
        commit!(database, |write| organizations::insert(&write, &record).await).unwrap();
        let tasks = (0..64).map(|_| {
            let (database, id) = (Database::clone(&database), record.id);
            tokio::spawn(async move { commit!(database, |write| organizations::reserve(&write, id, 30).await) })
        });
        let outcomes: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 33);
        let refused = |outcome: &&Result<(), ReserveError>| matches!(outcome, Err(ReserveError::Quota(_)));
        assert_eq!(outcomes.iter().filter(refused).count(), 31, "{outcomes:?}");
        assert_eq!(organizations::get(&*database, record.id).await.unwrap().storage_used, 990);
    }

    async fn an_idempotency_key_has_one_first_request(database) {
        let (owner, caller) = (fresh(), fresh_uuid());
        let tasks = (0..16).map(|_| {
            let claim = IdempotencyClaim {
                organization: owner,
                caller,
                key: "k".to_owned(),
                fingerprint: "f".to_owned(),
                resource_id: fresh_uuid(),
                now: at(0),
            };
            let database = Database::clone(&database);
            tokio::spawn(async move { commit!(database, |write| idempotency_keys::claim(&write, &claim).await) })
        });
        let outcomes: Vec<_> = join_all(tasks).await.into_iter().map(|done| done.unwrap().unwrap()).collect();
        let new: Vec<_> = outcomes.iter().filter(|claimed| matches!(claimed, Claimed::New { .. })).collect();
        let [Claimed::New { resource_id: first }] = new[..] else { panic!("{outcomes:?}") };
        for claimed in &outcomes {
            let (Claimed::New { resource_id } | Claimed::Existing { resource_id, .. }) = claimed;
            assert_eq!(resource_id, first);
        }
    }

    async fn given_up_requests_leave_no_transaction_behind(database) {
        let Frame { artifact: parent, .. } = frame(&database).await;
        // Requests are dropped at any point when a caller goes away; here after ever more polls.
        for polls in 0..40 {
            let child = version(&parent);
            let work = async {
                let write = database.write().await.unwrap();
                artifact_versions::insert(&write, &child).await.unwrap();
                write.commit().await.unwrap();
            };
            let mut work = std::pin::pin!(work);
            for _ in 0..polls {
                let poll = std::future::poll_fn(|context| std::task::Poll::Ready(work.as_mut().poll(context)));
                if poll.await.is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        commit!(database, |write| artifact_versions::insert(&write, &version(&parent)).await).unwrap();
        database.prove_writable(super::at(1)).await.unwrap();
    }
}

#[tokio::test]
async fn two_processes_share_one_sqlite_file() {
    let database = testing::sqlite().await;
    let other = Database::open(database.url(), Options::default()).await.unwrap();
    let record = organization();
    let write = database.write().await.unwrap();
    organizations::insert(&write, &record).await.unwrap();
    let waiting = tokio::spawn(async move {
        let write = other.write().await?;
        organizations::get(&write, record.id).await
    });
    tokio::task::yield_now().await;
    write.commit().await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().id, record.id);
}

/// Two transactions that lock two cohorts crosswise: PostgreSQL undoes one of them, and the error says that it may simply be done again.
#[tokio::test]
async fn a_deadlock_is_told_from_a_conflict() {
    let database = crate::testing::postgres().await;
    let fleet = super::fleet::fleet(&database).await;
    let (one, other) = (fleet.cohort.clone(), super::fleet::cohort(&fleet.product));
    commit!(database, |write| cohorts::insert(&write, &other).await).unwrap();
    let owner = one.organization;
    let (first, second) = (database.write().await.unwrap(), database.write().await.unwrap());
    cohorts::lock(&first, &Tenancy::of_server(owner), one.id).await.unwrap();
    cohorts::lock(&second, &Tenancy::of_server(owner), other.id).await.unwrap();
    let crosswise = async |write: Write, id| cohorts::lock(&write, &Tenancy::of_server(owner), id).await;
    let outcomes = tokio::join!(crosswise(first, other.id), crosswise(second, one.id));
    let outcomes: [Result<_, Error>; 2] = outcomes.into();
    assert_eq!(
        outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::Deadlock))).count(),
        1,
        "{outcomes:?}"
    );
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
}
