//! `/v1/users/me`, `/v1/sign_out` and `/v1/reauthenticate`: requests of callers about themselves.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use olivine_api::errors::ErrorBody;
use olivine_api::sign_in::{Reauthenticate, SignedIn as ApiSignedIn};
use olivine_api::users as api;
use olivine_domain::memberships::Place;
use olivine_domain::passwords::Password;
use olivine_domain::permissions::{Actor, Grants};
use olivine_operations::people::sessions::{self, Reauthentication};
use olivine_operations::people::{Person, authenticators, users};
use olivine_operations::{api_keys, people};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::shapes::{of_installation, renewed, shown, with_session};
use crate::admin::auth::{Caller, SignedIn};
use crate::admin::grants::shown_grants;
use crate::app::App;
use crate::http::body::Json;
use crate::http::browsers::Transport;
use crate::http::error::ApiError;
use crate::http::fields::Fields;
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(me, rename))
        .routes(routes!(change_password))
        .routes(routes!(begin_totp, remove_totp))
        .routes(routes!(confirm_totp))
        .routes(routes!(new_recovery_codes))
        .routes(routes!(list_sessions, end_other_sessions))
        .routes(routes!(end_session))
        .routes(routes!(sign_out))
        .routes(routes!(reauthenticate))
}

/// The caller, who may be in no organization, and the transport of the request.
struct Asking {
    person: Option<Person>,
    actor: Option<Actor>,
}

impl axum::extract::FromRequestParts<App> for Asking {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut http::request::Parts, app: &App) -> Result<Self, ApiError> {
        let person = parts.extensions.get::<Person>().cloned();
        let actor = Caller::from_request_parts(parts, app).await;
        match (person, actor) {
            (None, Err(error)) => Err(error),
            // A person in no organization, or in several, gets an answer too.
            (person, actor) => Ok(Self { person, actor: actor.ok().map(|Caller(actor)| actor) }),
        }
    }
}

/// The transport of a browser's request, to set its cookie again.
struct Over(Transport);

impl axum::extract::FromRequestParts<App> for Over {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut http::request::Parts, app: &App) -> Result<Self, ApiError> {
        app.site.transport(parts).map(Self)
    }
}

/// Get the caller
///
/// Answers with the API key or the person of this request: organization, roles and scopes, expiry, and with the version of the server.
/// Every caller may use it; no scope is needed.
#[utoipa::path(get, path = "/users/me", tag = "users", responses((status = 200, body = api::MeEnvelope)))]
async fn me(State(app): State<App>, asking: Asking) -> Result<axum::Json<api::MeEnvelope>, ApiError> {
    let user = match (asking.person, asking.actor) {
        (Some(person), actor) => of_person(&app, &person, actor.as_ref()),
        (None, Some(actor)) => of_key(&app, &actor).await?,
        (None, None) => return Err(olivine_operations::Error::refused(people::PersonRequired).into()),
    };
    let server = api::ServerInfo { version: env!("CARGO_PKG_VERSION").to_owned() };
    Ok(axum::Json(api::MeEnvelope { user, server: Some(server) }))
}

async fn of_key(app: &App, actor: &Actor) -> Result<api::Me, ApiError> {
    let (key, organization) = api_keys::me(&app.ctx, actor).await?;
    Ok(api::Me {
        prn: key.id.prn(key.organization).to_string(),
        kind: Some("api_key".to_owned()),
        organization_prn: Some(wire::organization(key.organization)),
        organization_name: Some(organization.name.to_string()),
        name: key.name.to_string(),
        email: None,
        role: key.grants.role().map(|role| role.as_str().to_owned()),
        scopes: actor.scopes().map(|scope| scope.as_str().to_owned()).collect(),
        expires_at: wire::text(key.expires_at),
        is_administrator: false,
        second_factor_since: None,
        fresh_until: None,
        organizations: Vec::new(),
    })
}

