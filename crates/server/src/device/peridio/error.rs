//! The status and the code for each meaning of an error in this protocol. This is the only place that decides them.

use axum::response::{IntoResponse, Response};
use http::header::WWW_AUTHENTICATE;
use http::{Method, StatusCode, Uri};
use olivine_api::errors::{ErrorCode, ErrorItem};
use olivine_operations::Error;

use crate::device::client_certificates::HeaderProblem;
use crate::device::error::NotAdmitted;
use crate::http::error::ApiError;
use crate::http::words::{method_name, shortened};

/// An answer to a device that is not a success: with the envelope, and where nothing is special the meaning, of the Admin API.
#[derive(Debug)]
pub struct PeridioError(ApiError);

impl PeridioError {
    fn refused(status: StatusCode, code: ErrorCode, message: impl Into<String>) -> Self {
        Self(ApiError::new(status, ErrorItem::new(code, message)))
    }
}

impl From<ApiError> for PeridioError {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl From<NotAdmitted> for PeridioError {
    fn from(refusal: NotAdmitted) -> Self {
        let code = match refusal {
            NotAdmitted::Limited(error) => return Self(error),
            NotAdmitted::Unknown(error) => return error.into(),
            NotAdmitted::Header(HeaderProblem::Malformed { .. } | HeaderProblem::Chain) => {
                return Self(ApiError::bad_request(refusal.to_string()));
            }
            NotAdmitted::NoCertificate | NotAdmitted::Header(HeaderProblem::Missing { .. }) => {
                ErrorCode::CertificateMissing
            }
            NotAdmitted::CertificatesDiffer | NotAdmitted::CertificateUnreadable(_) => {
                ErrorCode::CertificateInvalid
            }
        };
        Self::refused(StatusCode::UNAUTHORIZED, code, refusal.to_string())
    }
}

impl From<Error> for PeridioError {
    fn from(error: Error) -> Self {
        // A device can't free space; it can only come back later.
        if matches!(error, Error::StorageFull) {
            let message = "the server can't write at the moment, because its disk is full: try again later";
            return Self::refused(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable, message);
        }
        Self(error.into())
    }
}

impl IntoResponse for PeridioError {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        // A device can't authenticate with an API key instead.
        response.headers_mut().remove(WWW_AUTHENTICATE);
        response
    }
}

/// For paths that do not exist.
pub async fn no_such_path(uri: Uri) -> PeridioError {
    let message = format!(
        "there is nothing at {}: devices use GET /update, POST /update/status and GET /device/me",
        shortened(uri.path())
    );
    PeridioError::refused(StatusCode::NOT_FOUND, ErrorCode::NotFound, message)
}

/// For methods that a path does not have.
pub async fn no_such_method(method: Method, uri: Uri) -> PeridioError {
    let message = format!(
        "{} can't be asked for with {}: devices use GET /update, POST /update/status and GET /device/me",
        shortened(uri.path()),
        method_name(&method)
    );
    PeridioError::refused(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::MethodNotAllowed, message)
}
