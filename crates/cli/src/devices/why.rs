//! `peridio devices why`: the state of a device, how the server decides about its update, and how its last installations went.

use std::collections::HashMap;
use std::fmt::Write as _;

use olivine_api::devices::{Device, UpdateAnswer, UpdateCheck};
use olivine_api::events::Event;
use olivine_client::Query;
use olivine_domain::devices::UpdateStatus;
use serde::Serialize;
use serde_json::Value;

use super::One;
use super::check_update::{explanation, named_in};
use crate::failure::Failure;
use crate::names;
use crate::output::{Record, age_of, print, short, visible};
use crate::session::Session;

/// How many of a device's latest reports are shown.
const REPORTS: usize = 5;

/// Everything that the command shows.
#[derive(Serialize)]
struct Why {
    device: Device,
    answer: UpdateAnswer,
    reports: Vec<Event>,
}

impl Record for Why {
    const COLUMNS: &'static [&'static str] = &[];

    fn prn(&self) -> Option<&str> {
        Some(&self.device.prn)
    }
}

/// Prints the explanation. Nothing is changed or claimed.
pub(super) async fn why(session: &Session, one: &One) -> Result<(), Failure> {
    let client = &session.client;
    let expand = ["product", "cohort", "last_report"].map(str::to_owned);
    let device: Device = client.get_with(&one.prn, &Query::default().expand(&expand)).await?;
    let check = UpdateCheck { explain: true, ..UpdateCheck::default() };
    let answer = client.check_update(&one.prn, &check).await?;
    let reports = Query::default().with("resource_prn", Some(&device.prn)).with("order", Some("desc"));
    let reports = reports.with("type", Some("device.update_reported")).limit(Some(REPORTS));
    let reports = client.list::<Event>(&reports).all().await?;
    let why = Why { device, answer, reports };
    if session.printer.is_for_people() {
        print(&text(session, &why).await)
    } else {
        session.printer.one(&why)
    }
}

