//! Searches mean the same on both databases: nothing in a value is a wildcard, and case counts where it should.

use olivine_domain::binaries::{self as domain, BinaryState};
use olivine_domain::pages::Limit;
use olivine_domain::permissions::Tenancy;
use olivine_domain::search;

use super::*;
use crate::*;

async fn found(database: &Database, organization: &Organization, search: &str) -> Vec<String> {
    let clauses = search::parse(search, domain::SEARCH).unwrap();
    let query = ListQuery { clauses, limit: Limit::MOST, ..ListQuery::default() };
    let page = binaries::list(&reads(database), organization.id, &query).await.unwrap();
    page.items.iter().map(|binary| binary.target.to_string()).collect()
}

on_both! {
    async fn binaries_are_found(database) {
        let Frame { organization: owner, artifact: parent, version: child } = frame(&database).await;
        let other = version(&parent);
        let records = [
            ("a", "100% of it", Some(1), BinaryState::Uploadable),
            ("b", "100 of it", Some(2), BinaryState::Signed),
            ("c", "under_score", Some(1 << 40), BinaryState::Destroyed),
            ("d", "underXscore", None, BinaryState::Signed),
            ("e", "it's a \"quote\" \\", Some(0), BinaryState::Signed),
            ("universal", "East BLUE \u{e4}\u{c4} \u{df}", Some(3), BinaryState::Signed),
        ];
        let write = database.write().await.unwrap();
        artifact_versions::insert(&write, &other).await.unwrap();
        let mut hash = String::new();
        for (micros, (target, description, size, state)) in (1..).zip(records) {
            let record = Binary {
                target: target.parse().unwrap(),
                description: Some(description.parse().unwrap()),
                size,
                state,
                inserted_at: at(micros),
                ..binary(if micros == 1 { &other } else { &child })
            };
            hash = record.hash.to_string();
            binaries::insert(&write, &record).await.unwrap();
        }
        write.commit().await.unwrap();
        let version_prn = child.id.prn(owner.id);
        let foreign_prn = child.id.prn(fresh());
        let all = ["a", "b", "c", "d", "e", "universal"];
        let bare = hash.trim_start_matches("sha256:").to_uppercase();
        for (search, expected) in [
            ("description~'100%'", &["a"][..]),
            ("description~'%'", &["a"]),
            ("description~'_'", &["c"]),
            ("description~'r_s'", &["c"]),
            (r"description~'it\'s'", &["e"]),
            (r"description~'\\'", &["e"]),
            ("description~'\"quote\"'", &["e"]),
            ("description~'blue'", &[]),
            ("description-'blue'", &["universal"]),
            ("description-'EAST b'", &["universal"]),
            ("description~'\u{e4}\u{c4}'", &["universal"]),
            // Only A to Z have a case.
            ("description-'\u{c4}\u{c4}'", &[]),
            ("description:'100 of it'", &["b"]),
            ("description:'100 OF IT'", &[]),
            ("description:''", &[]),
            ("description~''", &all),
            ("target:'portable'", &["universal"]),
            ("target:'universal'", &["universal"]),
            ("target:'not a target'", &[]),
            ("target~'univ'", &["universal"]),
            ("size:1", &["a"]),
            ("size>=2", &["b", "c", "universal"]),
            ("size>1 and size<1099511627776", &["b", "universal"]),
            ("size<=0", &["e"]),
            ("state:'signed'", &["b", "d", "e", "universal"]),
            ("state:'signed' and description~'of' and size:2", &["b"]),
            ("destroyed:true", &["c"]),
            ("destroyed:false", &["a", "b", "d", "e", "universal"]),
            ("inserted_at>'2026-01-01T00:00:00.000005Z'", &["universal"]),
            ("inserted_at:'2026-01-01T00:00:00.000005Z'", &["e"]),
            ("updated_at<'2026-01-01T00:00:00Z'", &[]),
            (&format!("hash:'{hash}'"), &["universal"]),
            (&format!("hash:'{bare}'"), &["universal"]),
            ("hash:'beef'", &[]),
            (&format!("artifact_version_prn:'{version_prn}'"), &["b", "c", "d", "e", "universal"]),
            (&format!("artifact_version_prn:'{foreign_prn}'"), &[]),
            (&format!("artifact_version_prn:'prn:1:{}'", owner.id), &[]),
            (&format!("description~'{}'", "x".repeat(1900)), &[]),
        ] {
            assert_eq!(found(&database, &owner, search).await, expected, "{search}");
        }
    }

    async fn events_are_found_by_what_and_who(database) {
        let Frame { organization: owner, artifact, .. } = frame(&database).await;
        let key = fresh();
        let mut about_artifact = event(&owner);
        about_artifact.subject = Subject::of(artifact.id);
        about_artifact.identity = Identity::ApiKey(key).into();
        about_artifact.kind = EventType::ArtifactCreated.into();
        about_artifact.origin.request_id = Some("r1".to_owned());
        let about_organization = event(&owner);
        let write = database.write().await.unwrap();
        for event in [&about_artifact, &about_organization] {
            events::insert_many(&write, std::slice::from_ref(event)).await.unwrap();
        }
        write.commit().await.unwrap();
        let wrong_kind = format!("prn:1:{}:binary:{}", owner.id, artifact.id);
        for (search, expected) in [
            (format!("resource_prn:'{}'", artifact.id.prn(owner.id)), vec![about_artifact.id]),
            (format!("resource_prn:'prn:1:{}'", owner.id), vec![about_organization.id]),
            (format!("resource_prn:'{wrong_kind}'"), vec![]),
            (format!("resource_prn:'{}'", artifact.id.prn(fresh())), vec![]),
            (format!("actor_prn:'{}'", key.prn(owner.id)), vec![about_artifact.id]),
            ("type:'artifact.created'".to_owned(), vec![about_artifact.id]),
            ("request_id:'r1'".to_owned(), vec![about_artifact.id]),
        ] {
            let clauses = search::parse(&search, olivine_domain::events::SEARCH).unwrap();
            let query = ListQuery { clauses, ..ListQuery::default() };
            let page = events::list(&reads(&database), &Tenancy::of_server(owner.id), &query).await.unwrap();
            assert_eq!(page.items.iter().map(|event| event.id).collect::<Vec<_>>(), expected, "{search}");
        }
    }
}

