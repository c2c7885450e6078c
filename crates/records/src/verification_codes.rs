//! Verification codes: by which somebody proves to have the key of a CA certificate. Each is good once, and for a while.

use olivine_domain::Timestamp;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::database::Write;
use crate::entities::fleet::verification_codes::{Column, Entity, Model};
use crate::error::Error;

/// Adds a code that is good until `expires_at`, and takes those away that are over, of whichever organizations.
pub async fn insert(
    write: &Write,
    organization: Id<Organization>,
    code: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let over = Entity::delete_many().filter(Column::ExpiresAt.lt(now.as_micros()));
    over.exec(write.transaction()).await?;
    let row = Model {
        code: code.to_owned(),
        organization_id: organization.uuid(),
        expires_at: expires_at.as_micros(),
        used_at: None,
        inserted_at: now.as_micros(),
    };
    Entity::insert(row.into_active_model()).exec_without_returning(write.transaction()).await?;
    Ok(())
}

/// Uses a code up; `false` where the organization has no such code that is good now.
pub async fn use_up(
    write: &Write,
    organization: Id<Organization>,
    code: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let update = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::val(now.as_micros()))
        .filter(Column::Code.eq(code))
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gte(now.as_micros()));
    Ok(update.exec(write.transaction()).await?.rows_affected == 1)
}
