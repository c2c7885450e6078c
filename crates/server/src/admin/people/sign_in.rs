//! `/v1/sign_in`, `/v1/setup` and `/v1/password_resets`: for people who have no session yet.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use olivine_api::errors::ErrorBody;
use olivine_api::sign_in as api;
use olivine_domain::invitations::LinkToken;
use olivine_domain::passwords::Password;
use olivine_operations::Error;
use olivine_operations::people::refusals::LinkRefused;
use olivine_operations::people::set_up;
use olivine_operations::people::sign_in::{self, SignIn, SignedIn};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::shapes::arrived;
use crate::admin::auth::Visitor;
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::Fields;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(methods))
        .routes(routes!(sign_in))
        .routes(routes!(second_factor))
        .routes(routes!(set_up))
        .routes(routes!(reset_password))
}

/// The token of a link; one of another form is refused as one that was used.
pub(super) fn token(text: &str) -> Result<LinkToken, ApiError> {
    LinkToken::parse(text.trim()).ok_or_else(|| Error::refused(LinkRefused).into())
}

/// Get the ways to sign in
///
/// Answers with the ways to sign in, and with whether the installation still has to be set up. No scope is needed.
#[utoipa::path(get, path = "/sign_in/methods", tag = "sign_in", security(()), responses((status = 200, body = api::SignInMethods)))]
async fn methods(State(app): State<App>) -> Result<axum::Json<api::SignInMethods>, ApiError> {
    let setup_needed = !set_up::is_done(&app.ctx).await?;
    Ok(axum::Json(api::SignInMethods { password: true, setup_needed }))
}

/// Sign in
///
/// Begins a session: the answer sets a cookie that scripts can't read. If the account has a second factor, the answer is 202 with a
/// token for `POST /v1/sign_in/second_factor`. A wrong address and a wrong password get the same answer (401 `sign_in_failed`); after
/// several failures the next try has to wait (429). Needs the header `olivine-console: 1` and no scope.
#[utoipa::path(post, path = "/sign_in", tag = "sign_in", security(()), request_body = api::SignIn, responses(
    (status = 200, body = api::SignedIn), (status = 202, body = api::SecondFactorNeeded),
    (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
async fn sign_in(
    State(app): State<App>,
    visitor: Visitor,
    Json(body): Json<api::SignIn>,
) -> Result<Response, ApiError> {
    let shown = SignIn { email: body.email, password: Password::typed(body.password), from: visitor.from };
    match sign_in::sign_in(&app.ctx, shown).await? {
        SignedIn::Done(new) => Ok(arrived(&app, visitor.transport, StatusCode::OK, &new)),
        SignedIn::SecondFactor(token) => {
            let body = api::SecondFactorNeeded { second_factor_token: token.reveal().to_owned() };
            Ok((StatusCode::ACCEPTED, axum::Json(body)).into_response())
        }
    }
}

/// Sign in with a second factor
///
/// Begins a session with the code of an authenticator app, or with a recovery code. Send it within five minutes after
/// `POST /v1/sign_in`; each code works once. Needs the header `olivine-console: 1` and no scope.
#[utoipa::path(post, path = "/sign_in/second_factor", tag = "sign_in", security(()), request_body = api::SecondFactor, responses(
    (status = 200, body = api::SignedIn), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
async fn second_factor(
    State(app): State<App>,
    visitor: Visitor,
    Json(body): Json<api::SecondFactor>,
) -> Result<Response, ApiError> {
    let token = token(&body.second_factor_token)?;
    let new = sign_in::second_factor(&app.ctx, &token, &body.code, &visitor.from).await?;
    Ok(arrived(&app, visitor.transport, StatusCode::OK, &new))
}

/// Set the installation up
///
/// Creates the first person and signs the person in. The request takes the token of the link that the server wrote into its data folder
/// (`setup-link`). The person administers the installation and its first organization. This works only once (409 `setup_done`). Needs the
/// header `olivine-console: 1` and no scope.
#[utoipa::path(post, path = "/setup", tag = "sign_in", security(()), request_body = api::SetUp, responses(
    (status = 201, body = api::SignedIn), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody),
    (status = 422, body = ErrorBody)))]
async fn set_up(
    State(app): State<App>,
    visitor: Visitor,
    Json(body): Json<api::SetUp>,
) -> Result<Response, ApiError> {
    let token = token(&body.token)?;
    let mut fields = Fields::default();
    let (name, email) = (fields.parse("name", &body.name), fields.parse("email", &body.email));
    let (name, email) = fields.all(name.zip(email))?;
    let new = set_up::SetUp { token, name, email, password: Password::typed(body.password) };
    let new = set_up::complete(&app.ctx, new, &visitor.from).await?;
    Ok(arrived(&app, visitor.transport, StatusCode::CREATED, &new))
}

/// Choose a new password by a link
///
/// Sets the password of the account that the link is for, once. All sessions and personal API keys of the account end, and nobody is
/// signed in; a second factor stays. Needs the header `olivine-console: 1` and no scope.
#[utoipa::path(post, path = "/password_resets/complete", tag = "sign_in", security(()), request_body = api::PasswordReset, responses(
    (status = 204), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn reset_password(
    State(app): State<App>,
    visitor: Visitor,
    Json(body): Json<api::PasswordReset>,
) -> Result<StatusCode, ApiError> {
    let (token, password) = (token(&body.token)?, Password::typed(body.password));
    set_up::reset_password(&app.ctx, &token, &password, &visitor.from).await?;
    Ok(StatusCode::NO_CONTENT)
}
