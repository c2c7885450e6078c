//! What status and code an error's meaning has for a device. Nowhere else.

use axum::response::{IntoResponse, Response};
use http::header::WWW_AUTHENTICATE;
use http::{Method, StatusCode, Uri};
use olivine_api::errors::{ErrorCode, ErrorItem};
use olivine_operations::Error;

use super::client_certificates::HeaderProblem;
use crate::http::error::ApiError;
use crate::http::words::{method_name, shortened};

/// An answer to a device that is not a success: with the envelope, and where nothing is special the meaning, of the Admin API.
#[derive(Debug)]
pub struct DeviceError(ApiError);

impl DeviceError {
    /// The request can't be read.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self(ApiError::bad_request(message))
    }

    /// Neither the connection nor a trusted proxy has a certificate.
    pub fn certificate_missing() -> Self {
        let message =
            "the connection has no client certificate: connect with the device's certificate and key";
        Self::refused(StatusCode::UNAUTHORIZED, ErrorCode::CertificateMissing, message)
    }

    /// A trusted proxy says nothing of a certificate, or not where it is looked for.
    fn header_missing(problem: &HeaderProblem) -> Self {
        let begin = "the connection comes from an address in device.trusted_proxies, but";
        let message = if matches!(problem, HeaderProblem::Missing { instead: Some(_), .. }) {
            format!("{begin} {problem}")
        } else {
            format!(
                "{begin} {problem}: either the client showed the proxy no certificate, or the proxy does not end TLS; in the latter case the \
                 server's operator has to take it out of device.trusted_proxies"
            )
        };
        Self::refused(StatusCode::UNAUTHORIZED, ErrorCode::CertificateMissing, message)
    }

    /// The connection proved another certificate than the one in the header.
    pub fn certificates_differ() -> Self {
        let message = "the connection's own client certificate is another than the one in the header that is for proxies \
                       (device.client_certificate_header): behind a proxy that ends TLS, the proxy must show no certificate of its own; \
                       without one, leave the header out";
        Self::refused(StatusCode::UNAUTHORIZED, ErrorCode::CertificateInvalid, message)
    }

    /// A trusted proxy's certificate is none.
    pub fn certificate_invalid(problem: &str) -> Self {
        let message = format!("the client certificate can't be read: {problem}");
        Self::refused(StatusCode::UNAUTHORIZED, ErrorCode::CertificateInvalid, message)
    }

    fn refused(status: StatusCode, code: ErrorCode, message: impl Into<String>) -> Self {
        Self(ApiError::new(status, ErrorItem::new(code, message)))
    }
}

impl From<ApiError> for DeviceError {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl From<HeaderProblem> for DeviceError {
    fn from(problem: HeaderProblem) -> Self {
        match problem {
            HeaderProblem::Missing { .. } => Self::header_missing(&problem),
            HeaderProblem::Malformed { .. } | HeaderProblem::Chain => Self::bad_request(problem.to_string()),
        }
    }
}

impl From<Error> for DeviceError {
    fn from(error: Error) -> Self {
        // A device can't free space; it can only come back later.
        if matches!(error, Error::StorageFull) {
            let message = "the server can't write at the moment, because its disk is full: try again later";
            return Self::refused(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable, message);
        }
        Self(error.into())
    }
}

impl IntoResponse for DeviceError {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        // A device can't make up for it with a key.
        response.headers_mut().remove(WWW_AUTHENTICATE);
        response
    }
}

/// For paths that do not exist.
pub(super) async fn no_such_path(uri: Uri) -> DeviceError {
    let message = format!(
        "there is nothing at {}: devices use GET /update, POST /update/status and GET /device/me",
        shortened(uri.path())
    );
    DeviceError::refused(StatusCode::NOT_FOUND, ErrorCode::NotFound, message)
}

/// For methods that a path does not have.
pub(super) async fn no_such_method(method: Method, uri: Uri) -> DeviceError {
    let message = format!(
        "{} can't be asked for with {}: devices use GET /update, POST /update/status and GET /device/me",
        shortened(uri.path()),
        method_name(&method)
    );
    DeviceError::refused(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::MethodNotAllowed, message)
}