fn of_person(app: &App, person: &Person, actor: Option<&Actor>) -> api::Me {
    let places = &person.places;
    let is_here = |place: &&Place| actor.is_some_and(|by| by.organization == place.membership.organization);
    let here = places.iter().find(is_here);
    let grants = here.map(|place| &place.membership.grants);
    let scopes = grants.map(|grants| grants.scopes().map(|scope| scope.as_str().to_owned()).collect());
    let limits = app.ctx.settings().sessions;
    api::Me {
        prn: wire::of_installation(person.user.id),
        kind: Some("user".to_owned()),
        organization_prn: here.map(|place| wire::organization(place.membership.organization)),
        organization_name: here.map(|place| place.organization_name.to_string()),
        name: person.user.name.to_string(),
        email: Some(person.user.email.to_string()),
        role: grants.and_then(Grants::role).map(|role| role.as_str().to_owned()),
        scopes: scopes.unwrap_or_default(),
        expires_at: Some(person.session.ends_at(&limits).to_string()),
        is_administrator: person.user.is_administrator,
        second_factor_since: wire::text(person.user.second_factor_since),
        fresh_until: Some(person.session.fresh_until().to_string()),
        organizations: places
            .iter()
            .map(|place| api::MyOrganization {
                prn: wire::organization(place.membership.organization),
                name: place.organization_name.to_string(),
                grants: shown_grants(&place.membership.grants, place.membership.organization),
                requires_second_factor: place.requires_second_factor,
            })
            .collect(),
    }
}

/// Change your name
///
/// Changes the name of the signed-in person. Needs a session, and no scope.
#[utoipa::path(patch, path = "/users/me", tag = "users", security(("session" = [])), request_body = api::MeUpdate, responses(
    (status = 200, body = api::UserEnvelope), (status = 422, body = ErrorBody)))]
async fn rename(
    State(app): State<App>,
    SignedIn(person): SignedIn,
    Json(body): Json<api::MeUpdate>,
) -> Result<axum::Json<api::UserEnvelope>, ApiError> {
    let mut fields = Fields::default();
    let name = fields.parse("name", &body.name);
    let name = fields.all(name)?;
    let user = users::rename(&app.ctx, &person, name).await?;
    Ok(axum::Json(api::UserEnvelope { user: shown(&user) }))
}

/// Change your password
///
/// Sets the password of the signed-in person. All other sessions end, and this one gets a new cookie. Needs a fresh session, and no scope.
#[utoipa::path(post, path = "/users/me/password", tag = "users", security(("session" = [])), request_body = api::PasswordChange, responses(
    (status = 200, body = ApiSignedIn), (status = 422, body = ErrorBody)))]
async fn change_password(
    State(app): State<App>,
    SignedIn(person): SignedIn,
    Over(transport): Over,
    Json(body): Json<api::PasswordChange>,
) -> Result<Response, ApiError> {
    let fresh = person.fresh(&app.ctx)?;
    let session = users::change_password(&app.ctx, fresh, &Password::typed(body.password)).await?;
    Ok(renewed(&app, transport, StatusCode::OK, &session))
}

/// Start to set up an authenticator app
///
/// Answers with a secret for the app of the signed-in person. Nothing changes until a code of the app confirms it (`POST
/// /v1/users/me/totp/confirm`). Needs a fresh session, and no scope.
#[utoipa::path(post, path = "/users/me/totp", tag = "users", security(("session" = [])), responses((status = 201, body = api::TotpBegun)))]
async fn begin_totp(State(app): State<App>, SignedIn(person): SignedIn) -> Result<Response, ApiError> {
    let begun = authenticators::begin(&app.ctx, person.fresh(&app.ctx)?).await?;
    let url = begun.secret.url("Olivine", person.user.email.as_str());
    let body = api::TotpBegun { secret: begun.secret.to_base32(), url };
    Ok((StatusCode::CREATED, axum::Json(body)).into_response())
}

/// Confirm an authenticator app
///
/// From now on, signing in needs a code of the app. Answers with recovery codes, to be used if the app is lost, and gives this session
/// a new cookie; all other sessions end. Needs a fresh session, and no scope.
#[utoipa::path(post, path = "/users/me/totp/confirm", tag = "users", security(("session" = [])), request_body = api::TotpCode, responses(
    (status = 200, body = api::RecoveryCodes), (status = 401, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn confirm_totp(
    State(app): State<App>,
    SignedIn(person): SignedIn,
    Over(transport): Over,
    Json(body): Json<api::TotpCode>,
) -> Result<Response, ApiError> {
    let confirmed = authenticators::confirm(&app.ctx, person.fresh(&app.ctx)?, &body.code).await?;
    let codes = confirmed.recovery_codes.iter().map(olivine_domain::authenticators::RecoveryCode::reveal);
    let answer = axum::Json(api::RecoveryCodes { recovery_codes: codes.collect() }).into_response();
    Ok(with_session(&app, transport, &confirmed.session, answer))
}

/// Remove your second factor
///
/// From now on, the password alone is enough to sign in. Needs a fresh session, and no scope.
#[utoipa::path(delete, path = "/users/me/totp", tag = "users", security(("session" = [])), responses((status = 204), (status = 409, body = ErrorBody)))]
async fn remove_totp(State(app): State<App>, SignedIn(person): SignedIn) -> Result<StatusCode, ApiError> {
    authenticators::remove(&app.ctx, person.fresh(&app.ctx)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make new recovery codes
///
/// Answers with new recovery codes. The old ones stop working. Needs a fresh session, and no scope.
#[utoipa::path(post, path = "/users/me/recovery_codes", tag = "users", security(("session" = [])), responses(
    (status = 201, body = api::RecoveryCodes), (status = 409, body = ErrorBody)))]
