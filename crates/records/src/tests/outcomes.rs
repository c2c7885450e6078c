//! How devices' last updates went: kept with their words, found by lists, counted by version, and given up with the release.

use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::{Device, Facet, Outcome, Reported, SEARCH, UpdateStatus};
use olivine_domain::permissions::Tenancy;
use olivine_domain::products::Product;
use olivine_domain::releases::Release;
use olivine_domain::search::{self, MOST_COUNTED};
use olivine_domain::text::Description;
use sea_orm::ConnectionTrait as _;

use super::fleet::{Fleet, cohort, device, fleet, product};
use super::*;
use crate::database::Reader as _;
use crate::device_outcomes::Said;
use crate::devices::{Counted, Counts, VersionCount};
use crate::lists::Matching;
use crate::*;

use UpdateStatus::{Failed, Installed, Installing, RolledBack};

fn outcome(status: UpdateStatus, release: Id<Release>, micros: u64) -> Outcome {
    Outcome { status, release, at: at(micros) }
}

fn words(text: &str) -> Description {
    text.parse().unwrap()
}

/// A device of this cohort that reported this version.
async fn running(database: &Database, cohort: &Cohort, identifier: &str, version: Option<&str>) -> Device {
    let reported = Reported { version: version.map(earlier), ..Reported::default() };
    let new = Device { identifier: identifier.parse().unwrap(), reported, ..device(cohort) };
    commit!(database, |write| devices::insert(&write, &new).await).unwrap();
    new
}

async fn says(database: &Database, device: &Device, outcome: &Outcome, detail: Option<&str>) {
    let detail = detail.map(words);
    let (owner, id) = (device.organization, device.id);
    commit!(database, |write| device_outcomes::set(&write, owner, id, outcome, detail.as_ref()).await)
        .unwrap();
}

async fn last_of(database: &Database, device: &Device) -> Option<Outcome> {
    devices::get(database, &Tenancy::of_server(device.organization), device.id).await.unwrap().outcome
}

/// The identifiers of the devices that a search finds.
async fn found(database: &Database, organization: Id<Organization>, search: &str) -> Vec<String> {
    let query = ListQuery { clauses: search::parse(search, SEARCH).unwrap(), ..ListQuery::default() };
    let page = devices::list(&reads(database), &Tenancy::of_server(organization), &query).await.unwrap();
    page.items.iter().map(|device| device.identifier.to_string()).collect()
}

async fn counts(database: &Database, organization: Id<Organization>, which: Counted) -> Counts {
    devices::count(&reads(database), &Tenancy::of_server(organization), which).await.unwrap()
}

/// The numbers of each outcome, in the order of their names.
fn numbers(failed: u64, installed: u64, installing: u64, rolled_back: u64) -> [u64; 5] {
    [0, installing, installed, failed, rolled_back]
}

fn version(product: &Product, version: Option<&str>, devices: u64, failed: u64) -> VersionCount {
    VersionCount { product: product.id, version: version.map(earlier), devices, failed }
}

