//! Removing certificates, and the marks that stay of them.

use olivine_domain::certificates::{Certificate, Marks};
use olivine_domain::device_certificates::DeviceCertificate;
use olivine_domain::devices::Device;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::{Sha256Digest, Timestamp};
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{Column, Entity, TABLE, good, one};
use crate::database::{Reader, Write};
use crate::error::Error;
use crate::lists::MOST_IDS;
use crate::rows::Row;

/// How many marks are completed in one transaction.
const MOST_AT_ONCE: u64 = 500;

/// Removes a certificate. Its mark stays. Its key is marked, too, unless the device has another certificate of it: then the old one was
/// only put away after a renewal.
pub async fn remove(
    write: &Write,
    organization: Id<Organization>,
    id: Id<DeviceCertificate>,
    now: Timestamp,
) -> Result<(), Error> {
    complete(write, one(organization, id)).await?;
    let found = Entity::find().filter(one(organization, id)).one(write.transaction()).await?;
    let Some(found) = found else { return Err(Error::NotFound { table: TABLE }) };
    let of_device = good()
        .add(Column::OrganizationId.eq(organization.uuid()))
        .add(Column::DeviceId.eq(found.device_id))
        .add(Column::Id.ne(id.uuid()));
    complete(write, of_device.clone()).await?;
    let others = of_device.add(Column::KeyHash.eq(found.key_hash.clone()));
    let is_in_use =
        found.key_hash.is_some() && Entity::find().filter(others).one(write.transaction()).await?.is_some();
    let key = found.key_hash.filter(|_| !is_in_use);
    Entity::update_many()
        .col_expr(Column::KeyHash, Expr::val(key))
        .col_expr(Column::RemovedAt, Expr::val(now.as_micros()))
        .col_expr(Column::UpdatedAt, Expr::val(now.as_micros()))
        .filter(one(organization, id))
        .exec(write.transaction())
        .await?;
    Ok(())
}

/// Removes all certificates of a device that is about to be deleted, and returns their fingerprints. Their marks stay, without the device.
pub async fn remove_all_of_device(
    write: &Write,
    organization: Id<Organization>,
    device: Id<Device>,
    now: Timestamp,
) -> Result<Vec<Sha256Digest>, Error> {
    let of_device = Condition::all()
        .add(Column::OrganizationId.eq(organization.uuid()))
        .add(Column::DeviceId.eq(device.uuid()));
    complete(write, of_device.clone()).await?;
    let fingerprints = Entity::find().select_only().column(Column::Fingerprint).filter(of_device.clone());
    let fingerprints: Vec<String> = fingerprints.into_tuple().all(write.transaction()).await?;
    let removed_at = Func::coalesce([Expr::col(Column::RemovedAt), Expr::val(now.as_micros())]);
    let update = Entity::update_many()
        .col_expr(Column::DeviceId, Expr::val(None::<Uuid>))
        .col_expr(Column::RemovedAt, removed_at.into())
        .col_expr(Column::UpdatedAt, Expr::val(now.as_micros()))
        .filter(of_device);
    update.exec(write.transaction()).await?;
    let row = Row::new(TABLE, device);
    fingerprints.iter().map(|fingerprint| row.hash("fingerprint", fingerprint)).collect()
}

/// Whether the organization removed a certificate with this signed part, or of this key.
pub async fn find_mark(
    reader: &impl Reader,
    organization: Id<Organization>,
    marks: &Marks,
) -> Result<bool, Error> {
    for (column, hash) in [(Column::TbsHash, marks.signed), (Column::KeyHash, marks.key)] {
        if marked(organization, column, hash).one(&reader.executor()).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(crate) fn marked(
    organization: Id<Organization>,
    column: Column,
    hash: Sha256Digest,
) -> sea_orm::Select<Entity> {
    Entity::find()
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(column.eq(hash.to_hex()))
        .filter(Column::RemovedAt.is_not_null())
}

/// Takes the organization's marks of removed certificates away, so that these can be registered again. Of other certificates with the same
/// keys, what was signed stays marked, and the keys are good again.
pub async fn forget_removed(
    write: &Write,
    organization: Id<Organization>,
    certificates: &[&Certificate],
) -> Result<(), Error> {
    let removed = |column: Column, hashes: Vec<String>| {
        Condition::all()
            .add(Column::OrganizationId.eq(organization.uuid()))
            .add(column.is_in(hashes))
            .add(Column::RemovedAt.is_not_null())
    };
    let any = Entity::find()
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::RemovedAt.is_not_null());
    if any.one(write.transaction()).await?.is_none() {
        return Ok(());
    }
    for certificates in certificates.chunks(MOST_IDS) {
        let fingerprints = certificates.iter().map(|one| one.facts().fingerprint.to_hex()).collect();
        let marks: Vec<Marks> = certificates.iter().map(|one| one.marks()).collect();
        let signed = marks.iter().map(|marks| marks.signed.to_hex()).collect();
        let keys = marks.iter().map(|marks| marks.key.to_hex()).collect();
        for (column, hashes) in [(Column::Fingerprint, fingerprints), (Column::TbsHash, signed)] {
            Entity::delete_many().filter(removed(column, hashes)).exec(write.transaction()).await?;
        }
        Entity::update_many()
            .col_expr(Column::KeyHash, Expr::val(None::<String>))
            .filter(removed(Column::KeyHash, keys))
            .exec(write.transaction())
            .await?;
    }
    Ok(())
}

/// Whether there are marks of removed certificates that servers of an earlier version made: these have no hashes yet but the fingerprint.
pub async fn has_incomplete_marks(
    reader: &impl Reader,
    organization: Id<Organization>,
) -> Result<bool, Error> {
    let found = Entity::find().filter(incomplete(organization)).one(&reader.executor()).await?;
    Ok(found.is_some())
}

/// Completes some of these marks; to be repeated while there are more.
pub async fn complete_marks(write: &Write, organization: Id<Organization>) -> Result<(), Error> {
    complete(write, incomplete(organization)).await
}

fn incomplete(organization: Id<Organization>) -> Condition {
    Condition::all()
        .add(Column::OrganizationId.eq(organization.uuid()))
        .add(Column::TbsHash.is_null())
        .add(Column::RemovedAt.is_not_null())
}

/// Computes what rows of earlier versions lack.
async fn complete(write: &Write, rows: Condition) -> Result<(), Error> {
    let rows = Entity::find().filter(rows).filter(Column::TbsHash.is_null()).limit(MOST_AT_ONCE);
    for row in rows.all(write.transaction()).await? {
        // What can't be read is left with its fingerprint, and not tried again.
        let marks = Certificate::from_der(&row.certificate).map(|own| own.marks()).ok();
        let signed = marks.map_or_else(String::new, |marks| marks.signed.to_hex());
        Entity::update_many()
            .col_expr(Column::TbsHash, Expr::val(signed))
            .col_expr(Column::KeyHash, Expr::val(marks.map(|marks| marks.key.to_hex())))
            .filter(Column::Id.eq(row.id))
            .exec(write.transaction())
            .await?;
    }
    Ok(())
}
