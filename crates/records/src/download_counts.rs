//! How often a binary was downloaded, by day: kept apart from the audit trail, so that patterns can be drawn.

use olivine_domain::binaries::Binary;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::database::{Reader, Write};
use crate::entities::download_counts::{Column, Entity, Model};
use crate::error::Error;
use crate::rows::{Row, stored};

const TABLE: &str = "download_counts";

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DownloadKind {
    /// A download URL was given out.
    Issued,
    /// A download that this server served came to its end.
    Finished,
}

impl DownloadKind {
    const ALL: [Self; 2] = [Self::Issued, Self::Finished];

    /// As it is stored and displayed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Finished => "finished",
        }
    }
}

/// How many downloads of one kind a binary had on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloadCount {
    /// The day in UTC, as `YYYY-MM-DD`.
    pub day: String,
    /// What is counted.
    pub kind: DownloadKind,
    /// How many.
    pub count: u64,
}

/// Counts `more` downloads of a binary on a day (`YYYY-MM-DD`, in UTC).
pub async fn add(
    write: &Write,
    organization: Id<Organization>,
    binary: Id<Binary>,
    day: &str,
    kind: DownloadKind,
    more: u64,
) -> Result<(), Error> {
    let row = Model {
        binary_id: binary.uuid(),
        day: day.to_owned(),
        kind: kind.as_str().to_owned(),
        organization_id: organization.uuid(),
        count: stored("count", more)?,
    };
    let sum = Expr::col((Entity, Column::Count)).add(row.count);
    let counted = OnConflict::columns([Column::BinaryId, Column::Day, Column::Kind])
        .value(Column::Count, sum)
        .to_owned();
    let insert = Entity::insert(row.into_active_model()).on_conflict(counted);
    insert.exec_without_returning(write.transaction()).await?;
    Ok(())
}

/// A binary's counts, by day and kind.
pub async fn list(
    reader: &impl Reader,
    organization: Id<Organization>,
    binary: Id<Binary>,
) -> Result<Vec<DownloadCount>, Error> {
    let counts = Entity::find()
        .filter(Column::BinaryId.eq(binary.uuid()))
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .order_by_asc(Column::Day)
        .order_by_asc(Column::Kind);
    counts.all(&reader.executor()).await?.iter().map(parse).collect()
}

fn parse(model: &Model) -> Result<DownloadCount, Error> {
    let row = Row::new(TABLE, model.binary_id);
    let kind = DownloadKind::ALL.into_iter().find(|kind| kind.as_str() == model.kind);
    Ok(DownloadCount {
        kind: row.known("kind", kind)?,
        count: row.number("count", model.count)?,
        day: model.day.clone(),
    })
}
