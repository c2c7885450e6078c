//! The protocol's OpenAPI document, at `/v1/openapi-devices.json` of the Admin API's listener: the listener for devices serves devices only.

use http::StatusCode;
use olivine_api::errors::ErrorBody;
use utoipa::openapi::security::SecurityScheme;
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi, ToSchema as _};

use super::{me, update, update_status};
use crate::openapi::{examples, operations};

const INTRODUCTION: &str = include_str!("introduction.md");

/// Names and statuses of failures, what they mean, and whether only a request with a body can have them.
const FAILURES: &[(&str, StatusCode, &str, bool)] = &[
    (
        "DeviceBadRequest",
        StatusCode::BAD_REQUEST,
        "The path, the query, a header or the body can't be read",
        false,
    ),
    (
        "DeviceUnauthenticated",
        StatusCode::UNAUTHORIZED,
        "The device showed no client certificate, or one that belongs to no device; the code says which",
        false,
    ),
    (
        "DeviceForbidden",
        StatusCode::FORBIDDEN,
        "The certificate is of a registered CA, but it is not accepted; the message says why",
        false,
    ),
    (
        "DeviceNotFound",
        StatusCode::NOT_FOUND,
        "The bundle or the release is not one of the device's organization",
        true,
    ),
    (
        "DeviceRequestTimeout",
        StatusCode::REQUEST_TIMEOUT,
        "The body did not arrive within 30 seconds (`limits.request_seconds`): send the report again",
        true,
    ),
    ("DevicePayloadTooLarge", StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 64 KiB", true),
    (
        "DeviceUnsupportedMediaType",
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "The body has another content type than JSON",
        true,
    ),
    (
        "DeviceInvalid",
        StatusCode::UNPROCESSABLE_ENTITY,
        "A value is not valid; there is one error for each field",
        true,
    ),
    (
        "DeviceTooManyRequests",
        StatusCode::TOO_MANY_REQUESTS,
        "This device, or all devices together, send more requests than the server takes: try again after `Retry-After` seconds",
        false,
    ),
    (
        "DeviceHeadersTooLarge",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The header section is larger than 32 KiB",
        false,
    ),
    (
        "DeviceUnavailable",
        StatusCode::SERVICE_UNAVAILABLE,
        "The server can't answer now: its database or a storage is down, full or misconfigured, or it can't be sure that its records are up to \
         date (code `stale`). Try again after `Retry-After` seconds",
        false,
    ),
];

#[derive(Debug, OpenApi)]
#[openapi(
    info(title = "Olivine Device API"),
    paths(update::check, update_status::report, me::me),
    components(schemas(ErrorBody)),
    tags((name = "device", description = "What a device asks for, and what it reports.")),
    modifiers(&Frame),
    security(("client_certificate" = []))
)]
struct Base;

struct Frame;

impl Modify for Frame {
    fn modify(&self, document: &mut Document) {
        document.info.description = Some(INTRODUCTION.to_owned());
        let components = document.components.get_or_insert_default();
        let description = "Mutual TLS, with a certificate that the server knows or whose CA is registered";
        let scheme = SecurityScheme::MutualTls {
            description: Some(description.to_owned()),
            deprecated: None,
            extensions: None,
        };
        components.add_security_scheme("client_certificate", scheme);
        for (name, _, says, _) in FAILURES {
            let errors = ContentBuilder::new().schema(Some(Ref::from_schema_name(ErrorBody::name())));
            let response = ResponseBuilder::new().description(*says);
            let response = response.content("application/json", errors.build()).build();
            components.responses.insert((*name).to_owned(), RefOr::T(response));
        }
        for (_, operation) in document.paths.paths.values_mut().flat_map(operations) {
            let takes_body = operation.request_body.is_some();
            for (name, status, ..) in FAILURES.iter().filter(|(.., with_body)| takes_body || !with_body) {
                let failure = Ref::from_response_name(*name).into();
                operation.responses.responses.insert(status.as_str().to_owned(), failure);
            }
        }
        examples::add(document);
    }
}

/// The document that describes the protocol.
#[must_use]
pub fn document() -> Document {
    Base::openapi()
}
