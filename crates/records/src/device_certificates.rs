//! Device certificates: by which devices are known.
//!
//! A fingerprint is one device's on the whole server. A removed certificate stays as a mark that only [`find_known_of_any_organization`]
//! shows, so that a device which was sent away does not come back by provisioning.

use olivine_domain::certificates::Certificate;
use olivine_domain::device_certificates::DeviceCertificate;
use olivine_domain::devices::Device;
use olivine_domain::organizations::Organization;
use olivine_domain::pages::Page;
use olivine_domain::prn::Id;
use olivine_domain::search::Clause;
use olivine_domain::{Sha256Digest, Timestamp};
use sea_orm::sea_query::{Expr, Func, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::database::{ListReader, Reader, Write};
use crate::entities::fleet::device_certificates::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::{self, ListQuery, Listed, MOST_IDS};
use crate::rows::Row;

const TABLE: &str = "device_certificates";

/// The most rows of one `INSERT`: with 11 columns each, well below the 32,766 values that SQLite binds.
const MOST_ROWS: usize = 1_000;

/// What is known of a certificate, whoever has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownCertificate {
    /// Its key.
    pub id: Id<DeviceCertificate>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// Who is known by it; `None` where that device was deleted.
    pub device: Option<Id<Device>>,
    /// The SHA-256 of its DER.
    pub fingerprint: Sha256Digest,
    /// The first moment at which it is valid.
    pub not_before: Timestamp,
    /// The last moment at which it is valid.
    pub not_after: Timestamp,
    /// Whether it is no longer good.
    pub is_removed: bool,
}

/// The certificate, if the organization has it and it was not removed.
pub async fn find(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<DeviceCertificate>,
) -> Result<Option<DeviceCertificate>, Error> {
    let row = Entity::find().filter(one(organization, id)).one(&reader.executor()).await?;
    row.as_ref().map(parse).transpose()
}

/// The certificate.
pub async fn get(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<DeviceCertificate>,
) -> Result<DeviceCertificate, Error> {
    find(reader, organization, id).await?.ok_or(Error::NotFound { table: TABLE })
}

/// What is known of the certificate with this fingerprint, in whichever organization: who shows it proved to have its key, or wants to
/// register it.
pub async fn find_by_fingerprint_of_any_organization(
    reader: &impl Reader,
    fingerprint: &Sha256Digest,
) -> Result<Option<KnownCertificate>, Error> {
    let known = find_known_of_any_organization(reader, &[*fingerprint]).await?;
    Ok(known.into_iter().next())
}

/// The same of many, in no particular order.
pub async fn find_known_of_any_organization(
    reader: &impl Reader,
    fingerprints: &[Sha256Digest],
) -> Result<Vec<KnownCertificate>, Error> {
    let mut known = Vec::new();
    for fingerprints in fingerprints.chunks(MOST_IDS) {
        let rows = knowing(fingerprints).into_tuple::<KnownRow>().all(&reader.executor()).await?;
        for row in rows {
            known.push(parse_known(row)?);
        }
    }
    Ok(known)
}

pub(crate) type KnownRow = (Uuid, Uuid, Option<Uuid>, String, i64, i64, Option<i64>);

pub(crate) fn knowing(fingerprints: &[Sha256Digest]) -> sea_orm::Select<Entity> {
    Entity::find()
        .select_only()
        .columns([Column::Id, Column::OrganizationId, Column::DeviceId, Column::Fingerprint])
        .columns([Column::NotBefore, Column::NotAfter, Column::RemovedAt])
        .filter(
            Column::Fingerprint.is_in(lists::steady(fingerprints).map(|fingerprint| fingerprint.to_hex())),
        )
}

/// A page of the organization's certificates that were not removed.
pub async fn list(
    reader: &impl ListReader,
    organization: Id<Organization>,
    query: &ListQuery,
) -> Result<Page<DeviceCertificate>, Error> {
    lists::page_of::<Entity>(reader, organization, good(), query).await
}

/// Adds a certificate.
pub async fn insert(write: &Write, certificate: &DeviceCertificate) -> Result<(), Error> {
    Entity::insert(row(certificate).into_active_model()).exec_without_returning(write.transaction()).await?;
    Ok(())
}