async fn new_recovery_codes(
    State(app): State<App>,
    SignedIn(person): SignedIn,
) -> Result<Response, ApiError> {
    let codes = authenticators::new_recovery_codes(&app.ctx, person.fresh(&app.ctx)?).await?;
    let recovery_codes = codes.iter().map(olivine_domain::authenticators::RecoveryCode::reveal).collect();
    Ok((StatusCode::CREATED, axum::Json(api::RecoveryCodes { recovery_codes })).into_response())
}

/// List your sessions
///
/// Answers with the browsers in which the person is signed in, the newest first. Needs a session, and no scope.
#[utoipa::path(get, path = "/users/me/sessions", tag = "users", security(("session" = [])), responses((status = 200, body = api::SessionList)))]
async fn list_sessions(
    State(app): State<App>,
    SignedIn(person): SignedIn,
) -> Result<axum::Json<api::SessionList>, ApiError> {
    let limits = app.ctx.settings().sessions;
    let sessions = sessions::list(&app.ctx, &person).await?;
    let shown = sessions.into_iter().map(|session| api::Session {
        prn: wire::of_installation(session.id),
        is_current: session.id == person.session.id,
        address: wire::text(session.address),
        has_second_factor: session.has_second_factor,
        last_seen_at: session.last_seen_at.to_string(),
        ends_at: session.ends_at(&limits).to_string(),
        inserted_at: session.inserted_at.to_string(),
        client: session.client,
    });
    Ok(axum::Json(api::SessionList { sessions: shown.collect() }))
}

/// End your other sessions
///
/// Signs the person out in all other browsers. Needs a session, and no scope.
#[utoipa::path(delete, path = "/users/me/sessions", tag = "users", security(("session" = [])), responses((status = 204)))]
async fn end_other_sessions(
    State(app): State<App>,
    SignedIn(person): SignedIn,
) -> Result<StatusCode, ApiError> {
    sessions::revoke_others(&app.ctx, &person).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End one of your sessions
///
/// Signs the person out in that browser, immediately and on all server processes. Needs a session, and no scope.
#[utoipa::path(delete, path = "/users/me/sessions/{prn}", tag = "users", security(("session" = [])), params(
    ("prn" = String, Path, description = "The PRN of the session to end.")),
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn end_session(
    State(app): State<App>,
    SignedIn(person): SignedIn,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    sessions::revoke(&app.ctx, &person, of_installation(&prn)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign out
///
/// Ends the session of this request, immediately and on all server processes. Needs a session, and no scope.
#[utoipa::path(post, path = "/sign_out", tag = "sign_in", security(("session" = [])), responses((status = 204)))]
async fn sign_out(
    State(app): State<App>,
    SignedIn(person): SignedIn,
    Over(transport): Over,
) -> Result<Response, ApiError> {
    sessions::end(&app.ctx, &person).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().append(SET_COOKIE, transport.clear_session());
    Ok(response)
}

/// Make the session fresh
///
/// Makes the session fresh for 15 minutes and gives it a new cookie. Requests that destroy binaries, or that change keys, trusted
/// certificates or people, need a fresh session. Needs a session, the password, and a code if there is a second factor; no scope.
#[utoipa::path(post, path = "/reauthenticate", tag = "sign_in", security(("session" = [])), request_body = Reauthenticate, responses(
    (status = 200, body = ApiSignedIn), (status = 401, body = ErrorBody)))]
async fn reauthenticate(
    State(app): State<App>,
    SignedIn(person): SignedIn,
    Over(transport): Over,
    Json(body): Json<Reauthenticate>,
) -> Result<Response, ApiError> {
    let shown = Reauthentication { password: Password::typed(body.password), code: body.code };
    let session = sessions::reauthenticate(&app.ctx, &person, &shown).await?;
    Ok(renewed(&app, transport, StatusCode::OK, &session))
}
