//! `/v1/invitations`: who may join the organization.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, extract::FromRequestParts};
use http::StatusCode;
use http::request::Parts;
use olivine_api::errors::ErrorBody;
use olivine_api::invitations as api;
use olivine_domain::invitations::{Invitation, LinkToken};
use olivine_domain::passwords::Password;
use olivine_domain::permissions::scope;
use olivine_operations::people::invitations::{self, Newcomer, Shown};
use olivine_operations::people::{self};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::shapes::arrived;
use super::sign_in::token;
use crate::admin::auth::{Permit, Visitor};
use crate::admin::grants::{given_grants, shown_grants};
use crate::admin::idempotency::{ForNew, Secret};
use crate::admin::link_base::LinkBase;
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named};
use crate::http::listing::Listing;
use crate::http::revisions::Record;
use crate::setup_link::link;
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(get, revoke))
}

/// For a person who comes with a link.
pub(super) fn open_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(look)).routes(routes!(accept))
}

fn shown(invitation: &Invitation, made: Option<(&str, &LinkToken)>) -> api::Invitation {
    api::Invitation {
        prn: invitation.id.prn(invitation.organization).to_string(),
        organization_prn: wire::organization(invitation.organization),
        email: invitation.email.to_string(),
        grants: shown_grants(&invitation.grants, invitation.organization),
        invited_by: invitation.invited_by.name(invitation.organization),
        expires_at: invitation.expires_at.to_string(),
        accepted_at: wire::text(invitation.accepted_at),
        revoked_at: wire::text(invitation.revoked_at),
        inserted_at: invitation.inserted_at.to_string(),
        updated_at: invitation.updated_at.to_string(),
        url: made.map(|(base, token)| link(base, "invitation", token)),
    }
}

/// Invite a person
///
/// Makes an invitation for one e-mail address, and answers with its link in `url`. The link is shown only this once and works for three
/// days: pass it on to the person. Callers can grant only what they may do themselves (403). The answer does not depend on whether there is
/// an account with this address. Scope: `invitation.create`.
#[utoipa::path(post, path = "/invitations", tag = "invitations", request_body = api::InvitationCreate, responses(
    (status = 201, body = api::InvitationEnvelope), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    Permit(by): Permit<scope::InvitationCreate>,
    id: ForNew,
    LinkBase(base): LinkBase,
    Json(body): Json<api::InvitationCreate>,
) -> Result<Response, ApiError> {
    let mut fields = Fields::default();
    let email = fields.parse("email", &body.email);
    let grants = given_grants(&mut fields, by.organization, body.grants)?;
    let (email, grants) = fields.all(email.zip(grants))?;
    let new = invitations::Create { id: id.made(), email, grants };
    let created = invitations::create(&app.ctx, &by, new).await?;
    let made = created.token.as_ref().map(|token| (base.as_str(), token));
    let invitation = shown(&created.invitation, made);
    let body = api::InvitationEnvelope { invitation };
    Ok((Extension(Secret), Record::created(created.invitation.revision, body)).into_response())
}

/// List invitations
///
/// Answers with one page of the organization's invitations, also accepted and revoked ones, without their links. Scope: `invitation.read`.
#[utoipa::path(get, path = "/invitations", tag = "invitations", params(Listing<Invitation>),
    responses((status = 200, body = api::InvitationList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::InvitationRead>,
    listing: Listing<Invitation>,
) -> Result<axum::Json<api::InvitationList>, ApiError> {
    let (query, _) = listing.read(&[])?;
    let page = invitations::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    let invitations = page.items.iter().map(|invitation| shown(invitation, None)).collect();
    Ok(axum::Json(api::InvitationList { invitations, next_page }))
}

/// Get an invitation
///
/// Answers with one invitation, without its link. Scope: `invitation.read`.
#[utoipa::path(get, path = "/invitations/{prn}", tag = "invitations", params(
    ("prn" = String, Path, description = "The PRN of the invitation to read.")),
    responses((status = 200, body = api::InvitationEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::InvitationRead>,
    Path(prn): Path<String>,
) -> Result<Record<api::InvitationEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let found = invitations::get(&app.ctx, &by, id).await?;
    Ok(Record::found(found.revision, api::InvitationEnvelope { invitation: shown(&found, None) }))
}

