//! Outcomes: each device's last report on each release that it was to install.
//!
//! The database keeps the newest one of a device in the device's own row as well (a trigger of migration 0012), where lists find it.

use olivine_domain::devices::{Device, Outcome, UpdateStatus};
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::text::Description;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, JoinType, QueryFilter, QuerySelect, Select,
};

use crate::database::{Reader, Write};
use crate::entities::distribution::device_outcomes::{Column, Entity, Model};
use crate::entities::fleet::devices;
use crate::error::Error;
use crate::lists::{MOST_IDS, steady};
use crate::rows::{Row, owned};

const TABLE: &str = "device_outcomes";

/// What a device said of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// How the update went.
    pub outcome: Outcome,
    /// The text that the device sent with the report.
    pub detail: Option<Description>,
}

/// What a device last said of a release.
pub async fn find(
    reader: &impl Reader,
    organization: Id<Organization>,
    device: Id<Device>,
    release: Id<Release>,
) -> Result<Option<Said>, Error> {
    let row = Entity::find().filter(of(organization, device)).filter(Column::ReleaseId.eq(release.uuid()));
    row.one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// What each of these devices said last, of whichever release; in no particular order.
pub async fn newest(
    reader: &impl Reader,
    organization: Id<Organization>,
    devices: &[Id<Device>],
) -> Result<Vec<(Id<Device>, Said)>, Error> {
    let mut all = Vec::new();
    for devices in devices.chunks(MOST_IDS) {
        for row in newest_of(organization, devices).all(&reader.executor()).await? {
            all.push((Id::new(row.device_id), parse(&row)?));
        }
    }
    Ok(all)
}

pub(crate) fn newest_of(organization: Id<Organization>, devices: &[Id<Device>]) -> Select<Entity> {
    let newest = Entity::belongs_to(devices::Entity)
        .from((Column::DeviceId, Column::ReleaseId))
        .to((devices::Column::Id, devices::Column::OutcomeReleaseId));
    Entity::find()
        .join(JoinType::InnerJoin, newest.into())
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(devices::Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::DeviceId.is_in(steady(devices).map(Id::uuid)))
}

/// Records a device's report on a release; returns the report before. The same status without a text keeps the earlier text. Callers that
/// count by the difference must hold the device's lock.
pub async fn set(
    write: &Write,
    organization: Id<Organization>,
    device: Id<Device>,
    outcome: &Outcome,
    detail: Option<&Description>,
) -> Result<Option<UpdateStatus>, Error> {
    let previous = Entity::find()
        .filter(of(organization, device))
        .filter(Column::ReleaseId.eq(outcome.release.uuid()))
        .lock_exclusive();
    let previous = previous.one(write.transaction()).await?.as_ref().map(parse).transpose()?;
    let before = previous.as_ref().map(|said| said.outcome.status);
    let kept = previous.filter(|said| said.outcome.status == outcome.status).and_then(|said| said.detail);
    let row = Model {
        device_id: device.uuid(),
        release_id: outcome.release.uuid(),
        organization_id: organization.uuid(),
        status: outcome.status.as_str().to_owned(),
        updated_at: outcome.at.as_micros(),
        detail: owned(detail.or(kept.as_ref()), Description::as_str),
    };
    let again = OnConflict::columns([Column::DeviceId, Column::ReleaseId])
        .update_columns([Column::Status, Column::UpdatedAt, Column::Detail])
        .to_owned();
    let insert = Entity::insert(row.into_active_model()).on_conflict(again);
    insert.exec_without_returning(write.transaction()).await?;
    Ok(before)
}

/// Forgets all that a device said, which is about to be deleted; returns it.
pub async fn forget_device(
    write: &Write,
    organization: Id<Organization>,
    device: Id<Device>,
) -> Result<Vec<(Id<Release>, UpdateStatus)>, Error> {
    let rows = Entity::find().filter(of(organization, device)).all(write.transaction()).await?;
    let said =
        rows.iter().map(parse).map(|said| said.map(|said| (said.outcome.release, said.outcome.status)));
    let said = said.collect();
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

fn parse(row: &Model) -> Result<Said, Error> {
    let of_device = Row::new(TABLE, row.device_id);
    let outcome = Outcome {
        status: of_device.known("status", UpdateStatus::from_name(&row.status))?,
        release: Id::new(row.release_id),
        at: of_device.moment("updated_at", row.updated_at)?,
    };
    let detail = of_device.optional("detail", row.detail.as_deref())?;
    Ok(Said { outcome, detail })
}
