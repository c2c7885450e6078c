//! `GET /v1/events/export`: events as CSV or lines of JSON, as many as there are. If an export ends early, the connection is closed without
//! a proper end, so that an incomplete file is noticed.

use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use olivine_api::errors::{ErrorBody, ErrorCode, ErrorItem};
use olivine_api::events as api;
use olivine_domain::Timestamp;
use olivine_domain::event_exports::ExportSpan;
use olivine_domain::events::Event;
use olivine_domain::permissions::{Identity, scope};
use olivine_domain::spreadsheets;
use olivine_operations::events::export::Export;
use olivine_operations::people::Person;

use super::shown::{shown, stream_caller};
use super::stream::check_organization;
use crate::admin::auth::{ORGANIZATION_PARAMETER, Permit};
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::listing::{Listing, bad_parameter};
use crate::http::transfers::Ticket;

/// The parameters besides those of the list.
const OWN: [&str; 4] = ["format", "since", "until", ORGANIZATION_PARAMETER];
/// Those of the list that an export has no use for.
const NOT_TAKEN: [&str; 6] = ["limit", "page", "expand[]", "expand", "after", "wait"];

/// The columns of a CSV file.
const COLUMNS: [&str; 9] = [
    "inserted_at",
    "type",
    "actor",
    "resource_prn",
    "data",
    "address",
    "request_id",
    "caller_request_id",
    "prn",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Csv,
    Jsonl,
}

/// Export events
///
/// Answers with all events that match, as CSV with a header line (`format=csv`) or as one JSON object per line (`format=jsonl`, as the list
/// shows events). The answer is streamed and covers at most a year: from `since` (by default a year before `until`) to `until` (by default
/// now). It takes the filters, `search` and `order` of the list. In CSV, a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage
/// return has an apostrophe in front, so that no spreadsheet runs it. If the export can't go on, for example because the caller may no
/// longer read events, the server closes the connection early: only an answer that ends properly is complete. One caller may have 2 exports
/// at the same time, and one server process 8; further ones get 429. Scope: `event.read`.
#[utoipa::path(get, path = "/events/export", tag = "events",
    params(
        ("format" = String, Query, description = "The form of the answer: `csv`, or `jsonl` for one JSON object per line."),
        ("since" = Option<String>, Query, description = "The time of the earliest events, such as `2026-01-15T00:00:00Z`; by default a year before `until`."),
        ("until" = Option<String>, Query, description = "The time before which the latest events happened, such as `2026-02-01T00:00:00Z`; by default now."),
        ("order" = Option<String>, Query, description = "`asc` (oldest first, the default) or `desc` (newest first)."),
        ("search" = Option<String>, Query, description = "Conditions that the events meet, as in the list of events."),
        ("type" = Option<String>, Query, description = "Only events whose `type` equals this value."),
        ("resource_prn" = Option<String>, Query, description = "Only events about the record with this PRN."),
        ("actor_prn" = Option<String>, Query, description = "Only events caused by the key, person or device with this PRN."),
        ("about_prn" = Option<String>, Query, description = "Only events about or caused by the record with this PRN."),
        ("product_prn" = Option<String>, Query, description = "Only events of the product with this PRN."),
        ("cohort_prn" = Option<String>, Query, description = "Only events of the cohort with this PRN."),
        ("organization_prn" = Option<String>, Query, description = "The organization whose events to export, for a person who is in several and can't send the header `olivine-organization`."),
    ),
    responses((status = 200, description = "The events, in the form that was asked for.", body = String, content_type = "text/csv"),
        (status = 400, body = ErrorBody), (status = 429, body = ErrorBody)))]
