//! `/v1/organization`: the caller's own.

use axum::extract::State;
use olivine_api::errors::ErrorBody;
use olivine_api::organizations as api;
use olivine_domain::organizations::{DownloadUrlStyle, Organization, SignaturePolicy};
use olivine_domain::permissions::scope;
use olivine_domain::prn::Prn;
use olivine_domain::stops::Stop;
use olivine_domain::storage_backends::StorageBackend;
use olivine_operations::{organizations, stops};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::admin::stops::shown;
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, own};
use crate::http::revisions::{IfMatch, Record};
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get, update))
}

fn record(organization: &Organization, stops: &[Stop]) -> Record<api::OrganizationEnvelope> {
    let revision = organization.revision;
    let organization = api::Organization {
        prn: wire::organization(organization.id),
        name: organization.name.to_string(),
        required_signatures: organization.signature_policy.required(),
        storage_quota: organization.storage_quota,
        storage_used: organization.storage_used,
        strict_certificate_expiry: organization.strict_certificate_expiry,
        require_second_factor: organization.require_second_factor,
        storage_backend_prn: organization.storage.map(|id| id.prn(organization.id).to_string()),
        archive_storage_backend_prn: organization
            .archive_storage
            .map(|id| id.prn(organization.id).to_string()),
        download_url_seconds: organization.download_url_seconds,
        download_url_style: organization.download_url_style.as_str().to_owned(),
        stops: stops.iter().map(shown).collect(),
        inserted_at: organization.inserted_at.to_string(),
        updated_at: organization.updated_at.to_string(),
    };
    Record::found(revision, api::OrganizationEnvelope { organization })
}

/// Longer than a device takes to begin, and not longer than clouds sign for.
const LIFETIMES: std::ops::RangeInclusive<u32> = 60..=604_800;

fn lifetime(fields: &mut Fields, seconds: Option<u32>) -> Option<u32> {
    let seconds = seconds?;
    if !LIFETIMES.contains(&seconds) {
        fields.refuse("download_url_seconds", "takes 60 to 604800 seconds");
    }
    Some(seconds)
}

fn style(fields: &mut Fields, name: &str) -> Option<DownloadUrlStyle> {
    let style = DownloadUrlStyle::from_name(name);
    if style.is_none() {
        fields.refuse("download_url_style", "is one of direct, short, streamed");
    }
    style
}

/// Get the organization
///
/// Answers with the organization of the request: its settings, its quota, how much storage it uses, and which emergency stops are on.
/// Scope: `organization.read`.
#[utoipa::path(get, path = "/organization", tag = "organization",
    responses((status = 200, body = api::OrganizationEnvelope)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::OrganizationRead>,
) -> Result<Record<api::OrganizationEnvelope>, ApiError> {
    let stops = stops::list(&app.ctx, &by).await?;
    Ok(record(&organizations::get(&app.ctx, &by).await?, &stops))
}

/// Update the organization
///
/// Changes the name, the signature policy, the storage quota, the storage of new binaries, the storage of archived ones, the download URLs,
/// what happens to expired device certificates, or whether members need a second factor. A person without a second factor can't require one
/// (403 `second_factor_missing`), and an API key can't stop requiring it (403 `person_required`). With `If-Match`, the answer is 412 if
/// somebody changed the organization in between. Scope: `organization.update`.
#[utoipa::path(patch, path = "/organization", tag = "organization", request_body = api::OrganizationUpdate, responses(
    (status = 200, body = api::OrganizationEnvelope), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 412, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn update(
    State(app): State<App>,
    Permit(by): Permit<scope::OrganizationUpdate>,
    IfMatch(expected): IfMatch,
    Json(body): Json<api::OrganizationUpdate>,
) -> Result<Record<api::OrganizationEnvelope>, ApiError> {
    let mut fields = Fields::default();
    let policy = body.required_signatures.map(SignaturePolicy::new);
    let storage: Option<Option<Prn<StorageBackend>>> =
        fields.change("storage_backend_prn", body.storage_backend_prn);
    let archive: Option<Option<Prn<StorageBackend>>> =
        fields.change("archive_storage_backend_prn", body.archive_storage_backend_prn);
    let change = organizations::Change {
        name: fields.optional("name", body.name),
        signature_policy: policy.and_then(|policy| fields.take("required_signatures", policy)),
        storage_quota: body.storage_quota,
        strict_certificate_expiry: body.strict_certificate_expiry,
        require_second_factor: body.require_second_factor,
        storage: None,
        archive_storage: None,
        download_url_seconds: body.download_url_seconds.map(|seconds| lifetime(&mut fields, seconds)),
        download_url_style: body.download_url_style.and_then(|name| style(&mut fields, &name)),
    };
    let change = fields.all(Some(change))?;
    let owned = |prn: Option<Option<Prn<StorageBackend>>>| {
        prn.map(|prn| prn.map(|prn| own(prn, by.organization)).transpose()).transpose()
    };
    let (storage, archive_storage) = (owned(storage)?, owned(archive)?);
    let change = organizations::Change { storage, archive_storage, ..change };
    let organization = organizations::update(&app.ctx, &by, expected, change).await?;
    Ok(record(&organization, &stops::list(&app.ctx, &by).await?))
}
