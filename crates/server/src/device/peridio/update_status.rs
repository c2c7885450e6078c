//! `POST /update/status`: a device's report on how an update goes.

use axum::extract::{FromRequest, Request, State};
use http::StatusCode;
use olivine_api::device as api;
use olivine_domain::bundles::Bundle;
use olivine_domain::devices::UpdateStatus;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::{Id, Prn};
use olivine_domain::releases::Release;
use olivine_operations::distribution::{self, StatusReport};

use super::auth::Caller;
use super::error::PeridioError;
use crate::device::app::DeviceApp;
use crate::http::body::Json;
use crate::http::fields::{Fields, own};

/// Report how an update goes
///
/// Stores how the installation of a bundle goes: `downloading`, `installing`, `installed`, `failed` or `rolled_back`. When the answer
/// arrives, the report is stored durably. The report does not change what the device *runs*: a device says that when it asks for an update,
/// so it asks again after an installation.
#[utoipa::path(post, path = "/update/status", operation_id = "device_update_status", tag = "device", request_body = api::StatusReport,
    responses((status = 204, description = "The report is stored")))]
pub(super) async fn report(
    State(app): State<DeviceApp>,
    Caller(caller): Caller,
    request: Request,
) -> Result<StatusCode, PeridioError> {
    let Json(body) = Json::<api::StatusReport>::from_request(request, app.shared()).await?;
    let report = parse(body, caller.device.organization)?;
    distribution::report_status(app.ctx(), &caller.device, &report, &caller.origin).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn parse(body: api::StatusReport, organization: Id<Organization>) -> Result<StatusReport, PeridioError> {
    let mut fields = Fields::default();
    let bundle: Option<Prn<Bundle>> = fields.parse("bundle_prn", &body.bundle_prn);
    let release: Option<Prn<Release>> = fields.optional("release_prn", body.release_prn);
    let status = fields.take("status", UpdateStatus::from_name(&body.status).ok_or_else(known_names));
    let detail = fields.optional("detail", body.detail);
    let (bundle, status) = fields.all(bundle.zip(status))?;
    Ok(StatusReport {
        bundle: own(bundle, organization)?,
        release: release.map(|release| own(release, organization)).transpose()?,
        status,
        detail,
    })
}

fn known_names() -> String {
    format!("it is one of {}", UpdateStatus::ALL.map(UpdateStatus::as_str).join(", "))
}
