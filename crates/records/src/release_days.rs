//! Fleet numbers: what happened to releases on each day. Sums over all days are those of today, so nobody ever counts devices.

use std::collections::BTreeMap;

use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict, SimpleExpr};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use crate::database::{Reader, Write};
use crate::entities::distribution::release_days::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::MOST_IDS;

/// What happened to a release, or is the sum of what happened: devices each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// They came to be on it.
    pub arrived: i64,
    /// They left it.
    pub departed: i64,
    /// They claimed it.
    pub claimed: i64,
    /// Their last word on it became that it is installed, less those that then said otherwise.
    pub installed: i64,
    /// Their last word on it became a failure, less those that then said otherwise.
    pub failed: i64,
}

impl Delta {
    /// How many devices are on it, where this is the sum of all days.
    pub fn there(self) -> u64 {
        u64::try_from(self.arrived - self.departed).unwrap_or_default()
    }
}

/// One day of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseDay {
    /// The day in UTC, as `YYYY-MM-DD`.
    pub day: String,
    /// What happened on it.
    pub delta: Delta,
}

/// Adds what happened to releases on a day (`YYYY-MM-DD`, in UTC). Many devices change these rows at once: written in the order of the
/// releases' ids, no two transactions wait for each other. So a transaction calls this once, with all that it has to add.
pub async fn add(
    write: &Write,
    organization: Id<Organization>,
    day: &str,
    deltas: &BTreeMap<Id<Release>, Delta>,
) -> Result<(), Error> {
    for (release, delta) in deltas {
        add_one(write, organization, *release, day, *delta).await?;
    }
    Ok(())
}

async fn add_one(
    write: &Write,
    organization: Id<Organization>,
    release: Id<Release>,
    day: &str,
    delta: Delta,
) -> Result<(), Error> {
    if delta == Delta::default() {
        return Ok(());
    }
    let row = Model {
        release_id: release.uuid(),
        day: day.to_owned(),
        organization_id: organization.uuid(),
        arrived: delta.arrived,
        departed: delta.departed,
        claimed: delta.claimed,
        installed: delta.installed,
        failed: delta.failed,
    };
    let more = |column: Column, number: i64| (column, Expr::col((Entity, column)).add(number));
    let added = OnConflict::columns([Column::ReleaseId, Column::Day])
        .values([
            more(Column::Arrived, delta.arrived),
            more(Column::Departed, delta.departed),
            more(Column::Claimed, delta.claimed),
            more(Column::Installed, delta.installed),
            more(Column::Failed, delta.failed),
        ])
        .to_owned();
    let insert = Entity::insert(row.into_active_model()).on_conflict(added);
    insert.exec_without_returning(write.transaction()).await?;
    Ok(())
}

/// The days of a release on which anything happened, the oldest first.
pub async fn list(
    reader: &impl Reader,
    organization: Id<Organization>,
    release: Id<Release>,
) -> Result<Vec<ReleaseDay>, Error> {
    let days = Entity::find()
        .filter(Column::ReleaseId.eq(release.uuid()))
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .order_by_asc(Column::Day);
    Ok(days.all(&reader.executor()).await?.into_iter().map(parse).collect())
}

fn parse(row: Model) -> ReleaseDay {
    let Model { day, arrived, departed, claimed, installed, failed, .. } = row;
    ReleaseDay { day, delta: Delta { arrived, departed, claimed, installed, failed } }
}

/// The sums over all days of those of the releases to which anything ever happened, in no particular order.
pub async fn sums(
    reader: &impl Reader,
    organization: Id<Organization>,
    releases: &[Id<Release>],
) -> Result<Vec<(Id<Release>, Delta)>, Error> {
    let mut all = Vec::new();
    for releases in releases.chunks(MOST_IDS) {
        let rows = summed(organization, releases).into_model::<Sum>().all(&reader.executor()).await?;
        all.extend(rows.into_iter().map(Sum::parse));
    }
    Ok(all)
}

pub(crate) fn summed(organization: Id<Organization>, releases: &[Id<Release>]) -> Select<Entity> {
    Entity::find()
        .select_only()
        .column(Column::ReleaseId)
        .column_as(sum(Column::Arrived), "arrived")
        .column_as(sum(Column::Departed), "departed")
        .column_as(sum(Column::Claimed), "claimed")
        .column_as(sum(Column::Installed), "installed")
        .column_as(sum(Column::Failed), "failed")
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::ReleaseId.is_in(releases.iter().map(|id| id.uuid())))
        .group_by(Column::ReleaseId)
}

/// PostgreSQL's sum of integers is of a wider type than its integers.
fn sum(column: Column) -> SimpleExpr {
    column.sum().cast_as(Alias::new("BIGINT"))
}

#[derive(FromQueryResult)]
struct Sum {
    release_id: Uuid,
    arrived: i64,
    departed: i64,
    claimed: i64,
    installed: i64,
    failed: i64,
}

impl Sum {
    fn parse(self) -> (Id<Release>, Delta) {
        let Self { release_id, arrived, departed, claimed, installed, failed } = self;
        (Id::new(release_id), Delta { arrived, departed, claimed, installed, failed })
    }
}
