//! Device certificates: by which devices are known.
//!
//! An organization has a fingerprint once; several organizations may have it, and [`KnownCertificate::precedence`] says which one counts. A
//! removed certificate stays as a mark, so that a device which was sent away does not come back by provisioning.

mod claims;
mod marks;
mod renewals;

use std::borrow::Borrow;

use olivine_domain::certificates::Certificate;
use olivine_domain::device_certificates::{DeviceCertificate, Proof};
use olivine_domain::devices::Device;
use olivine_domain::organizations::Organization;
use olivine_domain::pages::Page;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_domain::search::Clause;
use olivine_domain::{Sha256Digest, Timestamp};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QuerySelect,
};
use uuid::Uuid;

pub use self::claims::{end_claims_of_other_organizations, prove};
#[cfg(test)]
pub(crate) use self::marks::marked;
pub use self::marks::{
    complete_marks, find_mark, forget_removed, has_incomplete_marks, remove, remove_all_of_device,
};
#[cfg(test)]
pub(crate) use self::renewals::of_device;
pub use self::renewals::{delete_expired, list_newest_of_device, newest_removed_of_device};
use crate::database::{ListReader, Reader, Write};
use crate::entities::fleet::device_certificates::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::{self, ListQuery, Listed, MOST_IDS};
use crate::rows::Row;
use crate::tenants;

const TABLE: &str = "device_certificates";

/// The most rows of one `INSERT`: with 16 columns each, well below the 32,766 values that SQLite binds.
const MOST_ROWS: usize = 1_000;

/// What is known of a certificate in one organization.
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
    /// Whether it is no longer good.
    pub is_removed: bool,
    /// What shows that the organization may say who it is.
    pub proof: Option<Proof>,
    /// Since when the organization has it; where there is a proof, since when it is proven.
    pub since: Timestamp,
    /// Whether an authority of another organization ends this claim by having signed the certificate. Not so of claims that servers of an
    /// earlier version wrote.
    pub yields_to_authorities: bool,
}

impl KnownCertificate {
    /// Of several organizations that know a certificate, the one with the least decides: first one that proved it (and may have removed
    /// it since), then one that only claims it; of these the first.
    pub fn precedence(&self) -> impl Ord + use<> {
        (self.proof.is_none(), self.is_removed, self.since, self.id)
    }
}

/// The certificate, if the organization has it and it was not removed.
pub async fn find(
    reader: &impl Reader,
    tenancy: &Tenancy,
    id: Id<DeviceCertificate>,
) -> Result<Option<DeviceCertificate>, Error> {
    let one = Entity::find().filter(good()).filter(Column::Id.eq(id.uuid()));
    tenants::first::<Entity>(reader.executor(), tenancy, one).await
}

/// The certificate.
pub async fn get(
    reader: &impl Reader,
    tenancy: &Tenancy,
    id: Id<DeviceCertificate>,
) -> Result<DeviceCertificate, Error> {
    find(reader, tenancy, id).await?.ok_or(Error::NotFound { table: TABLE })
}

/// What the organization knows of the certificate with this fingerprint.
pub async fn find_known(
    reader: &impl Reader,
    organization: Id<Organization>,
    fingerprint: &Sha256Digest,
) -> Result<Option<KnownCertificate>, Error> {
    let known = list_known(reader, organization, &[*fingerprint]).await?;
    Ok(known.into_iter().next())
}

/// The same of many, in no particular order.
pub async fn list_known(
    reader: &impl Reader,
    organization: Id<Organization>,
    fingerprints: &[Sha256Digest],
) -> Result<Vec<KnownCertificate>, Error> {
    let known = list_known_of_any_organization(reader, fingerprints).await?;
    Ok(known.into_iter().filter(|known| known.organization == organization).collect())
}

/// What any organization knows of the certificates with these fingerprints, in no particular order.
pub async fn list_known_of_any_organization(
    reader: &impl Reader,
    fingerprints: &[Sha256Digest],
) -> Result<Vec<KnownCertificate>, Error> {
    let mut known = Vec::new();
    for fingerprints in fingerprints.chunks(MOST_IDS) {
        let rows = knowing(fingerprints).into_model::<KnownRow>().all(&reader.executor()).await?;
        for row in rows {
            known.push(row.parse()?);
        }
    }
    Ok(known)
}

