//! Devices by the certificates that they show, many at a time, in one statement.

use olivine_domain::Sha256Digest;
use olivine_domain::devices::Device;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SimpleExpr};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, Iterable, JoinType, QueryFilter, QueryResult,
    QuerySelect, Select,
};

use super::row;
use crate::database::Reader;
use crate::device_certificates::{KNOWN, KnownCertificate, KnownRow};
use crate::entities::distribution::release_claims;
use crate::entities::fleet::{ca_certificates, device_certificates, devices};
use crate::error::Error;
use crate::lists::{MOST_IDS, steady};

/// A certificate that any organization registered, with the device that it was registered for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognized {
    /// The certificate, which may have been removed.
    pub certificate: KnownCertificate,
    /// Its device, unless that was deleted.
    pub device: Option<Device>,
    /// Whether the device has claimed any release.
    pub has_claims: bool,
    /// Whether the organization only claims the certificate, and an authority of another organization bears the name of its issuer.
    pub is_contested: bool,
}

/// Those of the certificates with these fingerprints that are known, in whichever organizations, in no particular order: who shows one
/// proved to have its key.
pub async fn recognize_of_any_organization(
    reader: &impl Reader,
    fingerprints: &[Sha256Digest],
) -> Result<Vec<Recognized>, Error> {
    let mut recognized = Vec::with_capacity(fingerprints.len());
    for fingerprints in fingerprints.chunks(MOST_IDS) {
        for found in recognizing(fingerprints).into_model::<Found>().all(&reader.executor()).await? {
            recognized.push(found.parse()?);
        }
    }
    Ok(recognized)
}

/// How the columns of each table are called in the result.
const OF_CERTIFICATE: &str = "certificate_";
const OF_DEVICE: &str = "device_";
const HAS_CLAIMS: &str = "has_claims";
const IS_CONTESTED: &str = "is_contested";

pub(crate) fn recognizing(fingerprints: &[Sha256Digest]) -> Select<device_certificates::Entity> {
    use device_certificates::Column as Own;
    let mut select = device_certificates::Entity::find().select_only();
    for column in KNOWN {
        select = select.column_as(column, alias(OF_CERTIFICATE, column));
    }
    for column in devices::Column::iter() {
        select = select.column_as(column, alias(OF_DEVICE, column));
    }
    let device = device_certificates::Entity::belongs_to(devices::Entity)
        .from((Own::OrganizationId, Own::DeviceId))
        .to((devices::Column::OrganizationId, devices::Column::Id));
    let (claims, claim) = (release_claims::Entity, release_claims::Column::DeviceId);
    let of_device = Expr::col((claims, claim)).equals((devices::Entity, devices::Column::Id)).and(
        Expr::col((claims, release_claims::Column::OrganizationId))
            .equals((devices::Entity, devices::Column::OrganizationId)),
    );
    let any = Query::select().column(claim).from(claims).and_where(of_device).take();
    select
        .join(JoinType::LeftJoin, device.into())
        .expr_as(Expr::exists(any), HAS_CLAIMS)
        .expr_as(is_contested(), IS_CONTESTED)
        .filter(Own::Fingerprint.is_in(steady(fingerprints).map(|fingerprint| fingerprint.to_hex())))
}

/// Asks nothing further of a certificate that is proven, or that an earlier version registered: it has no hash of its issuer.
fn is_contested() -> SimpleExpr {
    use ca_certificates::Column as Authority;
    use device_certificates::Column as Own;
    let (own, authorities) = (device_certificates::Entity, ca_certificates::Entity);
    let bears_the_name = Expr::col((authorities, Authority::SubjectHash)).equals((own, Own::IssuerHash));
    let is_another =
        Expr::col((authorities, Authority::OrganizationId)).ne(Expr::col((own, Own::OrganizationId)));
    let others = Query::select()
        .column(Authority::Id)
        .from(authorities)
        .and_where(bears_the_name.and(is_another))
        .take();
    Own::Proof.is_null().and(Own::CaCertificateId.is_null()).and(Expr::exists(others))
}

fn alias(prefix: &str, column: impl ColumnTrait) -> String {
    format!("{prefix}{}", column.as_str())
}

/// A row of the result.
struct Found {
    certificate: KnownRow,
    device: Option<devices::Model>,
    has_claims: bool,
    is_contested: bool,
}

impl FromQueryResult for Found {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        let certificate = KnownRow::from_query_result(row, OF_CERTIFICATE)?;
        let device = devices::Model::from_query_result_optional(row, OF_DEVICE)?;
        let is_contested = row.try_get("", IS_CONTESTED)?;
        Ok(Self { certificate, device, has_claims: row.try_get("", HAS_CLAIMS)?, is_contested })
    }
}

impl Found {
    fn parse(self) -> Result<Recognized, Error> {
        Ok(Recognized {
            certificate: self.certificate.parse()?,
            device: self.device.as_ref().map(row::parse).transpose()?,
            has_claims: self.has_claims,
            is_contested: self.is_contested,
        })
    }
}
