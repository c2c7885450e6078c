//! `/v1/devices/count` and `/v1/devices/facets`: how many devices a search finds, and what they have alike.

use axum::extract::State;
use olivine_api::devices as api;
use olivine_api::errors::ErrorBody;
use olivine_domain::devices::{Device, Facet};
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::scope;
use olivine_domain::prn::Id;
use olivine_domain::search::{Clause, Searchable as _};
use olivine_operations::devices::{self, Alike};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::listing::{Pairs, bad_parameter, search};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(count)).routes(routes!(facets))
}

fn clauses(text: Option<&str>) -> Result<Vec<Clause>, ApiError> {
    text.map_or(Ok(Vec::new()), |text| search(text, Device::FIELDS))
}

/// Count devices
///
/// Answers with how many devices a search finds: exactly up to 10,000; beyond that, `exact` is false and there are more than `count`. Without
/// a search, all devices are counted. A search that no index answers and that takes too long is 400 `search_too_broad`. Scope: `device.read`.
#[utoipa::path(get, path = "/devices/count", tag = "devices", params(
    ("search" = Option<String>, Query, description = "Which devices to count, in the search language of the list of devices. Default: all.")),
    responses((status = 200, body = api::DeviceCount), (status = 400, body = ErrorBody)))]
async fn count(
    State(app): State<App>,
    Permit(by): Permit<scope::DeviceRead>,
    pairs: Pairs,
) -> Result<axum::Json<api::DeviceCount>, ApiError> {
    let ([search], _) = pairs.selection(["search"], &[])?;
    let found = devices::count_matching(&app.ctx, &by, &clauses(search)?).await?;
    Ok(axum::Json(api::DeviceCount { count: found.count, exact: found.is_exact }))
}

/// Count devices by a facet
///
/// Answers with how many of the devices that a search finds have which release, tag, cohort, target, outcome or version: the 100 most common
/// values. At most 10,000 devices are looked at, the oldest first; if there are more, `exact` is false and the numbers are those of these
/// devices. All devices by cohort are counted completely. Scope: `device.read`.
#[utoipa::path(get, path = "/devices/facets", tag = "devices", params(
    ("by" = Option<String>, Query, description = "What to count by: `release` (the default), `tag`, `cohort`, `target`, `outcome` or `version`."),
    ("search" = Option<String>, Query, description = "Which devices to count, in the search language of the list of devices. Default: all.")),
    responses((status = 200, body = api::DeviceFacets), (status = 400, body = ErrorBody)))]
async fn facets(
    State(app): State<App>,
    Permit(by): Permit<scope::DeviceRead>,
    pairs: Pairs,
) -> Result<axum::Json<api::DeviceFacets>, ApiError> {
    let ([facet, search], _) = pairs.selection(["by", "search"], &[])?;
    let facet = match facet {
        Some(name) => Facet::from_name(name)
            .ok_or_else(|| bad_parameter("by", format!("it takes one of {}", Facet::NAMES.join(", "))))?,
        None => Facet::Release,
    };
    let found = devices::facets(&app.ctx, &by, facet, &clauses(search)?).await?;
    let values = found.values.into_iter();
    Ok(axum::Json(api::DeviceFacets {
        facets: values.map(|(value, devices)| shown(value, devices, by.organization)).collect(),
        more: found.has_more,
        counted: found.counted.count,
        exact: found.counted.is_exact,
    }))
}

fn shown(value: Alike, devices: u64, organization: Id<Organization>) -> api::DeviceFacet {
    let value = match value {
        Alike::Nothing => None,
        Alike::Text(text) => Some(text),
        Alike::Release(id) => Some(id.prn(organization).to_string()),
        Alike::Cohort(id) => Some(id.prn(organization).to_string()),
    };
    api::DeviceFacet { value, devices }
}
