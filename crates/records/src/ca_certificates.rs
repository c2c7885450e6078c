//! CA certificates: certificate authorities whose devices may connect.

use olivine_domain::ca_certificates::{CaCertificate, Jitp};
use olivine_domain::certificates::Certificate;
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::pages::Page;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_domain::text::Description;
use olivine_domain::{Sha256Digest, Target, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::changes::{self, replace};
use crate::database::{ListReader, Reader, Write};
use crate::entities::fleet::ca_certificates::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::{self, ListQuery, Listed, MOST_IDS};
use crate::rows::{Row, owned};
use crate::tags;

const TABLE: &str = "ca_certificates";

/// The CA certificate, if the organization has it.
pub async fn find(
    reader: &impl Reader,
    tenancy: &Tenancy,
    id: Id<CaCertificate>,
) -> Result<Option<CaCertificate>, Error> {
    lists::find::<Entity>(reader, tenancy, id).await
}

/// The CA certificate.
pub async fn get(
    reader: &impl Reader,
    tenancy: &Tenancy,
    id: Id<CaCertificate>,
) -> Result<CaCertificate, Error> {
    lists::get::<Entity>(reader, tenancy, id).await
}

/// The CA certificate with this fingerprint, in whichever organization: each is one organization's.
pub async fn find_by_fingerprint_of_any_organization(
    reader: &impl Reader,
    fingerprint: &Sha256Digest,
) -> Result<Option<CaCertificate>, Error> {
    let found = Entity::find().filter(Column::Fingerprint.eq(fingerprint.to_hex()));
    found.one(&reader.executor()).await?.as_ref().map(parse).transpose()
}

/// The CA certificates of all organizations with one of these subjects, the oldest first: a certificate names its issuer, and which of
/// these signed it (if any did) is to be found out.
pub async fn list_by_subjects_of_any_organization(
    reader: &impl Reader,
    subject_hashes: &[Sha256Digest],
) -> Result<Vec<CaCertificate>, Error> {
    let mut found = Vec::new();
    for subject_hashes in subject_hashes.chunks(MOST_IDS) {
        for row in named(subject_hashes).all(&reader.executor()).await? {
            found.push(parse(&row)?);
        }
    }
    Ok(found)
}

pub(crate) fn named(subject_hashes: &[Sha256Digest]) -> sea_orm::Select<Entity> {
    Entity::find()
        .filter(Column::SubjectHash.is_in(lists::steady(subject_hashes).map(|hash| hash.to_hex())))
        .order_by_asc(Column::InsertedAt)
        .order_by_asc(Column::Id)
}

/// A page of the organization's CA certificates.
pub async fn list(
    reader: &impl ListReader,
    tenancy: &Tenancy,
    query: &ListQuery,
) -> Result<Page<CaCertificate>, Error> {
    lists::page::<Entity>(reader, tenancy, query).await
}

/// Adds a CA certificate.
pub async fn insert(write: &Write, certificate: &CaCertificate) -> Result<(), Error> {
    Entity::insert(row(certificate).into_active_model()).exec_without_returning(write.transaction()).await?;
    Ok(())
}

/// Replaces the fields that can change, unless somebody else changed the record since `expected`.
pub async fn update(write: &Write, old: &CaCertificate, new: &CaCertificate) -> Result<(), Error> {
    replace(write, &row(old), &row(new)).await
}

/// Deletes a CA certificate. The devices that it provisioned stay.
pub async fn delete(
    write: &Write,
    organization: Id<Organization>,
    id: Id<CaCertificate>,
) -> Result<(), Error> {
    changes::delete::<Entity>(write, organization, id).await
}

impl Listed for Entity {
    type Item = CaCertificate;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const INDEXED: &'static [&'static str] = &["prn", "fingerprint"];

    fn parse(model: &Model) -> Result<CaCertificate, Error> {
        parse(model)
    }

    fn place(certificate: &CaCertificate) -> (Timestamp, Uuid) {
        (certificate.inserted_at, certificate.id.uuid())
    }
}

fn row(certificate: &CaCertificate) -> Model {
    let facts = certificate.certificate.facts();
    let jitp = certificate.jitp.as_ref();
    Model {
        id: certificate.id.uuid(),
        organization_id: certificate.organization.uuid(),
        fingerprint: facts.fingerprint.to_hex(),
        subject_hash: facts.subject_hash.to_hex(),
        certificate: certificate.certificate.der().to_vec(),
        description: owned(certificate.description.as_ref(), Description::as_str),
        jitp_product_id: jitp.map(|jitp| jitp.product.uuid()),
        jitp_cohort_id: jitp.and_then(|jitp| jitp.cohort).map(Id::uuid),
        jitp_tags: jitp.map(|jitp| tags::stored(&jitp.tags)),
        jitp_target: owned(jitp.and_then(|jitp| jitp.target.as_ref()), Target::as_str),
        jitp_description: owned(jitp.and_then(|jitp| jitp.description.as_ref()), Description::as_str),
        revision: certificate.revision.get(),
        inserted_at: certificate.inserted_at.as_micros(),
        updated_at: certificate.updated_at.as_micros(),
        jitp_identifier: jitp.map(|jitp| jitp.identifier.to_string()),
        renewals: Some(certificate.renewals.to_string()),
    }
}

fn parse(model: &Model) -> Result<CaCertificate, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(CaCertificate {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        certificate: row.known("certificate", Certificate::from_der(&model.certificate).ok())?,
        description: row.optional("description", model.description.as_deref())?,
        jitp: jitp(&row, model)?,
        renewals: row.optional("renewals", model.renewals.as_deref())?.unwrap_or_default(),
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}

fn jitp(row: &Row, model: &Model) -> Result<Option<Jitp>, Error> {
    let Some(product) = model.jitp_product_id else { return Ok(None) };
    Ok(Some(Jitp {
        product: Id::new(product),
        cohort: model.jitp_cohort_id.map(Id::new),
        tags: tags::parse(row, "jitp_tags", model.jitp_tags.as_deref().unwrap_or_default())?,
        target: row.optional_given("jitp_target", model.jitp_target.as_deref())?,
        description: row.optional("jitp_description", model.jitp_description.as_deref())?,
        identifier: row.optional("jitp_identifier", model.jitp_identifier.as_deref())?.unwrap_or_default(),
    }))
}
