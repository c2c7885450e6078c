//! What the databases refuse by themselves: duplicates, broken references, other tenants' parents, corrupt rows.

use olivine_domain::Sha256Digest;
use olivine_domain::binaries::BinaryState;
use sea_orm::ConnectionTrait as _;

use super::*;
use crate::database::Reader as _;
use crate::error::Constraint;
use crate::*;

fn duplicate<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Constraint {
    match outcome {
        Err(Error::Duplicate(constraint)) => constraint,
        other => panic!("expected a duplicate, got {other:?}"),
    }
}

on_both! {
    async fn each_unique_thing_is_named(database) {
        let Frame { organization: owner, artifact: first, version: child } = frame(&database).await;
        let same_name = Organization { id: fresh(), ..owner.clone() };
        let found = commit!(database, |write| organizations::insert(&write, &same_name).await);
        assert_eq!(duplicate(found), Constraint::OrganizationName);

        let hash = Sha256Digest::of(b"");
        commit!(database, |write| api_keys::insert(&write, &api_key(&owner), &hash).await).unwrap();
        let found = commit!(database, |write| api_keys::insert(&write, &api_key(&owner), &hash).await);
        assert_eq!(duplicate(found), Constraint::ApiKeyHash);

        let same_name = Artifact { id: fresh(), ..first.clone() };
        let found = commit!(database, |write| artifacts::insert(&write, &same_name).await);
        assert_eq!(duplicate(found), Constraint::ArtifactName);
        let same_id = Artifact { name: "other".parse().unwrap(), ..first.clone() };
        let found = commit!(database, |write| artifacts::insert(&write, &same_id).await);
        assert_eq!(duplicate(found), Constraint::PrimaryKey);
        let renamed = Artifact { revision: first.revision.next(), ..artifact(&owner) };
        commit!(database, |write| artifacts::insert(&write, &renamed).await).unwrap();
        let taken = Artifact { name: first.name.clone(), ..renamed.clone() };
        let found = commit!(database, |write| artifacts::update(&write, &renamed, &taken).await);
        assert_eq!(duplicate(found), Constraint::ArtifactName);

        let same_version = ArtifactVersion { id: fresh(), ..child.clone() };
        let found = commit!(database, |write| artifact_versions::insert(&write, &same_version).await);
        assert_eq!(duplicate(found), Constraint::ArtifactVersion);

        let key = signing_key(&owner, 0);
        commit!(database, |write| signing_keys::insert(&write, &key).await).unwrap();
        let same_key = SigningKey { id: fresh(), name: "other".parse().unwrap(), ..key.clone() };
        let found = commit!(database, |write| signing_keys::insert(&write, &same_key).await);
        assert_eq!(duplicate(found), Constraint::SigningKeyId);
        let same_name = SigningKey { name: key.name.clone(), ..signing_key(&owner, 1) };
        let found = commit!(database, |write| signing_keys::insert(&write, &same_name).await);
        assert_eq!(duplicate(found), Constraint::SigningKeyName);

        let signed = binary(&child);
        commit!(database, |write| binaries::insert(&write, &signed).await).unwrap();
        commit!(database, |write| binary_signatures::insert(&write, &signature(&signed, &key)).await).unwrap();
        let found = commit!(database, |write| binary_signatures::insert(&write, &signature(&signed, &key)).await);
        assert_eq!(duplicate(found), Constraint::BinarySignature);
    }

    async fn one_live_binary_per_target(database) {
        let Frame { version: child, .. } = frame(&database).await;
        let for_target = |target: &str, state| Binary { target: target.parse().unwrap(), state, ..binary(&child) };
        let mut first = for_target("portable", BinaryState::Uploadable);
        commit!(database, |write| binaries::insert(&write, &first).await).unwrap();
        let second = for_target("universal", BinaryState::Uploadable);
        let found = commit!(database, |write| binaries::insert(&write, &second).await);
        assert_eq!(duplicate(found), Constraint::BinaryTarget);

        let old = first.clone();
        first.state = BinaryState::Destroyed;
        first.revision = first.revision.next();
        commit!(database, |write| binaries::update(&write, &old, &first).await).unwrap();
        commit!(database, |write| binaries::insert(&write, &second).await).unwrap();
        for _ in 0..2 {
            let gone = for_target("portable", BinaryState::Destroyed);
            commit!(database, |write| binaries::insert(&write, &gone).await).unwrap();
        }
        let other_case = for_target("Portable", BinaryState::Uploadable);
        commit!(database, |write| binaries::insert(&write, &other_case).await).unwrap();
    }

    async fn parents_stay_and_are_of_the_same_organization(database) {
        let Frame { organization: owner, artifact: first, version: child } = frame(&database).await;
        let Frame { organization: stranger, .. } = frame(&database).await;
        let record = binary(&child);
        commit!(database, |write| binaries::insert(&write, &record).await).unwrap();
        commit!(database, |write| binary_parts::upsert(&write, &part(&record, 1)).await).unwrap();

        let refused = commit!(database, |write| artifacts::delete(&write, owner.id, first.id).await);
        assert!(matches!(refused, Err(Error::StillReferenced { table: "artifacts" })), "{refused:?}");
        let refused = commit!(database, |write| artifact_versions::delete(&write, owner.id, child.id).await);
        assert!(matches!(refused, Err(Error::StillReferenced { table: "artifact_versions" })), "{refused:?}");

        let of_stranger = ArtifactVersion { organization: stranger.id, ..version(&first) };
        let orphan = ArtifactVersion { artifact: fresh(), ..version(&first) };
        for wrong in [of_stranger, orphan] {
            let refused = commit!(database, |write| artifact_versions::insert(&write, &wrong).await);
            assert!(matches!(refused, Err(Error::ParentMissing)), "{refused:?}");
        }
        let of_stranger = Binary { organization: stranger.id, ..binary(&child) };
        let refused = commit!(database, |write| binaries::insert(&write, &of_stranger).await);
        assert!(matches!(refused, Err(Error::ParentMissing)), "{refused:?}");
        let foreign_key = signing_key(&stranger, 0);
        commit!(database, |write| signing_keys::insert(&write, &foreign_key).await).unwrap();
        let refused = commit!(database, |write| binary_signatures::insert(&write, &signature(&record, &foreign_key)).await);
        assert!(matches!(refused, Err(Error::ParentMissing)), "{refused:?}");
    }

    async fn another_organization_sees_and_changes_nothing(database) {
        let Frame { organization: owner, artifact: first, version: child } = frame(&database).await;
        let Frame { organization: stranger, .. } = frame(&database).await;
        let record = binary(&child);
        commit!(database, |write| binaries::insert(&write, &record).await).unwrap();
        let query = ListQuery::default();
        assert!(matches!(binaries::get(&*database, stranger.id, record.id).await, Err(Error::NotFound { .. })));
        assert_eq!(binaries::get_many(&*database, stranger.id, &[record.id]).await.unwrap(), []);
        assert_eq!(binaries::list(&reads(&database), stranger.id, &query).await.unwrap().items, []);
        let target = &record.target;
        let live = binaries::find_live_by_target(&*database, stranger.id, child.id, target).await.unwrap();
        assert_eq!(live, None);
        assert_eq!(artifacts::find_by_name(&*database, stranger.id, &first.name).await.unwrap(), None);
        let stolen = Binary { organization: stranger.id, ..record.clone() };
        let changed = Binary { description: None, revision: record.revision.next(), ..stolen.clone() };
        let refused = commit!(database, |write| binaries::update(&write, &stolen, &changed).await);
        assert!(matches!(refused, Err(Error::Conflict)));
        let refused = commit!(database, |write| binaries::delete(&write, stranger.id, record.id).await);
        assert!(matches!(refused, Err(Error::NotFound { .. })));
        assert_eq!(binaries::get(&*database, owner.id, record.id).await.unwrap(), record);
    }

    async fn a_corrupt_row_names_its_place(database) {
        let Frame { organization: owner, version: child, .. } = frame(&database).await;
        let record = binary(&child);
        commit!(database, |write| binaries::insert(&write, &record).await).unwrap();
        for (change, column) in [
            ("state = 'lost'", "state"),
            ("state = 'signed', hash = 'beef'", "hash"),
            ("hash = '{hash}', target = ''", "target"),
            ("target = 'a', size = -1", "size"),
            ("size = NULL, generation = 4294967296", "generation"),
            ("generation = 1, custom_metadata = 'null'", "custom_metadata"),
            ("custom_metadata = NULL, verification_code = 'storage_failed'", "verification_at"),
            ("verification_at = 0, inserted_at = 9223372036854775807", "inserted_at"),
        ] {
            let sql = format!("UPDATE binaries SET {}", change.replace("{hash}", &record.hash.to_hex()));
            let write = database.write().await.unwrap();
            write.executor().execute_unprepared(&sql).await.unwrap();
            write.commit().await.unwrap();
            let error = binaries::get(&*database, owner.id, record.id).await.unwrap_err();
            let expected = format!("the record {} in 'binaries' is corrupt: its '{column}' can't be read", record.id);
            assert_eq!(error.to_string(), expected);
        }
    }
}

