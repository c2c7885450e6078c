//! `/v1/lookup`: finds records by a PRN, a hash, a name and the like.

use axum::extract::State;
use olivine_api::errors::ErrorBody;
use olivine_api::lookup as api;
use olivine_operations::lookup::{self, Hit, LookupText};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Caller;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::listing::{Pairs, bad_parameter};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(find))
}

/// Look records up
///
/// Finds records by one of these: a PRN; the SHA-256 of a binary or bundle; the id of a signing key; the fingerprint of a certificate, also
/// with colons; or the beginning of a name (artifacts, bundles, products, cohorts, releases), of a version (artifact versions, releases) or
/// of a device's identifier. Upper and lower case differ. The answer has at most five records of each kind, archived ones included. It has
/// records of a kind only if the caller has the read scope of that kind, such as `device.read`, and reaches them; the request itself needs
/// no scope.
#[utoipa::path(get, path = "/lookup", tag = "organization", operation_id = "lookup", params(
    ("q" = String, Query, description = "What to look up: a PRN, a hash, a key id, a fingerprint, or the beginning of a name.")),
    responses((status = 200, body = api::LookupResult), (status = 400, body = ErrorBody)))]
async fn find(
    State(app): State<App>,
    Caller(by): Caller,
    pairs: Pairs,
) -> Result<axum::Json<api::LookupResult>, ApiError> {
    let ([q], _) = pairs.selection(["q"], &[])?;
    let text: LookupText = q.unwrap_or_default().parse().map_err(|invalid| bad_parameter("q", invalid))?;
    let hits = lookup::find(&app.ctx, &by, &text).await?;
    Ok(axum::Json(api::LookupResult { hits: hits.into_iter().map(shown).collect() }))
}

fn shown(hit: Hit) -> api::Hit {
    api::Hit {
        kind: hit.kind.to_owned(),
        prn: hit.prn,
        name: hit.name,
        within_prn: hit.within,
        matched: hit.matched.as_str().to_owned(),
        archived: hit.is_archived,
    }
}
