//! What the handlers about people share: records as they are shown, grants as they are given, and the cookies of answers.

use axum::response::{IntoResponse, Response};
use http::header::SET_COOKIE;
use http::{HeaderValue, StatusCode};
use olivine_api::sign_in::SignedIn;
use olivine_api::users as api;
use olivine_domain::prn::{Id, Prn, Resource};
use olivine_domain::users::User;
use olivine_operations::people::sessions::NewSession;
use olivine_operations::people::sign_in::Arrived;

use crate::app::App;
use crate::http::browsers::Transport;
use crate::http::error::ApiError;
use crate::wire;

pub(super) fn shown(user: &User) -> api::User {
    api::User {
        prn: wire::of_installation(user.id),
        email: user.email.to_string(),
        name: user.name.to_string(),
        is_administrator: user.is_administrator,
        second_factor_since: wire::text(user.second_factor_since),
        disabled_at: wire::text(user.disabled_at),
        inserted_at: user.inserted_at.to_string(),
        updated_at: user.updated_at.to_string(),
    }
}

/// The record of the installation that a path names.
pub(super) fn of_installation<R: Resource>(text: &str) -> Result<Id<R>, ApiError> {
    let prn = text.parse::<Prn<R>>().map_err(|problem| ApiError::bad_request(problem.to_string()))?;
    Ok(prn.id)
}

/// The answer that signs a browser in.
pub(super) fn arrived(app: &App, transport: Transport, status: StatusCode, arrived: &Arrived) -> Response {
    let mut response = renewed(app, transport, status, &arrived.session);
    response.headers_mut().append(SET_COOKIE, transport.set_browser(&arrived.browser));
    response
}

/// The answer that gives a browser a new token for its session.
pub(super) fn renewed(app: &App, transport: Transport, status: StatusCode, session: &NewSession) -> Response {
    let body =
        SignedIn { user: shown(&session.user), fresh_until: session.session.fresh_until().to_string() };
    let response = (status, axum::Json(body)).into_response();
    with_session(app, transport, session, response)
}

/// Puts a session's token into the cookies of an answer.
pub(super) fn with_session(
    app: &App,
    transport: Transport,
    session: &NewSession,
    mut response: Response,
) -> Response {
    let seconds = app.ctx.settings().sessions.longest.as_secs();
    let headers = response.headers_mut();
    headers.append(SET_COOKIE, transport.set_session(&session.token, seconds));
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
