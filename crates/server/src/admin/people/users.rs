//! `/v1/users`: accounts.

use axum::extract::{FromRequestParts, Path, State};
use http::StatusCode;
use http::request::Parts;
use olivine_api::errors::ErrorBody;
use olivine_api::sign_in::Link;
use olivine_api::users as api;
use olivine_domain::invitations::RESET_LASTS;
use olivine_domain::permissions::scope;
use olivine_domain::users::User;
use olivine_operations::people::{AccountCaller, Person, users};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::shapes::{of_installation, shown};
use crate::admin::auth::{Permit, SignedIn};
use crate::admin::link_base::LinkBase;
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::Fields;
use crate::http::listing::Listing;
use crate::http::revisions::{IfMatch, Record};
use crate::setup_link::link;
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get, update, delete))
        .routes(routes!(make_reset_link))
        .routes(routes!(remove_second_factor))
}

fn record(user: &User) -> Record<api::UserEnvelope> {
    Record::found(user.revision, api::UserEnvelope { user: shown(user) })
}

/// List users
///
/// Answers with one page of the users who are members of the organization. Scope: `user.read`.
#[utoipa::path(get, path = "/users", tag = "users", params(Listing<User>),
    responses((status = 200, body = api::UserList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::UserRead>,
    listing: Listing<User>,
) -> Result<axum::Json<api::UserList>, ApiError> {
    let (query, _) = listing.read(&[])?;
    let page = users::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    Ok(axum::Json(api::UserList { users: page.items.iter().map(shown).collect(), next_page }))
}

/// Get a user
///
/// Answers with one user who is a member of the organization; any other user is 404. Scope: `user.read`.
#[utoipa::path(get, path = "/users/{prn}", tag = "users", params(
    ("prn" = String, Path, description = "The PRN of the user to read.")),
    responses((status = 200, body = api::UserEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::UserRead>,
    Path(prn): Path<String>,
) -> Result<Record<api::UserEnvelope>, ApiError> {
    Ok(record(&users::get(&app.ctx, &by, of_installation(&prn)?).await?))
}

/// The person who changes an account, with the person's permission in the organization, if there is one.
struct Administrator {
    person: Person,
    by: Option<olivine_domain::permissions::Authorized<scope::UserUpdate>>,
}

impl FromRequestParts<App> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let SignedIn(person) = SignedIn::from_request_parts(parts, app).await?;
        // An administrator of the installation needs to be in no organization.
        let caller = crate::admin::auth::Caller::from_request_parts(parts, app).await;
        let by = match caller.map(|caller| caller.0.authorize::<scope::UserUpdate>()) {
            Ok(Ok(by)) => Some(by),
            Ok(Err(refused)) if !person.user.is_administrator => {
                return Err(olivine_operations::Error::from(refused).into());
            }
            Err(refused) if !person.user.is_administrator => return Err(refused),
            _ => None,
        };
        Ok(Self { person, by })
    }
}

impl Administrator {
    fn caller(&self, app: &App) -> Result<AccountCaller<'_>, ApiError> {
        Ok(AccountCaller::Person(self.person.fresh(&app.ctx)?, self.by.as_deref()))
    }
}

/// Change a user
///
/// Renames an account, disables it or enables it again. The caller must be a person with a fresh session who administers the installation, or
/// has the scope `user.update` while the account is in no other organization (403 `not_your_account`). Scope: `user.update`.
#[utoipa::path(patch, path = "/users/{prn}", tag = "users", security(("session" = [])), params(
    ("prn" = String, Path, description = "The PRN of the user to change.")),
    request_body = api::UserUpdate, responses((status = 200, body = api::UserEnvelope),
    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 412, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn update(
    State(app): State<App>,
    administrator: Administrator,
    Path(prn): Path<String>,
    IfMatch(expected): IfMatch,
    Json(body): Json<api::UserUpdate>,
) -> Result<Record<api::UserEnvelope>, ApiError> {
    let mut fields = Fields::default();
    let change = users::Update { name: fields.optional("name", body.name), disabled: body.disabled };
    let change = fields.all(Some(change))?;
    let by = administrator.caller(&app)?;
    Ok(record(&users::update(&app.ctx, &by, of_installation(&prn)?, expected, change).await?))
}

/// Delete a user
///
/// Deletes an account with its memberships, sessions and personal API keys; what the person did stays in the audit trail. *Change a user*
/// says who may do this. Scope: `user.update`.
#[utoipa::path(delete, path = "/users/{prn}", tag = "users", security(("session" = [])), params(
    ("prn" = String, Path, description = "The PRN of the user to delete.")),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn delete(
    State(app): State<App>,
    administrator: Administrator,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    users::delete(&app.ctx, &administrator.caller(&app)?, of_installation(&prn)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a link to choose a new password
///
/// Answers with a link for a person who forgot the password. It works once, for a day, and stops working if the person joins or leaves an
/// organization. *Change a user* says who may do this. Scope: `user.update`.
#[utoipa::path(post, path = "/users/{prn}/reset_link", tag = "users", security(("session" = [])), params(
    ("prn" = String, Path, description = "The PRN of the user who forgot a password.")),
    responses((status = 201, body = Link), (status = 404, body = ErrorBody)))]
async fn make_reset_link(
    State(app): State<App>,
    administrator: Administrator,
    Path(prn): Path<String>,
    request: LinkBase,
) -> Result<(StatusCode, axum::Json<Link>), ApiError> {
    let token =
        users::make_reset_link(&app.ctx, &administrator.caller(&app)?, of_installation(&prn)?).await?;
    let expires_at = app.ctx.now().plus(RESET_LASTS).to_string();
    Ok((
        StatusCode::CREATED,
        axum::Json(Link { url: link(&request.0, "reset-password", &token), expires_at }),
    ))
}

/// Remove a user's second factor
///
/// For a person who lost the authenticator app and the recovery codes: from now on the password alone is enough. All sessions of the
/// account end. *Change a user* says who may do this. Scope: `user.update`.
#[utoipa::path(delete, path = "/users/{prn}/second_factor", tag = "users", security(("session" = [])), params(
    ("prn" = String, Path, description = "The PRN of the user who lost a second factor.")),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn remove_second_factor(
    State(app): State<App>,
    administrator: Administrator,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    users::remove_second_factor(&app.ctx, &administrator.caller(&app)?, of_installation(&prn)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
