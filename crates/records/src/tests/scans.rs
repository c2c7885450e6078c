//! Searches that no index answers: they end in time, and take nothing from anybody else.

use std::collections::BTreeSet;
use std::time::Instant;

use futures_util::future::join_all;
use olivine_domain::events;
use olivine_domain::permissions::Tenancy;
use olivine_domain::search::{self, FieldTable};
use sea_orm::{ConnectionTrait as _, DbBackend};

use super::plans::{first_page, plan};
use super::*;
use crate::database::{CallerReads, ListReader as _, Options, Reader as _};
use crate::entities as rows;
use crate::lists::{self, Listed};
use crate::testing::TestDatabase;
use crate::{Error, ListQuery, Trouble};

/// So many events that looking at each of them takes at least some hundredths of a second.
const EVENTS: u32 = 150_000;

/// An organization with many events that are all alike.
async fn fill(database: &TestDatabase) -> Id<Organization> {
    let owner = organization();
    let write = database.write().await.unwrap();
    crate::organizations::insert(&write, &owner).await.unwrap();
    let key = |number: &str| match database.backend() {
        DbBackend::Sqlite => format!("unhex(printf('04%030x', {number}))"),
        _ => format!("CAST('04' || lpad(to_hex({number}), 30, '0') AS UUID)"),
    };
    let organization = match database.backend() {
        DbBackend::Sqlite => format!("x'{}'", owner.id.uuid().simple()),
        _ => format!("CAST('{}' AS UUID)", owner.id),
    };
    let (id, subject) = (key("n"), key("n % 10"));
    let sql = format!(
        "INSERT INTO events (id, organization_id, kind, api_key_id, subject_kind, subject_id, data, request_id, address, inserted_at)
         WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {EVENTS})
         SELECT {id}, {organization}, 'binary.created', NULL, 'binary', {subject}, '{{}}', 'request ' || n, NULL, n FROM numbers"
    );
    write.commit().await.unwrap();
    // A busy machine may take longer for that than any statement of a server may.
    let filling = database.begin_at_length().await.unwrap();
    filling.execute_unprepared(&sql).await.unwrap();
    filling.commit().await.unwrap();
    owner.id
}

fn search(text: &str) -> ListQuery {
    ListQuery { clauses: search::parse(text, events::SEARCH).unwrap(), ..ListQuery::default() }
}

fn broad() -> ListQuery {
    search("request_id~'nowhere'")
}

async fn opened_again(database: &TestDatabase, scan_timeout: Duration) -> Database {
    let options = Options { scan_timeout, patience: Duration::from_secs(2), ..Options::default() };
    Database::open(database.url(), options).await.unwrap()
}

fn caller(database: &Database, number: u128) -> CallerReads<'_> {
    database.on_behalf_of(Uuid::from_u128(number))
}

