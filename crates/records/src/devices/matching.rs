//! How many devices a search finds, and what they have alike: exactly for some thousands of them. Whatever the size of the fleet, no more
//! devices are looked at, so that these numbers never cost more.

use std::collections::HashMap;

use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Facet;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::search::{Clause, MOST_COUNTED};
use sea_orm::sea_query::{Expr, SelectStatement};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QueryResult,
    QuerySelect as _, Select,
};
use uuid::Uuid;

use super::TABLE;
use crate::database::ListReader;
use crate::entities::fleet::cohorts;
use crate::entities::fleet::devices::{Column, Entity};
use crate::error::Error;
use crate::lists::Matching;
use crate::lists::counting::{counting, first, number, read};
use crate::rows::Row;
use crate::tags;
use crate::tenants::Tenant;

/// What some devices have alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FacetValue {
    /// A text: a tag, a target, an outcome or a version.
    Text(String),
    /// The key of a release or a cohort.
    Key(Uuid),
}

/// How many devices have which value, and whether these are all devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facets {
    /// The values in no order; `None` for devices that have none.
    pub values: HashMap<Option<FacetValue>, u64>,
    /// How many devices were counted.
    pub counted: Matching,
}

/// Counts the devices that are quarantined, which an index has.
pub async fn count_quarantined(reader: &impl ListReader, tenancy: &Tenancy) -> Result<Matching, Error> {
    counted(reader, &quarantined(reader, tenancy, MOST_COUNTED + 1)?).await
}

/// The number of quarantined devices: of no more than so many.
pub(crate) fn quarantined(
    reader: &impl ListReader,
    tenancy: &Tenancy,
    most: u64,
) -> Result<SelectStatement, Error> {
    let mut some = first::<Entity>(reader, tenancy, &[], &[Column::Id], most)?;
    some.and_where(Expr::cust("\"devices\".\"quarantined\""));
    Ok(counting(some))
}

/// The number of devices without a cohort: of no more than so many.
pub(crate) fn without_cohort(
    reader: &impl ListReader,
    tenancy: &Tenancy,
    most: u64,
) -> Result<SelectStatement, Error> {
    let mut some = first::<Entity>(reader, tenancy, &[], &[Column::Id], most)?;
    some.and_where(Column::CohortId.is_null());
    Ok(counting(some))
}

async fn counted(reader: &impl ListReader, statement: &SelectStatement) -> Result<Matching, Error> {
    let rows = reader.executor().query_all(statement).await?;
    Ok(Matching::found(rows.first().map_or(Ok(0), |row| number(row, "records"))?))
}

/// What the devices that a search finds have alike: of no more than so many.
pub(crate) fn grouped(
    reader: &impl ListReader,
    tenancy: &Tenancy,
    by: Facet,
    clauses: &[Clause],
    most: u64,
) -> Result<SelectStatement, Error> {
    let columns: &[Column] = match by {
        Facet::Release => &[Column::ReleaseId],
        Facet::Cohort => &[Column::CohortId],
        Facet::Tag => &[Column::Tags],
        Facet::Target => &[Column::Target, Column::ProductId],
        Facet::Outcome => &[Column::Outcome],
        Facet::Version => &[Column::ReportedVersion],
    };
    let some = first::<Entity>(reader, tenancy, clauses, columns, most)?;
    let mut grouped = SelectStatement::new();
    for column in columns {
        grouped.column(*column).group_by_col(*column);
    }
    grouped.expr_as(Expr::cust("COUNT(*)"), "devices").from_subquery(some, "some");
    Ok(grouped)
}

