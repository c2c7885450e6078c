//! Query plans: every filter of a list and any page of it walks an index, and so does each hot query. What would read or sort a whole
//! organization shows up here, long before there are a million binaries.

use olivine_domain::archiving::ArchivedFilter;
use olivine_domain::artifact_versions as versions;
use olivine_domain::contents::ContentKey;
use olivine_domain::devices::{Facet, UpdateStatus};
use olivine_domain::pages::{Cursor, Last, Order, Sort};
use olivine_domain::permissions::{Identity, RecordedIdentity, Tenancy};
use olivine_domain::search::{self, FieldTable};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ConnectionTrait as _, DbBackend, QueryFilter, QueryTrait as _, Statement};

use super::*;
use crate::database::Reader as _;
use crate::devices::Counted;
use crate::dialect;
use crate::entities as rows;
use crate::lists::{self, Listed, Scope};
use crate::*;

/// Enough rows that no planner thinks of reading them all.
const ROWS: u32 = 20_000;

/// Fills all large tables. A busy machine may take longer for that than any statement of a server may.
pub(super) async fn fill(database: &Database) {
    let backend = database.backend();
    let filling = database.begin_at_length().await.unwrap();
    filling.execute_unprepared(&spell(include_str!("fill.sql"), backend)).await.unwrap();
    if backend == DbBackend::Postgres {
        filling.execute_unprepared("ANALYZE").await.unwrap();
    }
    filling.commit().await.unwrap();
}

/// The statements as this database has them.
fn spell(template: &str, backend: DbBackend) -> String {
    let (no, bytes) = if backend == DbBackend::Sqlite { ("0", "x'00'") } else { ("FALSE", "'\\x00'::BYTEA") };
    let numbers = format!(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {ROWS})"
    );
    let template = template.replace("{numbers}", &numbers).replace("{false}", no).replace("{bytes}", bytes);
    let mut pieces = template.split("{uuid ");
    let mut sql = pieces.next().unwrap().to_owned();
    for piece in pieces {
        let (uuid, rest) = piece.split_once('}').unwrap();
        let (prefix, number) = uuid.split_once(' ').unwrap();
        let uuid = match backend {
            DbBackend::Sqlite => format!("unhex(printf('{prefix}%030x', {number}))"),
            _ => format!("CAST('{prefix}' || lpad(to_hex({number}), 30, '0') AS UUID)"),
        };
        sql.extend([&uuid, rest]);
    }
    sql
}

pub(super) async fn plan(database: &Database, statement: Statement) -> String {
    let executor = database.executor();
    let backend = executor.get_database_backend();
    let explained = Statement { sql: format!("{}{}", dialect::explain(backend), statement.sql), ..statement };
    let column = if backend == DbBackend::Sqlite { "detail" } else { "QUERY PLAN" };
    let rows = executor.query_all_raw(explained).await.unwrap();
    rows.iter().map(|row| row.try_get::<String>("", column).unwrap() + "\n").collect()
}

const READS_ALL: [&str; 2] = ["SCAN ", "Seq Scan"];
const READS_MANY: [&str; 5] = ["SCAN ", "Seq Scan", "TEMP B-TREE", "Sort", "Bitmap"];

async fn assert_walks_an_index(database: &Database, what: &str, statement: Statement) {
    assert_avoids(&READS_MANY, database, what, statement).await;
}

async fn assert_avoids(bad: &[&str], database: &Database, what: &str, statement: Statement) {
    let sql = statement.sql.clone();
    let plan = plan(database, statement).await;
    let good = ["SEARCH ", "Index Scan", "Index Only Scan"];
    assert!(!bad.iter().any(|word| plan.contains(word)), "{what}\n{sql}\n{plan}");
    assert!(good.iter().any(|word| plan.contains(word)), "{what}\n{sql}\n{plan}");
}

/// A list whose search leaves only a few rows.
async fn check_few<E: Listed>(database: &Database, fields: FieldTable, search: &str) {
    let statement = first_page::<E>(database, fields, search);
    assert_avoids(&READS_ALL, database, search, statement).await;
}

