//! Contents of archived versions go to the archive storage and come back: whatever fails, dies or changes meanwhile, the content is where
//! its record says, and nothing is left behind.
//!
//! Everything is real but the clock: databases, folders, jobs.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod world;

use std::time::Duration;

use olivine_domain::bundle_overrides::Audience;
use olivine_domain::contents::replicas::ReplicaState::{Complete, Copying, Deleting};
use olivine_domain::releases::graph::Placement;
use olivine_domain::storage_backends::StorageBackend;
use olivine_operations::lists::NewId;
use olivine_operations::{
    Error, artifacts, bundle_overrides, jobs, organizations, releases, storage_backends,
};

use crate::world::{CLEARED_WITHIN, On, RETRIED_WITHIN, World, now, part_in, polled};

const OWN: olivine_domain::Id<StorageBackend> = StorageBackend::DATA_FOLDER;

macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::On::Sqlite).await;
            })*
        }

        mod on_postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::On::Postgres).await;
            })*
        }
    };
}

on_both!(
    a_content_rests_while_nothing_can_serve_it,
    what_ends_or_is_archived_with_its_artifact_is_found_without_being_told,
    a_content_that_rests_has_no_replicas,
    a_copy_that_fails_changes_nothing_and_is_tried_again,
    a_move_may_die_anywhere,
    a_release_that_is_created_meanwhile_keeps_the_content,
    a_process_that_was_taken_over_changes_nothing,
    a_replica_that_comes_too_late_is_deleted,
    the_archive_storage_is_another_one_that_works_and_stays,
);

async fn a_content_rests_while_nothing_can_serve_it(on: On) {
    let world = World::open(on).await;
    let release = world.release().await;
    world.archive_version().await;
    world.settle().await;
    assert_eq!(world.place().await, OWN, "a release has it");

    releases::archive(&world.first, &world.may(), release, &None).await.unwrap();
    world.work().await;
    assert_eq!(world.place().await, world.archive, "at once");
    world.is_readable().await;
    assert_eq!(world.replicas().await, [("own".to_owned(), Deleting, false)]);
    assert!(world.holds("own").await, "URLs that were given out still lead there");
    world.pass(CLEARED_WITHIN).await;
    assert_eq!((world.holds("own").await, world.replicas().await), (false, vec![]));

    // Back, since the release is served again. Until then it was given out from the archive.
    releases::unarchive(&world.first, &world.may(), release, Placement::Sink, &None).await.unwrap();
    world.work().await;
    assert_eq!(world.place().await, OWN);
    world.is_readable().await;
    assert!(world.holds("archive").await);

    // There and back again while the places are yet to be cleared.
    releases::archive(&world.first, &world.may(), release, &None).await.unwrap();
    world.work().await;
    assert_eq!(world.place().await, OWN, "the archive is not cleared yet");
    world.take_version_back().await;
    world.settle().await;
    assert_eq!((world.place().await, world.holds("archive").await), (OWN, false));
    assert_eq!(world.replicas().await, []);
    let told = world.events().await;
    let expected =
        ["moved", "content_deleted", "moved", "content_deleted"].map(|kind| format!("binary.{kind}"));
    assert_eq!(told, expected);

    world.archive_version().await;
    world.work().await;
    assert_eq!(world.place().await, world.archive);
    // Without the setting nothing moves.
    world.set_archive_storage(None).await;
    world.take_version_back().await;
    world.settle().await;
    assert_eq!(world.place().await, world.archive);
    world.is_readable().await;
}

async fn what_ends_or_is_archived_with_its_artifact_is_found_without_being_told(on: On) {
    let world = World::open(on).await;
    let hour = Duration::from_hours(1);
    let new = bundle_overrides::Create {
        id: NewId::Fresh,
        name: "hotfix".parse().unwrap(),
        description: None,
        bundle: world.bundle,
        starts_at: Some(now(&world).plus(hour)),
        ends_at: Some(now(&world).plus(3 * hour)),
        audience: Audience::Cohort(world.cohort),
    };
    bundle_overrides::create(
        &world.first,
        &world.may::<olivine_domain::permissions::scope::BundleOverrideCreate>().into(),
        new,
    )
    .await
    .unwrap();
    artifacts::archive(&world.first, &world.may(), world.artifact).await.unwrap();
    for _ in 0..2 {
        world.pass(hour).await;
        assert_eq!(world.place().await, OWN, "an override has it, or will have it");
    }
    world.pass(hour).await;
    world.pass(RETRIED_WITHIN).await;
    assert_eq!(world.place().await, world.archive, "its time is over");
    artifacts::unarchive(&world.first, &world.may(), world.artifact).await.unwrap();
    world.settle().await;
    assert_eq!((world.place().await, world.holds("archive").await), (OWN, false));
}

