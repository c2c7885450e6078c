//! Outcomes: each device's last word on each release that it was to install.

use olivine_domain::Timestamp;
use olivine_domain::devices::{Device, UpdateStatus};
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use crate::database::{Reader, Write};
use crate::entities::distribution::device_outcomes::{Column, Entity, Model};
use crate::error::Error;
use crate::rows::Row;

const TABLE: &str = "device_outcomes";

/// What a device last said of a release.
pub async fn find(
    reader: &impl Reader,
    organization: Id<Organization>,
    device: Id<Device>,
    release: Id<Release>,
) -> Result<Option<UpdateStatus>, Error> {
    let row = Entity::find().filter(of(organization, device)).filter(Column::ReleaseId.eq(release.uuid()));
    row.one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// Notes what a device says of a release; returns what it said before. Whoever counts by the difference holds the device's lock.
pub async fn set(
    write: &Write,
    organization: Id<Organization>,
    device: Id<Device>,
    release: Id<Release>,
    status: UpdateStatus,
    now: Timestamp,
) -> Result<Option<UpdateStatus>, Error> {
    let previous = Entity::find()
        .filter(of(organization, device))
        .filter(Column::ReleaseId.eq(release.uuid()))
        .lock_exclusive();
    let previous = previous.one(write.transaction()).await?.as_ref().map(parse).transpose()?;
    let row = Model {
        device_id: device.uuid(),
        release_id: release.uuid(),
        organization_id: organization.uuid(),
        status: status.as_str().to_owned(),
        updated_at: now.as_micros(),
    };
    let again = OnConflict::columns([Column::DeviceId, Column::ReleaseId])
        .update_columns([Column::Status, Column::UpdatedAt])
        .to_owned();
    let insert = Entity::insert(row.into_active_model()).on_conflict(again);
    insert.exec_without_returning(write.transaction()).await?;
    Ok(previous)
}

/// Forgets all that a device said, which is about to be deleted; returns it.
pub async fn forget_device(
    write: &Write,
    organization: Id<Organization>,
    device: Id<Device>,
) -> Result<Vec<(Id<Release>, UpdateStatus)>, Error> {
    let rows = Entity::find().filter(of(organization, device)).all(write.transaction()).await?;
    let said = rows.iter().map(|row| Ok((Id::new(row.release_id), parse(row)?))).collect();
    if !rows.is_empty() {
        Entity::delete_many().filter(of(organization, device)).exec(write.transaction()).await?;
    }
    said
}

fn of(organization: Id<Organization>, device: Id<Device>) -> Condition {
    Condition::all()
        .add(Column::DeviceId.eq(device.uuid()))
        .add(Column::OrganizationId.eq(organization.uuid()))
}

fn parse(row: &Model) -> Result<UpdateStatus, Error> {
    Row::new(TABLE, row.device_id).known("status", UpdateStatus::from_name(&row.status))
}
