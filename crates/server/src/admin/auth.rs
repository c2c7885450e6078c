//! Authentication and permission checks. Under `/v1`, only signing in and links can be reached without a key or a session, and no operation
//! can be called without the proof of its scope.

use axum::extract::{FromRequestParts, Query, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderName;
use http::header::AUTHORIZATION;
use http::request::Parts;
use olivine_domain::permissions::{Actor, Authorized, Identity, InPart, OrganizationScope, Origin};
use olivine_operations::error::Unauthenticated;
use olivine_operations::people::sign_in::From as FromBrowser;
use olivine_operations::people::{self, Chosen, Person};
use olivine_operations::{Error, api_keys};

use crate::admin::idempotency::{self, Settled};
use crate::app::App;
use crate::http::content_types::Credentials;
use crate::http::error::ApiError;
use crate::http::lines::Known;
use crate::http::room::Place;

/// The header that names the organization for a person who is in several.
const ORGANIZATION: HeaderName = HeaderName::from_static("olivine-organization");

/// The same in the query of a stream or an export.
pub(super) const ORGANIZATION_PARAMETER: &str = "organization_prn";

/// Authenticates the caller, and attaches the [`Actor`] or the [`Person`] to the request. A key takes precedence over a cookie, even a
/// wrong key.
pub async fn authenticate(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let caller = if parts.headers.contains_key(AUTHORIZATION) {
        let actor = by_key(&app, &parts).await?;
        let caller = actor.identity;
        parts.extensions.insert(Credentials::BearerKey);
        parts.extensions.insert(actor);
        caller
    } else {
        let session = app.site.cookies(&parts).session.ok_or(Error::from(Unauthenticated::Missing))?;
        app.site.check_is_own(&parts)?;
        let person = people::authenticate(&app.ctx, &session, origin(&parts)).await?;
        let caller = Identity::User(person.user.id);
        parts.extensions.insert(Credentials::SessionCookie);
        parts.extensions.insert(person);
        caller
    };
    app.rates.admit(&caller)?;
    if let Some(place) = parts.extensions.get::<Place>().cloned() {
        place.hold_for(&app.callers, &caller).await?;
    }
    let response = next.run(Request::from_parts(parts, body)).await;
    let mut response = app.answers.hold(&caller, response);
    response.extensions_mut().insert(Known);
    Ok(response)
}

async fn by_key(app: &App, parts: &Parts) -> Result<Actor, ApiError> {
    let header = parts.headers.get(AUTHORIZATION).ok_or(Error::from(Unauthenticated::Missing))?;
    let header = header.to_str().map_err(|_| Error::from(Unauthenticated::Unknown))?;
    let (scheme, token) = header.split_once(' ').ok_or(Error::from(Unauthenticated::Missing))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Error::from(Unauthenticated::Missing).into());
    }
    Ok(api_keys::authenticate(&app.ctx, token.trim(), origin(parts)).await?)
}

fn origin(parts: &Parts) -> Origin {
    parts.extensions.get::<Origin>().cloned().unwrap_or_default()
}

/// The caller in an organization, whatever they may do there.
#[derive(Debug)]
pub struct Caller(pub Actor);

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        if let Some(actor) = parts.extensions.get::<Actor>() {
            return Ok(Self(actor.clone()));
        }
        let person = parts.extensions.get::<Person>().ok_or(Error::from(Unauthenticated::Missing))?;
        let actor = people::act_in(&app.ctx, person, &chosen(parts)?)?;
        parts.extensions.insert(actor.clone());
        Ok(Self(actor))
    }
}

/// Which organization the request names.
fn chosen(parts: &Parts) -> Result<Chosen, ApiError> {
    let Some(name) = parts.headers.get(&ORGANIZATION) else { return Ok(chosen_by_stream(parts)) };
    let name = std::str::from_utf8(name.as_bytes());
    let name = name.map_err(|_| ApiError::bad_request("olivine-organization takes a name or a PRN"))?;
    Ok(Chosen::Named(name.to_owned()))
}

/// The same of a stream or an export that a browser opens: it can't send headers.
fn chosen_by_stream(parts: &Parts) -> Chosen {
    let path = parts.uri.path();
    if !path.ends_with("/events/stream") && !path.ends_with("/events/export") {
        return Chosen::Only;
    }
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).unwrap_or_default();
    let named = pairs.0.into_iter().find(|(key, _)| key == ORGANIZATION_PARAMETER);
    named.map_or(Chosen::Only, |(_, prn)| Chosen::Named(prn))
}

/// The caller of a request that takes no scope but changes something, which with an `Idempotency-Key` is done only once.
#[derive(Debug)]
pub struct ScopeFree(pub Actor);

impl FromRequestParts<App> for ScopeFree {
    type Rejection = Settled;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Settled> {
        let Caller(actor) = Caller::from_request_parts(parts, app).await?;
        idempotency::claim(parts, app, &actor).await?;
        Ok(Self(actor))
    }
}

/// The proof that the caller has the scope `S`.
#[derive(Debug)]
pub struct Permit<S: OrganizationScope>(pub Authorized<S>);

impl<S: OrganizationScope> FromRequestParts<App> for Permit<S> {
    type Rejection = Settled;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Settled> {
        let Caller(actor) = Caller::from_request_parts(parts, app).await?;
        let authorized = actor.authorize().map_err(|refused| ApiError::from(Error::from(refused)))?;
        // Only now, because a refused request must cost nothing.
        idempotency::claim(parts, app, &actor).await?;
        Ok(Self(authorized))
    }
}

/// The proof that the caller has the scope `S`, or one that was split off from it. The operation asks for the one that the request takes.
#[derive(Debug)]
pub struct PermitPart<S: OrganizationScope>(pub InPart<S>);

impl<S: OrganizationScope> FromRequestParts<App> for PermitPart<S> {
    type Rejection = Settled;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Settled> {
        let Caller(actor) = Caller::from_request_parts(parts, app).await?;
        let some = actor.authorize_in_part().map_err(|refused| ApiError::from(Error::from(refused)))?;
        idempotency::claim(parts, app, &actor).await?;
        Ok(Self(some))
    }
}

/// A person who signed in, whether in an organization or not. No key is one.
#[derive(Debug)]
pub struct SignedIn(pub Person);

impl FromRequestParts<App> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let person = parts.extensions.get::<Person>().cloned();
        person.map(Self).ok_or_else(|| Error::refused(people::PersonRequired).into())
    }
}

/// A browser that wants to sign in, or comes with a link. It reaches this server over HTTPS or on its own machine, and a page of this server
/// made the request.
#[derive(Debug)]
pub struct Visitor {
    /// The browser.
    pub from: FromBrowser,
    /// Over what it comes.
    pub transport: crate::http::browsers::Transport,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let transport = app.site.transport(parts)?;
        app.site.check_is_own(parts)?;
        let origin = origin(parts);
        app.visitors.admit(&crate::http::rates::network(origin.address))?;
        let client = parts.headers.get(http::header::USER_AGENT).and_then(|name| name.to_str().ok());
        let (client, browser) = (client.map(str::to_owned), app.site.cookies(parts).browser);
        Ok(Self { from: FromBrowser { browser, client, origin }, transport })
    }
}