/// Of several filters, one that leaves many rows must not choose the index.
async fn check_index<E: Listed>(database: &Database, fields: FieldTable, search: &str, bad: &[&str]) {
    let plan = plan(database, first_page::<E>(database, fields, search)).await;
    let bad = plan.split_ascii_whitespace().find(|word| bad.contains(word));
    assert_eq!(bad, None, "{search}\n{plan}");
}

pub(super) fn first_page<E: Listed>(database: &Database, fields: FieldTable, search: &str) -> Statement {
    let scope = scope(database);
    let clauses =
        search::parse(&search.replace("{organization}", &scope.organization.to_string()), fields).unwrap();
    let query = ListQuery { clauses, ..ListQuery::default() };
    lists::select::<E>(&scope, &query).unwrap().build(scope.backend)
}

fn scope(database: &Database) -> Scope {
    Scope { backend: database.backend(), organization: Id::new(Uuid::from_u128((0xaa << 120) | 1)) }
}

/// The lists of a resource under each of these searches, from the beginning and from the middle, in both orders.
async fn check_list<E: Listed>(database: &Database, fields: FieldTable, searches: &[&str]) {
    let scope = scope(database);
    let at = Timestamp::from_micros(i64::from(ROWS / 2)).unwrap();
    let middle = |order| Cursor { last: Last::Inserted { at, id: Uuid::nil() }, order };
    for search in searches {
        let search = search.replace("{organization}", &scope.organization.to_string());
        let clauses = if search.is_empty() { Vec::new() } else { search::parse(&search, fields).unwrap() };
        for order in [Order::Asc, Order::Desc] {
            for after in [None, Some(middle(order))] {
                for archived in [ArchivedFilter::Any, ArchivedFilter::Without] {
                    let query = ListQuery {
                        clauses: clauses.clone(),
                        archived,
                        order,
                        after: after.clone(),
                        ..ListQuery::default()
                    };
                    let statement = lists::select::<E>(&scope, &query).unwrap().build(scope.backend);
                    let what =
                        format!("{}: '{search}' {archived:?} {order:?} {after:?}", E::default().table_name());
                    assert_walks_an_index(database, &what, statement).await;
                }
            }
        }
    }
}

