//! Which device asks, with refusals in the protocol's form.

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::error::PeridioError;
use crate::device::app::DeviceApp;
use crate::device::auth::{self, by_certificate};

/// The device that asks.
#[derive(Debug)]
pub(super) struct Caller(pub(super) auth::Caller);

impl FromRequestParts<DeviceApp> for Caller {
    type Rejection = PeridioError;

    async fn from_request_parts(parts: &mut Parts, app: &DeviceApp) -> Result<Self, PeridioError> {
        Ok(Self(by_certificate(parts, app).await?))
    }
}
