//! The reports of devices: what they run, and how an update goes. They are durable before the answer.

use std::sync::Arc;

use olivine_domain::bundles::Bundle;
use olivine_domain::devices::{Outcome, Reported, UpdateStatus};
use olivine_domain::events::Subject;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Actor, Origin, Tenancy};
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::releases::graph::ReleaseGraph;
use olivine_domain::resolution::{self, Offer, current_release};
use olivine_domain::text::{Description, FromRecord as _, VersionText};
use olivine_domain::versions::Version;
use olivine_records::release_days::Delta;
use olivine_records::{bundles, device_outcomes, devices, releases};

use super::changes::Change;
use super::facts::DeviceFacts;
use super::identify::KnownDevice;
use super::offers::Bundles;
use crate::events::belonging::Belonging;
use crate::events::{EventData, ReleaseChanged, Running, UpdateReported};
use crate::jobs::orders::CheckContents;
use crate::work::Work;
use crate::{Context, Error, deadlocks};

/// What a device says that it runs, all of it at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What decides.
    pub(super) values: resolution::Report,
    /// The version as it is recorded: as it was said, or the beginning of what is too long or can't be shown.
    version: Option<VersionText>,
}

/// How an update goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusReport {
    /// What is being installed.
    pub bundle: Id<Bundle>,
    /// The release that it came with.
    pub release: Option<Id<Release>>,
    /// How far it is.
    pub status: UpdateStatus,
    /// What the device has to say of it.
    pub detail: Option<Description>,
}

impl Report {
    /// Of what a device's words mean. A version is free text.
    pub fn new(
        release: resolution::Reported<Id<Release>>,
        bundle: resolution::Reported<Id<Bundle>>,
        version: Option<&str>,
    ) -> Self {
        Self {
            values: resolution::Report {
                release,
                bundle,
                version: resolution::Reported::read(version, str::parse::<Version>),
            },
            version: version.and_then(recordable),
        }
    }

    /// Whether nothing is said.
    pub(super) fn is_empty(&self) -> bool {
        self.values == resolution::Report::default()
    }

    /// What of it is recorded.
    fn to_record(&self) -> Reported {
        Reported {
            release: self.values.release.given().copied(),
            bundle: self.values.bundle.given().copied(),
            version: self.version.clone(),
        }
    }

    /// Whether it equals what is recorded already. Compares without allocating.
    fn is_recorded(&self, known: &Reported) -> bool {
        known.release.as_ref() == self.values.release.given()
            && known.bundle.as_ref() == self.values.bundle.given()
            && known.version == self.version
    }
}

/// What a device said before.
pub(crate) fn recorded(reported: &Reported) -> resolution::Report {
    resolution::Report {
        release: reported.release.into(),
        bundle: reported.bundle.into(),
        version: resolution::Reported::read(
            reported.version.as_ref().map(VersionText::as_str),
            str::parse::<Version>,
        ),
    }
}

/// Records what a device says, where that differs from what it said before. A device that says nothing leaves the record as it is.
///
/// What a device says may mean another release than before, although it says the same: it was moved to another cohort, its release was
/// deleted, or another one has its bundle now. It is then counted anew.
///
/// `graph` has the releases of the device's cohort, read a moment ago.
pub(super) async fn record(
    ctx: &Context,
    device: Arc<DeviceFacts>,
    graph: Option<&ReleaseGraph>,
    report: &Report,
    origin: &Origin,
) -> Result<Arc<DeviceFacts>, Error> {
    if report.is_empty() {
        return Ok(device);
    }
    let is_known = report.is_recorded(&device.reported);
    let release = graph.and_then(|graph| current_release(graph, &report.values));
    if is_known && device.placed == release.into() {
        return Ok(device);
    }
    let new = report.to_record();
    let event = (!is_known).then_some(origin);
    let bundles = Bundles::read(ctx, &device, graph, &report.values).await?;
    let (release, offer) =
        deadlocks::retry(ctx, || write(ctx, &device, &new, release, &bundles, event)).await?;
    let is_new = device.reported.version != new.version;
    if is_new && matches!(report.values.version, resolution::Reported::Malformed(_)) {
        metrics::counter!("olivine_malformed_versions_total").increment(1);
    }
    let new = ctx.memory().alike.reported(new);
    Ok(Arc::new(device.with(new, release.into(), device.claims.clone()).with_offer(offer)))
}

/// Writes what a device reports, and with an origin also the event of it; returns the release that it now counts as being on, and what is
/// left of an override's bundle that it was offered.
async fn write(
    ctx: &Context,
    device: &DeviceFacts,
    new: &Reported,
    release: Option<Id<Release>>,
    bundles: &Bundles,
    event: Option<&Origin>,
) -> Result<(Option<Id<Release>>, Option<Offer>), Error> {
    let organization = device.belongs.organization;
    let mut w = ctx.work().await?;
    let old = devices::lock(&w, &Tenancy::of_server(organization), device.id)
        .await
        .map_err(Error::missing(device.id))?;
    let release = match release.filter(|_| old.cohort == device.belongs.cohort) {
        // This process may not have heard yet that the release was deleted.
        Some(id) => releases::find(&w, &Tenancy::of_server(organization), id).await?.map(|found| found.id),
        None => None,
    };
    devices::set_report(&w, organization, device.id, new, release).await?;
    let offer = bundles.follow_report(&w, &old, new).await?;
    move_between(&mut w, organization, old.release, release);
    // What this process remembers may be older than the record: the device may have said the same to another process, or twice at once.
    if let Some(origin) = event.filter(|_| old.reported != *new) {
        record_change(&mut w, device, &old.reported, new, origin);
    }
    w.changed(organization, Change::Device(device.id));
    w.commit().await?;
    Ok((release, offer))
}