on_both! {
    async fn lists_walk_their_index(database) {
        fill(&database).await;
        let prn = |kind: &str, id: &str| format!("prn:1:{{organization}}:{kind}:{id}");
        let version = format!("artifact_version_prn:'{}'", prn("artifact_version", "cc000000-0000-0000-0000-000000000065"));
        let artifact = format!("artifact_prn:'{}'", prn("artifact", "bb000000-0000-0000-0000-000000000003"));
        let signed = format!("binary_prn:'{}'", prn("binary", "dd000000-0000-0000-0000-000000000401"));
        let key = format!("signing_key_prn:'{}'", prn("signing_key", "ee000000-0000-0000-0000-000000000065"));
        let subject = format!("resource_prn:'{}'", prn("binary", "dd000000-0000-0000-0000-000000000401"));
        let actor = format!("actor_prn:'{}'", prn("api_key", "01000000-0000-0000-0000-000000000031"));
        let hash = format!("hash:'{}'", "ab".repeat(32));
        let both = format!("{version} and target:'target-1'");
        check_list::<rows::binaries::Entity>(&database, olivine_domain::binaries::SEARCH, &[
            "", &version, "target:'target-1'", &both, "state:'signed'", &hash, "destroyed:true", "destroyed:false",
            "description~'d'", "state:'signed' and description-'D'", "inserted_at>='1970-01-01T00:00:00.005Z'",
        ]).await;
        check_list::<rows::jobs::Entity>(&database, olivine_domain::jobs::SEARCH, &["", "state:'given_up'"]).await;
        check_list::<rows::storage_backends::Entity>(&database, olivine_domain::storage_backends::SEARCH, &[""]).await;
        check_list::<rows::artifacts::Entity>(&database, olivine_domain::artifacts::SEARCH, &["", "description~'d'"]).await;
        check_list::<rows::artifact_versions::Entity>(&database, versions::SEARCH, &["", &artifact, "version:'v7'"]).await;
        check_list::<rows::signing_keys::Entity>(&database, olivine_domain::signing_keys::SEARCH, &["", "state:'revoked'"]).await;
        check_list::<rows::binary_signatures::Entity>(&database, olivine_domain::binary_signatures::SEARCH, &["", &key]).await;
        // A binary has at most one signature per key: those few may be sorted.
        check_few::<rows::binary_signatures::Entity>(&database, olivine_domain::binary_signatures::SEARCH, &signed).await;
        check_list::<rows::api_keys::Entity>(&database, olivine_domain::api_keys::SEARCH, &["", "name:'k7'"]).await;
        check_list::<rows::events::Entity>(&database, olivine_domain::events::SEARCH, &["", "type:'binary.signed'", &subject, &actor]).await;
    }

    async fn lists_of_fleets_walk_their_index(database) {
        fill(&database).await;
        let prn = |kind: &str, id: &str| format!("prn:1:{{organization}}:{kind}:{id}");
        let product = format!("product_prn:'{}'", prn("product", "06000000-0000-0000-0000-000000000003"));
        let cohort = format!("cohort_prn:'{}'", prn("cohort", "07000000-0000-0000-0000-000000000007"));
        let release = format!("release_prn:'{}'", prn("release", "09000000-0000-0000-0000-000000000009"));
        let both = format!("{product} and {cohort}");
        let device = format!("device_prn:'{}'", prn("device", "08000000-0000-0000-0000-000000001389"));
        check_list::<rows::fleet::products::Entity>(&database, olivine_domain::products::SEARCH, &["", "description~'d'"]).await;
        check_list::<rows::fleet::cohorts::Entity>(&database, olivine_domain::cohorts::SEARCH, &["", &product]).await;
        let version = "reported_release_version:'1.7.0'";
        let of_release = format!("outcome_{release}");
        let failed = format!("outcome:'failed' and {of_release}");
        check_list::<rows::fleet::devices::Entity>(&database, olivine_domain::devices::SEARCH, &[
            "outcome:'installed'", "outcome:'rolled_back'", version, &format!("outcome:'installed' and {cohort}"), &format!("{version} and {product}"),
        ]).await;
        for few in ["outcome:'failed'", &failed, &of_release, &format!("outcome:'failed' and {product}")] {
            check_few::<rows::fleet::devices::Entity>(&database, olivine_domain::devices::SEARCH, few).await;
        }
        // Few devices failed, whatever else they have in common; most devices of a fleet are installed.
        let bad = ["devices_by_product", "devices_by_cohort", "devices_by_version", "devices_list", "devices_installed"];
        for search in [
            format!("outcome:'failed' and {product}"),
            format!("outcome:'failed' and {cohort} and {version}"),
            format!("outcome:'failed' and {product} and {cohort} and {of_release}"),
        ] {
            check_index::<rows::fleet::devices::Entity>(&database, olivine_domain::devices::SEARCH, &search, &bad).await;
        }
        let bad = ["devices_installed", "devices_list", "devices_by_outcome"];
        check_index::<rows::fleet::devices::Entity>(&database, olivine_domain::devices::SEARCH, &format!("outcome:'installed' and {cohort}"), &bad).await;
        check_list::<rows::fleet::devices::Entity>(&database, olivine_domain::devices::SEARCH, &[
            "", &product, &cohort, &both, &release, "quarantined:true", "tag:'beta'", "quarantined:false",
        ]).await;
        check_few::<rows::fleet::devices::Entity>(&database, olivine_domain::devices::SEARCH, "identifier:'d77'").await;
        check_list::<rows::fleet::device_certificates::Entity>(&database, olivine_domain::device_certificates::SEARCH, &[""]).await;
        check_few::<rows::fleet::device_certificates::Entity>(&database, olivine_domain::device_certificates::SEARCH, &device).await;
        check_list::<rows::fleet::ca_certificates::Entity>(&database, olivine_domain::ca_certificates::SEARCH, &[""]).await;
        let bad = ["devices_by_product", "devices_list"];
        check_index::<rows::fleet::devices::Entity>(&database, olivine_domain::devices::SEARCH, &format!("{product} and {release}"), &bad).await;
    }

    async fn devices_sorted_by_identifier_walk_the_index_that_keeps_identifiers_unique(database) {
        use rows::fleet::devices::Entity;
        fill(&database).await;
        let scope = scope(&database);
        let prn = |kind: &str, id: &str| format!("{kind}_prn:'prn:1:{}:{kind}:{id}'", scope.organization);
        let product = prn("product", "06000000-0000-0000-0000-000000000003");
        let cohort = prn("cohort", "07000000-0000-0000-0000-000000000007");
        let release = prn("release", "09000000-0000-0000-0000-000000000009");
        let statement = |search: &str, order, after: Option<&str>| {
            let clauses = if search.is_empty() { Vec::new() } else { search::parse(search, olivine_domain::devices::SEARCH).unwrap() };
            let after = after.map(|identifier| Cursor { last: Last::Identifier(identifier.parse().unwrap()), order });
            let query = ListQuery { clauses, sort: Sort::Identifier, order, after, ..ListQuery::default() };
            lists::select::<Entity>(&scope, &query).unwrap().build(scope.backend)
        };
        let index = if scope.backend == DbBackend::Sqlite { "sqlite_autoindex_devices_3" } else { "devices_identifier" };
        for order in [Order::Asc, Order::Desc] {
            for after in [None, Some("d15000")] {
                let all = statement("", order, after);
                assert_walks_an_index(&database, "all by identifier", all.clone()).await;
                assert_uses(&database, index, all).await;
                // A filter leaves out what the walk finds, or chooses another index, whose devices are sorted.
                for search in [product.as_str(), &cohort, &release, "tag:'beta'", "quarantined:true", "outcome:'failed'", "identifier~'77'"] {
                    assert_avoids(&READS_ALL, &database, search, statement(search, order, after)).await;
                }
            }
        }
    }

    async fn hot_queries_of_fleets_use_an_index(database) {
        fill(&database).await;
        let backend = database.backend();
        let hash = olivine_domain::Sha256Digest::of(b"");
        for many in [1, 20] {
            let recognized = devices::recognizing(&vec![hash; many]);
            assert_avoids(&READS_ALL, &database, "recognized", recognized.build(backend)).await;
            let devices: Vec<_> = (0..many as u128).map(|n| Id::new(Uuid::from_u128((0x08 << 120) | n))).collect();
            let claims = release_claims::claimed_by(scope(&database).organization, &devices);
            assert_avoids(&READS_ALL, &database, "claims", claims.build(backend)).await;
        }
        assert_avoids(&READS_ALL, &database, "authority", ca_certificates::named(&[hash]).build(backend)).await;
        for column in [rows::fleet::device_certificates::Column::TbsHash, rows::fleet::device_certificates::Column::KeyHash] {
            let marked = device_certificates::marked(scope(&database).organization, column, hash);
            assert_avoids(&READS_ALL, &database, "marked", marked.build(backend)).await;
        }
        let of_device = device_certificates::of_device(scope(&database).organization, Id::new(Uuid::from_u128((0x08 << 120) | 7)));
        assert_avoids(&READS_ALL, &database, "of a device", of_device.build(backend)).await;
        let reported = device_outcomes::newest_of(scope(&database).organization, &[Id::new(Uuid::from_u128((0x08 << 120) | 7))]);
        assert_avoids(&READS_ALL, &database, "last reports", reported.build(backend)).await;
        let seen = |n: u128| (Id::new(Uuid::from_u128((0x08 << 120) | n)), at(0));
        let touch = plan(&database, devices::touching(&*database, &[seen(5_000), seen(5_001), seen(5_002)])).await;
        let good = ["SEARCH devices", "Index Scan using devices_pkey"];
        assert!(good.iter().any(|good| touch.contains(good)) && !touch.contains("SCAN devices"), "{touch}");
    }

    async fn devices_are_counted_in_an_index(database) {
        fill(&database).await;
        if database.backend() == DbBackend::Postgres {
            // As it does by itself after a while: what an index has need not be looked at in the table.
            database.executor().execute_unprepared("VACUUM devices").await.unwrap();
        }
        let product = Id::new(Uuid::from_u128((0x06 << 120) | 3));
        let cohort = Id::new(Uuid::from_u128((0x07 << 120) | 7));
        for counted in [Counted::All, Counted::Product(product), Counted::Cohort(product, cohort)] {
            let counting = devices::counting(database.backend(), &Tenancy::of_server(scope(&database).organization), counted);
            let plan = plan(&database, counting).await;
            let good = ["SEARCH devices USING COVERING INDEX devices_counted", "Index Only Scan using devices_counted"];
            assert!(good.iter().any(|good| plan.contains(good)), "{plan}");
        }
    }

    async fn insights_of_a_release_walk_bounded_indexes(database) {
        fill(&database).await;
        let (backend, owner) = (database.backend(), scope(&database).organization);
        let build = |statement: &SelectStatement| backend.build(statement);
        let release = Id::new(Uuid::from_u128((0x09 << 120) | 0x15));
        let cohort = (owner, Id::new(Uuid::from_u128((0x07 << 120) | 7)));
        let since = Timestamp::from_micros(i64::from(ROWS / 2)).unwrap();
        let place = release_insights::place(cohort, since, 10);
        assert_walks_an_index(&database, "the newest events", build(&place)).await;
        // Of all indexes of events, the cohort's: that one is bounded.
        let hourly = release_insights::hourly(backend, cohort, release, since);
        let hourly = plan(&database, build(&hourly)).await;
        assert!(hourly.contains("events_cohort") && !hourly.contains("events_by_kind"), "{hourly}");
        let all = Tenancy::of_server(owner);
        let failed = UpdateStatus::Failed;
        let some = release_insights::of_release(&all, release, failed, 10_000);
        let in_words = release_insights::in_words(&all, release, failed);
        for (what, statement) in [("last updates", some), ("their words", in_words)] {
            let plan = plan(&database, build(&statement)).await;
            let reads_all = ["SCAN devices", "Seq Scan on devices", "SCAN device_outcomes", "Seq Scan on device_outcomes"];
            // Few devices failed, so either index of outcomes is bounded.
            assert!(plan.contains("devices_by_outcome"), "{what}\n{plan}");
            assert!(!reads_all.iter().any(|bad| plan.contains(bad)), "{what}\n{plan}");
        }
    }

    async fn the_best_filter_chooses_the_index(database) {
        fill(&database).await;
        let prn = |kind: &str, id: &str| format!("'prn:1:{{organization}}:{kind}:{id}'");
        let version = format!("artifact_version_prn:{}", prn("artifact_version", "cc000000-0000-0000-0000-000000000065"));
        let subject = format!("resource_prn:{}", prn("binary", "dd000000-0000-0000-0000-000000000401"));
        let actor = format!("actor_prn:{}", prn("api_key", "01000000-0000-0000-0000-000000000031"));
        let hash = format!("hash:'{}'", "ab".repeat(32));
        let bad = ["binaries_by_state", "binaries_by_target", "binaries_list"];
        for search in [
            format!("target:'target-1' and {version}"),
            format!("state:'signed' and {version} and destroyed:false"),
            format!("state:'signed' and {hash}"),
        ] {
            check_index::<rows::binaries::Entity>(&database, olivine_domain::binaries::SEARCH, &search, &bad).await;
        }
        let bad = ["events_by_kind", "events_by_api_key", "events_list"];
        for search in [
            format!("type:'binary.signed' and {subject}"),
            format!("{actor} and {subject} and type:'binary.signed'"),
        ] {
            check_index::<rows::events::Entity>(&database, olivine_domain::events::SEARCH, &search, &bad).await;
        }
    }

    async fn hot_queries_use_an_index(database) {
        fill(&database).await;
        let backend = database.backend();
        let id = Id::new(Uuid::from_u128((0xdd << 120) | 0x1f5));
        let claim = jobs::claim_statement(backend, &["verify"], "me", at(0), Duration::ZERO);
        assert_walks_an_index(&database, "head", binaries::heads(id).build(backend)).await;
        let before = Timestamp::from_micros(300).unwrap();
        let elsewhere = Id::new(Uuid::from_u128(0x03 << 120 | 7));
        let content = Id::new(id.uuid());
        let stored = contents::in_storage(elsewhere, Some(content), 100).build(backend);
        assert_walks_an_index(&database, "in a storage", stored).await;
        let copies = replicas::of_contents(scope(&database).organization, &[content]).build(backend);
        assert_avoids(&READS_ALL, &database, "copies", copies).await;
        assert_walks_an_index(&database, "abandoned", binaries::abandoned(before, 100).build(backend)).await;
        assert_walks_an_index(&database, "claim", claim).await;
        let next_due = plan(&database, jobs::next(&["verify"]).build(backend)).await;
        assert!(next_due.contains("jobs_due") && !next_due.contains("Sort"), "{next_due}");
        let purge = jobs::finished(Timestamp::from_micros(300).unwrap(), 100).build(backend);
        let purge = plan(&database, purge).await;
        assert!(purge.contains("jobs_over"), "{purge}");
        for kind in [None, Some(EventType::BinarySigned)] {
            let old = events::older(scope(&database).organization, kind, before, 100).build(backend);
            assert_avoids(&READS_ALL, &database, "old events", old).await;
        }
        let owner = scope(&database).organization;
        let used = contents::uses::in_storage(owner, elsewhere, at(0), Some(content), 100).build(backend);
        assert_avoids(&READS_ALL, &database, "used in a storage", used).await;
        let version = |n: u128| Id::new(Uuid::from_u128((0xcc << 120) | n));
        let some: Vec<_> = (1..20).map(version).collect();
        let used = contents::uses::outside(owner, elsewhere, &some, at(0)).build(backend);
        assert_avoids(&READS_ALL, &database, "used outside of a storage", used).await;
        let archived = artifact_versions::archived(owner, Some(version(7)), 50).build(backend);
        assert_walks_an_index(&database, "archived versions", archived).await;
        let artifact = Id::new(Uuid::from_u128((0xbb << 120) | 7));
        let archived = artifacts::archived(owner, Some(artifact), 50).build(backend);
        assert_walks_an_index(&database, "archived artifacts", archived).await;
        let versions = artifact_versions::of_artifact(owner, artifact, Some(version(7)), 50).build(backend);
        assert_avoids(&READS_ALL, &database, "versions of an artifact", versions).await;
        let parts = ContentKey { organization: scope(&database).organization, content, generation: Generation::FIRST };
        assert_walks_an_index(&database, "parts", binary_parts::all(parts).build(backend)).await;
    }
}

