//! What a renewal depends on: the certificates that a device has and had.

use olivine_domain::Timestamp;
use olivine_domain::device_certificates::DeviceCertificate;
use olivine_domain::devices::Device;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::{Column, Entity, TABLE, one, parse};
use crate::changes::delete_one;
use crate::database::{Reader, Write};
use crate::error::Error;
use crate::rows::Row;

/// The newest certificates of a device that were not removed, at most so many.
pub async fn list_newest_of_device(
    reader: &impl Reader,
    organization: Id<Organization>,
    device: Id<Device>,
    most: u64,
) -> Result<Vec<DeviceCertificate>, Error> {
    let newest = of_device(organization, device).filter(Column::RemovedAt.is_null());
    let newest = newest.order_by_desc(Column::NotBefore).order_by_desc(Column::NotAfter);
    let rows = newest.order_by_desc(Column::Id).limit(most).all(&reader.executor()).await?;
    rows.iter().map(parse).collect()
}

/// When the newest of a device's removed certificates begins.
pub async fn newest_removed_of_device(
    reader: &impl Reader,
    organization: Id<Organization>,
    device: Id<Device>,
) -> Result<Option<Timestamp>, Error> {
    let removed = of_device(organization, device).filter(Column::RemovedAt.is_not_null());
    let newest = removed.select_only().column_as(Column::NotBefore.max(), "newest");
    let newest: Option<Option<i64>> = newest.into_tuple().one(&reader.executor()).await?;
    newest.flatten().map(|newest| Row::new(TABLE, device).moment("not_before", newest)).transpose()
}

/// Those of a device, walked by an index.
pub(crate) fn of_device(organization: Id<Organization>, device: Id<Device>) -> Select<Entity> {
    Entity::find()
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::DeviceId.eq(device.uuid()))
}

/// Deletes a certificate without a mark. Only for one that could not come back without it, because it has expired.
pub async fn delete_expired(
    write: &Write,
    organization: Id<Organization>,
    id: Id<DeviceCertificate>,
    now: Timestamp,
) -> Result<(), Error> {
    let expired = one(organization, id).add(Column::NotAfter.lt(now.as_micros()));
    delete_one(write, TABLE, Entity::delete_many().filter(expired)).await
}
