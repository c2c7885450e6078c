//! `ETag` and `If-Match`: changing a record only if it still is the one that was read.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{ETAG, HeaderValue, IF_MATCH};
use http::request::Parts;
use olivine_domain::organizations::Revision;
use serde::Serialize;

use crate::http::error::ApiError;

/// The revision that `If-Match` names; `None` where the header is absent or `*`.
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(pub Option<Revision>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(IF_MATCH) else { return Ok(Self(None)) };
        let value = value.to_str().unwrap_or_default().trim();
        if value == "*" {
            return Ok(Self(None));
        }
        let number =
            value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).and_then(|n| n.parse().ok());
        let revision = number.map(Revision::new).ok_or_else(|| {
            ApiError::bad_request("If-Match takes the ETag of one earlier answer, unchanged, or *")
        })?;
        Ok(Self(Some(revision)))
    }
}

/// An answer with one record and its `ETag`.
#[derive(Debug)]
pub struct Record<T> {
    /// 200, or 201 for a new one.
    pub status: StatusCode,
    /// The record's revision.
    pub revision: Revision,
    /// The record in its envelope.
    pub body: T,
}

impl<T> Record<T> {
    /// A record that was there.
    pub const fn found(revision: Revision, body: T) -> Self {
        Self { status: StatusCode::OK, revision, body }
    }

    /// A record that was just created.
    pub const fn created(revision: Revision, body: T) -> Self {
        Self { status: StatusCode::CREATED, revision, body }
    }
}

impl<T: Serialize> IntoResponse for Record<T> {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(self.body)).into_response();
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", self.revision.get())) {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }
}