on_both! {
    async fn a_statement_that_writes_without_end_is_broken_off_and_nothing_of_its_transaction_stays(database) {
        let limit = Duration::from_millis(600);
        let options = Options { statement_timeout: limit, patience: Duration::from_secs(2), ..Options::default() };
        let hasty = Database::open(database.url(), options).await.unwrap();
        let endless = "INSERT INTO settings (key, value)
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n % 7 + 1 FROM numbers)
            SELECT 'endless', CAST(max(n) AS TEXT) FROM numbers";
        for is_given_up in [false, true, false] {
            let write = hasty.write().await.unwrap();
            crate::settings::put(&write, "before", "it").await.unwrap();
            let executor = write.executor();
            let ended = executor.execute_unprepared(endless);
            if is_given_up {
                assert!(tokio::time::timeout(limit / 4, ended).await.is_err());
            } else {
                let error = Error::from(ended.await.unwrap_err());
                assert!(matches!(error, Error::Unavailable { trouble: Trouble::Slow, .. }), "{error:?}");
            }
            drop(write);
            let write = hasty.write().await.unwrap();
            assert_eq!(crate::settings::find(&write, "before").await.unwrap(), None);
            // Longer than a statement may take, but each statement is short.
            for _ in 0..3 {
                tokio::time::sleep(limit / 2).await;
                crate::settings::put(&write, "after", "it").await.unwrap();
            }
            write.commit().await.unwrap();
        }
        hasty.close().await;
    }

    async fn a_search_that_is_too_broad_ends_in_time_and_says_how_to_narrow_it(database) {
        let owner = fill(&database).await;
        let hasty = opened_again(&database, Duration::from_millis(10)).await;
        // The same connection is used again each time: it is as good as before.
        for _ in 0..4 {
            let refused = crate::events::list(&caller(&hasty, 1), &Tenancy::of_server(owner), &broad()).await.unwrap_err();
            assert!(matches!(refused, Error::TooBroad { .. }), "{refused:?}");
            assert!(refused.to_string().contains("inserted_at>='2026-01-31T00:00:00Z'"), "{refused}");
            assert!(refused.to_string().contains("type, resource_prn, actor_prn"), "{refused}");
            let narrow = search("request_id~'quest 7' and inserted_at<'1970-01-01T00:00:00.000100Z'");
            // Where the machine is busy, even a short search may wait that long for a core.
            let found = loop {
                match crate::events::list(&caller(&hasty, 1), &Tenancy::of_server(owner), &narrow).await {
                    Err(Error::TooBroad { .. }) => {}
                    found => break found.unwrap(),
                }
            };
            assert_eq!(found.items.len(), 10, "a page");
        }
        hasty.close().await;
    }

    async fn thirty_two_searchers_keep_nobody_waiting(database) {
        let owner = fill(&database).await;
        let limit = Duration::from_millis(500);
        let busy = opened_again(&database, limit).await;
        let end = Instant::now() + Duration::from_secs(2);
        // Half of them have one key, the others one each.
        let searchers = (0..32_u128).map(|number| {
            let busy = busy.clone();
            tokio::spawn(async move {
                while Instant::now() < end {
                    let key = if number < 16 { 1 } else { number };
                    let done = crate::events::list(&caller(&busy, key), &Tenancy::of_server(owner), &broad()).await;
                    let allowed = matches!(&done, Ok(_) | Err(Error::TooBroad { .. } | Error::ScanInProgress));
                    assert!(allowed, "{done:?}");
                }
            })
        });
        let searchers: Vec<_> = searchers.collect();
        let mut took = Vec::new();
        while Instant::now() < end {
            let begun = Instant::now();
            crate::organizations::get(&busy, owner).await.unwrap();
            // A page that an index answers is no search.
            crate::events::list(&caller(&busy, 1), &Tenancy::of_server(owner), &ListQuery::default()).await.unwrap();
            took.push(begun.elapsed());
            tokio::task::yield_now().await;
        }
        for done in join_all(searchers).await {
            done.unwrap();
        }
        // Behind searches, each of them would wait. One in ten may have had a busy machine in its way.
        took.sort_unstable();
        let usual_worst = took[took.len() * 9 / 10];
        assert!(usual_worst < limit, "somebody else waited for {usual_worst:?}: {took:?}");
    }

    async fn a_caller_has_one_search_at_a_time(database) {
        let owner = fill(&database).await;
        let patient = opened_again(&database, Duration::from_millis(200)).await;
        let one = caller(&patient, 1);
        let first = one.scanner().await.unwrap();
        let second = crate::events::list(&one, &Tenancy::of_server(owner), &broad()).await.unwrap_err();
        assert!(matches!(second, Error::ScanInProgress), "{second:?}");
        // Neither what an index answers nor another caller has to wait for it.
        crate::events::list(&one, &Tenancy::of_server(owner), &search("type:'binary.created'")).await.unwrap();
        let other = crate::events::list(&caller(&patient, 2), &Tenancy::of_server(owner), &broad()).await;
        assert!(matches!(other, Ok(_) | Err(Error::TooBroad { .. })), "{other:?}");
        drop(first);
        let third = crate::events::list(&one, &Tenancy::of_server(owner), &broad()).await;
        assert!(matches!(third, Ok(_) | Err(Error::TooBroad { .. })), "{third:?}");
    }

    async fn a_search_that_nobody_waits_for_counts_until_it_has_ended(database) {
        let owner = fill(&database).await;
        let patient = opened_again(&database, Duration::from_millis(300)).await;
        for _ in 0..50 {
            let one = caller(&patient, 1);
            let (query, listing) = (broad(), Duration::from_millis(2));
            let _ = tokio::time::timeout(listing, crate::events::list(&one, &Tenancy::of_server(owner), &query)).await;
        }
        // They did not pile up: the next one has its turn at once, and the others' connections are free.
        let last = crate::events::list(&caller(&patient, 1), &Tenancy::of_server(owner), &broad()).await;
        assert!(matches!(last, Ok(_) | Err(Error::TooBroad { .. })), "{last:?}");
        patient.close().await;
    }

    async fn each_field_that_counts_as_indexed_is_found_by_an_index(database) {
        super::plans::fill(&database).await;
        let prn = |kind: &str, id: &str| format!("prn:1:{{organization}}:{kind}:{id}");
        let version = prn("artifact_version", "cc000000-0000-0000-0000-000000000065");
        let artifact = prn("artifact", "bb000000-0000-0000-0000-000000000003");
        let binary = prn("binary", "dd000000-0000-0000-0000-000000000401");
        let signing_key = prn("signing_key", "ee000000-0000-0000-0000-000000000065");
        let key = prn("api_key", "01000000-0000-0000-0000-000000000031");
        let product = prn("product", "06000000-0000-0000-0000-000000000003");
        let cohort = prn("cohort", "07000000-0000-0000-0000-000000000007");
        let device = prn("device", "08000000-0000-0000-0000-000000001389");
        let release = prn("release", "09000000-0000-0000-0000-000000000009");
        let bundle = prn("bundle", "0c000000-0000-0000-0000-000000000009");
        let hash = "ab".repeat(32);
        let db = &*database;
        check_indexed::<rows::events::Entity>(db, events::SEARCH, "event", &[
            ("type", "binary.signed"), ("resource_prn", &binary), ("actor_prn", &key), ("actor_prn", &device),
            ("product_prn", &product), ("cohort_prn", &cohort),
        ]).await;
        check_indexed::<rows::jobs::Entity>(db, olivine_domain::jobs::SEARCH, "job", &[("state", "given_up")]).await;
        check_indexed::<rows::binaries::Entity>(db, olivine_domain::binaries::SEARCH, "binary", &[
            ("artifact_version_prn", &version), ("target", "target-1"), ("hash", &hash), ("state", "signed"),
        ]).await;
        check_indexed::<rows::artifacts::Entity>(db, olivine_domain::artifacts::SEARCH, "artifact", &[("name", "a7")]).await;
        check_indexed::<rows::artifact_versions::Entity>(db, olivine_domain::artifact_versions::SEARCH, "artifact_version", &[
            ("artifact_prn", &artifact), ("version", "v7"),
        ]).await;
        check_indexed::<rows::signing_keys::Entity>(db, olivine_domain::signing_keys::SEARCH, "signing_key", &[
            ("name", "k7"), ("keyid", &hash), ("state", "revoked"),
        ]).await;
        check_indexed::<rows::binary_signatures::Entity>(db, olivine_domain::binary_signatures::SEARCH, "binary_signature", &[
            ("binary_prn", &binary), ("signing_key_prn", &signing_key),
        ]).await;
        check_indexed::<rows::binary_parts::Entity>(db, olivine_domain::binary_parts::SEARCH, "binary_part", &[]).await;
        check_indexed::<rows::api_keys::Entity>(db, olivine_domain::api_keys::SEARCH, "api_key", &[("name", "k7")]).await;
        check_indexed::<rows::storage_backends::Entity>(db, olivine_domain::storage_backends::SEARCH, "storage_backend", &[
            ("name", "s7"),
        ]).await;
        check_indexed::<rows::fleet::products::Entity>(db, olivine_domain::products::SEARCH, "product", &[("name", "p7")]).await;
        check_indexed::<rows::fleet::cohorts::Entity>(db, olivine_domain::cohorts::SEARCH, "cohort", &[("product_prn", &product)]).await;
        check_indexed::<rows::fleet::devices::Entity>(db, olivine_domain::devices::SEARCH, "device", &[
            ("identifier", "d77"), ("product_prn", &product), ("cohort_prn", &cohort), ("release_prn", &release),
            ("reported_release_version", "1.7.0"), ("outcome", "failed"),
        ]).await;
        check_indexed::<rows::fleet::device_certificates::Entity>(db, olivine_domain::device_certificates::SEARCH, "device_certificate", &[
            ("device_prn", &device), ("fingerprint", &hash),
        ]).await;
        check_indexed::<rows::fleet::ca_certificates::Entity>(db, olivine_domain::ca_certificates::SEARCH, "ca_certificate", &[
            ("fingerprint", &hash),
        ]).await;
        check_indexed::<rows::distribution::bundles::Entity>(db, olivine_domain::bundles::SEARCH, "bundle", &[
            ("name", "b7"), ("hash", &hash),
        ]).await;
        check_indexed::<rows::distribution::releases::Entity>(db, olivine_domain::releases::SEARCH, "release", &[
            ("cohort_prn", &cohort), ("bundle_prn", &bundle),
        ]).await;
        check_indexed::<rows::distribution::bundle_overrides::Entity>(db, olivine_domain::bundle_overrides::SEARCH, "bundle_override", &[
            ("name", "o7"), ("bundle_prn", &bundle),
        ]).await;
    }
}

