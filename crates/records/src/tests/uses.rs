//! What uses contents, as the archive storage's rule is told it.

use olivine_domain::archiving;
use olivine_domain::artifacts::Artifact;
use olivine_domain::bundle_overrides::{Audience, BundleOverride};
use olivine_domain::contents::archive_storage::Uses;
use olivine_domain::contents::replicas::{Replica, ReplicaState};
use olivine_domain::contents::{Content, Generation};
use olivine_domain::storage_backends::StorageBackend;

use super::release_graphs::{Stock, bundle_override, release, stock, tags};
use super::*;
use crate::contents::{UsedContent, find_uses, list_used_in_storage, list_used_outside};
use crate::*;

const NOTHING: Uses = Uses { is_archived: false, is_released: false, is_forced: false };

on_both! {
    async fn uses_are_an_archived_version_and_what_can_serve_it(database) {
        let Stock { fleet, bundle, binaries: [signed, destroyed] } = stock(&database).await;
        let owner = fleet.organization.id;
        let uses = async |now| find_uses(&*database, owner, signed.content_id(), at(now)).await.unwrap();
        assert_eq!(uses(0).await, Some(NOTHING));
        assert_eq!(find_uses(&*database, owner, destroyed.content_id(), at(0)).await.unwrap(), None);
        assert_eq!(find_uses(&*database, fresh(), signed.content_id(), at(0)).await.unwrap(), None);

        let old = artifact_versions::get(&*database, owner, signed.artifact_version).await.unwrap();
        let archived = archiving::archive(&old, at(1)).unwrap();
        commit!(database, |write| artifact_versions::update(&write, &old, &archived).await).unwrap();
        let resting = Uses { is_archived: true, ..NOTHING };
        assert_eq!(uses(0).await, Some(resting));
        commit!(database, |write| artifact_versions::update(&write, &archived, &ArtifactVersion { revision: archived.revision.next(), ..old.clone() }).await).unwrap();
        let artifact: Artifact = artifacts::get(&*database, owner, old.artifact).await.unwrap();
        let gone = archiving::archive(&artifact, at(1)).unwrap();
        commit!(database, |write| artifacts::update(&write, &artifact, &gone).await).unwrap();
        assert_eq!(uses(0).await, Some(resting), "of an archived artifact");

        let one = release(&fleet.cohort, &bundle, None);
        commit!(database, |write| releases::insert(&write, &one).await).unwrap();
        assert_eq!(uses(0).await, Some(Uses { is_released: true, ..resting }));
        let off = archiving::archive(&one, at(1)).unwrap();
        commit!(database, |write| releases::update(&write, &one, &off).await).unwrap();
        assert_eq!(uses(0).await, Some(resting));

        // From the tenth to the twentieth microsecond.
        let forced = bundle_override(&bundle, Audience::Tags(tags(&["eu"])));
        commit!(database, |write| bundle_overrides::insert(&write, &forced).await).unwrap();
        for (now, is_forced) in [(0, true), (10, true), (19, true), (20, false)] {
            assert_eq!(uses(now).await, Some(Uses { is_forced, ..resting }), "{now}");
        }
        let endless = BundleOverride { ends_at: None, revision: forced.revision.next(), ..forced.clone() };
        commit!(database, |write| bundle_overrides::update(&write, &forced, &endless).await).unwrap();
        assert_eq!(uses(1_000).await, Some(Uses { is_forced: true, ..resting }));
    }

    async fn contents_to_move_are_found_by_their_storage_and_by_what_is_archived(database) {
        let Frame { organization, artifact, version } = frame(&database).await;
        let owner = organization.id;
        let (archive, usual) = (fresh(), StorageBackend::DATA_FOLDER);
        let signed = || Binary { state: BinaryState::Signed, ..binary(&version) };
        let [resting, copied, outside, mut early] = [(); 4].map(|()| signed());
        let [resting, copied] = [resting, copied].map(|binary| Binary { storage: archive, ..binary });
        early.state = BinaryState::Hashing;
        let write = database.write().await.unwrap();
        for binary in [&resting, &copied, &outside, &early] {
            binaries::insert(&write, binary).await.unwrap();
        }
        let copy = |binary: &Binary, generation, state| Replica {
            content: binary.content_id(), storage: usual, organization: owner, generation, state, error: None,
            inserted_at: at(0), updated_at: at(0),
        };
        replicas::put(&write, &copy(&copied, copied.generation, ReplicaState::Complete)).await.unwrap();
        // What is yet to be deleted, or of an earlier upload, is no replica of the content.
        replicas::put(&write, &copy(&resting, resting.generation, ReplicaState::Deleting)).await.unwrap();
        replicas::put(&write, &copy(&resting, Generation::new(7), ReplicaState::Complete)).await.unwrap();
        write.commit().await.unwrap();

        let ids = |found: Vec<UsedContent>| found.into_iter().map(|used| used.id).collect::<Vec<_>>();
        let contents = |binaries: &[&Binary]| {
            let mut ids: Vec<Id<Content>> = binaries.iter().map(|binary| binary.content_id()).collect();
            ids.sort();
            ids
        };
        let found = list_used_in_storage(&*database, owner, archive, at(0), None, 10).await.unwrap();
        assert_eq!(found[0], UsedContent { id: found[0].id, generation: resting.generation, storage: archive, uses: NOTHING });
        assert_eq!(ids(found), contents(&[&resting, &copied]));
        let after = contents(&[&resting, &copied])[0];
        let rest = list_used_in_storage(&*database, owner, archive, at(0), Some(after), 10).await.unwrap();
        assert_eq!(ids(rest), [contents(&[&resting, &copied])[1]]);
        let mut found = ids(list_used_outside(&*database, owner, archive, &[version.id, fresh()], at(0)).await.unwrap());
        found.sort();
        assert_eq!(found, contents(&[&copied, &outside]));

        assert_eq!(artifact_versions::list_archived(&*database, owner, None, 10).await.unwrap(), []);
        assert_eq!(artifact_versions::list_of_artifact(&*database, owner, artifact.id, None, 10).await.unwrap(), [version.id]);
        let next = artifact_versions::list_of_artifact(&*database, owner, artifact.id, Some(version.id), 10).await.unwrap();
        assert_eq!(next, []);
        let (archived, gone) = (archiving::archive(&version, at(1)).unwrap(), archiving::archive(&artifact, at(1)).unwrap());
        let write = database.write().await.unwrap();
        artifact_versions::update(&write, &version, &archived).await.unwrap();
        artifacts::update(&write, &artifact, &gone).await.unwrap();
        write.commit().await.unwrap();
        assert_eq!(artifact_versions::list_archived(&*database, owner, None, 10).await.unwrap(), [version.id]);
        assert_eq!(artifacts::list_archived(&*database, owner, None, 10).await.unwrap(), [artifact.id]);
        assert_eq!(artifacts::list_archived(&*database, owner, Some(artifact.id), 10).await.unwrap(), []);
        assert_eq!(artifacts::list_archived(&*database, fresh(), None, 10).await.unwrap(), []);
    }

    async fn organizations_with_an_archive_storage_are_found(database) {
        let [without, with] = [(); 2].map(|()| organization());
        let with = Organization { archive_storage: Some(fresh()), ..with };
        let write = database.write().await.unwrap();
        organizations::insert(&write, &without).await.unwrap();
        organizations::insert(&write, &with).await.unwrap();
        write.commit().await.unwrap();
        assert_eq!(organizations::get(&*database, with.id).await.unwrap(), with);
        let found = organizations::list_with_archive_storage(&*database).await.unwrap();
        assert_eq!(found, [with]);
    }
}