/// The columns of [`KnownRow`].
pub(crate) const KNOWN: [Column; 10] = [
    Column::Id,
    Column::OrganizationId,
    Column::DeviceId,
    Column::CaCertificateId,
    Column::Fingerprint,
    Column::RemovedAt,
    Column::InsertedAt,
    Column::IssuerHash,
    Column::Proof,
    Column::ProvenAt,
];

/// A row without the certificate itself.
#[derive(FromQueryResult)]
pub(crate) struct KnownRow {
    id: Uuid,
    organization_id: Uuid,
    device_id: Option<Uuid>,
    ca_certificate_id: Option<Uuid>,
    fingerprint: String,
    removed_at: Option<i64>,
    inserted_at: i64,
    issuer_hash: Option<String>,
    proof: Option<String>,
    proven_at: Option<i64>,
}

impl KnownRow {
    pub(crate) fn parse(self) -> Result<KnownCertificate, Error> {
        let row = Row::new(TABLE, self.id);
        Ok(KnownCertificate {
            id: Id::new(self.id),
            organization: Id::new(self.organization_id),
            device: self.device_id.map(Id::new),
            fingerprint: row.hash("fingerprint", &self.fingerprint)?,
            is_removed: self.removed_at.is_some(),
            proof: proof(&row, self.proof.as_deref(), self.ca_certificate_id)?,
            since: row.moment("inserted_at", self.proven_at.unwrap_or(self.inserted_at))?,
            yields_to_authorities: self.issuer_hash.is_some(),
        })
    }
}

/// Provisioning is a proof, also where a server of an earlier version provisioned.
fn proof(row: &Row, proof: Option<&str>, authority: Option<Uuid>) -> Result<Option<Proof>, Error> {
    Ok(row.optional("proof", proof)?.or(authority.map(|_| Proof::Authority)))
}

pub(crate) fn knowing(fingerprints: &[Sha256Digest]) -> sea_orm::Select<Entity> {
    Entity::find().select_only().columns(KNOWN).filter(
        Column::Fingerprint.is_in(lists::steady(fingerprints).map(|fingerprint| fingerprint.to_hex())),
    )
}

/// A page of the organization's certificates that were not removed.
pub async fn list(
    reader: &impl ListReader,
    tenancy: &Tenancy,
    query: &ListQuery,
) -> Result<Page<DeviceCertificate>, Error> {
    lists::page_of::<Entity>(reader, tenancy, good(), query).await
}

/// Adds a certificate.
pub async fn insert(write: &Write, certificate: &DeviceCertificate) -> Result<(), Error> {
    Entity::insert(row(certificate).into_active_model()).exec_without_returning(write.transaction()).await?;
    Ok(())
}

/// Adds many certificates.
pub async fn insert_many(
    write: &Write,
    certificates: &[impl Borrow<DeviceCertificate>],
) -> Result<(), Error> {
    for certificates in certificates.chunks(MOST_ROWS) {
        let rows = certificates.iter().map(|certificate| row(certificate.borrow()).into_active_model());
        Entity::insert_many(rows).exec_without_returning(write.transaction()).await?;
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
            "device_prn" => scope.named::<Device>(Column::DeviceId, clause),
            _ => scope.usual::<Self>(clause),
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
    let (own, facts) = (&certificate.certificate, certificate.certificate.facts());
    let marks = own.marks();
    Model {
        id: certificate.id.uuid(),
        organization_id: certificate.organization.uuid(),
        device_id: Some(certificate.device.uuid()),
        ca_certificate_id: certificate.ca_certificate.map(Id::uuid),
        fingerprint: facts.fingerprint.to_hex(),
        certificate: own.der().to_vec(),
        not_before: facts.not_before.as_micros(),
        not_after: facts.not_after.as_micros(),
        removed_at: None,
        inserted_at: certificate.inserted_at.as_micros(),
        updated_at: certificate.inserted_at.as_micros(),
        issuer_hash: Some(facts.issuer_hash.to_hex()),
        tbs_hash: Some(marks.signed.to_hex()),
        key_hash: Some(marks.key.to_hex()),
        proof: certificate.proof.map(|proof| proof.to_string()),
        proven_at: certificate.proof.map(|_| certificate.inserted_at.as_micros()),
    }
}

fn parse(model: &Model) -> Result<DeviceCertificate, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(DeviceCertificate {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        device: Id::new(row.known("device_id", model.device_id)?),
        ca_certificate: model.ca_certificate_id.map(Id::new),
        proof: proof(&row, model.proof.as_deref(), model.ca_certificate_id)?,
        certificate: row.known("certificate", Certificate::from_der(&model.certificate).ok())?,
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
    })
}
