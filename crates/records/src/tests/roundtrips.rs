//! Every record reads back as it was written, at its limits; changes apply once; what is not there is not found.

use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::binaries::{BinaryState, VerificationError, VerificationErrorCode};
use olivine_domain::binary_parts::{MAX_SIZE, PartIndex, PartState};
use olivine_domain::contents::replicas::{Replica, ReplicaState};
use olivine_domain::contents::{Content, ContentKey, Generation};
use olivine_domain::events::EventType;
use olivine_domain::organizations::SignaturePolicy;
use olivine_domain::permissions::Tenancy;
use olivine_domain::permissions::{
    Allowed, Grant, Grants, Identity, Origin, Part, Reach, RecordedIdentity, Role, Scope,
};
use olivine_domain::signing_keys::KeyStatus;
use olivine_domain::{CustomMetadata, Sha256Digest, Timestamp};

use super::*;
use crate::binary_parts::PromisedPart;
use crate::download_counts::DownloadKind;
use crate::error::Error;
use crate::idempotency_keys::{Claimed, IdempotencyClaim, StoredAnswer};
use crate::organizations::ReserveError;
use crate::*;

/// The largest metadata, with what tempts a database to touch it: order, numbers, escapes, spaces.
fn large_metadata() -> CustomMetadata {
    let start = r#"{"b": 1e400,  "a":1.0, "b":"\u0000 ' \" % _ ü 😀", "x":""#;
    let rest = CustomMetadata::from_json(&format!("{start}{}\"}}", "x".repeat(1_000_000 - start.len() - 2)));
    rest.unwrap()
}

