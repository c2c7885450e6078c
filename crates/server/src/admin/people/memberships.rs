//! `/v1/memberships`: what people may do in the organization.

use axum::extract::{Path, State};
use olivine_api::errors::ErrorBody;
use olivine_api::memberships as api;
use olivine_domain::memberships::Membership;
use olivine_domain::permissions::scope;
use olivine_operations::people::memberships::{self, Member};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::shapes;
use crate::admin::api_keys;
use crate::admin::auth::Permit;
use crate::admin::grants::{given_grants, shown_grants};
use crate::app::App;
use crate::http::body::Json;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, named};
use crate::http::listing::Listing;
use crate::http::revisions::{IfMatch, Record};
use crate::wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get, update, delete))
}

fn shown(member: &Member) -> api::Membership {
    let Member { membership, user } = member;
    api::Membership {
        prn: membership.id.prn(membership.organization).to_string(),
        organization_prn: wire::organization(membership.organization),
        user: shapes::shown(user),
        grants: shown_grants(&membership.grants, membership.organization),
        inserted_at: membership.inserted_at.to_string(),
        updated_at: membership.updated_at.to_string(),
    }
}

fn record(member: &Member) -> Record<api::MembershipEnvelope> {
    Record::found(member.membership.revision, api::MembershipEnvelope { membership: shown(member) })
}

/// List memberships
///
/// Answers with one page of the people in the organization and what they may do. Scope: `membership.read`.
#[utoipa::path(get, path = "/memberships", tag = "memberships", params(Listing<Membership>),
    responses((status = 200, body = api::MembershipList), (status = 400, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    Permit(by): Permit<scope::MembershipRead>,
    listing: Listing<Membership>,
) -> Result<axum::Json<api::MembershipList>, ApiError> {
    let (query, _) = listing.read(&[])?;
    let page = memberships::list(&app.ctx, &by, &query).await?;
    let next_page = wire::cursor(&page);
    Ok(axum::Json(api::MembershipList { memberships: page.items.iter().map(shown).collect(), next_page }))
}

/// Get a membership
///
/// Answers with one person in the organization and what they may do. Scope: `membership.read`.
#[utoipa::path(get, path = "/memberships/{prn}", tag = "memberships", params(
    ("prn" = String, Path, description = "The PRN of the membership to read.")),
    responses((status = 200, body = api::MembershipEnvelope), (status = 404, body = ErrorBody)))]
async fn get(
    State(app): State<App>,
    Permit(by): Permit<scope::MembershipRead>,
    Path(prn): Path<String>,
) -> Result<Record<api::MembershipEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    Ok(record(&memberships::get(&app.ctx, &by, id).await?))
}

/// Change what a member may do
///
/// Replaces all grants of a membership. Callers can grant and remove only what they may do themselves (403). The last administrator of the
/// organization can't be made anything else (409 `last_admin`). Scope: `membership.update`.
#[utoipa::path(patch, path = "/memberships/{prn}", tag = "memberships", params(
    ("prn" = String, Path, description = "The PRN of the membership to change.")),
    request_body = api::MembershipUpdate, responses((status = 200, body = api::MembershipEnvelope),
    (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    (status = 412, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn update(
    State(app): State<App>,
    Permit(by): Permit<scope::MembershipUpdate>,
    Path(prn): Path<String>,
    IfMatch(expected): IfMatch,
    Json(body): Json<api::MembershipUpdate>,
) -> Result<Record<api::MembershipEnvelope>, ApiError> {
    let id = named(&prn, by.organization)?;
    let mut fields = Fields::default();
    let grants = given_grants(&mut fields, by.organization, body.grants)?;
    let grants = fields.all(grants)?;
    Ok(record(&memberships::update(&app.ctx, &by, id, expected, grants).await?))
}

/// End a membership
///
/// From now on the person can't do anything in the organization. The person's own API keys and open invitations stop working, and the
/// person's saved views are deleted. The answer names the organization's keys whose secrets the person saw. The last administrator can't
/// be removed (409 `last_admin`). Scope:
/// `membership.delete`.
#[utoipa::path(delete, path = "/memberships/{prn}", tag = "memberships", params(
    ("prn" = String, Path, description = "The PRN of the membership to end.")),
    responses((status = 200, body = api::MembershipEnded), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    (status = 409, body = ErrorBody)))]
async fn delete(
    State(app): State<App>,
    Permit(by): Permit<scope::MembershipDelete>,
    Path(prn): Path<String>,
) -> Result<axum::Json<api::MembershipEnded>, ApiError> {
    let id = named(&prn, by.organization)?;
    let left = memberships::delete(&app.ctx, &by, id).await?;
    let api_keys = left.api_keys.into_iter().map(|key| api_keys::shown(key, None)).collect();
    Ok(axum::Json(api::MembershipEnded { api_keys }))
}