on_both! {
    async fn lists_of_releases_walk_their_index(database) {
        fill(&database).await;
        let prn = |kind: &str, id: &str| format!("prn:1:{{organization}}:{kind}:{id}");
        let cohort = format!("cohort_prn:'{}'", prn("cohort", "07000000-0000-0000-0000-000000000007"));
        let bundle = format!("bundle_prn:'{}'", prn("bundle", "0c000000-0000-0000-0000-000000000009"));
        let both = format!("{cohort} and {bundle}");
        let hash = format!("hash:'{}'", "ab".repeat(32));
        let (bundles, releases) = (olivine_domain::bundles::SEARCH, olivine_domain::releases::SEARCH);
        let overrides = olivine_domain::bundle_overrides::SEARCH;
        check_list::<rows::distribution::bundles::Entity>(&database, bundles, &["", &hash, "name~'b'"]).await;
        check_list::<rows::distribution::releases::Entity>(&database, releases, &["", &cohort, &bundle, "disabled:true"]).await;
        check_few::<rows::distribution::releases::Entity>(&database, releases, &both).await;
        check_few::<rows::distribution::bundles::Entity>(&database, bundles, "name:'b7'").await;
        check_list::<rows::distribution::bundle_overrides::Entity>(&database, overrides, &["", "name~'o'"]).await;
        check_few::<rows::distribution::bundle_overrides::Entity>(&database, overrides, &bundle).await;
    }

    async fn hot_queries_of_releases_use_an_index(database) {
        fill(&database).await;
        let (backend, owner) = (database.backend(), scope(&database).organization);
        let bundle = Id::new(Uuid::from_u128((0x0c << 120) | 9));
        let cohort = Id::new(Uuid::from_u128((0x07 << 120) | 7));
        let binary = Id::new(Uuid::from_u128((0xdd << 120) | 0x1f5));
        let release = |n: u128| Id::new(Uuid::from_u128((0x09 << 120) | n));
        assert_avoids(&READS_ALL, &database, "graph", releases::graph(owner, cohort).build(backend)).await;
        assert_avoids(&READS_ALL, &database, "content", bundles::content(owner, &[bundle]).build(backend)).await;
        assert_avoids(&READS_ALL, &database, "bundles", bundles::with_binary(owner, binary).build(backend)).await;
        let sums = release_days::summed(owner, &[release(201), release(203)]).build(backend);
        assert_avoids(&READS_ALL, &database, "sums", sums).await;
        let late = Timestamp::from_micros(i64::from(ROWS - 50)).unwrap();
        let current = bundle_overrides::current(owner, late).build(backend);
        assert_avoids(&READS_ALL, &database, "current overrides", current).await;
    }
}