on_both! {
    async fn organizations_change_by_compare_and_set(database) {
        let mut record = organization();
        record.storage_quota = Some(i64::MAX as u64);
        record.name = "ü".repeat(128).parse().unwrap();
        commit!(database, |write| organizations::insert(&write, &record).await).unwrap();
        assert_eq!(organizations::get(&*database, record.id).await.unwrap(), record);
        assert_eq!(organizations::find_by_name(&*database, record.name.as_str()).await.unwrap(), Some(record.clone()));
        assert_eq!(organizations::find_by_name(&*database, "other").await.unwrap(), None);
        assert_eq!(organizations::list_ids(&*database).await.unwrap(), [record.id]);

        let old = record.clone();
        record.storage_quota = None;
        record.signature_policy = SignaturePolicy::new(10).unwrap();
        record.revision = record.revision.next();
        record.updated_at = at(5);
        commit!(database, |write| organizations::update(&write, &old, &record).await).unwrap();
        assert_eq!(organizations::get(&*database, record.id).await.unwrap(), record);
        assert!(is_conflict(&commit!(database, |write| organizations::update(&write, &old, &record).await)));
        let known = record.clone();
        record.storage_quota = Some(u64::MAX);
        let too_large = commit!(database, |write| organizations::update(&write, &known, &record).await);
        assert!(matches!(too_large, Err(Error::TooLarge { column: "storage_quota", .. })));
        assert!(matches!(organizations::get(&*database, fresh()).await, Err(Error::NotFound { .. })));
    }

    async fn storage_is_reserved_within_the_quota(database) {
        let mut record = organization();
        record.storage_quota = Some(100);
        commit!(database, |write| organizations::insert(&write, &record).await).unwrap();
        let id = record.id;
        commit!(database, |write| organizations::reserve(&write, id, 100).await).unwrap();
        let refused = commit!(database, |write| organizations::reserve(&write, id, 1).await);
        let Err(ReserveError::Quota(quota)) = refused else { panic!("{refused:?}") };
        assert_eq!((quota.used, quota.allowed, quota.asked), (100, 100, 1));
        commit!(database, |write| organizations::reserve(&write, id, 0).await).unwrap();

        // A quota below what is used stops growth, but not giving back.
        let old = record.clone();
        record.storage_quota = Some(10);
        record.revision = record.revision.next();
        commit!(database, |write| organizations::update(&write, &old, &record).await).unwrap();
        commit!(database, |write| organizations::reserve(&write, id, -50).await).unwrap();
        assert_eq!(organizations::get(&*database, id).await.unwrap().storage_used, 50);
        commit!(database, |write| organizations::reserve(&write, id, -60).await).unwrap();
        assert_eq!(organizations::get(&*database, id).await.unwrap().storage_used, 0);
        let unknown = commit!(database, |write| organizations::reserve(&write, fresh(), 1).await);
        assert!(matches!(unknown, Err(ReserveError::Records(Error::NotFound { .. }))));
    }

    async fn api_keys_are_found_by_their_hash(database) {
        let Frame { organization: owner, .. } = frame(&database).await;
        let mut record = api_key(&owner);
        record.grants = Grants::of_scopes(Scope::ALL.iter().copied());
        let hash = Sha256Digest::of(b"secret");
        commit!(database, |write| api_keys::insert(&write, &record, &hash).await).unwrap();
        assert_eq!(callers::find_by_key(&*database, &hash).await.unwrap().map(|found| found.key), Some(record.clone()));
        assert!(callers::find_by_key(&*database, &Sha256Digest::of(b"")).await.unwrap().is_none());
        assert_eq!(api_keys::list(&reads(&database), owner.id, &ListQuery::default()).await.unwrap().items, [record.clone()]);

        let row = <crate::entities::api_keys::Entity as sea_orm::EntityTrait>::find_by_id(record.id.uuid());
        let row = row.one(&Reader::executor(&*database)).await.unwrap().unwrap();
        assert_eq!((row.role, row.scopes.as_deref()), (None, Some("")), "the version before doesn't know all scopes, so it allows none");

        let old = record.clone();
        let part = Part { cohorts: [fresh()].into(), ..Part::default() };
        let in_part = Grant { allowed: Allowed::Role(Role::Reader), reach: Reach::Part(part) };
        record.grants = Grants::from_iter([in_part]);
        record.revision = record.revision.next();
        commit!(database, |write| api_keys::update(&write, &old, &record).await).unwrap();
        assert_eq!(api_keys::get(&*database, owner.id, record.id).await.unwrap(), record);
        let row = <crate::entities::api_keys::Entity as sea_orm::EntityTrait>::find_by_id(record.id.uuid());
        let row = row.one(&Reader::executor(&*database)).await.unwrap().unwrap();
        assert_eq!((row.role, row.scopes.as_deref()), (None, Some("")), "the version before knows no reach, so it allows nothing");

        let old = record.clone();
        record.grants = Grants::of_scopes([]);
        record.expires_at = Some(at(7));
        record.revoked_at = Some(at(8));
        record.revision = record.revision.next();
        commit!(database, |write| api_keys::update(&write, &old, &record).await).unwrap();
        assert_eq!(api_keys::get(&*database, owner.id, record.id).await.unwrap(), record);
        assert_eq!(callers::find_by_key(&*database, &hash).await.unwrap().map(|found| found.key), Some(record.clone()));
        assert!(is_conflict(&commit!(database, |write| api_keys::update(&write, &old, &record).await)));
        let other = Frame { organization: organization(), ..frame(&database).await };
        assert_eq!(api_keys::find(&*database, other.organization.id, record.id).await.unwrap(), None);
    }

    async fn artifacts_and_versions_keep_metadata_byte_for_byte(database) {
        let Frame { organization: owner, artifact: mut record, version: mut child } = frame(&database).await;
        for text in ["one\r\n\ttwo", ""] {
            let old = record.clone();
            record.description = Some(text.parse().unwrap());
            record.custom_metadata = Some(large_metadata());
            record.revision = old.revision.next();
            commit!(database, |write| artifacts::update(&write, &old, &record).await).unwrap();
            assert_eq!(artifacts::get(&*database, owner.id, record.id).await.unwrap(), record);
        }
        let old = child.clone();
        child.description = Some("x".repeat(2000).parse().unwrap());
        child.custom_metadata = Some(large_metadata());
        child.revision = child.revision.next();
        commit!(database, |write| artifact_versions::update(&write, &old, &child).await).unwrap();
        assert!(is_conflict(&commit!(database, |write| artifact_versions::update(&write, &old, &child).await)));
        assert_eq!(artifact_versions::get(&*database, owner.id, child.id).await.unwrap(), child);
        let found = artifact_versions::find_by_version(&*database, owner.id, record.id, &child.version).await.unwrap();
        assert_eq!(found, Some(child.clone()));
        assert_eq!(artifacts::find_by_name(&*database, owner.id, &record.name).await.unwrap(), Some(record.clone()));
        let many = artifacts::get_many(&*database, owner.id, &[record.id, record.id, fresh()]).await.unwrap();
        assert_eq!(many, [record.clone()]);
        assert_eq!(artifacts::get_many(&*database, owner.id, &[]).await.unwrap(), []);

        commit!(database, |write| artifact_versions::delete(&write, owner.id, child.id).await).unwrap();
        commit!(database, |write| artifacts::delete(&write, owner.id, record.id).await).unwrap();
        assert_eq!(artifacts::find(&*database, owner.id, record.id).await.unwrap(), None);
        let again = commit!(database, |write| artifacts::delete(&write, owner.id, record.id).await);
        assert!(matches!(again, Err(Error::NotFound { table: "artifacts" })));
    }

    async fn binaries_read_back_with_every_field(database) {
        let Frame { organization: owner, artifact, version } = frame(&database).await;
        let mut record = binary(&version);
        record.target = "universal".parse().unwrap();
        commit!(database, |write| binaries::insert(&write, &record).await).unwrap();
        assert_eq!(binaries::get(&*database, owner.id, record.id).await.unwrap(), record);
        let portable = "portable".parse().unwrap();
        let live = binaries::find_live_by_target(&*database, owner.id, version.id, &portable).await.unwrap();
        assert_eq!(live.unwrap().target.as_str(), "universal");

        let old = record.clone();
        record.size = Some(olivine_domain::binary_parts::MAX_BINARY_SIZE);
        record.size_declared = true;
        record.state = BinaryState::Hashable;
        record.description = Some("south".parse().unwrap());
        record.custom_metadata = Some(large_metadata());
        record.bytes_uploaded = olivine_domain::binary_parts::MAX_BINARY_SIZE;
        record.generation = Generation::new(u32::MAX);
        record.upload_session = Some("session".to_owned());
        record.ever_signed = true;
        record.verification_error = Some(VerificationError {
            code: VerificationErrorCode::HashMismatch,
            expected: Some("a".to_owned()),
            actual: None,
            at: at(9),
        });
        record.revision = record.revision.next();
        record.updated_at = at(10);
        commit!(database, |write| binaries::update(&write, &old, &record).await).unwrap();
        assert_eq!(binaries::get(&*database, owner.id, record.id).await.unwrap(), record);
        assert!(is_conflict(&commit!(database, |write| binaries::update(&write, &old, &record).await)));
        let write = database.write().await.unwrap();
        assert_eq!(binaries::lock(&write, owner.id, record.id).await.unwrap(), record);
        drop(write);

        let head = binaries::find_head_of_any_organization(&*database, record.id).await.unwrap().unwrap();
        assert_eq!((head.organization, head.generation), (owner.id, record.generation));
        assert_eq!((head.state, head.size, head.hash), (record.state, record.size, record.hash));
        assert_eq!((head.artifact.as_str(), head.target.as_str()), (artifact.name.as_str(), "universal"));
        assert_eq!(head.version, version.version.as_str());
        assert_eq!(binaries::find_head_of_any_organization(&*database, fresh()).await.unwrap(), None);

        let old = record.clone();
        record.state = BinaryState::Destroyed;
        record.revision = old.revision.next();
        commit!(database, |write| binaries::update(&write, &old, &record).await).unwrap();
        let live = binaries::find_live_by_target(&*database, owner.id, version.id, &portable).await.unwrap();
        assert_eq!(live, None);
    }

    async fn parts_are_re_created_in_place(database) {
        let Frame { version, .. } = frame(&database).await;
        let parent = binary(&version);
        let upload = parent.content_key();
        let mut second = part(&parent, 2);
        second.size = MAX_SIZE;
        commit!(database, |write| binaries::insert(&write, &parent).await).unwrap();
        for part in [&part(&parent, 10_000), &second, &part(&parent, 1)] {
            let stored = commit!(database, |write| binary_parts::upsert(&write, part).await).unwrap();
            assert_eq!(stored, *part);
        }
        let all = binary_parts::list_all(&*database, upload).await.unwrap();
        assert_eq!(all.iter().map(|part| part.index.get()).collect::<Vec<_>>(), [1, 2, 10_000]);

        let promised = PromisedPart { upload, index: second.index, size: MAX_SIZE, hash: second.hash };
        let valid = PartState::Valid;
        assert!(commit!(database, |write| binary_parts::set_state(&write, &promised, valid, at(3)).await).unwrap());
        assert_eq!(binary_parts::sum_of_valid_sizes(&*database, upload).await.unwrap(), MAX_SIZE);
        let again = olivine_domain::binary_parts::BinaryPart { id: fresh(), size: 7, updated_at: at(4), ..second.clone() };
        let stored = commit!(database, |write| binary_parts::upsert(&write, &again).await).unwrap();
        assert_eq!((stored.id, stored.size, stored.state), (second.id, 7, PartState::Uploadable));
        assert_eq!((stored.inserted_at, stored.updated_at), (second.inserted_at, at(4)));
        assert!(!commit!(database, |write| binary_parts::set_state(&write, &promised, valid, at(5)).await).unwrap());
        assert_eq!(binary_parts::sum_of_valid_sizes(&*database, upload).await.unwrap(), 0);
        assert_eq!(binary_parts::find(&*database, upload, second.index).await.unwrap(), Some(stored.clone()));
        assert_eq!(binary_parts::get(&*database, parent.organization, stored.id).await.unwrap(), stored);

        let next = ContentKey { generation: Generation::new(2), ..upload };
        assert_eq!(binary_parts::find(&*database, next, PartIndex::FIRST).await.unwrap(), None);
        assert_eq!(commit!(database, |write| binary_parts::delete_all(&write, next).await).unwrap(), 0);
        assert_eq!(commit!(database, |write| binary_parts::delete_all(&write, upload).await).unwrap(), 3);
    }

    async fn signatures_count_unless_their_key_is_revoked(database) {
        let Frame { organization: owner, version, .. } = frame(&database).await;
        let record = binary(&version);
        let mut keys = [0, 1].map(|number| signing_key(&owner, number));
        let signatures = keys.each_ref().map(|key| signature(&record, key));
        let write = database.write().await.unwrap();
        binaries::insert(&write, &record).await.unwrap();
        for (key, signature) in keys.iter().zip(&signatures) {
            signing_keys::insert(&write, key).await.unwrap();
            binary_signatures::insert(&write, signature).await.unwrap();
        }
        write.commit().await.unwrap();
        assert_eq!(signing_keys::get(&*database, owner.id, keys[0].id).await.unwrap(), keys[0]);
        let by_keyid = signing_keys::find_by_keyid(&*database, owner.id, keys[1].keyid()).await.unwrap();
        assert_eq!(by_keyid, Some(keys[1].clone()));
        let ids = keys.each_ref().map(|key| key.id);
        assert_eq!(signing_keys::get_many(&*database, owner.id, &ids).await.unwrap().len(), 2);
        assert_eq!(binary_signatures::count_valid(&*database, owner.id, record.id).await.unwrap(), 2);

        let old = keys[0].clone();
        keys[0].status = KeyStatus::Revoked;
        keys[0].revision = keys[0].revision.next();
        commit!(database, |write| signing_keys::update(&write, &old, &keys[0]).await).unwrap();
        assert!(is_conflict(&commit!(database, |write| signing_keys::update(&write, &old, &keys[0]).await)));
        assert_eq!(binary_signatures::count_valid(&*database, owner.id, record.id).await.unwrap(), 1);
        let embedded = binary_signatures::list_for(&*database, owner.id, &[record.id]).await.unwrap();
        let embedded: Vec<_> = embedded.into_iter().map(|with| (with.signature, with.keyid, with.key_status)).collect();
        let expected = [0, 1].map(|i: usize| (signatures[i].clone(), keys[i].keyid(), keys[i].status));
        assert_eq!(embedded, expected);
        let signed = binary_signatures::list_binaries_signed_by(&reads(&database), owner.id, keys[0].id, None).await.unwrap();
        assert_eq!((signed.items, signed.next), (vec![record.id], None));
        let found = binary_signatures::find(&*database, owner.id, record.id, keys[1].id).await.unwrap();
        assert_eq!(found, Some(signatures[1].clone()));

        let refused = commit!(database, |write| signing_keys::delete(&write, owner.id, keys[1].id).await);
        assert!(matches!(refused, Err(Error::StillReferenced { table: "signing_keys" })), "{refused:?}");
        commit!(database, |write| binary_signatures::delete(&write, owner.id, signatures[1].id).await).unwrap();
        commit!(database, |write| signing_keys::delete(&write, owner.id, keys[1].id).await).unwrap();
        let gone = binary_signatures::get(&*database, owner.id, signatures[1].id).await;
        assert!(matches!(gone, Err(Error::NotFound { .. })));
        commit!(database, |write| binaries::delete(&write, owner.id, record.id).await).unwrap();
        assert_eq!(binaries::find(&*database, owner.id, record.id).await.unwrap(), None);
    }

    async fn an_event_of_a_later_version_breaks_no_list(database) {
        let owner = organization();
        commit!(database, |write| organizations::insert(&write, &owner).await).unwrap();
        let (known, unknown) = (event(&owner), event(&owner));
        let write = database.write().await.unwrap();
        events::insert_many(&write, std::slice::from_ref(&known)).await.unwrap();
        events::insert_many(&write, std::slice::from_ref(&unknown)).await.unwrap();
        let later = format!("UPDATE events SET kind = 'moon.landed' WHERE id = {}", literal(&database, unknown.id.uuid()));
        sea_orm::ConnectionTrait::execute_unprepared(write.transaction(), &later).await.unwrap();
        write.commit().await.unwrap();
        let listed = events::list(&reads(&database), &Tenancy::of_server(owner.id), &ListQuery::default()).await.unwrap().items;
        let kinds: std::collections::BTreeSet<_> = listed.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds, ["moon.landed", "organization.updated"].into());
        assert_eq!(events::get(&*database, &Tenancy::of_server(owner.id), unknown.id).await.unwrap().kind.as_str(), "moon.landed");
    }

    async fn old_events_are_found_by_type_and_age_and_deleted(database) {
        let (owner, other) = (organization(), organization());
        let mut all = Vec::new();
        for organization in [&owner, &other] {
            commit!(database, |write| organizations::insert(&write, organization).await).unwrap();
            for micros in 0..10 {
                let kind = if micros % 2 == 0 { EventType::DeviceConnected } else { EventType::BinarySigned };
                all.push(Event { kind: kind.into(), inserted_at: at(micros), ..event(organization) });
            }
        }
        commit!(database, |write| events::insert_many(&write, &all).await).unwrap();
        let connected = Some(EventType::DeviceConnected);
        let old = events::list_older(&*database, owner.id, connected, at(8), 3).await.unwrap();
        assert_eq!(old, [all[0].id, all[2].id, all[4].id], "the oldest first, and no more than that");
        commit!(database, |write| events::delete(&write, owner.id, &old).await).unwrap();
        // Another organization's are not deleted, not even by their ids.
        commit!(database, |write| events::delete(&write, owner.id, &[all[10].id]).await).unwrap();
        assert_eq!(events::list_older(&*database, owner.id, connected, at(8), 9).await.unwrap(), [all[6].id]);
        assert_eq!(events::list_older(&*database, owner.id, None, at(100), 99).await.unwrap().len(), 7);
        assert_eq!(events::list_older(&*database, other.id, None, at(100), 99).await.unwrap().len(), 10);
        let size = events::size(&*database).await.unwrap();
        assert!(size.bytes > 0, "{size:?}");
    }

    async fn events_keep_who_what_and_from_where(database) {
        let Frame { organization: owner, artifact, .. } = frame(&database).await;
        let mut all = vec![event(&owner)];
        for (micros, kind) in (1..).zip(EventType::ALL) {
            all.push(Event {
                id: fresh(),
                kind: (*kind).into(),
                identity: if micros % 2 == 0 { Identity::ApiKey(fresh()) } else { Identity::Device(fresh()) }.into(),
                subject: olivine_domain::events::Subject::of(artifact.id),
                data: "{\"name\": [\"a\", \"b\"]}".to_owned(),
                origin: Origin {
                    request_id: Some("request".to_owned()),
                    caller_request_id: Some("caller-s".to_owned()),
                    address: Some("2001:db8::1".parse().unwrap()),
                },
                inserted_at: at(micros),
                ..event(&owner)
            });
        }
        let write = database.write().await.unwrap();
        for event in &all {
            events::insert_many(&write, std::slice::from_ref(event)).await.unwrap();
        }
        write.commit().await.unwrap();
        let limit = olivine_domain::pages::Limit::MOST;
        let mut query = ListQuery { limit, ..ListQuery::default() };
        let mut listed = Vec::new();
        loop {
            let page = events::list(&reads(&database), &Tenancy::of_server(owner.id), &query).await.unwrap();
            listed.extend(page.items);
            let Some(next) = page.next else { break };
            query.after = Some(next);
        }
        assert_eq!(listed, all);
        assert_eq!(events::get(&*database, &Tenancy::of_server(owner.id), all[1].id).await.unwrap(), all[1]);
    }

    // What the version before wrote has no kind, and it reads only its own columns of what this one writes. A later one has further kinds.
    async fn actors_of_events_are_understood_between_versions(database) {
        let owner = organization();
        commit!(database, |write| organizations::insert(&write, &owner).await).unwrap();
        let (key, device, user) = (Identity::ApiKey(fresh()), Identity::Device(fresh()), fresh());
        let actors = [key, device, Identity::System];
        let written = actors.map(|identity| Event { identity: identity.into(), ..event(&owner) });
        let before = actors.map(|identity| Event { identity: identity.into(), ..event(&owner) });
        let robot = RecordedIdentity::from_stored("robot", Some(fresh_uuid()));
        let later = Event { identity: robot.clone(), ..event(&owner) };
        let by_key = Event { identity: key.into(), person: Some(user), ..event(&owner) };
        let by_user = Event { identity: Identity::User(user).into(), person: Some(user), ..event(&owner) };
        let persons = [by_key, by_user];
        let write = database.write().await.unwrap();
        let all = [&written[..], &before, std::slice::from_ref(&later), &persons].concat();
        events::insert_many(&write, &all).await.unwrap();
        let ids = before.each_ref().map(|event| literal(&database, event.id.uuid())).join(", ");
        let of_before = format!("UPDATE events SET actor_kind = NULL, actor_id = NULL WHERE id IN ({ids})");
        sea_orm::ConnectionTrait::execute_unprepared(write.transaction(), &of_before).await.unwrap();
        for (event, identity) in written.iter().zip(actors) {
            let row = <crate::entities::events::Entity as sea_orm::EntityTrait>::find_by_id(event.id.uuid()).one(write.transaction()).await.unwrap().unwrap();
            let (of_key, of_device) = (row.api_key_id, row.device_id);
            let expected = match identity {
                Identity::ApiKey(key) => (Some(key.uuid()), None),
                Identity::Device(device) => (None, Some(device.uuid())),
                Identity::User(_) | Identity::System => (None, None),
            };
            assert_eq!((of_key, of_device), expected, "what the version before reads");
            assert_eq!((row.actor_kind.as_deref(), row.actor_id), (Some(identity.kind()), identity.id()));
        }
        write.commit().await.unwrap();
        for event in &all {
            assert_eq!(&events::get(&*database, &Tenancy::of_server(owner.id), event.id).await.unwrap(), event);
        }
        for (number, identity) in actors.iter().enumerate().take(2) {
            let search = format!("actor_prn:'{}'", identity.name(owner.id));
            let clauses = olivine_domain::search::parse(&search, olivine_domain::events::SEARCH).unwrap();
            let query = ListQuery { clauses, ..ListQuery::default() };
            let found = events::list(&reads(&database), &Tenancy::of_server(owner.id), &query).await.unwrap().items;
            let found: std::collections::BTreeSet<_> = found.iter().map(|event| event.id).collect();
            let mut expected = std::collections::BTreeSet::from([written[number].id, before[number].id]);
            expected.extend((number == 0).then(|| persons[0].id));
            assert_eq!(found, expected, "{search}");
        }
        // What a person does with a key of theirs is found as what the person did.
        let clauses = olivine_domain::search::parse(&format!("actor_prn:'prn:1:user:{user}'"), olivine_domain::events::SEARCH).unwrap();
        let query = ListQuery { clauses, ..ListQuery::default() };
        assert_eq!(events::list(&reads(&database), &Tenancy::of_server(owner.id), &query).await.unwrap().items.len(), 2);
    }

    async fn idempotency_keys_repeat_the_first_answer(database) {
        let Frame { organization: owner, .. } = frame(&database).await;
        let first = IdempotencyClaim {
            organization: owner.id,
            caller: fresh_uuid(),
            key: "k".to_owned(),
            fingerprint: "f".to_owned(),
            resource_id: fresh_uuid(),
            now: at(0),
        };
        let new = commit!(database, |write| idempotency_keys::claim(&write, &first).await).unwrap();
        assert_eq!(new, Claimed::New { resource_id: first.resource_id });
        let again = IdempotencyClaim { fingerprint: "g".to_owned(), resource_id: fresh_uuid(), ..first.clone() };
        let known = |answer| Claimed::Existing { fingerprint: "f".to_owned(), resource_id: first.resource_id, answer };
        assert_eq!(commit!(database, |write| idempotency_keys::claim(&write, &again).await).unwrap(), known(None));
        let answer = StoredAnswer { status: 201, body: "{}".to_owned() };
        commit!(database, |write| idempotency_keys::store_answer(&write, &first, &answer).await).unwrap();
        assert_eq!(idempotency_keys::find(&*database, &again).await.unwrap(), Some(known(Some(answer))));
        let others = IdempotencyClaim { caller: fresh_uuid(), ..first.clone() };
        assert_eq!(idempotency_keys::find(&*database, &others).await.unwrap(), None);
        assert_eq!(commit!(database, |write| idempotency_keys::purge(&write, at(0)).await).unwrap(), 0);
        assert_eq!(commit!(database, |write| idempotency_keys::purge(&write, at(1)).await).unwrap(), 1);
    }

    async fn downloads_add_up_by_day(database) {
        let (owner, binary) = (fresh(), fresh());
        for (day, kind) in [("2026-01-02", DownloadKind::Issued), ("2026-01-01", DownloadKind::Finished)] {
            for more in [1, 41] {
                commit!(database, |write| download_counts::add(&write, owner, binary, day, kind, more).await).unwrap();
            }
        }
        let counts = download_counts::list(&*database, owner, binary).await.unwrap();
        let counts: Vec<_> = counts.iter().map(|count| (count.day.as_str(), count.kind, count.count)).collect();
        let expected = [("2026-01-01", DownloadKind::Finished, 42), ("2026-01-02", DownloadKind::Issued, 42)];
        assert_eq!(counts, expected);
        assert_eq!(download_counts::list(&*database, fresh(), binary).await.unwrap(), []);
    }

    async fn settings_are_put_once(database) {
        assert_eq!(settings::find(&*database, "key").await.unwrap(), None);
        assert_eq!(commit!(database, |write| settings::put_if_absent(&write, "key", "one").await).unwrap(), "one");
        assert_eq!(commit!(database, |write| settings::put_if_absent(&write, "key", "two").await).unwrap(), "one");
        assert_eq!(settings::find(&*database, "key").await.unwrap().as_deref(), Some("one"));
    }

    // The database keeps the record of a binary's content up to date.
    async fn a_binarys_content_has_a_record_at_every_step(database) {
        let Frame { version, .. } = frame(&database).await;
        let mut record = binary(&version);
        let id = record.content_id();
        let found = async || contents::find_of_any_organization(&*database, id).await.unwrap();
        assert_eq!(found().await, None);
        commit!(database, |write| binaries::insert(&write, &record).await).unwrap();
        assert_eq!(found().await, Some(record.content()));
        for (step, state) in (1..).zip(BinaryState::ALL) {
            let old = record.clone();
            record.state = state;
            record.size = Some(step);
            record.bytes_uploaded = step + 1;
            record.generation = record.generation.next();
            record.storage = fresh();
            record.upload_session = Some(format!("session {step}"));
            record.revision = record.revision.next();
            record.updated_at = at(step);
            commit!(database, |write| binaries::update(&write, &old, &record).await).unwrap();
            assert_eq!(found().await, Some(record.content()), "{state}");
        }
        let organization = record.organization;
        commit!(database, |write| {
            binary_parts::upsert(&write, &part(&record, 1)).await.unwrap();
            replicas::put(&write, &copy_of(&record)).await.unwrap();
            binaries::delete(&write, organization, record.id).await
        }).unwrap();
        assert_eq!(found().await, None);
        assert_eq!(replicas::list_for(&*database, organization, &[id]).await.unwrap(), []);
    }

    async fn contents_are_found_by_where_they_are_and_where_they_lack_a_copy(database) {
        let Frame { version, .. } = frame(&database).await;
        let elsewhere = fresh();
        let [verified, copied, mut unverified, mut destroyed, mut other] = [(); 5].map(|()| Binary {
            state: BinaryState::Signed, storage: elsewhere, upload_session: Some("s".to_owned()), ..binary(&version)
        });
        unverified.state = BinaryState::Hashing;
        destroyed.state = BinaryState::Destroyed;
        other.storage = fresh();
        other.upload_session = None;
        let write = database.write().await.unwrap();
        for binary in [&verified, &copied, &unverified, &destroyed, &other] {
            binaries::insert(&write, binary).await.unwrap();
        }
        replicas::put(&write, &copy_of(&copied)).await.unwrap();
        write.commit().await.unwrap();
        let ids = |found: Vec<Content>| found.into_iter().map(|content| content.id).collect::<Vec<_>>();
        let contents = |binaries: &[&Binary]| binaries.iter().map(|binary| binary.content_id()).collect::<Vec<_>>();

        let stored = contents::list_in_storage_of_all_organizations(&*database, elsewhere, None, 10).await.unwrap();
        assert_eq!(ids(stored), contents(&[&verified, &copied, &unverified]));
        let after = Some(verified.content_id());
        let stored = contents::list_in_storage_of_all_organizations(&*database, elsewhere, after, 1).await.unwrap();
        assert_eq!(ids(stored), contents(&[&copied]));
        assert!(contents::is_in_use(&*database, other.storage).await.unwrap());
        assert!(!contents::is_in_use(&*database, fresh()).await.unwrap());

        let (owner, target) = (version.organization, StorageBackend::DATA_FOLDER);
        let lacking = contents::list_without_copy(&*database, owner, target, None, None, 10).await.unwrap();
        assert_eq!(ids(lacking), contents(&[&verified, &other]));
        let lacking = contents::list_without_copy(&*database, owner, target, Some(elsewhere), None, 10).await.unwrap();
        assert_eq!(ids(lacking), contents(&[&other]), "what rests in an archive storage has no copies");
        assert_eq!(contents::list_without_copy(&*database, fresh(), target, None, None, 10).await.unwrap(), []);

        let begun = contents::list_begun_of_all_organizations(&*database, None, 10).await.unwrap();
        assert_eq!(ids(begun), contents(&[&verified, &copied, &unverified]));
    }

    async fn abandoned_uploads_are_found(database) {
        let Frame { version, .. } = frame(&database).await;
        let [untouched, mut with_session, mut with_parts, mut complete, mut recent, mut reset] =
            [(); 6].map(|()| binary(&version));
        with_session.upload_session = Some("s".to_owned());
        with_session.updated_at = at(1);
        with_parts.updated_at = at(2);
        complete.upload_session = Some("s".to_owned());
        complete.state = BinaryState::Hashable;
        recent.upload_session = Some("s".to_owned());
        recent.updated_at = at(100);
        reset.generation = Generation::new(2);
        let write = database.write().await.unwrap();
        for binary in [&untouched, &with_session, &with_parts, &complete, &recent, &reset] {
            binaries::insert(&write, binary).await.unwrap();
        }
        binary_parts::upsert(&write, &part(&with_parts, 1)).await.unwrap();
        let of_before_the_reset = olivine_domain::binaries::Binary { generation: Generation::FIRST, ..reset };
        binary_parts::upsert(&write, &part(&of_before_the_reset, 1)).await.unwrap();
        write.commit().await.unwrap();
        let found = async |limit| {
            let found = binaries::list_abandoned_of_all_organizations(&*database, at(100), limit).await.unwrap();
            found.into_iter().map(|upload| upload.binary).collect::<Vec<_>>()
        };
        assert_eq!(found(10).await, [with_session.id, with_parts.id]);
        assert_eq!(found(1).await, [with_session.id]);
    }
}

/// A copy of a binary's content in the data folder.
fn copy_of(binary: &Binary) -> Replica {
    Replica {
        content: binary.content_id(),
        storage: StorageBackend::DATA_FOLDER,
        organization: binary.organization,
        generation: binary.generation,
        state: ReplicaState::Complete,
        error: None,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

#[test]
fn what_is_passed_around_can_cross_threads() {
    fn is_send<T: Send>(_: &T) {}
    fn all(database: &Database, write: &Write, version: &ArtifactVersion, now: Timestamp) {
        is_send(&binaries::get(database, version.organization, fresh()));
        is_send(&binaries::get(write, version.organization, fresh()));
        is_send(&artifact_versions::list(write, version.organization, &ListQuery::default()));
        is_send(&jobs::claim(database, &["a"], "me", now, Duration::ZERO));
        is_send(&database.write());
    }
    let _: fn(&Database, &Write, &ArtifactVersion, Timestamp) = all;
}

/// A key as this database has it in SQL.
fn literal(database: &Database, id: Uuid) -> String {
    match database.backend() {
        sea_orm::DbBackend::Sqlite => format!("x'{}'", id.simple()),
        _ => format!("'{id}'"),
    }
}
