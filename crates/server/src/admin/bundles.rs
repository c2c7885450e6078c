//! `/v1/bundles`

use std::collections::HashMap;

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::bundles as api;
use olivine_api::errors::ErrorBody;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::binaries::Binary;
use olivine_domain::bundles::Bundle;
use olivine_domain::metadata::CustomMetadata;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::{Id, Prn, Resource};
use olivine_operations::bundles::{self, BundledBinary, Ingredient, Ingredients, View};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::admin::idempotency::ForNew;
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named, own};
use crate::http::listing::{Listing, Pairs};
use crate::http::revisions::{IfMatch, Record};
use crate::wire;
use crate::wire::bundles::show_bundle;

const EXPANDABLE: &[&str] = &["binaries"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(get, update, delete))
}

fn show_binary(binary: BundledBinary, organization: Id<Organization>) -> api::BundleBinary {
    api::BundleBinary {
        prn: binary.binary.prn(organization).to_string(),
        artifact_version_prn: binary.artifact_version.prn(organization).to_string(),
        target: binary.target.to_string(),
        state: binary.state.to_string(),
        hash: binary.hash.to_string(),
        size: binary.size,
        custom_metadata: wire::metadata(binary.custom_metadata),
    }
}

/// The records of a page, with their binaries if they are wanted.
async fn shown(
    app: &App,
    by: &Authorized<scope::BundleRead>,
    bundles: Vec<Bundle>,
    with_binaries: bool,
) -> Result<Vec<api::Bundle>, ApiError> {
    if !with_binaries {
        return Ok(bundles.into_iter().map(show_bundle).collect());
    }
    let ids: Vec<_> = bundles.iter().map(|bundle| bundle.id).collect();
    let mut content: HashMap<Id<Bundle>, Vec<_>> = HashMap::new();
    for binary in bundles::content_of(&app.ctx, by, &ids).await? {
        content.entry(binary.bundle).or_default().push(show_binary(binary, by.organization));
    }
    let show = |bundle: Bundle| {
        let binaries = content.remove(&bundle.id).unwrap_or_default();
        api::Bundle { binaries: Some(binaries), ..show_bundle(bundle) }
    };
    Ok(bundles.into_iter().map(show).collect())
}

pub(super) fn record(status: StatusCode, view: View) -> Record<api::BundleEnvelope> {
    let View { bundle, binaries } = view;
    let (revision, organization) = (bundle.revision, bundle.organization);
    let binaries = binaries.into_iter().map(|binary| show_binary(binary, organization)).collect();
    let bundle = api::Bundle { binaries: Some(binaries), ..show_bundle(bundle) };
    Record { status, revision, body: api::BundleEnvelope { bundle } }
}

/// Create a bundle
///
/// Creates a bundle, a fixed set of signed binaries, and returns it. A binary that is not signed can't be in a bundle. If the name is taken,
/// the answer is 409 `name_taken`. Scope: `bundle.create`.
#[utoipa::path(post, path = "/bundles", tag = "bundles", request_body = api::BundleCreate, responses(
    (status = 201, body = api::BundleEnvelope), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    Permit(by): Permit<scope::BundleCreate>,
    id: ForNew,
    Json(body): Json<api::BundleCreate>,
) -> Result<Record<api::BundleEnvelope>, ApiError> {
    let mut fields = Fields::default();
    let name = fields.optional("name", body.name);
    let chosen = ingredients(&mut fields, body.artifact_version_prns, body.binaries);
    let ingredients = match fields.all(chosen)? {
        Chosen::ArtifactVersions(prns) => Ingredients::ArtifactVersions(all_own(prns, by.organization)?),
        Chosen::Binaries(binaries) => {
            let own = |(prn, custom_metadata)| {
                own(prn, by.organization).map(|binary| Ingredient { binary, custom_metadata })
            };
            Ingredients::Binaries(binaries.into_iter().map(own).collect::<Result<_, _>>()?)
        }
    };
    let new = bundles::Create { id: id.or_chosen(body.id), name, ingredients };
    Ok(record(StatusCode::CREATED, bundles::create(&app.ctx, &by, new).await?))
}

/// The binaries of a new bundle, by PRNs that may still turn out to belong to another organization.
enum Chosen {
    ArtifactVersions(Vec<Prn<ArtifactVersion>>),
    Binaries(Vec<(Prn<Binary>, Option<CustomMetadata>)>),
}