/// Counts what a search finds by what the devices have alike.
pub async fn facets(
    reader: &impl ListReader,
    tenancy: &Tenancy,
    by: Facet,
    clauses: &[Clause],
) -> Result<Facets, Error> {
    let grouped = grouped(reader, tenancy, by, clauses, MOST_COUNTED)?;
    let rows = read::<Entity>(reader, tenancy, clauses, &grouped).await?;
    let targets = match by {
        Facet::Target => targets(reader, tenancy, &rows).await?,
        _ => HashMap::new(),
    };
    let (mut values, mut counted) = (HashMap::new(), 0);
    for row in &rows {
        let devices = number(row, "devices")?;
        counted += devices;
        for value in alike(row, tenancy.organization(), by, &targets)? {
            *values.entry(value).or_default() += devices;
        }
    }
    Ok(Facets { values, counted: Matching { count: counted, is_exact: counted < MOST_COUNTED } })
}

/// The values that the devices of a group have: tags may be several.
fn alike(
    row: &QueryResult,
    organization: Id<Organization>,
    by: Facet,
    targets: &HashMap<Uuid, String>,
) -> Result<Vec<Option<FacetValue>>, Error> {
    let key = |column: &str| row.try_get::<Option<Uuid>>("", column).map(|key| key.map(FacetValue::Key));
    let text = |column: &str| row.try_get::<Option<String>>("", column);
    Ok(vec![match by {
        Facet::Release => key("release_id")?,
        Facet::Cohort => key("cohort_id")?,
        Facet::Outcome => text("outcome")?.map(FacetValue::Text),
        Facet::Version => text("reported_version")?.map(FacetValue::Text),
        Facet::Target => {
            let product: Uuid = row.try_get("", "product_id")?;
            text("target")?.or_else(|| targets.get(&product).cloned()).map(FacetValue::Text)
        }
        Facet::Tag => {
            let stored = text("tags")?.unwrap_or_default();
            let tags = tags::parse(&Row::new(TABLE, organization), "tags", &stored)?;
            if tags.is_empty() {
                return Ok(vec![None]);
            }
            return Ok(tags.iter().map(|tag| Some(FacetValue::Text(tag.to_owned()))).collect());
        }
    }])
}

/// The targets of the products of these groups.
async fn targets(
    reader: &impl ListReader,
    tenancy: &Tenancy,
    rows: &[QueryResult],
) -> Result<HashMap<Uuid, String>, Error> {
    let mut of = Vec::new();
    for row in rows {
        let product: Uuid = row.try_get("", "product_id")?;
        if !of.contains(&product) {
            of.push(product);
        }
    }
    let ids: Vec<_> = of.into_iter().map(Id::<Product>::new).collect();
    let found = crate::products::get_many(reader, tenancy, &ids).await?;
    Ok(found.into_iter().filter_map(|one| Some((one.id.uuid(), one.target?.as_str().to_owned()))).collect())
}

/// How many devices each cohort has, as far as they are counted there, and how many have none: without looking at the devices of cohorts.
pub async fn count_by_cohort(
    reader: &impl ListReader,
    tenancy: &Tenancy,
) -> Result<(Vec<(Id<Cohort>, u64)>, Matching), Error> {
    let in_cohorts: Vec<(Uuid, i64)> = in_cohorts(tenancy).into_tuple().all(&reader.executor()).await?;
    let without = counted(reader, &without_cohort(reader, tenancy, MOST_COUNTED + 1)?).await?;
    let number = |devices| u64::try_from(devices).unwrap_or(0);
    let in_cohorts = in_cohorts.into_iter().map(|(id, devices)| (Id::new(id), number(devices)));
    Ok((in_cohorts.collect(), without))
}

/// The cohorts that have devices, with their numbers.
fn in_cohorts(tenancy: &Tenancy) -> Select<cohorts::Entity> {
    cohorts::Entity::find()
        .select_only()
        .columns([cohorts::Column::Id, cohorts::Column::Devices])
        .filter(cohorts::Column::OrganizationId.eq(tenancy.organization().uuid()))
        .filter(Tenant::<cohorts::Entity>::seen(tenancy))
        .filter(cohorts::Column::Devices.gt(0))
}
