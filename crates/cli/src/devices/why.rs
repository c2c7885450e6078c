//! Why a device does or does not update: what it is, how the server decides, and how its last installations went.

use std::fmt::Write as _;

use olivine_api::devices::{Device, UpdateAnswer, UpdateCheck};
use olivine_api::events::Event;
use olivine_client::Query;
use serde::Serialize;
use serde_json::Value;

use super::One;
use super::check_update::explanation;
use crate::failure::Failure;
use crate::names;
use crate::output::{Record, age_of, print, short, visible};
use crate::session::Session;

/// How many of a device's last reports are shown.
const REPORTS: usize = 5;

/// All that is known of the question.
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

/// Shows it. Nothing is changed or claimed.
pub(super) async fn why(session: &Session, one: &One) -> Result<(), Failure> {
    let client = &session.client;
    let expand = ["product", "cohort"].map(str::to_owned);
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
    let of_answer = [&answer.bundle_prn, &answer.source_prn].into_iter().flatten().cloned();
    let of_reports = reports.iter().map(|report| said(report, "release_prn")).filter(|prn| !prn.is_empty());
    let labels = names::labels(&session.client, of_answer.chain(of_reports).collect()).await;
    let mut text = about(device);
    text += "\n";
    text += &explanation(answer.trace.as_deref().unwrap_or_default(), answer, &labels);
    if !reports.is_empty() {
        text += "\nIts last reports, the newest first:\n";
    }
    for report in reports {
        let [release, status, detail] = ["release_prn", "status", "detail"].map(|field| said(report, field));
        let release = labels.get(&release).cloned().unwrap_or_else(|| short(&release));
        let _ = writeln!(text, "  {:<16}  {status:<12}  {release}  {detail}", age_of(&report.inserted_at));
    }
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

/// What the device is, in a few lines.
fn about(device: &Device) -> String {
    let product = device.product.as_ref().map_or("", |product| product.name.as_str());
    let cohort =
        device.cohort.as_ref().map_or("no cohort".to_owned(), |cohort| format!("{product}/{}", cohort.name));
    let version = device.reported_release_version.as_deref().unwrap_or("it reported none");
    let seen = device.last_connected_at.as_deref().map_or("never".to_owned(), age_of);
    let target =
        device.target.as_deref().or(device.product.as_ref().and_then(|product| product.target.as_deref()));
    let mut text = String::new();
    for (name, value) in [
        ("device", device.identifier.as_str()),
        ("cohort", &cohort),
        ("target", target.unwrap_or("none")),
        ("version", version),
        ("last seen", &seen),
    ] {
        let _ = writeln!(text, "{name:<10}{}", visible(value));
    }
    text
}

/// A text of what a report says; empty where it says nothing.
fn said(report: &Event, field: &str) -> String {
    let data: Value = serde_json::from_str(report.data.get()).unwrap_or_default();
    data[field].as_str().map(visible).unwrap_or_default()
}
