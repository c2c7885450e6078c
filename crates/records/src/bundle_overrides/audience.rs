//! The devices that overrides name one by one.

use std::collections::{HashMap, HashSet};

use olivine_domain::bundle_overrides::{Audience, BundleOverride};
use olivine_domain::devices::Device;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::database::{Reader, Write};
use crate::entities::distribution::bundle_override_devices::{Column, Entity, Model};
use crate::entities::fleet::devices;
use crate::error::Error;
use crate::lists::MOST_IDS;
use crate::tenants::Tenant;

/// Fills in the devices of those overrides that name them: one query per some hundred overrides.
pub(super) async fn add_devices(
    reader: &impl Reader,
    organization: Id<Organization>,
    overrides: &mut [BundleOverride],
) -> Result<(), Error> {
    let by_device = |found: &&BundleOverride| matches!(found.audience, Audience::Devices(_));
    let ids: Vec<_> = overrides.iter().filter(by_device).map(|found| found.id.uuid()).collect();
    let mut named: HashMap<Uuid, Vec<Id<Device>>> = HashMap::new();
    for ids in ids.chunks(MOST_IDS) {
        let rows = Entity::find()
            .filter(Column::OrganizationId.eq(organization.uuid()))
            .filter(Column::BundleOverrideId.is_in(ids.iter().copied()))
            .order_by_asc(Column::BundleOverrideId)
            .order_by_asc(Column::DeviceId);
        for row in rows.all(&reader.executor()).await? {
            named.entry(row.bundle_override_id).or_default().push(Id::new(row.device_id));
        }
    }
    for found in overrides {
        if let (Audience::Devices(devices), Some(own)) = (&mut found.audience, named.remove(&found.id.uuid()))
        {
            *devices = own;
        }
    }
    Ok(())
}

/// The given devices that do not exist for the caller; refused if the caller may see one of them, but not change it.
pub async fn list_missing_devices(
    reader: &impl Reader,
    tenancy: &Tenancy,
    ids: &[Id<Device>],
) -> Result<Vec<Id<Device>>, Error> {
    let mut known: HashSet<Uuid> = HashSet::with_capacity(ids.len());
    for ids in ids.chunks(MOST_IDS) {
        let rows = devices::Entity::find()
            .select_only()
            .column(devices::Column::Id)
            .filter(devices::Column::OrganizationId.eq(tenancy.organization().uuid()))
            .filter(devices::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .filter(Tenant::<devices::Entity>::seen(tenancy));
        known.extend(rows.into_tuple::<Uuid>().all(&reader.executor()).await?);
    }
    let missing: Vec<_> = ids.iter().copied().filter(|id| !known.contains(&id.uuid())).collect();
    if missing.is_empty() {
        crate::devices::check_reached(reader, tenancy, ids).await?;
    }
    Ok(missing)
}

pub(super) async fn insert_devices(write: &Write, of: &BundleOverride) -> Result<(), Error> {
    let Audience::Devices(devices) = &of.audience else { return Ok(()) };
    for devices in devices.chunks(MOST_IDS) {
        let rows = devices.iter().map(|device| {
            let row = Model {
                bundle_override_id: of.id.uuid(),
                device_id: device.uuid(),
                organization_id: of.organization.uuid(),
            };
            row.into_active_model()
        });
        Entity::insert_many(rows).exec_without_returning(write.transaction()).await?;
    }
    Ok(())
}

pub(super) async fn delete_devices(
    write: &Write,
    organization: Id<Organization>,
    id: Id<BundleOverride>,
) -> Result<(), Error> {
    let its = Condition::all()
        .add(Column::OrganizationId.eq(organization.uuid()))
        .add(Column::BundleOverrideId.eq(id.uuid()));
    Entity::delete_many().filter(its).exec(write.transaction()).await?;
    Ok(())
}

/// Takes a device that is about to be deleted out of all overrides; returns how many named it.
pub async fn forget_device(
    write: &Write,
    organization: Id<Organization>,
    device: Id<Device>,
) -> Result<u64, Error> {
    let its = Condition::all()
        .add(Column::OrganizationId.eq(organization.uuid()))
        .add(Column::DeviceId.eq(device.uuid()));
    Ok(Entity::delete_many().filter(its).exec(write.transaction()).await?.rows_affected)
}