fn ingredients(
    fields: &mut Fields,
    versions: Option<Vec<String>>,
    binaries: Option<Vec<api::BundleBinaryCreate>>,
) -> Option<Chosen> {
    match (versions, binaries) {
        (Some(versions), None) => {
            let parsed = versions.iter().map(|prn| fields.parse("artifact_version_prns", prn));
            Some(Chosen::ArtifactVersions(parsed.collect::<Option<_>>()?))
        }
        (None, Some(binaries)) => {
            let mut parsed = Vec::with_capacity(binaries.len());
            for binary in binaries {
                let prn = fields.parse("binaries", &binary.prn);
                let custom_metadata = fields.metadata(binary.custom_metadata);
                parsed.push((prn?, custom_metadata));
            }
            Some(Chosen::Binaries(parsed))
        }
        _ => {
            fields.refuse(
                "artifact_version_prns",
                "say what the bundle is made of: either artifact_version_prns or binaries",
            );
            None
        }
    }
}

/// The keys of records that a caller named, if all are of their own organization.
pub(super) fn all_own<R: Resource>(
    prns: Vec<Prn<R>>,
    organization: Id<Organization>,
) -> Result<Vec<Id<R>>, ApiError> {
    prns.into_iter().map(|prn| own(prn, organization)).collect()
}

/// List bundles
///
/// Answers with one page of the organization's bundles. `expand[]=binaries` embeds their binaries. Scope: `bundle.read`.
#[utoipa::path(get, path = "/bundles", tag = "bundles", params(Listing<Bundle>,
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `binaries`.")),
    responses((status = 200, body = api::BundleList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::BundleRead>,
    listing: Listing<Bundle>,
) -> Result<axum::Json<api::BundleList>, ApiError> {
    let (query, expand) = listing.read(EXPANDABLE)?;
    let page = bundles::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    let bundles = shown(&app, &by, page.items, expand.wants("binaries")).await?;
    Ok(axum::Json(api::BundleList { bundles, next_page }))
}

/// Get a bundle
///
/// Answers with one bundle and all its binaries, in order. Scope: `bundle.read`.
#[utoipa::path(get, path = "/bundles/{prn}", tag = "bundles", params(
    ("prn" = String, Path, description = "The PRN of the bundle to read.")),
    responses((status = 200, body = api::BundleEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::BundleRead>,
    Path(prn): Path<String>,
    pairs: Pairs,
) -> Result<Record<api::BundleEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    pairs.expand(EXPANDABLE)?;
    Ok(record(StatusCode::OK, bundles::get(&app.ctx, &by, id).await?))
}

/// Rename a bundle
///
/// Changes or removes the bundle's name; nothing else of a bundle ever changes. With `If-Match`, the answer is 412 if somebody changed
/// the bundle in between. Scope: `bundle.update`.
#[utoipa::path(patch, path = "/bundles/{prn}", tag = "bundles", params(
    ("prn" = String, Path, description = "The PRN of the bundle to change.")),
    request_body = api::BundleUpdate, responses((status = 200, body = api::BundleEnvelope),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody),
    (status = 422, body = ErrorBody)))]
async fn update(
    State(app): State<App>,
    Permit(by): Permit<scope::BundleUpdate>,
    Path(prn): Path<String>,
    IfMatch(expected): IfMatch,
    Json(body): Json<api::BundleUpdate>,
) -> Result<Record<api::BundleEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let mut fields = Fields::default();
    let change = bundles::Change { name: fields.change("name", body.name) };
    let change = fields.all(Some(change))?;
    Ok(record(StatusCode::OK, bundles::update(&app.ctx, &by, id, expected, change).await?))
}

/// Delete a bundle
///
/// Deletes a bundle for good; its binaries stay. No release or override may use it (409 `in_use`). Scope: `bundle.delete`.
#[utoipa::path(delete, path = "/bundles/{prn}", tag = "bundles", params(
    ("prn" = String, Path, description = "The PRN of the bundle to delete.")),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn delete(
    State(app): State<App>,
    Permit(by): Permit<scope::BundleDelete>,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = named(&prn, by.organization)?;
    bundles::delete(&app.ctx, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
