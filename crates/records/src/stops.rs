//! Emergency stops of organizations, products and cohorts.

use olivine_domain::organizations::Organization;
use olivine_domain::permissions::RecordedIdentity;
use olivine_domain::prn::Id;
use olivine_domain::stops::{Extent, Stop};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::changes;
use crate::database::{Reader, Write};
use crate::entities::distribution::stops::{Column, Entity, Model};
use crate::error::Error;
use crate::rows::Row;

const TABLE: &str = "stops";

/// All stops of the organization, oldest first. There are at most [`olivine_domain::stops::MAX_PARTS`] and one.
pub async fn list(reader: &impl Reader, organization: Id<Organization>) -> Result<Vec<Stop>, Error> {
    let all = Entity::find()
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .order_by_asc(Column::InsertedAt)
        .order_by_asc(Column::Id);
    all.all(&reader.executor()).await?.iter().map(parse).collect()
}

/// Adds a stop of something that is not stopped.
pub async fn insert(write: &Write, stop: &Stop) -> Result<(), Error> {
    changes::insert(write, row(stop)).await
}

/// Ends a stop.
pub async fn delete(write: &Write, stop: &Stop) -> Result<(), Error> {
    let one = Entity::delete_many()
        .filter(Column::OrganizationId.eq(stop.organization.uuid()))
        .filter(Column::Id.eq(key(stop)));
    changes::delete_one(write, TABLE, one).await
}

/// Whatever is stopped has one stop.
fn key(stop: &Stop) -> Uuid {
    match stop.extent {
        Extent::Organization => stop.organization.uuid(),
        Extent::Product(id) => id.uuid(),
        Extent::Cohort(id) => id.uuid(),
    }
}

fn row(stop: &Stop) -> Model {
    Model {
        id: key(stop),
        organization_id: stop.organization.uuid(),
        product_id: stop.extent.product().map(Id::uuid),
        cohort_id: stop.extent.cohort().map(Id::uuid),
        reason: stop.reason.as_str().to_owned(),
        stopped_by_kind: stop.stopped_by.kind().to_owned(),
        stopped_by_id: stop.stopped_by.id(),
        inserted_at: stop.stopped_at.as_micros(),
    }
}

fn parse(model: &Model) -> Result<Stop, Error> {
    let row = Row::new(TABLE, model.id);
    let extent = match (model.product_id, model.cohort_id) {
        (None, None) => Extent::Organization,
        (Some(product), None) => Extent::Product(Id::new(product)),
        (None, Some(cohort)) => Extent::Cohort(Id::new(cohort)),
        (Some(_), Some(_)) => return Err(row.corrupt("cohort_id")),
    };
    Ok(Stop {
        organization: Id::new(model.organization_id),
        extent,
        reason: row.given("reason", &model.reason)?,
        stopped_by: RecordedIdentity::from_stored(&model.stopped_by_kind, model.stopped_by_id),
        stopped_at: row.moment("inserted_at", model.inserted_at)?,
    })
}
