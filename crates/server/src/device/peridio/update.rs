//! `GET /update`: whether there is an update for the device that asks.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use olivine_api::device::{self as api, BUNDLE_HEADER, RELEASE_HEADER, VERSION_HEADER};
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::resolution::Source;
use olivine_operations::distribution::{self, Answer, Expansion, Report};

use super::auth::Caller;
use super::error::PeridioError;
use super::manifests::as_json;
use crate::device::app::DeviceApp;
use crate::http::listing::{Expand, Pairs};
use crate::local_urls::FromElsewhere;
use crate::wire::bundle_overrides::show_bundle_override;
use crate::wire::bundles::show_bundle;
use crate::wire::cohorts::show_cohort;
use crate::wire::manifests;
use crate::wire::releases::show_release;
use crate::wire::reports::read_report;

/// What can be asked for besides the status.
const EXPANDABLE: &[&str] = &["bundle", "release", "bundle_override", "cohort", "manifest", "source_type"];

/// Those of them that are records, by their names.
const RECORDS: [(&str, Expansion); 4] = [
    ("release", Expansion::Release),
    ("bundle_override", Expansion::BundleOverride),
    ("bundle", Expansion::Bundle),
    ("cohort", Expansion::Cohort),
];

/// The longest value of a header that makes sense.
const LONGEST: usize = 256;

/// Ask for an update
///
/// Answers whether there is an update, and stores what the device runs. The device sends that in one of the three headers. If it sends
/// several, the release is used, or else the bundle, or else the version; a header that is malformed, or names nothing in the device's
/// cohort, is skipped. If the release has a numeric phase, a place in it is claimed.
#[utoipa::path(get, path = "/update", operation_id = "device_update", tag = "device", params(
    ("expand[]" = Option<Vec<String>>, Query, description = "What the answer has besides `status`: `bundle`, `release`, `bundle_override`, `cohort`, `manifest` (the files with their URLs), `source_type`."),
    ("peridio-release-prn" = Option<String>, Header, description = "The PRN of the release that the device is on."),
    ("peridio-bundle-prn" = Option<String>, Header, description = "The PRN of the bundle that the device runs."),
    ("peridio-release-version" = Option<String>, Header, description = "The version that the device runs, such as `1.0.0`.")),
    responses((status = 200, body = api::Update, description = "Whether there is an update, and which one")))]
pub(super) async fn check(
    State(app): State<DeviceApp>,
    Caller(caller): Caller,
    Wanted(wanted): Wanted,
    elsewhere: FromElsewhere,
    headers: HeaderMap,
) -> Result<Response, PeridioError> {
    let report = report(&headers, caller.device.organization);
    let records: Vec<_> =
        RECORDS.into_iter().filter(|(name, _)| wanted.wants(name)).map(|(_, record)| record).collect();
    let answer = distribution::check(app.ctx(), &caller.device, &report, &records, &caller.origin).await?;
    app.shared().local_urls.look(elsewhere, answer.manifest.as_ref().and_then(manifests::first_url));
    let manifest = wanted.wants("manifest").then(|| match &answer.manifest {
        Some(manifest) => as_json(manifest),
        None => "null".to_owned(),
    });
    let body = body(&shown(answer, &wanted), manifest.as_deref());
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

/// What was asked for with `expand[]`.
pub(super) struct Wanted(Expand);

impl FromRequestParts<DeviceApp> for Wanted {
    type Rejection = PeridioError;

    async fn from_request_parts(parts: &mut Parts, app: &DeviceApp) -> Result<Self, PeridioError> {
        let pairs = Pairs::from_request_parts(parts, app.shared()).await?;
        Ok(Self(pairs.expand(EXPANDABLE)?))
    }
}

/// What the device says that it runs.
fn report(headers: &HeaderMap, organization: Id<Organization>) -> Report {
    let text = |name| headers.get(name).map(readable);
    let (release, bundle) = (text(RELEASE_HEADER), text(BUNDLE_HEADER));
    read_report(release.as_deref(), bundle.as_deref(), text(VERSION_HEADER).as_deref(), organization)
}

/// A header's value as far as it can be shown. What can't be read, or is too long by even one character, is malformed; it is named then.
fn readable(value: &HeaderValue) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(value.as_bytes());
    match text.char_indices().nth(LONGEST + 1) {
        Some((end, _)) => Cow::Owned(text[..end].to_owned()),
        None => text,
    }
}

/// All but the manifest.
fn shown(answer: Answer, wanted: &Expand) -> api::Update {
    let Answer { status, source, expanded, .. } = answer;
    let mut update = api::Update { status: status.as_str().to_owned(), ..api::Update::default() };
    if wanted.wants("source_type") {
        let kind = source.map(|source| match source {
            Source::Release(_) => "release".to_owned(),
            Source::BundleOverride(_) => "bundle_override".to_owned(),
        });
        update.source_type = Some(kind);
    }
    if wanted.wants("release") {
        update.release = Some(expanded.release.map(|found| show_release(Arc::unwrap_or_clone(found))));
    }
    if wanted.wants("bundle_override") {
        update.bundle_override = Some(expanded.bundle_override.map(show_bundle_override));
    }
    if wanted.wants("bundle") {
        update.bundle = Some(expanded.bundle.map(|found| show_bundle(Arc::unwrap_or_clone(found))));
    }
    if wanted.wants("cohort") {
        update.cohort = Some(expanded.cohort.map(show_cohort));
    }
    update
}

/// The answer's JSON. The manifest comes as JSON already, most of it made once for all devices that get it.
fn body(update: &api::Update, manifest: Option<&str>) -> String {
    let mut json = serde_json::to_string(update).expect("an answer has no maps with odd keys");
    if let Some(manifest) = manifest {
        let end = json.pop();
        json.push_str(",\"manifest\":");
        json.push_str(manifest);
        json.extend(end);
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_passed_on_to_be_named() {
        let organization = Id::new(uuid::Uuid::from_u128(1));
        let mut headers = HeaderMap::new();
        assert_eq!(report(&headers, organization), Report::default());
        headers.insert(RELEASE_HEADER, HeaderValue::from_bytes(b"caf\xe9").unwrap());
        headers.insert(BUNDLE_HEADER, HeaderValue::from_str(&"x".repeat(LONGEST + 2)).unwrap());
        headers.insert(VERSION_HEADER, HeaderValue::from_static("1.0.0"));
        let (release, bundle) = ("caf\u{fffd}", "x".repeat(LONGEST + 1));
        let expected = read_report(Some(release), Some(&bundle), Some("1.0.0"), organization);
        assert_eq!(report(&headers, organization), expected);
    }

    #[test]
    fn the_manifest_is_put_in_as_it_is() {
        let update = api::Update { status: "update".to_owned(), ..api::Update::default() };
        assert_eq!(body(&update, None), r#"{"status":"update"}"#);
        assert_eq!(body(&update, Some("null")), r#"{"status":"update","manifest":null}"#);
        let manifest = r#"[{"size":1}]"#;
        assert_eq!(body(&update, Some(manifest)), r#"{"status":"update","manifest":[{"size":1}]}"#);
    }
}