on_both! {
    async fn words_are_kept_with_the_outcome_that_they_came_with(database) {
        let Fleet { organization, cohort, .. } = fleet(&database).await;
        let (owner, release) = (organization.id, fresh());
        let device = running(&database, &cohort, "a", None).await;
        for (micros, status, said, kept) in [
            (1, Installing, None, None),
            (2, Failed, Some("no space left on mtd3"), Some("no space left on mtd3")),
            (3, Failed, None, Some("no space left on mtd3")),
            (4, Failed, Some("ü".repeat(2_000).as_str()), Some("ü".repeat(2_000).as_str())),
            (5, Installing, None, None),
        ] {
            let outcome = outcome(status, release, micros);
            says(&database, &device, &outcome, said).await;
            let expected = Said { outcome: outcome.clone(), detail: kept.map(words) };
            let kept = device_outcomes::find(&*database, owner, device.id, release).await.unwrap();
            assert_eq!(kept.as_ref(), Some(&expected));
            assert_eq!(last_of(&database, &device).await, Some(outcome));
            let newest = device_outcomes::newest(&*database, owner, &[device.id]).await.unwrap();
            assert_eq!(newest, [(device.id, expected)]);
        }
        assert_eq!(device_outcomes::newest(&*database, fresh(), &[device.id]).await.unwrap(), []);
        assert_eq!(device_outcomes::newest(&*database, owner, &[]).await.unwrap(), []);
    }

    async fn a_device_has_the_newest_of_its_outcomes(database) {
        let Fleet { organization, cohort, .. } = fleet(&database).await;
        let (one, other) = (fresh(), fresh());
        let device = running(&database, &cohort, "a", None).await;
        let bystander = running(&database, &cohort, "b", None).await;
        says(&database, &device, &outcome(Installed, one, 5), None).await;
        says(&database, &device, &outcome(Failed, other, 7), Some("why")).await;
        assert_eq!(last_of(&database, &device).await, Some(outcome(Failed, other, 7)));
        // As where rows are copied: an older one comes after the newest.
        says(&database, &device, &outcome(RolledBack, one, 6), None).await;
        assert_eq!(last_of(&database, &device).await, Some(outcome(Failed, other, 7)));
        // What is said of the same release counts, also where a clock went back.
        says(&database, &device, &outcome(Installing, other, 6), None).await;
        assert_eq!(last_of(&database, &device).await, Some(outcome(Installing, other, 6)));
        let newest = device_outcomes::newest(&*database, organization.id, &[device.id, bystander.id]).await.unwrap();
        assert_eq!(newest.len(), 1, "a row for each device that said anything");
        // People's changes leave it.
        let stale = devices::get(&*database, &Tenancy::of_server(organization.id), device.id).await.unwrap();
        says(&database, &device, &outcome(Installed, other, 8), None).await;
        let new = Device { quarantined: true, revision: stale.revision.next(), ..stale.clone() };
        commit!(database, |write| devices::update(&write, &stale, &new).await).unwrap();
        assert_eq!(last_of(&database, &device).await, Some(outcome(Installed, other, 8)));
        assert_eq!(last_of(&database, &bystander).await, None);
    }

    async fn a_release_that_goes_takes_its_outcomes_along(database) {
        let Fleet { organization, cohort, .. } = fleet(&database).await;
        let (first, second) = (fresh(), fresh());
        let [both, only, none] = [("a", &[first, second][..]), ("b", &[second]), ("c", &[first])];
        let mut made = Vec::new();
        for (identifier, releases) in [both, only, none] {
            let device = running(&database, &cohort, identifier, None).await;
            for (release, micros) in releases.iter().zip(1..) {
                says(&database, &device, &outcome(Failed, *release, micros), None).await;
            }
            made.push(device);
        }
        commit!(database, |write| devices::forget_outcomes(&write, fresh(), second).await).unwrap();
        assert_eq!(last_of(&database, &made[1]).await, Some(outcome(Failed, second, 1)), "another organization's");
        commit!(database, |write| devices::forget_outcomes(&write, organization.id, second).await).unwrap();
        assert_eq!(last_of(&database, &made[0]).await, Some(outcome(Failed, first, 1)));
        assert_eq!(last_of(&database, &made[1]).await, None);
        assert_eq!(last_of(&database, &made[2]).await, Some(outcome(Failed, first, 1)));
    }

    async fn devices_are_found_by_their_outcome_and_all_that_goes_with_it(database) {
        let Fleet { organization, product, cohort } = fleet(&database).await;
        let owner = organization.id;
        let beside = super::fleet::cohort(&product);
        commit!(database, |write| cohorts::insert(&write, &beside).await).unwrap();
        let (release, other): (Id<Release>, Id<Release>) = (fresh(), fresh());
        for (identifier, cohort, version, said) in [
            ("a", &cohort, "1.0.0", Some((Failed, release))),
            ("b", &cohort, "1.0.0", Some((Failed, other))),
            ("c", &beside, "1.0.0", Some((Failed, release))),
            ("d", &cohort, "1.1.0", Some((Installed, release))),
            ("e", &cohort, "1.1.0", Some((RolledBack, release))),
            ("f", &cohort, "1.1.0", None),
        ] {
            let device = running(&database, cohort, identifier, Some(version)).await;
            if let Some((status, release)) = said {
                says(&database, &device, &outcome(status, release, 1), Some("words")).await;
            }
        }
        // Another organization's device failed as well.
        let elsewhere = fleet(&database).await;
        let foreign = running(&database, &elsewhere.cohort, "a", Some("1.0.0")).await;
        says(&database, &foreign, &outcome(Failed, release, 1), None).await;

        let prn = |kind: &str, id: Uuid| format!("'prn:1:{owner}:{kind}:{id}'");
        let (of_cohort, of_beside) = (prn("cohort", cohort.id.uuid()), prn("cohort", beside.id.uuid()));
        let of_product = prn("product", product.id.uuid());
        let (of_release, of_other) = (prn("release", release.uuid()), prn("release", other.uuid()));
        let version = format!("reported_release_version:'{}'", earlier::<olivine_domain::text::VersionText>("1.0.0").as_str());
        for (search, expected) in [
            ("outcome:'failed'".to_owned(), &["a", "b", "c"][..]),
            ("outcome:'rolled_back'".to_owned(), &["e"]),
            ("outcome:'installed'".to_owned(), &["d"]),
            ("outcome:'downloading'".to_owned(), &[]),
            (format!("outcome_release_prn:{of_release}"), &["a", "c", "d", "e"]),
            (format!("outcome:'failed' and outcome_release_prn:{of_release}"), &["a", "c"]),
            (format!("outcome:'failed' and outcome_release_prn:{of_other}"), &["b"]),
            (format!("outcome:'failed' and cohort_prn:{of_cohort}"), &["a", "b"]),
            (format!("outcome:'failed' and cohort_prn:{of_beside} and outcome_release_prn:{of_release}"), &["c"]),
            (format!("outcome:'failed' and product_prn:{of_product} and {version}"), &["a", "b", "c"]),
            (format!("outcome:'failed' and cohort_prn:{of_cohort} and {version} and outcome_release_prn:{of_release}"), &["a"]),
            (format!("outcome:'rolled_back' and {version}"), &[]),
            (version.clone(), &["a", "b", "c"]),
        ] {
            assert_eq!(found(&database, owner, &search).await, expected, "{search}");
        }
    }

    async fn devices_are_counted_by_version_and_outcome(database) {
        let Fleet { organization, product: first, cohort: daily } = fleet(&database).await;
        let owner = organization.id;
        assert_eq!(counts(&database, owner, Counted::All).await, Counts::default());
        let second = product(&organization);
        let stable = cohort(&first);
        let of_second = cohort(&second);
        let write = database.write().await.unwrap();
        products::insert(&write, &second).await.unwrap();
        cohorts::insert(&write, &stable).await.unwrap();
        cohorts::insert(&write, &of_second).await.unwrap();
        write.commit().await.unwrap();
        for (number, (cohort, version, said)) in [
            (&daily, Some("1.0.0"), Some(Failed)),
            (&daily, Some("1.0.0"), None),
            (&stable, Some("1.0.0"), Some(RolledBack)),
            (&stable, Some("1.1.0"), Some(Installed)),
            (&daily, None, None),
            (&of_second, Some("1.0.0"), Some(Installing)),
        ].into_iter().enumerate() {
            let device = running(&database, cohort, &format!("SN-{number}"), version).await;
            if let Some(status) = said {
                says(&database, &device, &outcome(status, fresh(), 1), None).await;
            }
        }
        let nowhere = Device { cohort: None, identifier: "no cohort".parse().unwrap(), ..device(&daily) };
        commit!(database, |write| devices::insert(&write, &nowhere).await).unwrap();
        // Another organization's devices count for nothing.
        let elsewhere = fleet(&database).await;
        let foreign = running(&database, &elsewhere.cohort, "foreign", Some("1.0.0")).await;
        says(&database, &foreign, &outcome(Failed, fresh(), 1), None).await;

        let mut products = vec![(first.id, 6), (second.id, 1)];
        products.sort_unstable();
        let all = counts(&database, owner, Counted::All).await;
        assert_eq!((all.devices, all.outcomes, all.products), (7, numbers(1, 1, 1, 1), products));
        assert_eq!(all.versions[..2], [version(&first, Some("1.0.0"), 3, 2), version(&first, None, 2, 0)]);
        let mut once = vec![version(&first, Some("1.1.0"), 1, 0), version(&second, Some("1.0.0"), 1, 0)];
        once.sort_unstable_by_key(|version| version.product);
        assert_eq!(all.versions[2..], once);

        let of_daily = counts(&database, owner, Counted::Cohort(first.id, daily.id)).await;
        assert_eq!((of_daily.devices, of_daily.outcomes), (3, numbers(1, 0, 0, 0)));
        assert_eq!(of_daily.versions, [version(&first, Some("1.0.0"), 2, 1), version(&first, None, 1, 0)]);
        assert_eq!(of_daily.products, [(first.id, 3)]);
        let of_product = counts(&database, owner, Counted::Product(second.id)).await;
        assert_eq!((of_product.devices, of_product.outcomes), (1, numbers(0, 0, 1, 0)));
        // A cohort of another product, and what is another organization's.
        assert_eq!(counts(&database, owner, Counted::Cohort(second.id, daily.id)).await, Counts::default());
        assert_eq!(counts(&database, elsewhere.organization.id, Counted::Product(first.id)).await, Counts::default());
    }

    async fn devices_are_counted_exactly_up_to_ten_thousand(database) {
        let Fleet { organization: owner, cohort, .. } = fleet(&database).await;
        let add = async |number: u64| {
            let all: Vec<_> = (0..number).map(|_| device(&cohort)).collect();
            commit!(database, |write| devices::insert_many(&write, &all).await).unwrap();
        };
        let free = search::parse("quarantined:false", olivine_domain::devices::SEARCH).unwrap();
        let count = async || devices::count_matching(&reads(&database), &Tenancy::of_server(owner.id), &free).await.unwrap();
        add(MOST_COUNTED - 1).await;
        let by_tag = devices::facets(&reads(&database), &Tenancy::of_server(owner.id), Facet::Tag, &free).await.unwrap();
        assert_eq!(by_tag.counted, Matching { count: MOST_COUNTED - 1, is_exact: true });
        add(1).await;
        assert_eq!(count().await, Matching { count: MOST_COUNTED, is_exact: true });
        add(1).await;
        assert_eq!(count().await, Matching { count: MOST_COUNTED, is_exact: false });
        let by_tag = devices::facets(&reads(&database), &Tenancy::of_server(owner.id), Facet::Tag, &free).await.unwrap();
        assert_eq!(by_tag.counted, Matching { count: MOST_COUNTED, is_exact: false });
    }

    async fn of_too_many_versions_the_most_common_are_told_apart(database) {
        let Fleet { organization, product, cohort } = fleet(&database).await;
        let numbers = 0..devices::MOST_VERSIONS + 5;
        let mut all: Vec<_> = numbers.map(|number| {
            let reported = Reported { version: Some(earlier(&format!("1.{number}.0"))), ..Reported::default() };
            Device { reported, ..device(&cohort) }
        }).collect();
        let common = all[7].reported.clone();
        all.push(Device { reported: common.clone(), ..device(&cohort) });
        commit!(database, |write| devices::insert_many(&write, &all).await).unwrap();
        let counted = counts(&database, organization.id, Counted::All).await;
        assert_eq!(counted.versions.len(), devices::MOST_VERSIONS);
        assert_eq!(counted.versions[0], VersionCount { product: product.id, version: common.version, devices: 2, failed: 0 });
        assert_eq!((counted.devices, counted.products), (all.len() as u64, vec![(product.id, all.len() as u64)]));
    }
}