#[tokio::test]
async fn a_full_disk_is_said_and_loses_nothing() {
    let database = testing::sqlite().await;
    let Frame { organization: owner, artifact: first, .. } = frame(&database).await;
    let write = database.write().await.unwrap();
    write.executor().execute_unprepared("PRAGMA max_page_count = 150").await.unwrap();
    write.commit().await.unwrap();
    let mut large = first.clone();
    large.custom_metadata = Some(format!("{{\"a\":\"{}\"}}", "x".repeat(900_000)))
        .map(|json| olivine_domain::CustomMetadata::from_json(&json).unwrap());
    large.revision = first.revision.next();
    let refused = commit!(database, |write| artifacts::update(&write, &first, &large).await);
    assert!(matches!(refused, Err(Error::StorageFull)), "{refused:?}");
    assert_eq!(artifacts::get(&*database, owner.id, first.id).await.unwrap(), first);
    let renamed = Artifact { revision: first.revision.next(), ..first.clone() };
    commit!(database, |write| artifacts::update(&write, &first, &renamed).await).unwrap();
}

#[tokio::test]
async fn of_two_transactions_that_wait_for_each_other_one_is_undone() {
    let database = testing::postgres().await;
    let Frame { organization: owner, version: child, .. } = frame(&database).await;
    let records = [binary(&child), binary(&child)];
    for record in &records {
        commit!(database, |write| binaries::insert(&write, record).await).unwrap();
    }
    let [one, two] = [database.write().await.unwrap(), database.write().await.unwrap()];
    binaries::lock(&one, owner.id, records[0].id).await.unwrap();
    binaries::lock(&two, owner.id, records[1].id).await.unwrap();
    let crossing = async |write: Write, id| {
        let outcome = binaries::lock(&write, owner.id, id).await;
        drop(write);
        outcome
    };
    let outcomes = tokio::join!(crossing(one, records[1].id), crossing(two, records[0].id));
    let outcomes = [outcomes.0, outcomes.1];
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(
        outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::Deadlock))).count(),
        1,
        "{outcomes:?}"
    );
}
