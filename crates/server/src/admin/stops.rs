//! `/v1/organization/stop` and `/v1/organization/resume`: the emergency stop.

use axum::extract::State;
use olivine_api::errors::ErrorBody;
use olivine_api::organizations as api;
use olivine_domain::cohorts::Cohort;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::scope;
use olivine_domain::prn::{Id, Prn};
use olivine_domain::products::Product;
use olivine_domain::stops::Stop;
use olivine_operations::stops::{self, Extent};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, own};
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(stop)).routes(routes!(resume))
}

/// A stop as the API shows it.
pub(super) fn shown(stop: &Stop) -> api::Stop {
    let Stop { organization, extent, .. } = *stop;
    api::Stop {
        product_prn: wire::text(extent.product().map(|id| id.prn(organization))),
        cohort_prn: wire::text(extent.cohort().map(|id| id.prn(organization))),
        reason: stop.reason.to_string(),
        stopped_by: stop.stopped_by.name(organization),
        stopped_at: stop.stopped_at.to_string(),
    }
}

fn list(stops: &[Stop]) -> axum::Json<api::StopList> {
    axum::Json(api::StopList { stops: stops.iter().map(shown).collect() })
}

/// What a body names: at most one product or cohort.
struct Named {
    product: Option<Prn<Product>>,
    cohort: Option<Prn<Cohort>>,
}

impl Named {
    fn read(fields: &mut Fields, product: Option<String>, cohort: Option<String>) -> Self {
        if product.is_some() && cohort.is_some() {
            fields.refuse("cohort_prn", "name a product or a cohort, not both");
        }
        Self {
            product: fields.optional("product_prn", product),
            cohort: fields.optional("cohort_prn", cohort),
        }
    }

    fn extent(self, organization: Id<Organization>) -> Result<Extent, ApiError> {
        Ok(match (self.product, self.cohort) {
            (Some(product), _) => Extent::Product(own(product, organization)?),
            (None, Some(cohort)) => Extent::Cohort(own(cohort, organization)?),
            (None, None) => Extent::Organization,
        })
    }
}

/// Stop distribution
///
/// Begins an emergency stop: all devices of the organization, of one product or of one cohort get `no_update`, whether from releases or
/// from bundle overrides. It holds on all server processes within a second. Nothing else changes: releases, phases and claims stay as they
/// are. Devices that have downloaded an update already may go on to install it. Several stops can be on at the same time, and each is ended
/// separately. Repeating a stop changes nothing. Scope: `release.stop`, which `release.update` includes.
#[utoipa::path(post, path = "/organization/stop", tag = "organization", request_body = api::StopCreate, responses(
    (status = 200, body = api::StopList), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn stop(
    State(app): State<App>,
    Permit(by): Permit<scope::ReleaseStop>,
    Json(body): Json<api::StopCreate>,
) -> Result<axum::Json<api::StopList>, ApiError> {
    let mut fields = Fields::default();
    let named = Named::read(&mut fields, body.product_prn, body.cohort_prn);
    let reason = fields.parse("reason", &body.reason);
    let reason = fields.all(reason)?;
    let extent = named.extent(by.organization)?;
    Ok(list(&stops::stop(&app.ctx, &by, extent, reason).await?))
}

/// Resume distribution
///
/// Ends the emergency stop of the organization, of one product or of one cohort, and answers with the stops that are still on. Its devices
/// then get the updates of their releases and bundle overrides again. Resuming something that is not stopped changes nothing. Scope:
/// `release.update`.
#[utoipa::path(post, path = "/organization/resume", tag = "organization", request_body = api::StopEnd, responses(
    (status = 200, body = api::StopList), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn resume(
    State(app): State<App>,
    Permit(by): Permit<scope::ReleaseUpdate>,
    Json(body): Json<api::StopEnd>,
) -> Result<axum::Json<api::StopList>, ApiError> {
    let mut fields = Fields::default();
    let named = Named::read(&mut fields, body.product_prn, body.cohort_prn);
    let named = fields.all(Some(named))?;
    let extent = named.extent(by.organization)?;
    Ok(list(&stops::resume(&app.ctx, &by, extent).await?))
}
