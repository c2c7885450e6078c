//! What devices said of a release: counted in the events of its cohort and in their last outcomes, both bounded.

use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::{Device, Outcome, UpdateStatus};
use olivine_domain::permissions::Tenancy;
use olivine_domain::releases::Release;
use olivine_domain::text::Description;

use super::fleet::{Fleet, device, fleet};
use super::*;
use crate::lists::Matching;
use crate::release_insights::{Failure, ReleaseHour};
use crate::*;

const HOUR: u64 = 3_600_000_000;

async fn running(database: &Database, cohort: &Cohort, identifier: &str) -> Device {
    let new = Device { identifier: identifier.parse().unwrap(), ..device(cohort) };
    commit!(database, |write| devices::insert(&write, &new).await).unwrap();
    new
}

async fn says(database: &Database, device: &Device, outcome: Outcome, detail: Option<&str>) {
    let detail: Option<Description> = detail.map(|detail| detail.parse().unwrap());
    let (owner, id) = (device.organization, device.id);
    commit!(database, |write| device_outcomes::set(&write, owner, id, &outcome, detail.as_ref()).await)
        .unwrap();
}

/// An event of a device, with these data.
fn said(of: (&Organization, &Device), kind: EventType, data: String, micros: u64) -> Event {
    let (organization, device) = of;
    Event {
        kind: kind.into(),
        product: Some(device.product),
        cohort: device.cohort,
        subject: Subject::of(device.id),
        data,
        inserted_at: at(micros),
        ..event(organization)
    }
}

fn offered(of: (&Organization, &Device), release: Id<Release>, status: &str, micros: u64) -> Event {
    let data = format!(r#"{{"source_prn":"{}","status":"{status}"}}"#, release.prn(of.0.id));
    said(of, EventType::DeviceCheckedForRelease, data, micros)
}

fn reported(of: (&Organization, &Device), release: Id<Release>, status: &str, micros: u64) -> Event {
    // A device can say what it wants: in its own words, this is none of the fields.
    let prn = release.prn(of.0.id).to_string();
    let detail = format!(r#"\"status\":\"installed\",\"release_prn\":\"{prn}\""#);
    let data = format!(r#"{{"detail":"{detail}","release_prn":"{prn}","status":"{status}"}}"#);
    said(of, EventType::DeviceUpdateReported, data, micros)
}

on_both! {
    async fn events_of_a_release_are_counted_by_hour(database) {
        let Fleet { organization, cohort, .. } = fleet(&database).await;
        let (release, other) = (fresh(), fresh());
        let [a, b] = [running(&database, &cohort, "a").await, running(&database, &cohort, "b").await];
        let elsewhere = Device { cohort: Some(fresh()), ..a.clone() };
        let [a, b, elsewhere] = [(&organization, &a), (&organization, &b), (&organization, &elsewhere)];
        let all = [
            offered(a, release, "update", 1),
            offered(a, release, "update", HOUR),
            offered(a, release, "update", HOUR + 5),
            offered(b, release, "update", HOUR + 9),
            offered(b, release, "no_update", HOUR + 10),
            offered(b, other, "update", HOUR + 11),
            reported(a, release, "downloading", HOUR + 12),
            reported(a, release, "failed", HOUR + 13),
            reported(a, release, "failed", HOUR + 14),
            reported(b, release, "rolled_back", HOUR + 15),
            reported(b, other, "installed", HOUR + 16),
            reported(elsewhere, release, "installed", HOUR + 17),
            reported(a, release, "installed", 3 * HOUR),
        ];
        commit!(database, |write| events::insert_many(&write, &all).await).unwrap();
        let of = (organization.id, cohort.id);
        let hour = |begins: u64, offered, installed, failed| ReleaseHour { begins_at: at(begins), offered, installed, failed };
        for (since, expected) in [
            (0, vec![hour(0, 1, 0, 0), hour(HOUR, 2, 0, 2), hour(3 * HOUR, 0, 1, 0)]),
            (HOUR + 14, vec![hour(HOUR, 0, 0, 2), hour(3 * HOUR, 0, 1, 0)]),
            (4 * HOUR, vec![]),
        ] {
            assert_eq!(release_insights::hours(&reads(&database), of, release, at(since)).await.unwrap(), expected, "{since}");
        }
        assert_eq!(release_insights::hours(&reads(&database), (fresh(), cohort.id), release, at(0)).await.unwrap(), []);
        // The cohort has twelve events: eleven come after the first one.
        for (most, since, after) in [(11, 0, Some(1)), (12, 0, None), (2, 0, Some(HOUR + 15)), (2, HOUR + 16, None), (50_000, 0, None)] {
            let found = release_insights::after_which(&*database, of, at(since), most).await.unwrap();
            assert_eq!(found, after.map(at), "{most} {since}");
        }
    }

    async fn last_updates_are_counted_by_outcome_and_words(database) {
        use UpdateStatus::{Failed, Installed, RolledBack};
        let Fleet { organization, cohort, .. } = fleet(&database).await;
        let (release, other) = (fresh(), fresh());
        for (name, release, status, detail, micros) in [
            ("a", release, Failed, Some("no space"), 1),
            ("b", release, Failed, Some("no space"), 3),
            ("c", release, Failed, None, 2),
            ("d", release, Installed, None, 4),
            ("e", release, RolledBack, Some("no space"), 5),
            ("f", other, Failed, Some("no space"), 6),
        ] {
            let device = running(&database, &cohort, name).await;
            says(&database, &device, Outcome { status, release, at: at(micros) }, detail).await;
        }
        // It failed, too, but went on to another release.
        let gone = running(&database, &cohort, "g").await;
        says(&database, &gone, Outcome { status: Failed, release, at: at(7) }, Some("no space")).await;
        says(&database, &gone, Outcome { status: Installed, release: other, at: at(8) }, None).await;
        let all = Tenancy::of_server(organization.id);
        let count = async |outcome| release_insights::count(&*database, &all, release, outcome).await.unwrap();
        for (outcome, devices) in [(Failed, 3), (RolledBack, 1), (Installed, 1), (UpdateStatus::Installing, 0)] {
            assert_eq!(count(outcome).await, Matching { count: devices, is_exact: true }, "{outcome:?}");
        }
        let failure = |outcome, detail: Option<&str>, devices, last| Failure {
            outcome,
            detail: detail.map(|detail| detail.parse().unwrap()),
            devices,
            last_at: at(last),
        };
        let failures = async |outcome| release_insights::failures(&reads(&database), &all, release, outcome).await.unwrap();
        assert_eq!(failures(Failed).await, [failure(Failed, Some("no space"), 2, 3), failure(Failed, None, 1, 2)]);
        assert_eq!(failures(RolledBack).await, [failure(RolledBack, Some("no space"), 1, 5)]);
        let theirs = Tenancy::of_server(fresh());
        assert_eq!(release_insights::failures(&reads(&database), &theirs, release, Failed).await.unwrap(), []);
    }
}
