//! The devices that are on a release, by what they report: read where it is decided what becomes of them.

use olivine_domain::Target;
use olivine_domain::devices::{Device, Reported};
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::text::VersionText;
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::TABLE;
use crate::database::{Reader, Write};
use crate::entities::fleet::devices::{Column, Entity};
use crate::error::Error;
use crate::lists::MOST_IDS;
use crate::rows::Row;

/// Devices that are on a release, report the same, and have the same target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnRelease {
    /// What they report.
    pub reported: Reported,
    /// Their own target; `None` for their product's.
    pub target: Option<Target>,
    /// How many there are.
    pub devices: u64,
}

/// What the devices on a release report, and how many report the same.
pub async fn group_on_release(
    reader: &impl Reader,
    organization: Id<Organization>,
    release: Id<Release>,
) -> Result<Vec<OnRelease>, Error> {
    type Grouped = (Option<Uuid>, Option<Uuid>, Option<String>, Option<String>, i64);
    let same = [Column::ReportedReleaseId, Column::ReportedBundleId, Column::ReportedVersion, Column::Target];
    let mut groups = Entity::find().select_only().columns(same).column_as(Column::Id.count(), "devices");
    for column in same {
        groups = groups.group_by(column).order_by_asc(column);
    }
    let rows = groups.filter(on_it(organization, release)).into_tuple::<Grouped>();
    let parse = |(release, bundle, version, target, devices): Grouped| {
        let row = Row::new(TABLE, organization.uuid());
        let reported = Reported {
            release: release.map(Id::new),
            bundle: bundle.map(Id::new),
            version: row.optional_given("reported_version", version.as_deref())?,
        };
        let target = row.optional_given("target", target.as_deref())?;
        Ok(OnRelease { reported, target, devices: u64::try_from(devices).unwrap_or_default() })
    };
    rows.all(&reader.executor()).await?.into_iter().map(parse).collect()
}

/// The keys of up to `most` of the devices of such a group, in their order.
pub async fn list_on_release(
    reader: &impl Reader,
    organization: Id<Organization>,
    release: Id<Release>,
    group: &OnRelease,
    most: u64,
) -> Result<Vec<Id<Device>>, Error> {
    let OnRelease { reported, target, .. } = group;
    let same = on_it(organization, release)
        .add(equal(Column::ReportedReleaseId, reported.release.map(Id::uuid)))
        .add(equal(Column::ReportedBundleId, reported.bundle.map(Id::uuid)))
        .add(equal(Column::ReportedVersion, reported.version.as_ref().map(VersionText::as_str)))
        .add(equal(Column::Target, target.as_ref().map(Target::as_str)));
    let ids = Entity::find().select_only().column(Column::Id).filter(same);
    let ids = ids.order_by_asc(Column::Id).limit(most).into_tuple::<Uuid>();
    Ok(ids.all(&reader.executor()).await?.into_iter().map(Id::new).collect())
}

fn equal<V: Into<sea_orm::Value>>(column: Column, value: Option<V>) -> sea_orm::sea_query::SimpleExpr {
    value.map_or_else(|| column.is_null(), |value| column.eq(value))
}

/// Keeps devices from being deleted until the transaction ends, so that other records may refer to them. Their reports may change.
pub async fn hold(
    write: &Write,
    organization: Id<Organization>,
    devices: &[Id<Device>],
) -> Result<(), Error> {
    let mut ids: Vec<_> = devices.iter().map(|id| id.uuid()).collect();
    ids.sort_unstable();
    for ids in ids.chunks(MOST_IDS) {
        let held = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::OrganizationId.eq(organization.uuid()))
            .filter(Column::Id.is_in(ids.iter().copied()))
            .order_by_asc(Column::Id)
            .lock(LockType::KeyShare);
        held.into_tuple::<Uuid>().all(write.transaction()).await?;
    }
    Ok(())
}

fn on_it(organization: Id<Organization>, release: Id<Release>) -> Condition {
    Condition::all()
        .add(Column::OrganizationId.eq(organization.uuid()))
        .add(Column::ReleaseId.eq(release.uuid()))
}