/// A copy's database keeps the newest outcome of each device as well, and gets the rows in the order of their keys.
#[tokio::test]
async fn a_copy_has_the_same_outcomes() {
    for (source, target) in [
        (crate::testing::sqlite().await, crate::testing::empty_postgres().await),
        (crate::testing::postgres().await, crate::testing::empty_sqlite().await),
    ] {
        let Fleet { organization, cohort, .. } = fleet(&source).await;
        let (older, newer) = (fresh(), fresh());
        for (identifier, first, last) in [("a", older, newer), ("b", newer, older)] {
            let device = running(&source, &cohort, identifier, None).await;
            says(&source, &device, &outcome(Installed, first, 1), None).await;
            says(&source, &device, &outcome(Failed, last, 2), Some("why")).await;
        }
        crate::copying::copy(&source, &target, fresh_uuid).await.unwrap();
        let all = async |database: &Database| {
            devices::list(&reads(database), &Tenancy::of_server(organization.id), &ListQuery::default())
                .await
                .unwrap()
                .items
        };
        let (here, there) = (all(&source).await, all(&target).await);
        assert_eq!((here.len(), &here), (2, &there));
        let ids: Vec<_> = there.iter().map(|device| device.id).collect();
        for (_, said) in device_outcomes::newest(&*target, organization.id, &ids).await.unwrap() {
            assert_eq!((said.outcome.status, said.detail), (Failed, Some(words("why"))));
        }
    }
}