/// That each field of the table's `INDEXED` is named here, and that the database finds one value of it without looking at other records of the
/// organization.
async fn check_indexed<E: Listed>(
    database: &Database,
    fields: FieldTable,
    kind: &str,
    values: &[(&str, &str)],
) {
    let own = format!("prn:1:{{organization}}:{kind}:dd000000-0000-0000-0000-000000000401");
    let values: Vec<_> = values.iter().copied().chain([("prn", own.as_str())]).collect();
    let named: BTreeSet<_> = values.iter().map(|(field, _)| *field).collect();
    assert_eq!(named, E::INDEXED.iter().copied().collect(), "{kind}");
    for (field, value) in values {
        let search = format!("{field}:'{value}'");
        let statement = first_page::<E>(database, fields, &search);
        let plan = plan(database, statement).await;
        let is_found = if database.backend() == DbBackend::Sqlite {
            // Two columns are compared with a value, or one that alone leaves a few records.
            let alone = ["(id=?)", "(fingerprint=?)", "(binary_id=?)"];
            plan.contains("=? AND ") || alone.iter().any(|column| plan.contains(column))
        } else {
            // The records that the index finds are only compared with the organization or with the kind of their subject.
            let harmless = ["organization_id =", "subject_kind ="];
            let is_harmless =
                |filter: &str| !filter.contains("AND") && harmless.iter().any(|one| filter.contains(one));
            let mut filters = plan.lines().filter(|line| line.contains("Filter:"));
            !plan.contains("Seq Scan") && filters.all(is_harmless)
        };
        assert!(is_found, "{kind}: {search}\n{plan}");
    }
}

#[test]
fn one_indexed_value_and_a_range_of_time_are_no_scan() {
    let is_scan = |text: &str| lists::is_scan::<rows::events::Entity>(&search(text).clauses);
    assert!(!lists::is_scan::<rows::events::Entity>(&[]));
    let range = "inserted_at>='2026-01-01T00:00:00Z' and inserted_at<'2026-02-01T00:00:00Z'";
    for quick in ["type:'binary.signed'", range, &format!("{range} and type:'binary.signed'")] {
        assert!(!is_scan(quick), "{quick}");
    }
    for slow in
        ["request_id~'a'", "request_id-'a'", "request_id:'a'", "type:'binary.signed' and request_id:'a'"]
    {
        assert!(is_scan(slow), "{slow}");
    }
}