async fn a_content_that_rests_has_no_replicas(on: On) {
    let world = World::open(on).await;
    world.storage("near", true).await;
    world.pass(RETRIED_WITHIN).await;
    assert_eq!(world.replicas().await, [("near".to_owned(), Complete, false)]);
    world.archive_version().await;
    world.work().await;
    assert_eq!(world.place().await, world.archive);
    let gone = |name: &str| (name.to_owned(), Deleting, false);
    assert_eq!(world.replicas().await, [gone("near"), gone("own")]);
    world.settle().await;
    assert_eq!((world.replicas().await, world.holds("near").await), (vec![], false), "and none is made");
    world.take_version_back().await;
    world.work().await;
    world.settle().await;
    assert_eq!(world.replicas().await, [("near".to_owned(), Complete, false)]);
    assert_eq!((world.place().await, world.holds("archive").await), (OWN, false));

    // A storage that contents are copied to can be the archive storage: what rests there stays a replica when it goes back.
    let both = world.storage("both", true).await;
    world.set_archive_storage(Some(both)).await;
    world.archive_version().await;
    world.settle().await;
    assert_eq!((world.place().await, world.replicas().await), (both, vec![]));
    world.take_version_back().await;
    world.settle().await;
    let complete = |name: &str| (name.to_owned(), Complete, false);
    assert_eq!(
        (world.place().await, world.replicas().await),
        (OWN, vec![complete("both"), complete("near")])
    );
}

async fn a_copy_that_fails_changes_nothing_and_is_tried_again(on: On) {
    let world = World::open(on).await;
    let part = part_in(&world.folder.path().join("own"));
    let right = std::fs::read(&part).unwrap();
    let mut wrong = right.clone();
    *wrong.last_mut().unwrap() ^= 1;
    std::fs::write(&part, wrong).unwrap();
    world.archive_version().await;
    world.work().await;
    for _ in 0..2 {
        assert_eq!(world.place().await, OWN);
        assert_eq!(world.replicas().await, [("archive".to_owned(), Copying, true)], "it says why");
        assert!(!world.has_whole("archive").await);
        world.pass(RETRIED_WITHIN).await;
    }
    // What is not to be moved any more leaves nothing behind, also after a copy that failed.
    world.take_version_back().await;
    world.settle().await;
    assert_eq!((world.replicas().await, world.holds("archive").await), (vec![], false));
    world.archive_version().await;
    world.work().await;
    std::fs::write(&part, right).unwrap();
    world.settle().await;
    assert_eq!((world.place().await, world.replicas().await), (world.archive, vec![]));
    world.is_readable().await;
    assert!(!world.holds("own").await);
}

/// The process is killed after ever more steps; another one goes on. In the end all is as if nobody had died.
async fn a_move_may_die_anywhere(on: On) {
    let world = World::open(on).await;
    for steps in 1.. {
        let mut ended = true;
        for is_archived in [true, false] {
            if is_archived {
                world.archive_version().await;
            } else {
                world.take_version_back().await;
            }
            let mut dying = Box::pin(jobs::run_due(&world.second, "second"));
            ended &= polled(&mut dying, steps).await;
            drop(dying);
            world.is_readable().await;
            world.settle().await;
            world.is_readable().await;
            let (place, kept, left) =
                if is_archived { (world.archive, "archive", "own") } else { (OWN, "own", "archive") };
            let found = (
                world.place().await,
                world.replicas().await,
                world.has_whole(kept).await,
                world.holds(left).await,
            );
            assert_eq!(found, (place, vec![], true, false), "after {steps} steps");
        }
        if ended {
            assert!(steps > 20, "{steps}");
            return;
        }
    }
}