/// That a statement uses this index. The few rows that it leaves may be sorted.
async fn assert_uses(database: &Database, index: &str, statement: Statement) {
    let plan = plan(database, statement).await;
    assert!(plan.contains(index) && !READS_ALL.iter().any(|bad| plan.contains(bad)), "{index}\n{plan}");
}

on_both! {
    async fn bulk_operations_use_their_indexes(database) {
        use rows::fleet::bulk_operations::Entity;
        fill(&database).await;
        let scope = scope(&database);
        check_list::<Entity>(&database, olivine_domain::bulk_operations::SEARCH, &[""]).await;
        let page = || lists::select::<Entity>(&scope, &ListQuery::default()).unwrap();
        assert_uses(&database, "bulk_operations_list", page().build(scope.backend)).await;
        let caller = RecordedIdentity::Known(Identity::ApiKey(Id::new(Uuid::from_u128((0x01 << 120) | 7))));
        let own = QueryFilter::filter(page(), bulk_operations::started_by_one(&caller)).build(scope.backend);
        assert_uses(&database, "bulk_operations_by_starter", own).await;
        let running = bulk_operations::running(scope.organization).build(scope.backend);
        assert_uses(&database, "bulk_operations_running", running).await;
        let over = bulk_operations::over(Timestamp::from_micros(300).unwrap(), 100).build(scope.backend);
        assert_uses(&database, "bulk_operations_finished", over).await;
    }

    async fn views_use_their_index(database) {
        use rows::people::views::Entity;
        fill(&database).await;
        let scope = scope(&database);
        check_list::<Entity>(&database, olivine_domain::views::SEARCH, &[""]).await;
        for owner in [None, Some(Id::new(Uuid::from_u128((0x0f << 120) | 7)))] {
            for order in [Order::Asc, Order::Desc] {
                let page = lists::select::<Entity>(&scope, &ListQuery { order, ..ListQuery::default() }).unwrap();
                let seen = QueryFilter::filter(page, views::seen_by(owner)).build(scope.backend);
                assert_walks_an_index(&database, "views", seen.clone()).await;
                assert_uses(&database, "views_list", seen).await;
            }
        }
    }

    async fn numbers_of_a_fleet_in_fifty_cohorts_look_at_no_more_devices_than_they_count(database) {
        use rows::fleet::devices::{Column, Entity};
        fill(&database).await;
        // All devices of the organization are in fifty cohorts of one product.
        let number = "CAST(substr(identifier, 2) AS INTEGER)";
        let spread = format!(
            "UPDATE devices SET product_id = {{uuid 06 3}}, cohort_id = {{uuid 07 1 + 2 * ({number} / 2 % 50)}} WHERE organization_id = {{uuid aa 1}}"
        );
        let filling = database.begin_at_length().await.unwrap();
        filling.execute_unprepared(&spell(&spread, database.backend())).await.unwrap();
        if database.backend() == DbBackend::Postgres {
            filling.execute_unprepared("ANALYZE devices").await.unwrap();
        }
        filling.commit().await.unwrap();
        let (scope, reader) = (scope(&database), reads(&database));
        let all = Tenancy::of_server(scope.organization);
        // The same part of these devices as of a million.
        let most = u64::from(ROWS) * search::MOST_COUNTED / 1_000_000;
        let build = |statement: &SelectStatement| scope.backend.build(statement);
        let check = async |what: &str, index: &str, statement: SelectStatement| {
            let plan = plan(&database, build(&statement)).await;
            let reads_all = ["SCAN devices", "Seq Scan on devices"].iter().any(|bad| plan.contains(bad));
            assert!(plan.contains(index) && !reads_all, "{what}\n{plan}");
        };
        check("without a cohort", "devices_by_cohort", devices::without_cohort(&reader, &all, most).unwrap()).await;
        check("quarantined", "devices_quarantined", devices::quarantined(&reader, &all, most).unwrap()).await;

        let prn = |kind: &str, id: &str| format!("{kind}_prn:'prn:1:{}:{kind}:{id}'", scope.organization);
        let product = prn("product", "06000000-0000-0000-0000-000000000003");
        let cohort = prn("cohort", "07000000-0000-0000-0000-000000000007");
        for (what, index) in [(product, "devices_by_product"), (cohort, "devices_by_cohort")] {
            let clauses = search::parse(&what, olivine_domain::devices::SEARCH).unwrap();
            let some = lists::counting::first::<Entity>(&reader, &all, &clauses, &[Column::Id], most).unwrap();
            let mut statements = vec![lists::counting::counting(some)];
            statements.extend(Facet::ALL.map(|by| devices::grouped(&reader, &all, by, &clauses, most).unwrap()));
            for statement in statements {
                check(&what, index, statement).await;
            }
        }
    }

    async fn lookups_by_the_beginning_of_a_name_use_their_index(database) {
        use rows::distribution::{bundles, releases};
        use rows::fleet::cohorts;
        fill(&database).await;
        let (owner, backend) = (scope(&database).organization, database.backend());
        macro_rules! walks {
            ($($index:literal = $entity:ident of $column:ident: $text:literal;)*) => {$(
                let text = $text.parse().unwrap();
                let found = lookups::beginning::<$entity::Entity>(owner, $entity::Column::$column, &text);
                assert_uses(&database, $index, found.build(backend)).await;
            )*};
        }
        walks! {
            "cohorts_by_name" = cohorts of Name: "c77";
            "releases_by_name" = releases of Name: "r77";
            "releases_by_version" = releases of Version: "1.7";
        }
        let prn = |id: &str| format!("artifact_version_prn:'prn:1:{{organization}}:artifact_version:{id}'");
        let version = prn("cc000000-0000-0000-0000-000000000065");
        let with_version = first_page::<bundles::Entity>(&database, olivine_domain::bundles::SEARCH, &version);
        let plan = plan(&database, with_version).await;
        assert!(plan.contains("bundle_binaries_by_version"), "{plan}");
        assert!(!READS_ALL.iter().any(|bad| plan.contains(bad)), "{plan}");
    }
}
