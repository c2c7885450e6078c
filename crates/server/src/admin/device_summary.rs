//! `/v1/devices/summary`: how many devices run which version.

use std::collections::HashMap;

use axum::extract::State;
use olivine_api::devices as api;
use olivine_api::errors::ErrorBody;
use olivine_domain::devices::UpdateStatus;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::scope;
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_operations::devices::{self, Counts, Selection};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::admin::{cohorts, products};
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::fields::named;
use crate::http::listing::Pairs;
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(summary))
}

/// Count devices by version
///
/// Answers with how many devices of each product last reported which version, and how many have which outcome. This reads an index of all
/// devices that are counted; if that takes too long, the answer is 400 `search_too_broad`: then count those of one product or one cohort.
/// Scope: `device.read`.
#[utoipa::path(get, path = "/devices/summary", tag = "devices", params(
    ("product_prn" = Option<String>, Query, description = "The PRN of a product: only its devices are counted."),
    ("cohort_prn" = Option<String>, Query, description = "The PRN of a cohort: only its devices are counted."),
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `product`.")),
    responses((status = 200, body = api::DeviceSummary), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn summary(
    State(app): State<App>,
    Permit(by): Permit<scope::DeviceRead>,
    pairs: Pairs,
) -> Result<axum::Json<api::DeviceSummary>, ApiError> {
    let ([product, cohort], expand) = pairs.selection(["product_prn", "cohort_prn"], &["product"])?;
    let selection = Selection {
        product: product.map(|prn| named(prn, by.organization)).transpose()?,
        cohort: cohort.map(|prn| named(prn, by.organization)).transpose()?,
    };
    let counts = devices::counts(&app.ctx, &by, selection).await?;
    let mut of_products = HashMap::new();
    if expand.wants("product") {
        let ids = counts.products.iter().map(|(product, _)| *product);
        of_products = cohorts::products_of(&app.ctx, &by, ids).await?;
    }
    Ok(axum::Json(shown(counts, of_products, by.organization)))
}

fn shown(
    counts: Counts,
    mut of_products: HashMap<Id<Product>, Product>,
    organization: Id<Organization>,
) -> api::DeviceSummary {
    let listed: u64 = counts.versions.iter().map(|version| version.devices).sum();
    let known: u64 = counts.outcomes.iter().sum();
    let with_outcome = UpdateStatus::NAMES.into_iter().zip(counts.outcomes);
    let with_outcome = with_outcome
        .map(|(name, devices)| api::OutcomeCount { outcome: Some(name.to_owned()), devices })
        .chain([api::OutcomeCount { outcome: None, devices: counts.devices.saturating_sub(known) }]);
    let mut versions: HashMap<Id<Product>, Vec<api::VersionCount>> = HashMap::new();
    for counted in counts.versions {
        let (version, devices, failed) = (wire::text(counted.version), counted.devices, counted.failed);
        versions.entry(counted.product).or_default().push(api::VersionCount { version, devices, failed });
    }
    let of_product = |(id, devices): (Id<Product>, u64)| api::ProductCount {
        product_prn: id.prn(organization).to_string(),
        devices,
        versions: versions.remove(&id).unwrap_or_default(),
        product: of_products.remove(&id).map(products::shown),
    };
    let mut products: Vec<_> = counts.products.into_iter().map(of_product).collect();
    products.sort_by(|a, b| name(a).cmp(&name(b)));
    api::DeviceSummary {
        devices: counts.devices,
        outcomes: with_outcome.collect(),
        products,
        unlisted: counts.devices.saturating_sub(listed),
    }
}

fn name(of: &api::ProductCount) -> Option<&str> {
    of.product.as_ref().map(|product| product.name.as_str())
}
