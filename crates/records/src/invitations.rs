//! Invitations to an organization. The link's token is never stored: only its hash, by which it is found.

use olivine_domain::Timestamp;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::invitations::Invitation;
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::pages::Page;
use olivine_domain::permissions::RecordedIdentity;
use olivine_domain::prn::Id;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::changes::{self, replace};
use crate::database::{ListReader, Reader, Write};
use crate::entities::people::invitations::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::{self, ListQuery, Listed};
use crate::rows::Row;

const TABLE: &str = "invitations";

/// The invitation.
pub async fn get(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<Invitation>,
) -> Result<Invitation, Error> {
    lists::get::<Entity>(reader, organization, id).await
}

/// The invitation whose link has a token of this hash, of whichever organization.
pub async fn find_by_hash(reader: &impl Reader, hash: &Sha256Digest) -> Result<Option<Invitation>, Error> {
    let row = Entity::find().filter(Column::Hash.eq(hash.to_hex())).one(&reader.executor()).await?;
    row.as_ref().map(parse).transpose()
}

/// A page of the organization's invitations.
pub async fn list(
    reader: &impl ListReader,
    organization: Id<Organization>,
    query: &ListQuery,
) -> Result<Page<Invitation>, Error> {
    lists::page::<Entity>(reader, organization, query).await
}

/// Adds an invitation whose link has a token of this hash.
pub async fn insert(write: &Write, invitation: &Invitation, hash: &Sha256Digest) -> Result<(), Error> {
    changes::insert(write, row(invitation, hash)).await
}

/// Replaces all but the token, if nobody else did since `old`. So of several who accept one at once, one wins.
pub async fn update(write: &Write, old: &Invitation, new: &Invitation) -> Result<(), Error> {
    // An invitation's token never changes, so any hash will do that is the same in both.
    let hash = Sha256Digest::of(b"");
    replace(write, &row(old, &hash), &row(new, &hash)).await
}

/// Revokes the open invitations that somebody made in the organization; returns how many.
pub async fn revoke_those_of(
    write: &Write,
    organization: Id<Organization>,
    inviter: &RecordedIdentity,
    now: Timestamp,
) -> Result<u64, Error> {
    let update = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now.as_micros()))
        .col_expr(Column::UpdatedAt, Expr::value(now.as_micros()))
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::InvitedByKind.eq(inviter.kind()))
        .filter(Column::InvitedById.eq(inviter.id()))
        .filter(Column::AcceptedAt.is_null())
        .filter(Column::RevokedAt.is_null());
    Ok(update.exec(write.transaction()).await?.rows_affected)
}

impl Listed for Entity {
    type Item = Invitation;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const INDEXED: &'static [&'static str] = &["prn"];

    fn parse(model: &Model) -> Result<Invitation, Error> {
        parse(model)
    }

    fn place(invitation: &Invitation) -> (Timestamp, Uuid) {
        (invitation.inserted_at, invitation.id.uuid())
    }
}

fn row(invitation: &Invitation, hash: &Sha256Digest) -> Model {
    Model {
        id: invitation.id.uuid(),
        organization_id: invitation.organization.uuid(),
        email: invitation.email.as_str().to_owned(),
        grants: invitation.grants.to_string(),
        hash: hash.to_hex(),
        invited_by_kind: invitation.invited_by.kind().to_owned(),
        invited_by_id: invitation.invited_by.id(),
        expires_at: invitation.expires_at.as_micros(),
        accepted_at: invitation.accepted_at.map(Timestamp::as_micros),
        revoked_at: invitation.revoked_at.map(Timestamp::as_micros),
        revision: invitation.revision.get(),
        inserted_at: invitation.inserted_at.as_micros(),
        updated_at: invitation.updated_at.as_micros(),
    }
}

fn parse(model: &Model) -> Result<Invitation, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(Invitation {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        email: row.given("email", &model.email)?,
        grants: row.text("grants", &model.grants)?,
        invited_by: RecordedIdentity::from_stored(&model.invited_by_kind, model.invited_by_id),
        expires_at: row.moment("expires_at", model.expires_at)?,
        accepted_at: row.optional_moment("accepted_at", model.accepted_at)?,
        revoked_at: row.optional_moment("revoked_at", model.revoked_at)?,
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
