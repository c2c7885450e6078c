//! The address of this server as far as it follows from a request: the beginning of links.

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::app::App;

/// What links begin with.
pub(super) struct LinkBase(pub(super) String);

impl FromRequestParts<App> for LinkBase {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self(app.site.url(parts)))
    }
}