/// A field that can be named in a search but that no list knows would only be noticed by a user.
#[tokio::test]
async fn every_searchable_field_is_known_to_its_list() {
    use crate::entities as rows;
    use crate::lists::{Listed, Scope};
    fn check<E: Listed>(fields: search::FieldTable) {
        use search::{Clause, FieldKind, Value};
        let scope = Scope { backend: sea_orm::DbBackend::Sqlite, organization: fresh() };
        for field in fields {
            for operator in field.kind.operators() {
                let value = match field.kind {
                    FieldKind::Text | FieldKind::Enum(_) => Value::Text("a".to_owned()),
                    FieldKind::Integer => Value::Integer(1),
                    FieldKind::Boolean => Value::Boolean(true),
                    FieldKind::DateTime => Value::DateTime(at(0)),
                    FieldKind::Prn => Value::Prn("prn:1:x".to_owned()),
                };
                let clause = Clause { field, operator: *operator, value };
                assert!(E::filter(&scope, &clause).is_some(), "{clause}");
            }
        }
    }
    check::<rows::api_keys::Entity>(olivine_domain::api_keys::SEARCH);
    check::<rows::people::memberships::Entity>(olivine_domain::memberships::SEARCH);
    check::<rows::people::invitations::Entity>(olivine_domain::invitations::SEARCH);
    check::<rows::people::views::Entity>(olivine_domain::views::SEARCH);
    check::<rows::artifacts::Entity>(olivine_domain::artifacts::SEARCH);
    check::<rows::artifact_versions::Entity>(olivine_domain::artifact_versions::SEARCH);
    check::<rows::binaries::Entity>(olivine_domain::binaries::SEARCH);
    check::<rows::binary_parts::Entity>(olivine_domain::binary_parts::SEARCH);
    check::<rows::binary_signatures::Entity>(olivine_domain::binary_signatures::SEARCH);
    check::<rows::signing_keys::Entity>(olivine_domain::signing_keys::SEARCH);
    check::<rows::events::Entity>(olivine_domain::events::SEARCH);
}