async fn text(session: &Session, why: &Why) -> String {
    let Why { device, answer, reports } = why;
    let mut prns = named_in(answer);
    prns.extend(reports.iter().map(|report| said(report, "release_prn")).filter(|prn| !prn.is_empty()));
    prns.extend(device.outcome_release_prn.clone());
    let recorded = device.last_report.iter().filter_map(|report| report.detail.clone());
    let details = reports.iter().map(|report| said(report, "detail")).chain(recorded);
    prns.extend(
        details.flat_map(|detail| names::prns_in(&detail).into_iter().map(str::to_owned).collect::<Vec<_>>()),
    );
    let labels = names::labels(&session.client, prns).await;
    let mut text = about(device, last_failure(device, reports, &labels).as_deref());
    text += "\n";
    text += &explanation(answer.trace.as_deref().unwrap_or_default(), answer, &labels);
    if !reports.is_empty() {
        text += "\nIts last reports, the newest first:\n";
    }
    for report in reports {
        let [release, status, detail] = ["release_prn", "status", "detail"].map(|field| said(report, field));
        let (release, detail) = (name(&labels, &release), names::name_prns(&detail, &labels));
        let _ = writeln!(text, "  {:<16}  {status:<12}  {release}  {detail}", age_of(&report.inserted_at));
    }
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

fn name(labels: &HashMap<String, String>, prn: &str) -> String {
    labels.get(prn).cloned().unwrap_or_else(|| short(prn))
}

/// The last failed update and the device's message about it. The device's record contains its last report; its events contain the earlier
/// ones.
fn last_failure(device: &Device, reports: &[Event], labels: &HashMap<String, String>) -> Option<String> {
    let is_failure = |status: &str| UpdateStatus::from_name(status).is_some_and(UpdateStatus::is_failure);
    let recorded = device.last_report.as_ref().filter(|report| is_failure(&report.outcome)).map(|report| {
        let detail = report.detail.as_deref().map(visible).unwrap_or_default();
        (age_of(&report.reported_at), visible(&report.outcome), report.release_prn.clone(), detail)
    });
    let (when, status, release, detail) = recorded.or_else(|| {
        let report = reports.iter().find(|report| is_failure(&said(report, "status")))?;
        let [status, release, detail] = ["status", "release_prn", "detail"].map(|field| said(report, field));
        Some((age_of(&report.inserted_at), status, release, detail))
    })?;
    let parts = [status, name(labels, &release), names::name_prns(&detail, labels)];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Some(format!("{when}: {}", parts.join(": ")))
}

/// The state of the device, in a few lines.
fn about(device: &Device, last_failure: Option<&str>) -> String {
    let product = device.product.as_ref().map_or("", |product| product.name.as_str());
    let cohort =
        device.cohort.as_ref().map_or("no cohort".to_owned(), |cohort| format!("{product}/{}", cohort.name));
    let version = device.reported_release_version.as_deref().unwrap_or("it reported none");
    let seen = device.last_connected_at.as_deref().map_or("never".to_owned(), age_of);
    let target =
        device.target.as_deref().or(device.product.as_ref().and_then(|product| product.target.as_deref()));
    let mut text = String::new();
    for (name, value) in [
        ("device", Some(device.identifier.as_str())),
        ("cohort", Some(&cohort)),
        ("target", Some(target.unwrap_or("none"))),
        ("version", Some(version)),
        ("last seen", Some(&seen)),
        ("last failure", last_failure),
    ] {
        if let Some(value) = value {
            let _ = writeln!(text, "{name:<14}{}", visible(value));
        }
    }
    text
}

/// A text field of a report, or an empty text if the report does not have it.
fn said(report: &Event, field: &str) -> String {
    let data: Value = serde_json::from_str(report.data.get()).unwrap_or_default();
    data[field].as_str().map(visible).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn device(last_report: &Value) -> Device {
        let device = json!({
            "prn": "prn:1:o:device:d", "organization_prn": "prn:1:o", "product_prn": "prn:1:o:product:p", "identifier": "SN-1",
            "tags": [], "quarantined": false, "inserted_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
            "last_report": last_report,
        });
        serde_json::from_value(device).unwrap()
    }

    fn report(status: &str, detail: &str) -> Event {
        let data = json!({"release_prn": "prn:1:o:release:r", "status": status, "detail": detail});
        let event = json!({
            "prn": "prn:1:o:event:e", "organization_prn": "prn:1:o", "type": "device.update_reported", "actor": "prn:1:o:device:d",
            "resource_prn": "prn:1:o:device:d", "inserted_at": "2026-01-01T00:00:00Z", "data": data,
        });
        serde_json::from_str(&event.to_string()).unwrap()
    }

    #[test]
    fn the_last_failure_is_in_the_record_or_in_the_newest_failed_report() {
        let labels = HashMap::from([("prn:1:o:release:r".to_owned(), "gateway/daily/spring".to_owned())]);
        let last = |outcome: &str| {
            json!({"outcome": outcome, "release_prn": "prn:1:o:release:r", "detail": "no space\u{1b}",
                "reported_at": "2026-01-02T00:00:00Z"})
        };
        let said = |last: &Value, reports: &[Event]| {
            let said = last_failure(&device(last), reports, &labels)?;
            Some(said.split_once(": ").unwrap().1.to_owned())
        };
        let reports =
            [report("installing", ""), report("rolled_back", "watchdog"), report("failed", "older")];
        assert_eq!(
            said(&last("failed"), &reports).as_deref(),
            Some("failed: gateway/daily/spring: no space\u{fffd}")
        );
        assert_eq!(
            said(&last("installing"), &reports).as_deref(),
            Some("rolled_back: gateway/daily/spring: watchdog")
        );
        assert_eq!(
            said(&Value::Null, &[report("failed", "")]).as_deref(),
            Some("failed: gateway/daily/spring")
        );
        assert_eq!(said(&last("installed"), &[report("installed", "")]), None);
        let text = about(&device(&Value::Null), Some("now: failed"));
        assert!(text.ends_with("last failure  now: failed\n"), "{text}");
    }
}
