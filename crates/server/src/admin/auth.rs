//! Who calls, and whether they may. Nothing under `/v1` is reached without a key, and no operation without the proof of its scope.

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::AUTHORIZATION;
use http::request::Parts;
use olivine_domain::permissions::{Actor, Authorized, OrganizationScope, Origin};
use olivine_operations::error::Unauthenticated;
use olivine_operations::{Error, api_keys};

use crate::admin::idempotency::{self, Settled};
use crate::app::App;
use crate::http::content_types::Credentials;
use crate::http::error::ApiError;
use crate::http::lines::Known;
use crate::http::room::Place;

/// Finds out who calls, and leaves the [`Actor`] with the request.
pub async fn authenticate(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let header = request.headers().get(AUTHORIZATION).ok_or(Error::from(Unauthenticated::Missing))?;
    let header = header.to_str().map_err(|_| Error::from(Unauthenticated::Unknown))?;
    let (scheme, token) = header.split_once(' ').ok_or(Error::from(Unauthenticated::Missing))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Error::from(Unauthenticated::Missing).into());
    }
    let origin = request.extensions().get::<Origin>().cloned().unwrap_or_default();
    let actor = api_keys::authenticate(&app.ctx, token.trim(), origin).await?;
    let caller = actor.identity;
    app.rates.admit(&caller)?;
    if let Some(place) = request.extensions().get::<Place>().cloned() {
        place.hold_for(&app.callers, &caller).await?;
    }
    request.extensions_mut().insert(Credentials::BearerKey);
    request.extensions_mut().insert(actor);
    let response = next.run(request).await;
    let mut response = app.answers.hold(&caller, response);
    response.extensions_mut().insert(Known);
    Ok(response)
}

/// The caller, whatever they may do.
#[derive(Debug)]
pub struct Caller(pub Actor);

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let actor = parts.extensions.get::<Actor>().cloned();
        actor.map(Self).ok_or_else(|| Error::from(Unauthenticated::Missing).into())
    }
}

/// The proof that the caller has the scope `S`.
#[derive(Debug)]
pub struct Permit<S: OrganizationScope>(pub Authorized<S>);

impl<S: OrganizationScope> FromRequestParts<App> for Permit<S> {
    type Rejection = Settled;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Settled> {
        let Caller(actor) = Caller::from_request_parts(parts, app).await?;
        let authorized = actor.authorize().map_err(|missing| ApiError::from(Error::from(missing)))?;
        // Only now: a request that is refused must not cost anything.
        idempotency::claim(parts, app, &actor).await?;
        Ok(Self(authorized))
    }
}
