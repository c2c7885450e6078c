//! `/v1/ca_certificates`

use axum::extract::{Path, State};
use http::StatusCode;
use olivine_api::ca_certificates as api;
use olivine_api::errors::ErrorBody;
use olivine_domain::ca_certificates::{CaCertificate, Jitp};
use olivine_domain::certificates::{Certificate, IdentifierSource};
use olivine_domain::cohorts::Cohort;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::scope;
use olivine_domain::prn::{Id, Prn};
use olivine_domain::products::Product;
use olivine_domain::text::Description;
use olivine_domain::{Target, tags::Tags};
use olivine_operations::ca_certificates;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::auth::Permit;
use crate::admin::devices::tags;
use crate::admin::idempotency::ForNew;
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named, own};
use crate::http::listing::Listing;
use crate::http::revisions::{IfMatch, Record};
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(create_verification_code))
        .routes(routes!(get, update, delete))
}

/// The record as it is shown.
fn shown(certificate: CaCertificate) -> api::CaCertificate {
    let (organization, facts) = (certificate.organization, certificate.certificate.facts());
    api::CaCertificate {
        prn: certificate.id.prn(organization).to_string(),
        organization_prn: wire::organization(organization),
        description: wire::text(certificate.description),
        fingerprint: facts.fingerprint.to_hex(),
        subject: facts.subject.clone(),
        serial: facts.serial.clone(),
        not_before: facts.not_before.to_string(),
        not_after: facts.not_after.to_string(),
        certificate: certificate.certificate.pem(),
        warnings: warnings(&certificate.certificate),
        jitp: certificate.jitp.map(|jitp| shown_jitp(jitp, organization)),
        renewals: certificate.renewals.to_string(),
        inserted_at: certificate.inserted_at.to_string(),
        updated_at: certificate.updated_at.to_string(),
    }
}

/// Why it could not be registered today.
fn warnings(certificate: &Certificate) -> Vec<String> {
    let checks = [certificate.check_form(), certificate.check_authority(0)];
    let mut warnings: Vec<_> =
        checks.into_iter().filter_map(Result::err).map(|unfit| unfit.to_string()).collect();
    warnings.dedup();
    warnings
}

fn shown_jitp(jitp: Jitp, organization: Id<Organization>) -> api::Jitp {
    api::Jitp {
        product_prn: jitp.product.prn(organization).to_string(),
        cohort_prn: wire::text(jitp.cohort.map(|cohort| cohort.prn(organization))),
        tags: jitp.tags.iter().map(str::to_owned).collect(),
        description: wire::text(jitp.description),
        target: wire::text(jitp.target),
        identifier_from: Some(jitp.identifier.to_string()),
    }
}

fn record(status: StatusCode, certificate: CaCertificate) -> Record<api::CaCertificateEnvelope> {
    let revision = certificate.revision;
    Record { status, revision, body: api::CaCertificateEnvelope { ca_certificate: shown(certificate) } }
}

/// The provisioning settings as they were sent, before the product and cohort are looked up.
struct GivenJitp {
    product: Option<Prn<Product>>,
    cohort: Option<Prn<Cohort>>,
    tags: Option<Tags>,
    description: Option<Description>,
    target: Option<Target>,
    identifier: Option<IdentifierSource>,
}

impl GivenJitp {
    fn read(fields: &mut Fields, jitp: api::Jitp) -> Self {
        Self {
            product: fields.parse("jitp.product_prn", &jitp.product_prn),
            cohort: fields.optional("jitp.cohort_prn", jitp.cohort_prn),
            tags: tags(fields, "jitp.tags", &jitp.tags),
            description: fields.optional("jitp.description", jitp.description),
            target: fields.optional("jitp.target", jitp.target),
            identifier: fields.optional("jitp.identifier_from", jitp.identifier_from),
        }
    }

    /// The settings, if there are any; to be asked for once it is known that no field was refused.
    fn of(given: Option<Self>, organization: Id<Organization>) -> Result<Option<Jitp>, ApiError> {
        let Some(given) = given else { return Ok(None) };
        let Some((product, tags)) = given.product.zip(given.tags) else { return Ok(None) };
        Ok(Some(Jitp {
            product: own(product, organization)?,
            cohort: given.cohort.map(|cohort| own(cohort, organization)).transpose()?,
            tags,
            target: given.target,
            identifier: given.identifier.unwrap_or_default(),
            description: given.description,
        }))
    }
}

/// Create a verification code
///
/// Answers with a code that works for one week. To prove that you have a private key, put the code into the common name of a certificate
/// and sign that with the key. Scope: `ca_certificate.create`.
#[utoipa::path(post, path = "/ca_certificates/verification_codes", tag = "ca_certificates",
    responses((status = 201, body = api::VerificationCode)))]
async fn create_verification_code(
    State(app): State<App>,
    Permit(by): Permit<scope::CaCertificateCreate>,
) -> Result<(StatusCode, axum::Json<api::VerificationCode>), ApiError> {
    let new = ca_certificates::create_verification_code(&app.ctx, &by).await?;
    let (verification_code, expires_at) = (new.code, new.expires_at.to_string());
    Ok((StatusCode::CREATED, axum::Json(api::VerificationCode { verification_code, expires_at })))
}

