//! Products, cohorts, devices and who they are: read back as written, counted, searched, refused, and removed for good.

use olivine_domain::ca_certificates::{CaCertificate, Jitp, Renewals};
use olivine_domain::certificates::{Certificate, IdentifierSource};
use olivine_domain::cohorts::Cohort;
use olivine_domain::device_certificates::{DeviceCertificate, Proof};
use olivine_domain::devices::{Device, Outcome, Reported, SEARCH, UpdateStatus};
use olivine_domain::permissions::Tenancy;
use olivine_domain::products::Product;
use olivine_domain::resolution::Offer;
use olivine_domain::search;
use olivine_domain::tags::Tags;

use sea_orm::ConnectionTrait as _;

use super::*;
use crate::error::{Constraint, Error};
use crate::*;

pub(super) fn product(organization: &Organization) -> Product {
    let id = fresh();
    Product {
        id,
        organization: organization.id,
        name: earlier(&format!("product {id}")),
        description: Some("one\n\ttwo".parse().unwrap()),
        target: Some("universal".parse().unwrap()),
        archived_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

pub(super) fn cohort(product: &Product) -> Cohort {
    let id = fresh();
    Cohort {
        id,
        organization: product.organization,
        product: product.id,
        name: earlier(&format!("cohort {id}")),
        description: None,
        devices: 0,
        archived_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

pub(super) fn device(cohort: &Cohort) -> Device {
    let id = fresh();
    Device {
        id,
        organization: cohort.organization,
        product: cohort.product,
        cohort: Some(cohort.id),
        identifier: earlier(&format!("SN-{id}")),
        description: None,
        tags: Tags::default(),
        target: None,
        quarantined: false,
        reported: Reported::default(),
        release: None,
        outcome: None,
        offer: None,
        last_connected_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

fn certificate() -> Certificate {
    let made = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
    Certificate::from_der(made.cert.der()).unwrap()
}

fn device_certificate(device: &Device) -> DeviceCertificate {
    DeviceCertificate {
        id: fresh(),
        organization: device.organization,
        device: device.id,
        ca_certificate: Some(fresh()),
        proof: Some(Proof::Authority),
        certificate: certificate(),
        inserted_at: at(3),
    }
}

fn tags(tags: &[&str]) -> Tags {
    Tags::new(tags.iter().copied()).unwrap()
}

/// An organization with a cohort of a product.
pub(super) struct Fleet {
    pub(super) organization: Organization,
    pub(super) product: Product,
    pub(super) cohort: Cohort,
}

pub(super) async fn fleet(database: &Database) -> Fleet {
    let Frame { organization, .. } = frame(database).await;
    let product = product(&organization);
    let cohort = cohort(&product);
    commit!(database, |write| products::insert(&write, &product).await).unwrap();
    commit!(database, |write| cohorts::insert(&write, &cohort).await).unwrap();
    Fleet { organization, product, cohort }
}

fn duplicate<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Constraint {
    match outcome {
        Err(Error::Duplicate(constraint)) => constraint,
        other => panic!("expected a duplicate, got {other:?}"),
    }
}

fn is_missing<T>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::NotFound { .. }))
}

/// The identifiers of the devices that a search finds.
async fn found(database: &Database, organization: &Organization, search: &str) -> Vec<String> {
    let query = ListQuery { clauses: search::parse(search, SEARCH).unwrap(), ..ListQuery::default() };
    let page = devices::list(&reads(database), &Tenancy::of_server(organization.id), &query).await.unwrap();
    page.items.iter().map(|device| device.identifier.to_string()).collect()
}

on_both! {
    async fn products_and_cohorts_change_by_compare_and_set(database) {
        let Fleet { organization, product, cohort } = fleet(&database).await;
        let owner = organization.id;
        assert_eq!(products::get(&*database, &Tenancy::of_server(owner), product.id).await.unwrap(), product);
        assert_eq!(products::find_by_name(&*database, &Tenancy::of_server(owner), &product.name).await.unwrap(), Some(product.clone()));
        let found = cohorts::find_by_name(&*database, &Tenancy::of_server(owner), product.id, &cohort.name).await.unwrap();
        assert_eq!(found, Some(cohort.clone()));
        assert_eq!(cohorts::find_by_name(&*database, &Tenancy::of_server(owner), fresh(), &cohort.name).await.unwrap(), None);

        let revision = Revision::FIRST.next();
        let new = Product { target: None, description: None, revision, updated_at: at(5), ..product.clone() };
        commit!(database, |write| products::update(&write, &product, &new).await).unwrap();
        assert_eq!(products::get(&*database, &Tenancy::of_server(owner), product.id).await.unwrap(), new);
        let refused = commit!(database, |write| products::update(&write, &product, &new).await);
        assert!(matches!(refused, Err(Error::Conflict)));

        commit!(database, |write| cohorts::add_devices(&write, owner, cohort.id, 5).await).unwrap();
        commit!(database, |write| cohorts::add_devices(&write, owner, cohort.id, -2).await).unwrap();
        let new = Cohort { name: "renamed".parse().unwrap(), revision, updated_at: at(5), ..cohort.clone() };
        commit!(database, |write| cohorts::update(&write, &cohort, &new).await).unwrap();
        let locked = commit!(database, |write| cohorts::lock(&write, &Tenancy::of_server(owner), cohort.id).await).unwrap();
        assert_eq!(locked, Cohort { devices: 3, ..new }, "the number is not overwritten");
    }

    async fn devices_read_back_with_every_field(database) {
        let Fleet { organization, product, cohort } = fleet(&database).await;
        let owner = organization.id;
        let reported =
            Reported { release: Some(fresh()), bundle: Some(fresh()), version: Some(earlier("1.2.3")) };
        let mut record = Device {
            identifier: "ü".repeat(128).parse().unwrap(),
            description: Some("in the field".parse().unwrap()),
            tags: tags(&["eu", "beta"]),
            target: Some(earlier("arm")),
            quarantined: true,
            reported,
            release: Some(fresh()),
            outcome: Some(Outcome { status: UpdateStatus::Failed, release: fresh(), at: at(6) }),
            offer: Some(Offer { bundle: fresh(), version: Some(earlier("v1.0.0 beta")), is_installed: true }),
            last_connected_at: Some(at(7)),
            ..device(&cohort)
        };
        commit!(database, |write| devices::insert(&write, &record).await).unwrap();
        assert_eq!(devices::get(&*database, &Tenancy::of_server(owner), record.id).await.unwrap(), record);
        let called = devices::find_by_identifier(&*database, &Tenancy::of_server(owner), &record.identifier).await.unwrap();
        assert_eq!(called, Some(record.clone()));
        assert_eq!(devices::count_in_cohort(&*database, owner, cohort.id).await.unwrap(), 1);

        // What a device says and when it was seen is its own affair: people's changes leave it, and it leaves theirs.
        let reported = Reported { release: None, bundle: None, version: Some("2".parse().unwrap()) };
        commit!(database, |write| devices::set_report(&write, owner, record.id, &reported, None).await).unwrap();
        commit!(database, |write| devices::touch(&write, &[(record.id, at(6))]).await).unwrap();
        let offer = Some(Offer { bundle: fresh(), version: None, is_installed: false });
        commit!(database, |write| devices::set_offer(&write, owner, record.id, offer.as_ref()).await).unwrap();
        record = Device { reported, release: None, offer, ..record };
        assert_eq!(devices::get(&*database, &Tenancy::of_server(owner), record.id).await.unwrap(), record, "not moved back");
        let stale = Device { reported: Reported::default(), outcome: None, offer: None, last_connected_at: None, ..record.clone() };
        let other = Product { name: "other".parse().unwrap(), ..super::fleet::product(&organization) };
        commit!(database, |write| products::insert(&write, &other).await).unwrap();
        let new = Device { product: other.id, cohort: None, tags: Tags::default(), quarantined: false, revision: stale.revision.next(), ..stale.clone() };
        commit!(database, |write| devices::update(&write, &stale, &new).await).unwrap();
        let expected = Device { reported: record.reported, outcome: record.outcome, offer: record.offer, last_connected_at: record.last_connected_at, ..new };
        assert_eq!(devices::get(&*database, &Tenancy::of_server(owner), record.id).await.unwrap(), expected);
        commit!(database, |write| devices::set_offer(&write, owner, record.id, None).await).unwrap();
        assert_eq!(devices::get(&*database, &Tenancy::of_server(owner), record.id).await.unwrap().offer, None);
        let gone = commit!(database, |write| devices::set_report(&write, owner, fresh(), &Reported::default(), None).await);
        assert!(is_missing(&gone));

        let wrong = Device { product: product.id, cohort: Some(cohort.id), organization: super::frame(&database).await.organization.id, ..device(&cohort) };
        let refused = commit!(database, |write| devices::insert(&write, &wrong).await);
        assert!(matches!(refused, Err(Error::ParentMissing)), "{refused:?}");
        let wrong = Device { product: other.id, ..device(&cohort) };
        let refused = commit!(database, |write| devices::insert(&write, &wrong).await);
        assert!(matches!(refused, Err(Error::ParentMissing)), "a cohort of another product: {refused:?}");
    }

    async fn many_devices_at_once(database) {
        let Fleet { organization, cohort, .. } = fleet(&database).await;
        let many: Vec<_> = (0..2_100).map(|_| device(&cohort)).collect();
        commit!(database, |write| devices::insert_many(&write, &many).await).unwrap();
        assert_eq!(devices::count_in_cohort(&*database, organization.id, cohort.id).await.unwrap(), 2_100);
        let seen: Vec<_> = many.iter().take(1_100).map(|device| (device.id, at(9))).collect();
        commit!(database, |write| devices::touch(&write, &seen).await).unwrap();
        let identifiers: Vec<_> = many.iter().map(|device| &device.identifier).collect();
        let write = database.write().await.unwrap();
        let locked = devices::lock_by_identifiers(&write, &Tenancy::of_server(organization.id), &identifiers).await.unwrap();
        assert_eq!(locked.iter().filter(|device| device.last_connected_at == Some(at(9))).count(), 1_100);
        drop(write);
        let read = devices::find_by_identifiers(&*database, &Tenancy::of_server(organization.id), &identifiers).await.unwrap();
        assert_eq!((read.len(), locked.len()), (2_100, 2_100));
        commit!(database, |write| devices::insert_many(&write, &[]).await).unwrap();
    }

    async fn devices_are_found_by_their_tags(database) {
        let Fleet { organization, cohort, .. } = fleet(&database).await;
        for (identifier, own) in [("a", &["beta", "eu"][..]), ("b", &["eu"]), ("c", &["beta-2"]), ("d", &[])] {
            let record = Device { identifier: identifier.parse().unwrap(), tags: tags(own), quarantined: identifier == "d", ..device(&cohort) };
            commit!(database, |write| devices::insert(&write, &record).await).unwrap();
        }
        for (search, expected) in [
            ("tag:'beta'", &["a"][..]),
            ("tag:'eu'", &["a", "b"]),
            ("tag:'eu' and tag:'beta'", &["a"]),
            ("tag~'bet'", &["a", "c"]),
            ("tag-'BETA'", &["a", "c"]),
            ("tag:'beta,eu'", &[]),
            ("tag~','", &[]),
            ("tag:'bet'", &[]),
            ("quarantined:true", &["d"]),
            ("quarantined:false", &["a", "b", "c"]),
        ] {
            assert_eq!(found(&database, &organization, search).await, expected, "{search}");
        }
    }

    async fn the_unique_things_of_a_fleet_are_named(database) {
        let Fleet { organization, product, cohort } = fleet(&database).await;
        let same = Product { id: fresh(), ..product.clone() };
        assert_eq!(duplicate(commit!(database, |write| products::insert(&write, &same).await)), Constraint::ProductName);
        let same = Cohort { id: fresh(), ..cohort.clone() };
        assert_eq!(duplicate(commit!(database, |write| cohorts::insert(&write, &same).await)), Constraint::CohortName);
        let other = super::fleet::product(&organization);
        commit!(database, |write| products::insert(&write, &other).await).unwrap();
        let elsewhere = Cohort { id: fresh(), product: other.id, ..cohort.clone() };
        commit!(database, |write| cohorts::insert(&write, &elsewhere).await).unwrap();
        let first = device(&cohort);
        commit!(database, |write| devices::insert(&write, &first).await).unwrap();
        let same = Device { id: fresh(), cohort: None, ..first.clone() };
        assert_eq!(duplicate(commit!(database, |write| devices::insert(&write, &same).await)), Constraint::DeviceIdentifier);
        assert_eq!(duplicate(commit!(database, |write| devices::insert_many(&write, &[same]).await)), Constraint::DeviceIdentifier);

        let refused = commit!(database, |write| products::delete(&write, organization.id, product.id).await);
        assert!(matches!(refused, Err(Error::StillReferenced { table: "products" })), "{refused:?}");
        let refused = commit!(database, |write| cohorts::delete(&write, organization.id, cohort.id).await);
        assert!(matches!(refused, Err(Error::StillReferenced { table: "cohorts" })), "{refused:?}");

        let Frame { organization: stranger, .. } = frame(&database).await;
        assert!(is_missing(&products::get(&*database, &Tenancy::of_server(stranger.id), product.id).await));
        assert!(is_missing(&cohorts::get(&*database, &Tenancy::of_server(stranger.id), cohort.id).await));
        assert!(is_missing(&devices::get(&*database, &Tenancy::of_server(stranger.id), first.id).await));
        assert_eq!(devices::get_many(&*database, &Tenancy::of_server(stranger.id), &[first.id]).await.unwrap(), []);
        assert_eq!(devices::find_by_identifier(&*database, &Tenancy::of_server(stranger.id), &first.identifier).await.unwrap(), None);
        assert!(commit!(database, |write| cohorts::add_devices(&write, stranger.id, cohort.id, 1).await).is_err());
        assert!(is_missing(&commit!(database, |write| devices::delete(&write, stranger.id, first.id).await)));
        commit!(database, |write| devices::delete(&write, organization.id, first.id).await).unwrap();
    }

    async fn a_removed_certificate_stays_as_a_mark(database) {
        let Fleet { organization, cohort, .. } = fleet(&database).await;
        let (owner, carrier) = (organization.id, device(&cohort));
        commit!(database, |write| devices::insert(&write, &carrier).await).unwrap();
        let records = [device_certificate(&carrier), device_certificate(&carrier)];
        commit!(database, |write| device_certificates::insert_many(&write, &records).await).unwrap();
        let [first, second] = &records;
        let fingerprint = first.certificate.facts().fingerprint;
        assert_eq!(device_certificates::get(&*database, &Tenancy::of_server(owner), first.id).await.unwrap(), *first);
        let known = device_certificates::find_known(&*database, owner, &fingerprint).await.unwrap().unwrap();
        assert_eq!((known.device, known.is_removed, known.organization), (Some(carrier.id), false, owner));
        let again = DeviceCertificate { id: fresh(), ..first.clone() };
        let taken = commit!(database, |write| device_certificates::insert(&write, &again).await);
        assert_eq!(duplicate(taken), Constraint::DeviceFingerprint);

        commit!(database, |write| device_certificates::remove(&write, owner, first.id, at(8)).await).unwrap();
        assert!(is_missing(&device_certificates::get(&*database, &Tenancy::of_server(owner), first.id).await));
        assert!(is_missing(&commit!(database, |write| device_certificates::remove(&write, owner, first.id, at(8)).await)));
        let listed = device_certificates::list(&reads(&database), &Tenancy::of_server(owner), &ListQuery::default()).await.unwrap();
        assert_eq!(listed.items, std::slice::from_ref(second));
        let taken = commit!(database, |write| device_certificates::insert(&write, &again).await);
        assert_eq!(duplicate(taken), Constraint::DeviceFingerprint);

        let held = commit!(database, |write| devices::delete(&write, owner, carrier.id).await);
        assert!(matches!(held, Err(Error::StillReferenced { .. })), "{held:?}");
        let removed = commit!(database, |write| device_certificates::remove_all_of_device(&write, owner, carrier.id, at(9)).await);
        assert_eq!(removed.unwrap().len(), 2);
        commit!(database, |write| devices::delete(&write, owner, carrier.id).await).unwrap();
        let both = [fingerprint, second.certificate.facts().fingerprint];
        let marks = device_certificates::list_known_of_any_organization(&*database, &both).await.unwrap();
        assert!(marks.len() == 2 && marks.iter().all(|mark| mark.is_removed && mark.device.is_none()), "{marks:?}");

        let Frame { organization: stranger, .. } = frame(&database).await;
        let certificates = [&first.certificate, &second.certificate];
        commit!(database, |write| device_certificates::forget_removed(&write, stranger.id, &certificates).await).unwrap();
        assert_eq!(device_certificates::list_known_of_any_organization(&*database, &both).await.unwrap().len(), 2);
        commit!(database, |write| device_certificates::forget_removed(&write, owner, &certificates).await).unwrap();
        assert_eq!(device_certificates::list_known_of_any_organization(&*database, &both).await.unwrap(), []);
    }

    async fn a_mark_is_on_what_was_signed_and_on_the_key(database) {
        let Fleet { organization, cohort, .. } = fleet(&database).await;
        let (owner, carrier) = (organization.id, device(&cohort));
        commit!(database, |write| devices::insert(&write, &carrier).await).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let of_key = |name: &str| {
            let made = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
            Certificate::from_der(made.der()).unwrap()
        };
        let (old, new) = (of_key("old"), of_key("new"));
        let register = |certificate: &Certificate| DeviceCertificate { certificate: certificate.clone(), ..device_certificate(&carrier) };
        let records = [register(&old), register(&new)];
        commit!(database, |write| device_certificates::insert_many(&write, &records).await).unwrap();
        let is_marked = async |certificate: &Certificate| {
            device_certificates::find_mark(&*database, owner, &certificate.marks()).await.unwrap()
        };
        assert!(!is_marked(&old).await);

        // Put away after a renewal with the same key: the key is still in use.
        commit!(database, |write| device_certificates::remove(&write, owner, records[0].id, at(8)).await).unwrap();
        assert!(is_marked(&old).await && !is_marked(&new).await);
        commit!(database, |write| device_certificates::remove(&write, owner, records[1].id, at(9)).await).unwrap();
        assert!(is_marked(&old).await && is_marked(&new).await && is_marked(&of_key("never seen")).await);
        let Frame { organization: stranger, .. } = frame(&database).await;
        let marks = old.marks();
        assert!(!device_certificates::find_mark(&*database, stranger.id, &marks).await.unwrap());

        // Registering one makes the key good again, but not the other certificate.
        commit!(database, |write| device_certificates::forget_removed(&write, owner, &[&new]).await).unwrap();
        assert!(is_marked(&old).await && !is_marked(&new).await && !is_marked(&of_key("never seen")).await);
    }

    async fn marks_of_an_earlier_version_are_completed(database) {
        let Fleet { organization, cohort, .. } = fleet(&database).await;
        let (owner, carrier) = (organization.id, device(&cohort));
        commit!(database, |write| devices::insert(&write, &carrier).await).unwrap();
        let records = [device_certificate(&carrier), device_certificate(&carrier)];
        commit!(database, |write| device_certificates::insert_many(&write, &records).await).unwrap();
        // As a server of the version before leaves them: the first one removed, the second one good.
        let removed = format!("UPDATE device_certificates SET issuer_hash = NULL, tbs_hash = NULL, key_hash = NULL, proof = NULL, \
            proven_at = NULL, removed_at = CASE WHEN fingerprint = '{}' THEN 7 END", records[0].certificate.facts().fingerprint.to_hex());
        commit!(database, |write| write.transaction().execute_unprepared(&removed).await.map_err(Error::from).map(drop)).unwrap();
        let marks = records[0].certificate.marks();
        assert!(!device_certificates::find_mark(&*database, owner, &marks).await.unwrap());
        assert!(device_certificates::has_incomplete_marks(&*database, owner).await.unwrap());
        commit!(database, |write| device_certificates::complete_marks(&write, owner).await).unwrap();
        assert!(!device_certificates::has_incomplete_marks(&*database, owner).await.unwrap());
        assert!(device_certificates::find_mark(&*database, owner, &marks).await.unwrap());

        let marks = records[1].certificate.marks();
        let known = device_certificates::find_known(&*database, owner, &records[1].certificate.facts().fingerprint);
        let known = known.await.unwrap().unwrap();
        assert_eq!((known.proof, known.yields_to_authorities), (Some(Proof::Authority), false), "it was provisioned");
        commit!(database, |write| device_certificates::remove(&write, owner, records[1].id, at(9)).await).unwrap();
        assert!(device_certificates::find_mark(&*database, owner, &marks).await.unwrap());
    }

    async fn of_several_organizations_one_has_a_certificate(database) {
        let (ours, theirs) = (fleet(&database).await, fleet(&database).await);
        let (mine, other) = (device(&ours.cohort), device(&theirs.cohort));
        commit!(database, |write| devices::insert(&write, &mine).await).unwrap();
        commit!(database, |write| devices::insert(&write, &other).await).unwrap();
        let claim = DeviceCertificate { ca_certificate: None, proof: None, ..device_certificate(&other) };
        let own = DeviceCertificate {
            certificate: claim.certificate.clone(), ca_certificate: None, proof: None, inserted_at: at(4), ..device_certificate(&mine)
        };
        commit!(database, |write| device_certificates::insert(&write, &claim).await).unwrap();
        commit!(database, |write| device_certificates::insert(&write, &own).await).unwrap();
        let fingerprint = claim.certificate.facts().fingerprint;
        let who_counts = async || {
            let known = device_certificates::list_known_of_any_organization(&*database, &[fingerprint]).await.unwrap();
            let first = known.into_iter().min_by_key(device_certificates::KnownCertificate::precedence).unwrap();
            (first.organization, first.is_removed)
        };
        let (us, them) = (ours.organization.id, theirs.organization.id);
        assert_eq!(who_counts().await, (them, false), "both only claim it, and they were first");
        commit!(database, |write| device_certificates::prove(&write, us, own.id, Proof::Key, at(5)).await).unwrap();
        assert_eq!(who_counts().await, (us, false));
        commit!(database, |write| device_certificates::prove(&write, them, claim.id, Proof::Key, at(6)).await).unwrap();
        assert_eq!(who_counts().await, (us, false), "we proved it first");
        commit!(database, |write| device_certificates::remove(&write, us, own.id, at(7)).await).unwrap();
        assert_eq!(who_counts().await, (them, false), "we sent it away, and they proved it");
        let ended = commit!(database, |write| device_certificates::end_claims_of_other_organizations(&write, us, &[fingerprint]).await);
        assert_eq!(ended.unwrap(), [], "what is proven is no mere claim");
        commit!(database, |write| device_certificates::remove(&write, them, claim.id, at(8)).await).unwrap();

        let again = DeviceCertificate { id: fresh(), ..claim.clone() };
        commit!(database, |write| device_certificates::forget_removed(&write, them, &[&again.certificate]).await).unwrap();
        commit!(database, |write| device_certificates::insert(&write, &again).await).unwrap();
        assert_eq!(who_counts().await, (us, true), "what we sent away stays away while others only claim it");
        let ended = commit!(database, |write| device_certificates::end_claims_of_other_organizations(&write, us, &[fingerprint]).await);
        assert_eq!(ended.unwrap(), [again]);
    }

    async fn ca_certificates_keep_what_they_provision(database) {
        let Fleet { organization, product, cohort } = fleet(&database).await;
        let jitp = Jitp {
            product: product.id,
            cohort: Some(cohort.id),
            tags: tags(&["new"]),
            target: Some(earlier("arm")),
            description: Some("from the line".parse().unwrap()),
            identifier: IdentifierSource::SerialNumber,
        };
        let record = CaCertificate {
            id: fresh(),
            organization: organization.id,
            certificate: certificate(),
            description: Some("factory".parse().unwrap()),
            jitp: Some(jitp.clone()),
            renewals: Renewals::SameKey,
            revision: Revision::FIRST,
            inserted_at: at(0),
            updated_at: at(0),
        };
        commit!(database, |write| ca_certificates::insert(&write, &record).await).unwrap();
        let subject = record.certificate.facts().subject_hash;
        let named = ca_certificates::list_by_subjects_of_any_organization(&*database, &[subject]).await.unwrap();
        assert_eq!(named, std::slice::from_ref(&record));
        let again = CaCertificate { id: fresh(), ..record.clone() };
        let taken = commit!(database, |write| ca_certificates::insert(&write, &again).await);
        assert_eq!(duplicate(taken), Constraint::CaFingerprint);
        let held = commit!(database, |write| cohorts::delete(&write, organization.id, cohort.id).await);
        assert!(matches!(held, Err(Error::StillReferenced { .. })), "{held:?}");

        let jitp = Jitp { cohort: None, tags: Tags::default(), target: None, description: None, ..jitp };
        for (jitp, renewals) in [(Some(jitp), Renewals::AnyKey), (None, Renewals::Refuse)] {
            let old = ca_certificates::get(&*database, &Tenancy::of_server(organization.id), record.id).await.unwrap();
            let new = CaCertificate { jitp, renewals, revision: old.revision.next(), ..old.clone() };
            commit!(database, |write| ca_certificates::update(&write, &old, &new).await).unwrap();
            assert_eq!(ca_certificates::get(&*database, &Tenancy::of_server(organization.id), record.id).await.unwrap(), new);
        }
        // As a server of an earlier version writes it.
        let unsaid = "UPDATE ca_certificates SET renewals = NULL".to_owned();
        commit!(database, |write| write.transaction().execute_unprepared(&unsaid).await.map_err(Error::from).map(drop)).unwrap();
        let unsaid = ca_certificates::get(&*database, &Tenancy::of_server(organization.id), record.id).await.unwrap();
        assert_eq!(unsaid.renewals, Renewals::Refuse);
        commit!(database, |write| ca_certificates::delete(&write, organization.id, record.id).await).unwrap();
        assert_eq!(ca_certificates::list_by_subjects_of_any_organization(&*database, &[subject]).await.unwrap(), []);
    }

    async fn a_verification_code_is_good_once(database) {
        let Frame { organization: owner, .. } = frame(&database).await;
        let Frame { organization: stranger, .. } = frame(&database).await;
        for code in ["one", "two"] {
            commit!(database, |write| verification_codes::insert(&write, owner.id, code, at(0), at(10)).await).unwrap();
        }
        let use_up = async |organization: &Organization, code: &str, now| {
            commit!(database, |write| verification_codes::use_up(&write, organization.id, code, now).await).unwrap()
        };
        assert!(!use_up(&stranger, "one", at(5)).await);
        assert!(!use_up(&owner, "three", at(5)).await);
        assert!(!use_up(&owner, "two", at(11)).await);
        assert!(use_up(&owner, "one", at(10)).await);
        assert!(!use_up(&owner, "one", at(10)).await);
        commit!(database, |write| verification_codes::insert(&write, owner.id, "later", at(11), at(20)).await).unwrap();
        assert!(!use_up(&owner, "two", at(5)).await, "what is over is forgotten");
    }
}