fn record_change(w: &mut Work, device: &DeviceFacts, old: &Reported, new: &Reported, origin: &Origin) {
    let organization = device.belongs.organization;
    let data = ReleaseChanged { from: Running::new(old, organization), to: Running::new(new, organization) };
    let actor = Actor::device(organization, device.id, origin.clone());
    let data = EventData::DeviceReleaseChanged(data);
    w.event_of(device.of_events(), &actor, Subject::of(device.id), data);
}

/// The version that is recorded: as it was said, or the beginning of what is too long or can't be shown.
fn recordable(version: &str) -> Option<VersionText> {
    const MOST: usize = 120;
    VersionText::from_record(version).or_else(|| {
        let shown: String = version.trim().chars().flat_map(char::escape_debug).take(MOST).collect();
        if shown.is_empty() { None } else { VersionText::from_record(&format!("{shown} …")) }
    })
}

/// Counts that a device left one release and came to another.
pub(crate) fn move_between(
    w: &mut Work,
    organization: Id<Organization>,
    from: Option<Id<Release>>,
    to: Option<Id<Release>>,
) {
    if from == to {
        return;
    }
    if let Some(from) = from {
        w.moves().of_release(organization, from).departed += 1;
    }
    if let Some(to) = to {
        w.moves().of_release(organization, to).arrived += 1;
    }
}

/// Records how an update goes. Saying the same twice counts once.
pub async fn report_status(
    ctx: &Context,
    known: &KnownDevice,
    report: &StatusReport,
    origin: &Origin,
) -> Result<(), Error> {
    let looks = report.status == UpdateStatus::Failed && ctx.damage().is_look_due(report.bundle, ctx.now());
    let looks = deadlocks::retry(ctx, || write_status(ctx, known, report, looks, origin)).await?;
    if looks {
        ctx.damage().look_was_ordered(report.bundle, ctx.now());
    }
    Ok(())
}

/// Records a report; with `looks`, also the order to look for the bundle's contents. Returns whether that was ordered. It is not ordered
/// for a bundle that the organization doesn't have, nor if the report says nothing new.
async fn write_status(
    ctx: &Context,
    known: &KnownDevice,
    report: &StatusReport,
    looks: bool,
    origin: &Origin,
) -> Result<bool, Error> {
    let (organization, device) = (known.organization, known.device);
    let mut w = ctx.work().await?;
    let locked =
        devices::lock(&w, &Tenancy::of_server(organization), device).await.map_err(Error::missing(device))?;
    if let Some(offer) =
        locked.offer.as_ref().and_then(|offer| offer.after_status(report.bundle, report.status))
    {
        devices::set_offer(&w, organization, device, Some(&offer)).await?;
        w.changed(organization, Change::Device(device));
    }
    let mut is_news = true;
    if let Some(release) = report.release
        && releases::find(&w, &Tenancy::of_server(organization), release).await?.is_some()
    {
        let outcome = Outcome { status: report.status, release, at: ctx.now() };
        let detail = report.detail.as_ref();
        let before = device_outcomes::set(&w, organization, device, &outcome, detail).await?;
        is_news = before != Some(report.status) || report.detail.is_some();
        count(w.moves().of_release(organization, release), before, report.status);
    }
    if is_news {
        let data = EventData::DeviceUpdateReported(UpdateReported {
            bundle_prn: report.bundle.prn(organization),
            release_prn: report.release.map(|id| id.prn(organization)),
            status: report.status,
            detail: report.detail.as_ref().map(ToString::to_string),
        });
        let actor = Actor::device(organization, device, origin.clone());
        let belonging = Belonging::Known(Some(locked.product), locked.cohort);
        w.event_of(belonging, &actor, Subject::of(device), data);
    }
    let looks = looks && is_news && bundles::find(&w, organization, report.bundle).await?.is_some();
    if looks {
        let job = CheckContents { bundle: report.bundle };
        w.order(Some(organization), &job);
    }
    w.commit().await?;
    Ok(looks)
}

/// Counts a device's new word on its release.
fn count(delta: &mut Delta, before: Option<UpdateStatus>, after: UpdateStatus) {
    let installed = |status| i64::from(status == UpdateStatus::Installed);
    let failed = |status: UpdateStatus| i64::from(status.is_failure());
    delta.installed += installed(after) - before.map_or(0, installed);
    delta.failed += failed(after) - before.map_or(0, failed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_recorded_as_it_was_said_or_as_far_as_it_can_be_shown() {
        let long = "9".repeat(200);
        let cut = format!("{} …", "9".repeat(120));
        for (said, recorded) in [
            (None, None),
            (Some("1.2.3"), Some("1.2.3")),
            (Some("v1.2.3"), Some("v1.2.3")),
            (Some("no version"), Some("no version")),
            (Some(" 1.2.3"), Some("1.2.3 …")),
            (Some("1\u{7}2"), Some("1\\u{7}2 …")),
            (Some(&long), Some(&cut)),
            (Some(" "), None),
        ] {
            let report = Report::new(resolution::Reported::Absent, resolution::Reported::Absent, said);
            assert_eq!(report.to_record().version.as_ref().map(VersionText::as_str), recorded, "{said:?}");
            assert!(report.is_recorded(&report.to_record()), "{said:?}");
            assert_eq!(report.is_empty(), said.is_none(), "{said:?}");
        }
    }
}
