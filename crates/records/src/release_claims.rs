//! Claims: which devices have a place in the phase of a release, and how many. Never more than the limit, however many ask at once.

use olivine_domain::Timestamp;
use olivine_domain::devices::Device;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
    UpdateMany,
};
use uuid::Uuid;

use crate::database::{Reader, Write};
use crate::entities::distribution::release_claims::{Column, Entity, Model};
use crate::entities::distribution::releases;
use crate::error::Error;
use crate::lists::{self, MOST_IDS};
use crate::rows::stored;

/// When the device claimed the release, if it did.
pub async fn find(
    reader: &impl Reader,
    organization: Id<Organization>,
    release: Id<Release>,
    device: Id<Device>,
) -> Result<Option<Timestamp>, Error> {
    let row = Entity::find()
        .filter(Column::ReleaseId.eq(release.uuid()))
        .filter(Column::DeviceId.eq(device.uuid()))
        .filter(Column::OrganizationId.eq(organization.uuid()));
    let Some(row) = row.one(&reader.executor()).await? else { return Ok(None) };
    let corrupt =
        || Error::Corrupt { table: "release_claims", column: "inserted_at", id: row.release_id.to_string() };
    Timestamp::from_micros(row.inserted_at).map(Some).ok_or_else(corrupt)
}

/// The releases that a device has claimed, in no particular order.
pub async fn list_for_device(
    reader: &impl Reader,
    organization: Id<Organization>,
    device: Id<Device>,
) -> Result<Vec<Id<Release>>, Error> {
    let claims = list_for_devices(reader, organization, &[device]).await?;
    Ok(claims.into_iter().map(|(_, release)| release).collect())
}

/// The same of many devices: each claim with its device.
pub async fn list_for_devices(
    reader: &impl Reader,
    organization: Id<Organization>,
    devices: &[Id<Device>],
) -> Result<Vec<(Id<Device>, Id<Release>)>, Error> {
    let mut claims = Vec::new();
    for devices in devices.chunks(MOST_IDS) {
        let rows = claimed_by(organization, devices).into_tuple::<(Uuid, Uuid)>();
        let rows = rows.all(&reader.executor()).await?;
        claims.extend(rows.into_iter().map(|(device, release)| (Id::new(device), Id::new(release))));
    }
    Ok(claims)
}

pub(crate) fn claimed_by(organization: Id<Organization>, devices: &[Id<Device>]) -> Select<Entity> {
    Entity::find()
        .select_only()
        .columns([Column::DeviceId, Column::ReleaseId])
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::DeviceId.is_in(lists::steady(devices).map(Id::uuid)))
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The device has a place from now on.
    Now,
    /// It had one already.
    Before,
    /// All places are taken, or the release is gone.
    Refused,
}

/// Claims a place among the first `limit` for a device. Other claims of the same release wait until this transaction ends.
pub async fn claim(
    write: &Write,
    organization: Id<Organization>,
    release: Id<Release>,
    device: Id<Device>,
    limit: Option<u64>,
    now: Timestamp,
) -> Result<Claimed, Error> {
    if !count(write, organization, release, limit).await? {
        let before = find(write, organization, release, device).await?;
        return Ok(before.map_or(Claimed::Refused, |_| Claimed::Before));
    }
    let row = Model {
        release_id: release.uuid(),
        device_id: device.uuid(),
        organization_id: organization.uuid(),
        inserted_at: now.as_micros(),
    };
    let keep = OnConflict::columns([Column::ReleaseId, Column::DeviceId]).do_nothing().to_owned();
    let insert = Entity::insert(row.into_active_model()).on_conflict(keep);
    if insert.exec_without_returning(write.transaction()).await? > 0 {
        return Ok(Claimed::Now);
    }
    uncount([release.uuid()], organization).exec(write.transaction()).await?;
    Ok(Claimed::Before)
}

/// Counts one more claim while there is room. The release's row is locked first, so that claims of one release never wait for each other
/// in a circle.
async fn count(
    write: &Write,
    organization: Id<Organization>,
    release: Id<Release>,
    limit: Option<u64>,
) -> Result<bool, Error> {
    use releases::Column as Own;
    let mut more = releases::Entity::update_many()
        .col_expr(Own::Claims, Expr::col(Own::Claims).add(1_i64))
        .filter(Own::Id.eq(release.uuid()))
        .filter(Own::OrganizationId.eq(organization.uuid()));
    if let Some(limit) = limit {
        more = more.filter(Own::Claims.lt(stored("limit", limit)?));
    }
    Ok(more.exec(write.transaction()).await?.rows_affected > 0)
}

fn uncount(
    releases: impl IntoIterator<Item = Uuid>,
    organization: Id<Organization>,
) -> UpdateMany<releases::Entity> {
    use releases::Column as Own;
    releases::Entity::update_many()
        .col_expr(Own::Claims, Expr::col(Own::Claims).sub(1_i64))
        .filter(Own::Id.is_in(releases))
        .filter(Own::OrganizationId.eq(organization.uuid()))
}

/// Gives back all places of a device that is about to be deleted; returns the releases.
pub async fn forget_device(
    write: &Write,
    organization: Id<Organization>,
    device: Id<Device>,
) -> Result<Vec<Id<Release>>, Error> {
    let claimed = list_for_device(write, organization, device).await?;
    if claimed.is_empty() {
        return Ok(claimed);
    }
    let ids: Vec<_> = claimed.iter().map(|release| release.uuid()).collect();
    // Locked in the order of their keys, so that two devices that go at once don't wait for each other.
    let own = Condition::all()
        .add(releases::Column::OrganizationId.eq(organization.uuid()))
        .add(releases::Column::Id.is_in(ids.iter().copied()));
    let locked = releases::Entity::find()
        .select_only()
        .column(releases::Column::Id)
        .filter(own)
        .order_by_asc(releases::Column::Id)
        .lock(LockType::NoKeyUpdate);
    locked.into_tuple::<Uuid>().all(write.transaction()).await?;
    uncount(ids, organization).exec(write.transaction()).await?;
    Entity::delete_many().filter(of(organization, device)).exec(write.transaction()).await?;
    Ok(claimed)
}

fn of(organization: Id<Organization>, device: Id<Device>) -> Condition {
    Condition::all()
        .add(Column::OrganizationId.eq(organization.uuid()))
        .add(Column::DeviceId.eq(device.uuid()))
}