async fn a_release_that_is_created_meanwhile_keeps_the_content(on: On) {
    let world = World::open(on).await;
    for way in 0..2 {
        world.archive_version().await;
        let mut job = Box::pin(jobs::run_due(&world.second, "second"));
        while !world.has_whole("archive").await {
            assert!(!polled(&mut job, 1).await, "it is copied first");
        }
        assert_eq!(world.place().await, OWN);
        let release = world.release().await;
        if way == 0 {
            job.await;
        } else {
            // It dies, and the next one finds that nothing is to be moved.
            drop(job);
        }
        world.settle().await;
        assert_eq!(world.place().await, OWN);
        world.is_readable().await;
        assert_eq!((world.replicas().await, world.holds("archive").await), (vec![], false));
        world.take_version_back().await;
        releases::delete(&world.first, &world.may(), release, None, &None).await.unwrap();
        world.settle().await;
    }
    assert_eq!(world.events().await, ["binary.content_deleted"; 2], "the copies, not the content");
}

async fn a_process_that_was_taken_over_changes_nothing(on: On) {
    let world = World::open(on).await;
    world.archive_version().await;
    let mut slow = Box::pin(jobs::run_due(&world.second, "second"));
    while world.replicas().await.is_empty() {
        assert!(!polled(&mut slow, 1).await);
    }
    // Its lease is over.
    world.pass(RETRIED_WITHIN).await;
    assert_eq!(world.place().await, world.archive);
    slow.await;
    world.settle().await;
    assert_eq!((world.place().await, world.replicas().await), (world.archive, vec![]));
    world.is_readable().await;
    assert!(!world.holds("own").await);
    assert_eq!(world.events().await, ["binary.moved", "binary.content_deleted"]);
}

/// A process that was about to make a replica goes on when the content rests and the place of the replica was cleared.
async fn a_replica_that_comes_too_late_is_deleted(on: On) {
    let world = World::open(on).await;
    world.settle().await;
    world.storage("near", true).await;
    for steps in 1.. {
        let mut slow = Box::pin(jobs::run_due(&world.second, "second"));
        world.advance(RETRIED_WITHIN);
        while !world.is_running("replicate").await {
            assert!(!polled(&mut slow, 1).await);
        }
        let is_done = polled(&mut slow, steps).await;
        if is_done || world.has_whole("near").await {
            assert!(world.has_whole("near").await);
            assert!(steps > 3, "{steps}");
            return;
        }
        world.archive_version().await;
        world.settle().await;
        assert_eq!((world.place().await, world.replicas().await), (world.archive, vec![]));
        slow.await;
        world.settle().await;
        assert_eq!(
            (world.replicas().await, world.holds("near").await),
            (vec![], false),
            "after {steps} steps"
        );
        world.take_version_back().await;
        world.settle().await;
        assert_eq!(world.replicas().await, [("near".to_owned(), Complete, false)]);
        world.lose_replica("near").await;
    }
}

async fn the_archive_storage_is_another_one_that_works_and_stays(on: On) {
    let world = World::open(on).await;
    let (ctx, archive) = (&world.first, world.archive);
    let update = async |storage, archive_storage| {
        let change = organizations::Change { storage, archive_storage, ..Default::default() };
        organizations::update(ctx, &world.may(), None, change).await
    };
    let refused = update(Some(Some(archive)), None).await.unwrap_err();
    assert!(matches!(refused, Error::Invalid { field: "archive_storage_backend_prn", .. }), "{refused:?}");
    let unknown = update(None, Some(Some(ctx.new_id()))).await.unwrap_err();
    assert!(matches!(unknown, Error::NotFound { .. }), "{unknown:?}");
    // A folder that is a file.
    let broken = world.storage("broken", false).await;
    std::fs::write(world.folder.path().join("broken"), "").unwrap();
    let failed = update(None, Some(Some(broken))).await.unwrap_err();
    assert!(!matches!(failed, Error::NotFound { .. } | Error::Invalid { .. }), "{failed:?}");
    assert_eq!(organizations::get(ctx, &world.may()).await.unwrap().archive_storage, Some(archive));

    let refused = storage_backends::delete(ctx, &world.may(), archive).await.unwrap_err();
    assert!(matches!(&refused, Error::InUse(why) if why.contains("archived contents go to")), "{refused}");
    let both = update(Some(Some(broken)), Some(None)).await.unwrap();
    assert_eq!((both.storage, both.archive_storage), (Some(broken), None));
    storage_backends::delete(ctx, &world.may(), archive).await.unwrap();
}
