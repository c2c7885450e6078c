//! `/v1/binary_signatures`

use std::collections::HashMap;

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::binary_signatures as api;
use olivine_api::errors::ErrorBody;
use olivine_domain::binaries::Binary;
use olivine_domain::binary_signatures::BinarySignature;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Prn;
use olivine_domain::signing_keys::SigningKey;
use olivine_operations::binary_signatures::{self, KeyName};
use olivine_operations::{Context, binaries};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::admin::idempotency::ForNew;
use crate::admin::{binaries as shown_binaries, signing_keys};
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named, own};
use crate::http::listing::{Expand, Listing, Pairs};
use crate::wire;

const EXPANDABLE: &[&str] = &["binary", "signing_key"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(get, delete))
}

/// The records as they are shown, with what else is wanted.
async fn shown(
    ctx: &Context,
    by: &Authorized<scope::BinaryRead>,
    signatures: Vec<BinarySignature>,
    expand: &Expand,
) -> Result<Vec<api::BinarySignature>, ApiError> {
    let keys = binary_signatures::keys_of(ctx, by, &signatures).await?;
    let keys: HashMap<_, _> = keys.into_iter().map(|key| (key.id, key)).collect();
    let mut binaries = HashMap::new();
    if expand.wants("binary") {
        let mut ids: Vec<_> = signatures.iter().map(|signature| signature.binary).collect();
        ids.sort_unstable();
        ids.dedup();
        let found = binaries::get_many(ctx, by, &ids).await?;
        binaries.extend(found.into_iter().map(|view| (view.binary.id, view)));
    }
    let show = |signature: BinarySignature| {
        let key = keys.get(&signature.signing_key)?;
        let binary = binaries.get(&signature.binary).cloned();
        let mut shown = show(&signature, key);
        shown.binary = binary.map(|view| Box::new(shown_binaries::show(view)));
        shown.signing_key = expand.wants("signing_key").then(|| signing_keys::shown(key));
        Some(shown)
    };
    Ok(signatures.into_iter().filter_map(show).collect())
}

fn show(signature: &BinarySignature, key: &SigningKey) -> api::BinarySignature {
    let organization = signature.organization;
    api::BinarySignature {
        prn: signature.id.prn(organization).to_string(),
        organization_prn: wire::organization(organization),
        binary_prn: signature.binary.prn(organization).to_string(),
        signing_key_prn: signature.signing_key.prn(organization).to_string(),
        keyid: key.keyid().to_string(),
        scheme: signature.scheme.as_str().to_owned(),
        signature: signature.signature.to_string(),
        inserted_at: signature.inserted_at.to_string(),
        binary: None,
        signing_key: None,
    }
}

/// Attach a signature to a binary
///
/// Verifies the signature against the key and the binary, and attaches it. With enough signatures for the organization's policy, the
/// binary becomes `signed`. A signature that is not by this key is 422 `signature_invalid`; a disabled or revoked key is
/// `signing_key_unusable`. Scope: `binary.sign`.
#[utoipa::path(post, path = "/binary_signatures", tag = "binary_signatures",
    request_body = api::BinarySignatureCreate, responses((status = 201, body = api::BinarySignatureEnvelope),
    (status = 200, description = "This key has signed the binary already; the answer is that signature.", body = api::BinarySignatureEnvelope),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    Permit(by): Permit<scope::BinarySign>,
    id: ForNew,
    Json(body): Json<api::BinarySignatureCreate>,
) -> Result<(StatusCode, axum::Json<api::BinarySignatureEnvelope>), ApiError> {
    let mut fields = Fields::default();
    let binary: Option<Prn<Binary>> = fields.parse("binary_prn", &body.binary_prn);
    let key: Option<Prn<SigningKey>> = fields.optional("signing_key_prn", body.signing_key_prn.clone());
    let keyid = fields.optional("keyid", body.keyid.clone());
    if body.signing_key_prn.is_some() == body.keyid.is_some() {
        fields.refuse("signing_key_prn", "name the key that signed, by signing_key_prn or by keyid");
    }
    let binary = own(fields.all(binary)?, by.organization)?;
    let key = match (key, keyid) {
        (Some(prn), _) => KeyName::Id(own(prn, by.organization)?),
        (None, Some(keyid)) => KeyName::KeyId(keyid),
        (None, None) => return Err(ApiError::bad_request("no signing key was named")),
    };
    let new = binary_signatures::Create { id: id.made(), binary, key, signature: body.signature };
    let attached = binary_signatures::create(&app.ctx, &by, new).await?;
    let status = if attached.created { StatusCode::CREATED } else { StatusCode::OK };
    let binary_signature = show(&attached.signature, &attached.key);
    Ok((status, axum::Json(api::BinarySignatureEnvelope { binary_signature })))
}

/// List binary signatures
///
/// Answers with one page of the organization's signatures. `?binary_prn=` lists those of one binary. Scope: `binary.read`.
#[utoipa::path(get, path = "/binary_signatures", tag = "binary_signatures", params(Listing<BinarySignature>,
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `binary`, `signing_key`.")),
    responses((status = 200, body = api::BinarySignatureList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::BinaryRead>,
    listing: Listing<BinarySignature>,
) -> Result<axum::Json<api::BinarySignatureList>, ApiError> {
    let (query, expand) = listing.read(EXPANDABLE)?;
    let page = binary_signatures::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    let binary_signatures = shown(&app.ctx, &by, page.items, &expand).await?;
    Ok(axum::Json(api::BinarySignatureList { binary_signatures, next_page }))
}

/// Get a binary signature
///
/// Answers with one signature. Scope: `binary.read`.
#[utoipa::path(get, path = "/binary_signatures/{prn}", tag = "binary_signatures", params(
    ("prn" = String, Path, description = "The PRN of the signature to read."),
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `binary`, `signing_key`.")),
    responses((status = 200, body = api::BinarySignatureEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::BinaryRead>,
    Path(prn): Path<String>,
    pairs: Pairs,
) -> Result<axum::Json<api::BinarySignatureEnvelope>, ApiError> {
    let (id, expand) = (named(&prn, by.organization)?, pairs.expand(EXPANDABLE)?);
    let signature = binary_signatures::get(&app.ctx, &by, id).await?;
    let mut shown = shown(&app.ctx, &by, vec![signature], &expand).await?;
    Ok(axum::Json(api::BinarySignatureEnvelope { binary_signature: shown.remove(0) }))
}

/// Delete a binary signature
///
/// Removes the signature. A binary that then has too few goes back to `signable`, and releases with it are no longer delivered. Scope:
/// `binary.sign`.
#[utoipa::path(delete, path = "/binary_signatures/{prn}", tag = "binary_signatures", params(
    ("prn" = String, Path, description = "The PRN of the signature to delete.")),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn delete(
    State(app): State<App>,
    Permit(by): Permit<scope::BinarySign>,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = named(&prn, by.organization)?;
    binary_signatures::delete(&app.ctx, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