#[tokio::test]
async fn devices_have_the_newest_outcome_from_before() {
    for database in [crate::testing::empty_sqlite().await, crate::testing::empty_postgres().await] {
        crate::migrations::run_before(database.begin_at_length().await.unwrap(), "0011").await.unwrap();
        let uuid = |id: Uuid| match database.backend() {
            sea_orm::DbBackend::Sqlite => format!("x'{}'", id.simple()),
            _ => format!("'{id}'"),
        };
        let no = if database.backend() == sea_orm::DbBackend::Sqlite { "0" } else { "FALSE" };
        let id = |number: u128| uuid(Uuid::from_u128(number));
        let (owner, product) = (id(1), id(2));
        // What is there then, and nothing that a later step made.
        let mut sql = vec![
            format!(
                "INSERT INTO organizations (id, name, required_signatures, storage_used, revision, inserted_at, updated_at) VALUES ({owner}, 'o', 1, 0, 1, 0, 0)"
            ),
            format!(
                "INSERT INTO products (id, organization_id, name, revision, inserted_at, updated_at) VALUES ({product}, {owner}, 'p', 1, 0, 0)"
            ),
        ];
        sql.extend([10, 11].map(|device| {
            format!(
                "INSERT INTO devices (id, organization_id, product_id, identifier, tags, quarantined, revision, inserted_at, updated_at) \
                 VALUES ({}, {owner}, {product}, 'd{device}', '', {no}, 1, 0, 0)",
                id(device)
            )
        }));
        sql.extend([(20, "installed", 5), (21, "failed", 9), (22, "installing", 7)].map(|(release, status, updated_at)| {
            format!(
                "INSERT INTO device_outcomes (device_id, release_id, organization_id, status, updated_at) \
                 VALUES ({}, {}, {owner}, '{status}', {updated_at})",
                id(10), id(release)
            )
        }));
        let write = database.write().await.unwrap();
        write.executor().execute_unprepared(&sql.join(";")).await.unwrap();
        write.commit().await.unwrap();
        database.migrate().await.unwrap();
        let outcome = async |device: u128| {
            devices::get(
                &*database,
                &Tenancy::of_server(Id::new(Uuid::from_u128(1))),
                Id::new(Uuid::from_u128(device)),
            )
            .await
            .unwrap()
            .outcome
        };
        let newest = Outcome {
            status: Failed,
            release: Id::new(Uuid::from_u128(21)),
            at: Timestamp::from_micros(9).unwrap(),
        };
        assert_eq!(outcome(10).await, Some(newest));
        assert_eq!(outcome(11).await, None);
    }
}