/// Adds many certificates.
pub async fn insert_many(write: &Write, certificates: &[DeviceCertificate]) -> Result<(), Error> {
    for certificates in certificates.chunks(MOST_ROWS) {
        let rows = certificates.iter().map(|certificate| row(certificate).into_active_model());
        Entity::insert_many(rows).exec_without_returning(write.transaction()).await?;
    }
    Ok(())
}

/// Removes a certificate. Its mark stays.
pub async fn remove(
    write: &Write,
    organization: Id<Organization>,
    id: Id<DeviceCertificate>,
    now: Timestamp,
) -> Result<(), Error> {
    let update = Entity::update_many()
        .col_expr(Column::RemovedAt, Expr::val(now.as_micros()))
        .col_expr(Column::UpdatedAt, Expr::val(now.as_micros()))
        .filter(one(organization, id));
    match update.exec(write.transaction()).await?.rows_affected {
        0 => Err(Error::NotFound { table: TABLE }),
        _ => Ok(()),
    }
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

/// Takes the organization's marks of removed certificates away, so that these can be registered again.
pub async fn forget_removed(
    write: &Write,
    organization: Id<Organization>,
    fingerprints: &[Sha256Digest],
) -> Result<(), Error> {
    for fingerprints in fingerprints.chunks(MOST_IDS) {
        let marks = Entity::delete_many()
            .filter(Column::OrganizationId.eq(organization.uuid()))
            .filter(Column::Fingerprint.is_in(fingerprints.iter().map(Sha256Digest::to_hex)))
            .filter(Column::RemovedAt.is_not_null());
        marks.exec(write.transaction()).await?;
    }
    Ok(())
}

fn good() -> Condition {
    Condition::all().add(Column::RemovedAt.is_null())
}

fn one(organization: Id<Organization>, id: Id<DeviceCertificate>) -> Condition {
    good().add(Column::Id.eq(id.uuid())).add(Column::OrganizationId.eq(organization.uuid()))
}

impl Listed for Entity {
    type Item = DeviceCertificate;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const INDEXED: &'static [&'static str] = &["prn", "device_prn", "fingerprint"];

    fn filter(scope: &lists::Scope, clause: &Clause) -> Option<SimpleExpr> {
        match clause.field.name {
            "prn" => scope.named::<DeviceCertificate>(Column::Id, clause),
            "device_prn" => scope.named::<Device>(Column::DeviceId, clause),
            "fingerprint" => scope.plain(Column::Fingerprint, clause),
            "not_after" => scope.plain(Column::NotAfter, clause),
            "inserted_at" => scope.plain(Column::InsertedAt, clause),
            _ => None,
        }
    }

    fn parse(model: &Model) -> Result<DeviceCertificate, Error> {
        parse(model)
    }

    fn place(certificate: &DeviceCertificate) -> (Timestamp, Uuid) {
        (certificate.inserted_at, certificate.id.uuid())
    }
}

fn row(certificate: &DeviceCertificate) -> Model {
    let facts = certificate.certificate.facts();
    Model {
        id: certificate.id.uuid(),
        organization_id: certificate.organization.uuid(),
        device_id: Some(certificate.device.uuid()),
        ca_certificate_id: certificate.ca_certificate.map(Id::uuid),
        fingerprint: facts.fingerprint.to_hex(),
        certificate: certificate.certificate.der().to_vec(),
        not_before: facts.not_before.as_micros(),
        not_after: facts.not_after.as_micros(),
        removed_at: None,
        inserted_at: certificate.inserted_at.as_micros(),
        updated_at: certificate.inserted_at.as_micros(),
    }
}

fn parse(model: &Model) -> Result<DeviceCertificate, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(DeviceCertificate {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        device: Id::new(row.known("device_id", model.device_id)?),
        ca_certificate: model.ca_certificate_id.map(Id::new),
        certificate: row.known("certificate", Certificate::from_der(&model.certificate).ok())?,
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
    })
}

pub(crate) fn parse_known(known: KnownRow) -> Result<KnownCertificate, Error> {
    let (id, organization, device, fingerprint, not_before, not_after, removed_at) = known;
    let row = Row::new(TABLE, id);
    Ok(KnownCertificate {
        id: Id::new(id),
        organization: Id::new(organization),
        device: device.map(Id::new),
        fingerprint: row.hash("fingerprint", &fingerprint)?,
        not_before: row.moment("not_before", not_before)?,
        not_after: row.moment("not_after", not_after)?,
        is_removed: removed_at.is_some(),
    })
}