/// Revoke an invitation
///
/// The invitation's link is refused from now on. Revoking one that was accepted changes nothing. Scope: `invitation.revoke`.
#[utoipa::path(delete, path = "/invitations/{prn}", tag = "invitations", params(
    ("prn" = String, Path, description = "The PRN of the invitation to revoke.")),
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn revoke(
    State(app): State<App>,
    Permit(by): Permit<scope::InvitationRevoke>,
    Path(prn): Path<String>,
) -> Result<StatusCode, ApiError> {
    invitations::revoke(&app.ctx, &by, named(&prn, by.organization)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Get an invitation by its link
///
/// Answers with the organization and the grants of the invitation that a link is for. The link still works afterwards. Needs the header
/// `olivine-console: 1` and no scope.
#[utoipa::path(post, path = "/invitations/look", tag = "invitations", security(()), request_body = api::InvitationToken, responses(
    (status = 200, body = api::InvitationShown), (status = 403, body = ErrorBody)))]
async fn look(
    State(app): State<App>,
    _visitor: Visitor,
    Json(body): Json<api::InvitationToken>,
) -> Result<axum::Json<api::InvitationShown>, ApiError> {
    let Shown { invitation, organization } = invitations::look(&app.ctx, &token(&body.token)?).await?;
    Ok(axum::Json(api::InvitationShown {
        email: invitation.email.to_string(),
        organization_name: organization.to_string(),
        grants: shown_grants(&invitation.grants, invitation.organization),
        expires_at: invitation.expires_at.to_string(),
    }))
}

/// The session of the person who comes with a link, if there is one.
struct MaybeSignedIn(Option<people::Person>);

impl FromRequestParts<App> for MaybeSignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Some(session) = app.site.cookies(parts).session else { return Ok(Self(None)) };
        let origin = parts.extensions.get().cloned().unwrap_or_default();
        Ok(Self(Some(people::authenticate(&app.ctx, &session, origin).await?)))
    }
}

/// Accept an invitation
///
/// With `name` and `password`, it creates an account, makes it a member of the organization, and signs the browser in. Without them, the
/// signed-in person becomes a member: the session must be fresh, and the account must have the invited address. An invitation can be
/// accepted once. Needs the header `olivine-console: 1` and no scope.
#[utoipa::path(post, path = "/invitations/accept", tag = "invitations", security(()), request_body = api::InvitationAccept, responses(
    (status = 201, body = olivine_api::sign_in::SignedIn), (status = 204), (status = 403, body = ErrorBody),
    (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn accept(
    State(app): State<App>,
    visitor: Visitor,
    MaybeSignedIn(person): MaybeSignedIn,
    Json(body): Json<api::InvitationAccept>,
) -> Result<Response, ApiError> {
    let token = token(&body.token)?;
    match (body.name, body.password) {
        (Some(name), Some(password)) => {
            let mut fields = Fields::default();
            let name = fields.parse("name", &name);
            let new = Newcomer { name: fields.all(name)?, password: Password::typed(password) };
            let new = invitations::accept_as_newcomer(&app.ctx, &token, new, &visitor.from).await?;
            Ok(arrived(&app, visitor.transport, StatusCode::CREATED, &new))
        }
        (None, None) => {
            let person = person.ok_or_else(|| olivine_operations::Error::refused(people::SessionEnded))?;
            invitations::accept_as_user(&app.ctx, &token, person.fresh(&app.ctx)?).await?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => {
            let mut fields = Fields::default();
            fields.refuse(
                "name",
                "a new account takes both a name and a password; who is signed in sends neither",
            );
            Err(fields.all::<()>(None).err().unwrap_or_else(|| ApiError::bad_request("name and password")))
        }
    }
}