pub(super) async fn export(
    State(app): State<App>,
    Permit(by): Permit<scope::EventRead>,
    person: Option<Extension<Person>>,
    listing: Listing<Event>,
) -> Result<Response, ApiError> {
    check_organization(listing.pairs(), by.organization, person.is_some())?;
    let (own, listing) = listing.split(&OWN);
    if let Some((name, _)) = listing.pairs().all().iter().find(|(name, _)| NOT_TAKEN.contains(&name.as_str()))
    {
        return Err(bad_parameter(name, "an export does not take it: it has all events of its time"));
    }
    let given = |name: &str| own.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let format = match given("format") {
        Some("csv") => Format::Csv,
        Some("jsonl") => Format::Jsonl,
        _ => return Err(bad_parameter("format", "it takes csv or jsonl")),
    };
    let moment = |name: &str| -> Result<Option<Timestamp>, ApiError> {
        let parse = |text: &str| text.parse().map_err(|error| bad_parameter(name, error));
        given(name).map(parse).transpose()
    };
    let span = ExportSpan::new(moment("since")?, moment("until")?, app.ctx.now());
    let span = span.map_err(|invalid| bad_parameter("since", invalid))?;
    let (query, _) = listing.read(&[])?;
    let ticket = app.exports.admit(&by.identity, None).map_err(|_| too_many())?;
    let caller = stream_caller(&by, person);
    let export = Export::begin(&app.ctx, by, caller, query, span).await?;
    Ok(answer(Exporting { export, format, header: Some(header(format)), _ticket: ticket }))
}

fn too_many() -> ApiError {
    let message = "as many exports are going on as are allowed, 2 of one key or person and 8 of this server: try again when one has ended";
    let refused =
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, ErrorItem::new(ErrorCode::RateLimited, message));
    refused.retry_after(Duration::from_secs(5))
}

/// An export that is sent.
struct Exporting {
    export: Export,
    format: Format,
    /// What is sent before anything else.
    header: Option<String>,
    _ticket: Ticket<Identity>,
}

fn answer(exporting: Exporting) -> Response {
    let (kind, disposition) = match exporting.format {
        Format::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"events.csv\""),
        Format::Jsonl => ("application/jsonl", "attachment; filename=\"events.jsonl\""),
    };
    let body = stream::unfold(Some(Box::new(exporting)), async |exporting| exporting?.step().await);
    let mut response = Response::new(Body::from_stream(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn header(format: Format) -> String {
    match format {
        Format::Csv => spreadsheets::line(COLUMNS),
        Format::Jsonl => String::new(),
    }
}

/// The reason why an export was broken off, for the log. The client only notices that the connection was closed.
#[derive(Debug, thiserror::Error)]
#[error("the export of events was broken off")]
struct BrokenOff;

type Step = (Result<Bytes, BrokenOff>, Option<Box<Exporting>>);

impl Exporting {
    /// The next bytes; `None` when all events are sent.
    async fn step(mut self: Box<Self>) -> Option<Step> {
        let mut text = self.header.take().unwrap_or_default();
        match self.export.next().await {
            Ok(None) => return None,
            Ok(Some(events)) => {
                for event in events {
                    let added = shown(event).is_ok_and(|event| add(&mut text, self.format, &event).is_ok());
                    if !added {
                        return Some(broken_off("an event can't be shown"));
                    }
                }
            }
            Err(error) => return Some(broken_off(&error.to_string())),
        }
        Some((Ok(text.into()), Some(self)))
    }
}

/// An error in place of bytes closes the connection before the answer's end.
fn broken_off(why: &str) -> Step {
    tracing::info!(why, "an export of events was broken off");
    (Err(BrokenOff), None)
}

fn add(text: &mut String, format: Format, event: &api::Event) -> serde_json::Result<()> {
    match format {
        Format::Jsonl => {
            let line = serde_json::to_string(event)?;
            // Between the values of JSON, never in them.
            text.push_str(&line.replace(['\n', '\r'], " "));
            text.push('\n');
        }
        Format::Csv => {
            let optional = |value: &Option<String>| value.clone().unwrap_or_default();
            let cells = [
                event.inserted_at.clone(),
                event.kind.clone(),
                event.actor.clone(),
                event.resource_prn.clone(),
                event.data.get().to_owned(),
                optional(&event.address),
                optional(&event.request_id),
                optional(&event.caller_request_id),
                event.prn.clone(),
            ];
            text.push_str(&spreadsheets::line(cells.iter().map(String::as_str)));
        }
    }
    Ok(())
}