/// Register a CA certificate
///
/// Registers a certificate authority whose devices may connect, after checking the proof that you have its key. With `jitp`, devices are
/// created when they first connect. A certificate that is registered already is 409 `certificate_taken`. Scope: `ca_certificate.create`.
#[utoipa::path(post, path = "/ca_certificates", tag = "ca_certificates",
    request_body = api::CaCertificateCreate, responses((status = 201, body = api::CaCertificateEnvelope),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    Permit(by): Permit<scope::CaCertificateCreate>,
    id: ForNew,
    Json(body): Json<api::CaCertificateCreate>,
) -> Result<Record<api::CaCertificateEnvelope>, ApiError> {
    let mut fields = Fields::default();
    let certificate = fields.take("certificate", Certificate::from_text(&body.certificate));
    let proof = Certificate::from_text(&body.verification_certificate);
    let proof = fields.take("verification_certificate", proof);
    let description = fields.optional("description", body.description);
    let jitp = body.jitp.map(|jitp| GivenJitp::read(&mut fields, jitp));
    let renewals = fields.optional("renewals", body.renewals);
    let (certificate, verification_certificate) = fields.all(certificate.zip(proof))?;
    let new = ca_certificates::Create {
        id: id.made(),
        certificate,
        verification_certificate,
        description,
        jitp: GivenJitp::of(jitp, by.organization)?,
        renewals: renewals.unwrap_or_default(),
    };
    Ok(record(StatusCode::CREATED, ca_certificates::create(&app.ctx, &by, new).await?))
}

/// List CA certificates
///
/// Answers with one page of the organization's CA certificates. Scope: `ca_certificate.read`.
#[utoipa::path(get, path = "/ca_certificates", tag = "ca_certificates", params(Listing<CaCertificate>),
    responses((status = 200, body = api::CaCertificateList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::CaCertificateRead>,
    listing: Listing<CaCertificate>,
) -> Result<axum::Json<api::CaCertificateList>, ApiError> {
    let (query, _) = listing.read(&[])?;
    let page = ca_certificates::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    let ca_certificates = page.items.into_iter().map(shown).collect();
    Ok(axum::Json(api::CaCertificateList { ca_certificates, next_page }))
}

/// Get a CA certificate
///
/// Answers with one CA certificate and its provisioning settings. Scope: `ca_certificate.read`.
#[utoipa::path(get, path = "/ca_certificates/{prn}", tag = "ca_certificates", params(
    ("prn" = String, Path, description = "The PRN of the CA certificate to read.")),
    responses((status = 200, body = api::CaCertificateEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::CaCertificateRead>,
    Path(prn): Path<String>,
) -> Result<Record<api::CaCertificateEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    Ok(record(StatusCode::OK, ca_certificates::get(&app.ctx, &by, id).await?))
}

/// Update a CA certificate
///
/// Changes the description, the provisioning and the renewals. The change applies to devices that connect from now on. With `If-Match`, the
/// answer is 412 if somebody changed the CA certificate in between. Scope: `ca_certificate.update`.
#[utoipa::path(patch, path = "/ca_certificates/{prn}", tag = "ca_certificates", params(
    ("prn" = String, Path, description = "The PRN of the CA certificate to change.")),
    request_body = api::CaCertificateUpdate, responses((status = 200, body = api::CaCertificateEnvelope),
    (status = 404, body = ErrorBody), (status = 412, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn update(
    State(app): State<App>,
    Permit(by): Permit<scope::CaCertificateUpdate>,
    Path(prn): Path<String>,
    IfMatch(expected): IfMatch,
    Json(body): Json<api::CaCertificateUpdate>,
) -> Result<Record<api::CaCertificateEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let mut fields = Fields::default();
    let description = fields.change("description", body.description);
    let jitp = body.jitp.map(|jitp| jitp.map(|jitp| GivenJitp::read(&mut fields, jitp)));
    let renewals = fields.optional("renewals", body.renewals);
    fields.all(Some(()))?;
    let jitp = jitp.map(|jitp| GivenJitp::of(jitp, by.organization)).transpose()?;
    let change = ca_certificates::Change { description, jitp, renewals };
    Ok(record(StatusCode::OK, ca_certificates::update(&app.ctx, &by, id, expected, change).await?))
}

/// Delete a CA certificate
///
/// New devices of this CA are refused from now on. Devices that it provisioned stay, and can still connect. Scope:
/// `ca_certificate.delete`.
#[utoipa::path(delete, path = "/ca_certificates/{prn}", tag = "ca_certificates", params(
    ("prn" = String, Path, description = "The PRN of the CA certificate to delete.")),
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn delete(
    State(app): State<App>,
    Permit(by): Permit<scope::CaCertificateDelete>,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = named(&prn, by.organization)?;
    ca_certificates::delete(&app.ctx, &by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
