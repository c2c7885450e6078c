//! Bundles, releases, claims, fleet numbers and overrides: read back as written, linked in an order that databases take, counted exactly.

use std::collections::BTreeMap;
use std::sync::Arc;

use olivine_domain::archiving::{self, ArchivedFilter};
use olivine_domain::bundle_overrides::{Audience, BundleOverride};
use olivine_domain::bundles::{Bundle, BundleBinary};
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::{Outcome, UpdateStatus};
use olivine_domain::permissions::Tenancy;
use olivine_domain::releases::{Phase, PhaseValue, Release};
use olivine_domain::tags::Tags;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use tokio::task::JoinSet;

use super::fleet::{Fleet, cohort, device, fleet};
use super::*;
use crate::error::{Constraint, Error};
use crate::release_claims::Claimed;
use crate::release_days::Delta;
use crate::*;

pub(super) fn bundle(organization: &Organization) -> Bundle {
    let id = fresh();
    Bundle {
        id,
        organization: organization.id,
        name: Some(earlier(&format!("bundle {id}"))),
        hash: Sha256Digest::of(b"content"),
        archived_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

pub(super) fn release(cohort: &Cohort, bundle: &Bundle, next: Option<&Release>) -> Release {
    let id = fresh();
    Release {
        id,
        organization: cohort.organization,
        cohort: cohort.id,
        bundle: bundle.id,
        next: next.map(|next| next.id),
        name: earlier(&format!("release {id}")),
        description: Some("one\n\ttwo".parse().unwrap()),
        version: Some("1.2.3-rc.1+build.7".parse().unwrap()),
        version_requirement: Some(" >= 1.0.0  and != 1.1.0".parse().unwrap()),
        required: true,
        disabled: false,
        schedule_date: Some(at(7)),
        phase: Phase::Numeric(PhaseValue::new(0.1).unwrap()),
        claims: 0,
        archived_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

pub(super) fn bundle_override(bundle: &Bundle, audience: Audience) -> BundleOverride {
    let id = fresh();
    BundleOverride {
        id,
        organization: bundle.organization,
        name: earlier(&format!("override {id}")),
        description: None,
        bundle: bundle.id,
        starts_at: at(10),
        ends_at: Some(at(20)),
        audience,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

pub(super) fn tags(tags: &[&str]) -> Tags {
    Tags::new(tags.iter().copied()).unwrap()
}

/// A cohort, and a bundle of two binaries, of which the second is destroyed.
pub(super) struct Stock {
    pub(super) fleet: Fleet,
    pub(super) bundle: Bundle,
    pub(super) binaries: [Binary; 2],
}

pub(super) async fn stock(database: &Database) -> Stock {
    let fleet = fleet(database).await;
    let organization = &fleet.organization;
    let artifact = artifact(organization);
    let version = version(&artifact);
    let mut binaries = [binary(&version), binary(&version)];
    binaries[0].state = BinaryState::Signed;
    binaries[1].state = BinaryState::Destroyed;
    let bundle = bundle(organization);
    let metadata = olivine_domain::CustomMetadata::from_json("{\"b\": 1e400,  \"a\":1}").unwrap();
    // Against the order of their keys.
    let content = [(&binaries[1], None), (&binaries[0], Some(metadata))].map(|(binary, custom_metadata)| {
        BundleBinary { binary: binary.id, artifact_version: version.id, custom_metadata }
    });
    let write = database.write().await.unwrap();
    artifacts::insert(&write, &artifact).await.unwrap();
    artifact_versions::insert(&write, &version).await.unwrap();
    for binary in &binaries {
        crate::binaries::insert(&write, binary).await.unwrap();
    }
    bundles::insert(&write, &bundle, &content).await.unwrap();
    write.commit().await.unwrap();
    Stock { fleet, bundle, binaries }
}

/// What servers of the version before read of the table, and that they can change it as always. Only PostgreSQL has several servers.
async fn the_version_before_sees(database: &Database, releases: &[Id<Release>]) {
    if database.backend() != DbBackend::Postgres {
        return;
    }
    let write = database.write().await.unwrap();
    let transaction = write.transaction();
    let run = async |sql: &str| transaction.execute_unprepared(sql).await.unwrap().rows_affected();
    let locked = "SELECT id FROM releases ORDER BY id FOR NO KEY UPDATE";
    let rows = transaction.query_all_raw(Statement::from_string(DbBackend::Postgres, locked)).await.unwrap();
    let seen: Vec<Uuid> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    assert_eq!(seen, releases.iter().map(|id| id.uuid()).collect::<Vec<_>>());
    assert_eq!(run("UPDATE releases SET disabled = TRUE").await, 1, "not of the archived one");
    let columns = "organization_id, cohort_id, bundle_id, version, version_requirement, required, disabled, schedule_date, phase_mode, \
                   phase_value, phase_tags, claims, revision, inserted_at, updated_at";
    let insert = format!(
        "INSERT INTO releases (id, next_release_id, name, {columns}) SELECT gen_random_uuid(), id, 'another', {columns} FROM releases"
    );
    assert_eq!(run(&insert).await, 1);
    assert_eq!(run("DELETE FROM releases WHERE name = 'another'").await, 1);
}

on_both! {
    async fn bundles_read_back_in_their_order(database) {
        let Stock { fleet, bundle, binaries } = stock(&database).await;
        let owner = fleet.organization.id;
        assert_eq!(bundles::get(&*database, owner, bundle.id).await.unwrap(), bundle);
        assert_eq!(bundles::find_by_name(&*database, owner, bundle.name.as_ref().unwrap()).await.unwrap(), Some(bundle.clone()));
        assert_eq!(bundles::find(&*database, fresh(), bundle.id).await.unwrap(), None);
        let content = bundles::content_of(&*database, owner, &[bundle.id, fresh()]).await.unwrap();
        let shown: Vec<_> = content.iter().map(|one| (one.binary, one.state, one.hash, &one.target)).collect();
        let [first, second] = &binaries;
        assert_eq!(shown, [(second.id, second.state, second.hash, &second.target), (first.id, first.state, first.hash, &first.target)]);
        assert_eq!(content[1].custom_metadata.as_ref().unwrap().as_json(), "{\"b\": 1e400,  \"a\":1}");
        assert!(bundles::content_of(&*database, fresh(), &[bundle.id]).await.unwrap().is_empty());
        assert_eq!(bundles::unservable_in(&*database, owner, &[bundle.id]).await.unwrap(), [(bundle.id, second.id)]);
        assert_eq!(bundles::list_with_binary(&reads(&database), owner, first.id).await.unwrap(), [bundle.id]);
        assert!(bundles::has_binary(&*database, owner, first.id).await.unwrap());
        assert!(!bundles::has_binary(&*database, fresh(), first.id).await.unwrap());
        let gone = commit!(database, |write| crate::binaries::delete(&write, owner, first.id).await);
        assert!(matches!(gone, Err(Error::StillReferenced { .. })), "{gone:?}");

        let twice = BundleBinary { binary: first.id, artifact_version: first.artifact_version, custom_metadata: None };
        let same_name = Bundle { id: fresh(), ..bundle.clone() };
        let found = commit!(database, |write| bundles::insert(&write, &same_name, &[]).await);
        assert!(matches!(found, Err(Error::Duplicate(Constraint::BundleName))), "{found:?}");
        let nameless = Bundle { name: None, ..same_name };
        let found = commit!(database, |write| bundles::insert(&write, &nameless, &[twice.clone(), twice]).await);
        assert!(matches!(found, Err(Error::Duplicate(Constraint::BundleBinary))), "{found:?}");
        let foreign = Bundle { id: fresh(), organization: fresh(), ..nameless };
        let found = commit!(database, |write| bundles::insert(&write, &foreign, &[]).await);
        assert!(matches!(found, Err(Error::ParentMissing)), "{found:?}");
        commit!(database, |write| bundles::delete(&write, owner, bundle.id).await).unwrap();
        assert_eq!(bundles::content_of(&*database, owner, &[bundle.id]).await.unwrap(), []);
    }

    async fn releases_change_by_compare_and_set(database) {
        let Stock { fleet, bundle, binaries } = stock(&database).await;
        let owner = fleet.organization.id;
        let mut record = release(&fleet.cohort, &bundle, None);
        commit!(database, |write| releases::insert(&write, &record).await).unwrap();
        assert_eq!(releases::get(&*database, &Tenancy::of_server(owner), record.id).await.unwrap(), record);
        let old = record.clone();
        record.phase = Phase::of_tags(tags(&["eu", "beta"])).unwrap();
        record.version = None;
        record.version_requirement = None;
        record.schedule_date = None;
        record.revision = record.revision.next();
        commit!(database, |write| releases::update(&write, &old, &record).await).unwrap();
        assert_eq!(releases::get(&*database, &Tenancy::of_server(owner), record.id).await.unwrap(), record);
        let late = commit!(database, |write| releases::update(&write, &old, &record).await);
        assert!(matches!(late, Err(Error::Conflict)), "{late:?}");
        assert_eq!(releases::find(&*database, &Tenancy::of_server(fresh()), record.id).await.unwrap(), None);
        let page = releases::list_with_binary(&reads(&database), &Tenancy::of_server(owner), binaries[0].id, &ListQuery::default()).await.unwrap();
        assert_eq!(page.items, std::slice::from_ref(&record));
        assert!(releases::list_with_binary(&reads(&database), &Tenancy::of_server(owner), fresh(), &ListQuery::default()).await.unwrap().items.is_empty());
        let used = commit!(database, |write| bundles::delete(&write, owner, bundle.id).await);
        assert!(matches!(used, Err(Error::StillReferenced { .. })), "{used:?}");
    }

    async fn links_hold_when_the_transaction_ends(database) {
        let Stock { fleet, bundle, .. } = stock(&database).await;
        let (owner, own) = (fleet.organization.id, &fleet.cohort);
        let old_sink = release(own, &bundle, None);
        commit!(database, |write| releases::insert(&write, &old_sink).await).unwrap();
        let second = release(own, &bundle, None);
        let refused = commit!(database, |write| releases::insert(&write, &second).await);
        assert!(matches!(refused, Err(Error::Duplicate(Constraint::ReleaseSink))), "{refused:?}");

        // The old sink first points to what is not there yet.
        let linked = Release { next: Some(second.id), revision: old_sink.revision.next(), ..old_sink.clone() };
        let write = database.write().await.unwrap();
        releases::lock_cohort(&write, &Tenancy::of_server(owner), own.id).await.unwrap();
        releases::update(&write, &old_sink, &linked).await.unwrap();
        releases::insert(&write, &second).await.unwrap();
        write.commit().await.unwrap();
        assert_eq!(releases::list_graph(&*database, owner, own.id).await.unwrap(), [linked.clone(), second.clone()]);

        // And the other way round: the sink goes while it is pointed to.
        let write = database.write().await.unwrap();
        releases::delete(&write, owner, second.id).await.unwrap();
        assert!(matches!(write.commit().await, Err(Error::ParentMissing)), "nobody points to what is gone");
        let write = database.write().await.unwrap();
        releases::delete(&write, owner, second.id).await.unwrap();
        let alone = Release { next: None, revision: linked.revision.next(), ..linked.clone() };
        releases::update(&write, &linked, &alone).await.unwrap();
        write.commit().await.unwrap();
        assert_eq!(releases::list_graph(&*database, owner, own.id).await.unwrap(), std::slice::from_ref(&alone));

        let other = cohort(&fleet.product);
        let foreign = release(&other, &bundle, Some(&alone));
        let write = database.write().await.unwrap();
        cohorts::insert(&write, &other).await.unwrap();
        releases::insert(&write, &foreign).await.unwrap();
        assert!(matches!(write.commit().await, Err(Error::ParentMissing)), "a next one of another cohort");
        let write = database.write().await.unwrap();
        assert!(matches!(releases::lock_cohort(&write, &Tenancy::of_server(fresh()), own.id).await, Err(Error::NotFound { .. })));
    }

    async fn archived_releases_are_kept_beside_the_path(database) {
        let Stock { fleet, bundle, .. } = stock(&database).await;
        let (owner, own) = (fleet.organization.id, &fleet.cohort);
        let sink = release(own, &bundle, None);
        let first = release(own, &bundle, Some(&sink));
        let archived = archiving::archive(&sink, at(9)).unwrap();
        let alone = Release { next: None, revision: first.revision.next(), ..first.clone() };
        let write = database.write().await.unwrap();
        releases::insert(&write, &sink).await.unwrap();
        releases::insert(&write, &first).await.unwrap();
        write.commit().await.unwrap();
        let write = database.write().await.unwrap();
        releases::update(&write, &sink, &archived).await.unwrap();
        releases::update(&write, &first, &alone).await.unwrap();
        write.commit().await.unwrap();
        assert_eq!(releases::get(&*database, &Tenancy::of_server(owner), archived.id).await.unwrap(), archived);
        let of = async |archived| {
            let query = ListQuery { archived, ..ListQuery::default() };
            releases::list(&reads(&database), &Tenancy::of_server(owner), &query).await.unwrap().items
        };
        assert_eq!(of(ArchivedFilter::Without).await, std::slice::from_ref(&alone));
        assert_eq!(of(ArchivedFilter::Only).await, std::slice::from_ref(&archived));
        assert_eq!((of(ArchivedFilter::Any).await.len(), releases::list_graph(&*database, owner, own.id).await.unwrap().len()), (2, 2));
        the_version_before_sees(&database, &[alone.id]).await;

        let back = archiving::unarchive(&archived, at(10)).unwrap();
        let second = commit!(database, |write| releases::update(&write, &archived, &back).await);
        assert!(matches!(second, Err(Error::Duplicate(Constraint::ReleaseSink))), "{second:?}");
        let same_name = Release { name: archived.name.clone(), ..release(own, &bundle, Some(&alone)) };
        let taken = commit!(database, |write| releases::insert(&write, &same_name).await);
        assert!(matches!(taken, Err(Error::Duplicate(Constraint::ReleaseName))), "{taken:?}");
        let led_on = Release { next: Some(alone.id), revision: archived.revision.next(), ..archived.clone() };
        commit!(database, |write| releases::update(&write, &archived, &led_on).await).unwrap();
        let write = database.write().await.unwrap();
        releases::delete(&write, owner, alone.id).await.unwrap();
        assert!(matches!(write.commit().await, Err(Error::ParentMissing)), "devices of the archived one go on to it");
    }

    async fn claims_never_exceed_their_limit(database) {
        let Stock { fleet, bundle, .. } = stock(&database).await;
        let owner = fleet.organization.id;
        let wanted = release(&fleet.cohort, &bundle, None);
        let devices: Vec<_> = (0..40).map(|_| device(&fleet.cohort)).collect();
        let write = database.write().await.unwrap();
        releases::insert(&write, &wanted).await.unwrap();
        for device in &devices {
            crate::devices::insert(&write, device).await.unwrap();
        }
        write.commit().await.unwrap();
        let database = Arc::new(database);
        let claim_all = async |limit| {
            let mut claiming = JoinSet::new();
            for device in devices.iter().map(|device| device.id) {
                let (database, release) = (Arc::clone(&database), wanted.id);
                claiming.spawn(async move {
                    commit!(database, |write| release_claims::claim(&write, owner, release, device, limit, at(5)).await)
                });
            }
            let outcomes: Vec<_> = claiming.join_all().await.into_iter().map(Result::unwrap).collect();
            let count = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count();
            (count(Claimed::Now), count(Claimed::Before), count(Claimed::Refused))
        };
        assert_eq!(claim_all(Some(0)).await, (0, 0, 40));
        assert_eq!(claim_all(Some(7)).await, (7, 0, 33));
        assert_eq!(claim_all(Some(20)).await, (13, 7, 20));
        assert_eq!(claim_all(Some(3)).await, (0, 20, 20));
        let claims = async || releases::get(&**database, &Tenancy::of_server(owner), wanted.id).await.unwrap().claims;
        assert_eq!(claims().await, 20);
        assert_eq!(claim_all(None).await, (20, 20, 0));

        let first = devices[0].id;
        assert_eq!(release_claims::find(&**database, owner, wanted.id, first).await.unwrap(), Some(at(5)));
        assert_eq!(release_claims::list_for_device(&**database, owner, first).await.unwrap(), [wanted.id]);
        assert_eq!(release_claims::list_for_device(&**database, fresh(), first).await.unwrap(), []);
        let forgotten = commit!(database, |write| release_claims::forget_device(&write, owner, first).await).unwrap();
        assert_eq!((forgotten, claims().await), (vec![wanted.id], 39));
        let nothing = commit!(database, |write| release_claims::forget_device(&write, owner, first).await).unwrap();
        assert_eq!((nothing, claims().await), (vec![], 39));
        commit!(database, |write| releases::delete(&write, owner, wanted.id).await).unwrap();
        let gone = commit!(database, |write| release_claims::claim(&write, owner, wanted.id, first, None, at(5)).await);
        assert_eq!(gone.unwrap(), Claimed::Refused);
    }

    async fn what_happened_is_summed(database) {
        let (owner, one, other) = (fresh(), fresh(), fresh());
        let delta = Delta { arrived: 1, departed: 2, claimed: 3, installed: -4, failed: 5 };
        for (release, day) in [(one, "2026-01-02"), (one, "2026-01-01"), (one, "2026-01-02"), (other, "2026-01-01")] {
            commit!(database, |write| release_days::add(&write, owner, day, &BTreeMap::from([(release, delta)])).await).unwrap();
        }
        let thrice = Delta { arrived: 3, departed: 6, claimed: 9, installed: -12, failed: 15 };
        let mut sums = release_days::sums(&*database, owner, &[one, other, fresh()]).await.unwrap();
        sums.sort_unstable_by_key(|(release, _)| *release);
        assert_eq!(sums, [(one, thrice), (other, delta)]);
        assert_eq!(release_days::sums(&*database, fresh(), &[one]).await.unwrap(), []);
        let days = release_days::list(&*database, owner, one).await.unwrap();
        let days: Vec<_> = days.iter().map(|day| (day.day.as_str(), day.delta.arrived)).collect();
        assert_eq!(days, [("2026-01-01", 1), ("2026-01-02", 2)]);

        let device = fresh();
        for (status, before) in [(UpdateStatus::Installing, None), (UpdateStatus::RolledBack, Some(UpdateStatus::Installing))] {
            let previous = commit!(database, |write| device_outcomes::set(&write, owner, device, &Outcome { status, release: one, at: at(0) }, None).await);
            assert_eq!(previous.unwrap(), before);
        }
        let said = device_outcomes::find(&*database, owner, device, one).await.unwrap();
        assert_eq!(said.map(|said| said.outcome.status), Some(UpdateStatus::RolledBack));
        assert_eq!(device_outcomes::find(&*database, owner, device, other).await.unwrap(), None);
        let said = commit!(database, |write| device_outcomes::forget_device(&write, owner, device).await);
        assert_eq!(said.unwrap(), [(one, UpdateStatus::RolledBack)]);
        assert_eq!(device_outcomes::find(&*database, owner, device, one).await.unwrap(), None);
    }

    async fn overrides_read_back_with_their_audience(database) {
        let Stock { fleet, bundle, binaries } = stock(&database).await;
        let owner = fleet.organization.id;
        let devices = [device(&fleet.cohort), device(&fleet.cohort)];
        let ids = devices.each_ref().map(|device| device.id);
        let mut of_devices = bundle_override(&bundle, Audience::Devices(ids.to_vec()));
        let of_tags = bundle_override(&bundle, Audience::Tags(tags(&["eu"])));
        let endless = BundleOverride { ends_at: None, ..bundle_override(&bundle, Audience::Cohort(fleet.cohort.id)) };
        let write = database.write().await.unwrap();
        for device in &devices {
            crate::devices::insert(&write, device).await.unwrap();
        }
        for new in [&of_devices, &of_tags, &endless] {
            bundle_overrides::insert(&write, new).await.unwrap();
        }
        write.commit().await.unwrap();
        let all = [of_devices.clone(), of_tags.clone(), endless.clone()];
        assert_eq!(bundle_overrides::list(&reads(&database), &Tenancy::of_server(owner), &ListQuery::default()).await.unwrap().items, all);
        for one in &all {
            assert_eq!(bundle_overrides::get(&*database, &Tenancy::of_server(owner), one.id).await.unwrap(), *one);
            assert_eq!(bundle_overrides::find(&*database, &Tenancy::of_server(fresh()), one.id).await.unwrap(), None);
        }
        let current = async |now| {
            let mut found = bundle_overrides::list_current(&*database, owner, at(now)).await.unwrap();
            found.sort_unstable_by_key(|found| found.id);
            found
        };
        assert_eq!(current(19).await, all);
        assert_eq!(current(20).await, std::slice::from_ref(&endless));
        let using = bundle_overrides::list_current_with_binary(&reads(&database), owner, binaries[1].id, at(20)).await.unwrap();
        assert_eq!(using, std::slice::from_ref(&endless));
        let missing = [ids[0], fresh()];
        assert_eq!(bundle_overrides::list_missing_devices(&*database, &Tenancy::of_server(owner), &missing).await.unwrap(), [missing[1]]);

        let stays = commit!(database, |write| crate::devices::delete(&write, owner, ids[0]).await);
        assert!(matches!(stays, Err(Error::StillReferenced { .. })), "{stays:?}");
        assert_eq!(commit!(database, |write| bundle_overrides::forget_device(&write, owner, ids[0]).await).unwrap(), 1);
        of_devices.audience = Audience::Devices(vec![ids[1]]);
        assert_eq!(bundle_overrides::get(&*database, &Tenancy::of_server(owner), of_devices.id).await.unwrap(), of_devices);
        let new = BundleOverride { audience: Audience::Tags(tags(&["x"])), revision: Revision::new(2), ..of_devices.clone() };
        commit!(database, |write| bundle_overrides::update(&write, &of_devices, &new).await).unwrap();
        assert_eq!(bundle_overrides::get(&*database, &Tenancy::of_server(owner), new.id).await.unwrap(), new);
        let back = BundleOverride { revision: Revision::new(3), ..of_devices };
        commit!(database, |write| bundle_overrides::update(&write, &new, &back).await).unwrap();
        assert_eq!(bundle_overrides::get(&*database, &Tenancy::of_server(owner), new.id).await.unwrap(), back);
        commit!(database, |write| bundle_overrides::delete(&write, owner, back.id).await).unwrap();
        assert_eq!(bundle_overrides::find(&*database, &Tenancy::of_server(owner), back.id).await.unwrap(), None);
    }
}
