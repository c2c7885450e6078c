//! `/v1/device_certificates`

use std::collections::HashMap;

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::device_certificates as api;
use olivine_api::errors::ErrorBody;
use olivine_domain::certificates::Certificate;
use olivine_domain::device_certificates::DeviceCertificate;
use olivine_domain::devices::Device;
use olivine_domain::permissions::{Actor, scope};
use olivine_domain::prn::{Id, Prn};
use olivine_operations::{Context, device_certificates};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::admin::idempotency::ForNew;
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named, own};
use crate::http::listing::{Listing, Pairs};
use crate::wire;
use crate::wire::devices::show_device;

const EXPANDABLE: &[&str] = &["device"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(get, delete))
}

/// The records as they are shown, with their devices if they are wanted.
async fn shown(
    ctx: &Context,
    by: &Actor,
    certificates: Vec<DeviceCertificate>,
    with_devices: bool,
) -> Result<Vec<api::DeviceCertificate>, ApiError> {
    let mut devices: HashMap<Id<Device>, Device> = HashMap::new();
    if with_devices {
        let found = device_certificates::devices_of(ctx, by, &certificates).await?;
        devices.extend(found.into_iter().map(|device| (device.id, device)));
    }
    let show = |certificate: &DeviceCertificate| {
        let device = devices.get(&certificate.device).cloned();
        api::DeviceCertificate { device: device.map(show_device), ..show(certificate) }
    };
    Ok(certificates.iter().map(show).collect())
}

/// The record by itself.
fn show(certificate: &DeviceCertificate) -> api::DeviceCertificate {
    let (organization, facts) = (certificate.organization, certificate.certificate.facts());
    api::DeviceCertificate {
        prn: certificate.id.prn(organization).to_string(),
        organization_prn: wire::organization(organization),
        device_prn: certificate.device.prn(organization).to_string(),
        ca_certificate_prn: wire::text(certificate.ca_certificate.map(|ca| ca.prn(organization))),
        proof: wire::text(certificate.proof),
        fingerprint: facts.fingerprint.to_hex(),
        subject: facts.subject.clone(),
        serial: facts.serial.clone(),
        not_before: facts.not_before.to_string(),
        not_after: facts.not_after.to_string(),
        certificate: certificate.certificate.pem(),
        warnings: certificate.certificate.weakness().iter().map(ToString::to_string).collect(),
        inserted_at: certificate.inserted_at.to_string(),
        device: None,
    }
}

/// Register a certificate for a device
///
/// The device can connect with the certificate from now on, also if it was removed before. A certificate is public, so registering it
/// proves nothing: several organizations can register the same one. Among them, the first with a proof counts (a verification
/// certificate, or a registered CA that signed it); without any proof, the first one. Scope: `device_certificate.create`.
#[utoipa::path(post, path = "/device_certificates", tag = "device_certificates",
    request_body = api::DeviceCertificateCreate, responses((status = 201, body = api::DeviceCertificateEnvelope),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    Permit(by): Permit<scope::DeviceCertificateCreate>,
    id: ForNew,
    Json(body): Json<api::DeviceCertificateCreate>,
) -> Result<(StatusCode, axum::Json<api::DeviceCertificateEnvelope>), ApiError> {
    let mut fields = Fields::default();
    let device: Option<Prn<Device>> = fields.parse("device_prn", &body.device_prn);
    let certificate = fields.take("certificate", Certificate::from_text(&body.certificate));
    let proof = body.verification_certificate.as_deref().map(Certificate::from_text);
    let proof = proof.and_then(|proof| fields.take("verification_certificate", proof));
    let (device, certificate) = fields.all(device.zip(certificate))?;
    let device = own(device, by.organization)?;
    let new =
        device_certificates::Create { id: id.made(), device, certificate, verification_certificate: proof };
    let certificate = device_certificates::create(&app.ctx, &by, new).await?;
    let body = api::DeviceCertificateEnvelope { device_certificate: show(&certificate) };
    Ok((StatusCode::CREATED, axum::Json(body)))
}

/// List device certificates
///
/// Answers with one page of the organization's device certificates. `?device_prn=` lists those of one device. Scope:
/// `device_certificate.read`.
#[utoipa::path(get, path = "/device_certificates", tag = "device_certificates", params(Listing<DeviceCertificate>,
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `device`.")),
    responses((status = 200, body = api::DeviceCertificateList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::DeviceCertificateRead>,
    listing: Listing<DeviceCertificate>,
) -> Result<axum::Json<api::DeviceCertificateList>, ApiError> {
    let (query, expand) = listing.read(EXPANDABLE)?;
    let page = device_certificates::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    let device_certificates = shown(&app.ctx, &by, page.items, expand.wants("device")).await?;
    Ok(axum::Json(api::DeviceCertificateList { device_certificates, next_page }))
}

/// Get a device certificate
///
/// Answers with one device certificate. `expand[]=device` embeds its device. Scope: `device_certificate.read`.
#[utoipa::path(get, path = "/device_certificates/{prn}", tag = "device_certificates",
    params(
    ("prn" = String, Path, description = "The PRN of the device certificate to read."),
    ("expand[]" = Option<Vec<String>>, Query, description = "Related records to embed in the answer: `device`.")),
    responses((status = 200, body = api::DeviceCertificateEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::DeviceCertificateRead>,
    Path(prn): Path<String>,
    pairs: Pairs,
) -> Result<axum::Json<api::DeviceCertificateEnvelope>, ApiError> {
    let (id, expand) = (named(&prn, by.organization)?, pairs.expand(EXPANDABLE)?);
    let certificate = device_certificates::get(&app.ctx, &by, id).await?;
    let mut shown = shown(&app.ctx, &by, vec![certificate], expand.wants("device")).await?;
    Ok(axum::Json(api::DeviceCertificateEnvelope { device_certificate: shown.remove(0) }))
}

/// Remove a device certificate
///
/// The device can no longer authenticate with this certificate, effective immediately, also on open connections. Provisioning does not
/// bring it back; registering it again does. Scope: `device_certificate.delete`.
#[utoipa::path(delete, path = "/device_certificates/{prn}", tag = "device_certificates",
    params(
    ("prn" = String, Path, description = "The PRN of the device certificate to remove.")),
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn delete(
    State(app): State<App>,
    Permit(by): Permit<scope::DeviceCertificateDelete>,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = named(&prn, by.organization)?;
    device_certificates::delete(&app.ctx, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
