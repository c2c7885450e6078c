//! Claims to a certificate: an organization that proves one ends those of others.

use olivine_domain::device_certificates::{DeviceCertificate, Proof};
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::{Sha256Digest, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{Column, Entity, TABLE, good, one, parse};
use crate::database::Write;
use crate::error::Error;
use crate::lists::MOST_IDS;

/// Notes that a certificate which the organization claims is proven now.
pub async fn prove(
    write: &Write,
    organization: Id<Organization>,
    id: Id<DeviceCertificate>,
    proof: Proof,
    now: Timestamp,
) -> Result<(), Error> {
    let update = Entity::update_many()
        .col_expr(Column::Proof, Expr::val(proof.as_str()))
        .col_expr(Column::ProvenAt, Expr::val(now.as_micros()))
        .col_expr(Column::UpdatedAt, Expr::val(now.as_micros()))
        .filter(one(organization, id));
    match update.exec(write.transaction()).await?.rows_affected {
        0 => Err(Error::NotFound { table: TABLE }),
        _ => Ok(()),
    }
}

/// Deletes what organizations other than this one claim of these certificates without a proof, and returns it.
pub async fn end_claims_of_other_organizations(
    write: &Write,
    organization: Id<Organization>,
    fingerprints: &[Sha256Digest],
) -> Result<Vec<DeviceCertificate>, Error> {
    let mut ended = Vec::new();
    for fingerprints in fingerprints.chunks(MOST_IDS) {
        let claims = good()
            .add(Column::Fingerprint.is_in(fingerprints.iter().map(Sha256Digest::to_hex)))
            .add(Column::OrganizationId.ne(organization.uuid()))
            .add(Column::Proof.is_null())
            .add(Column::CaCertificateId.is_null());
        let rows = Entity::find().filter(claims.clone()).all(write.transaction()).await?;
        if rows.is_empty() {
            continue;
        }
        Entity::delete_many().filter(claims).exec(write.transaction()).await?;
        for row in &rows {
            ended.push(parse(row)?);
        }
    }
    Ok(ended)
}
