//! How many devices there are of each version and outcome: counted in one walk along an index that has all of it.
//!
//! What this costs grows with the number of devices, so it runs as a scan: for a short time only, and one at a time for each caller.

use std::fmt::Write as _;

use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::UpdateStatus;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::text::VersionText;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait as _, DbBackend, EntityTrait, QueryFilter, QueryResult, QuerySelect,
    QueryTrait, Statement,
};
use uuid::Uuid;

use super::TABLE;
use crate::database::ListReader;
use crate::entities::fleet::devices::{Column, Entity};
use crate::error::Error;
use crate::lists::is_out_of_time;
use crate::rows::Row;
use crate::tenants::Tenant;

/// The most versions that are told apart.
pub const MOST_VERSIONS: usize = 1_000;

/// Which devices are counted: all of an organization, those of a product, or those of a cohort of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Every device.
    All,
    /// Those of this product.
    Product(Id<Product>),
    /// Those of this cohort, which is one of this product.
    Cohort(Id<Product>, Id<Cohort>),
}

/// Devices of a product that last reported the same version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionCount {
    /// Their product.
    pub product: Id<Product>,
    /// The version; `None` for devices that reported none.
    pub version: Option<VersionText>,
    /// How many there are.
    pub devices: u64,
    /// How many of them have a failure as their last outcome.
    pub failed: u64,
}

/// How many devices there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All that are counted.
    pub devices: u64,
    /// How many have each outcome, in the order of [`UpdateStatus::ALL`].
    pub outcomes: [u64; UpdateStatus::ALL.len()],
    /// The most common versions, most devices first.
    pub versions: Vec<VersionCount>,
    /// How many devices each of the products of these versions has, in the order of their keys.
    pub products: Vec<(Id<Product>, u64)>,
}

/// Counts devices by product and version, and by outcome.
pub async fn count(reader: &impl ListReader, tenancy: &Tenancy, which: Counted) -> Result<Counts, Error> {
    let organization = tenancy.organization();
    let scanner = reader.scanner().await?;
    let executor = scanner.executor();
    let statement = counting(executor.get_database_backend(), tenancy, which);
    let rows = executor.query_all_raw(statement).await.map_err(Error::from).map_err(|error| {
        let seconds = reader.scan_limit().as_secs();
        if is_out_of_time(&error) { Error::TooManyToCount { seconds } } else { error }
    })?;
    let mut counts = Counts::default();
    for row in &rows {
        add(&mut counts, organization, row)?;
    }
    counts.products.sort_unstable();
    counts.products.dedup();
    Ok(counts)
}

/// Groups as the index has it, and then the few groups once more without their cohorts. The sums over all groups stand in each row, so that
/// they are right also where not all groups are read.
pub(crate) fn counting(backend: DbBackend, tenancy: &Tenancy, which: Counted) -> Statement {
    let (mut sums, mut failed) = (String::new(), String::from("0"));
    for status in UpdateStatus::ALL {
        let name = status.as_str();
        let of_status = format!("SUM(CASE WHEN outcome = '{name}' THEN devices ELSE 0 END)");
        let _ = write!(sums, ", CAST(SUM({of_status}) OVER () AS BIGINT) AS all_{name}");
        if status.is_failure() {
            let _ = write!(failed, " + {of_status}");
        }
    }
    let same = [Column::ProductId, Column::CohortId, Column::ReportedVersion, Column::Outcome];
    let mut grouped = Entity::find().select_only().columns(same).column_as(Expr::cust("COUNT(*)"), "devices");
    for column in same {
        grouped = grouped.group_by(column);
    }
    let mut grouped = grouped
        .filter(Column::OrganizationId.eq(tenancy.organization().uuid()))
        .filter(Tenant::<Entity>::seen(tenancy));
    if let Counted::Product(product) | Counted::Cohort(product, _) = which {
        grouped = grouped.filter(Column::ProductId.eq(product.uuid()));
    }
    if let Counted::Cohort(_, cohort) = which {
        grouped = grouped.filter(Column::CohortId.eq(cohort.uuid()));
    }
    let Statement { sql: grouped, values, .. } = grouped.build(backend);
    let sql = format!(
        "SELECT product_id, reported_version, CAST(SUM(devices) AS BIGINT) AS devices, \
         CAST({failed} AS BIGINT) AS failed, \
         CAST(SUM(SUM(devices)) OVER (PARTITION BY product_id) AS BIGINT) AS of_product, \
         CAST(SUM(SUM(devices)) OVER () AS BIGINT) AS all_devices{sums} \
         FROM ({grouped}) AS grouped \
         GROUP BY product_id, reported_version ORDER BY 3 DESC, product_id, reported_version LIMIT {MOST_VERSIONS}"
    );
    Statement::from_sql_and_values(backend, sql, values.into_iter().flat_map(|values| values.0))
}

fn add(counts: &mut Counts, organization: Id<Organization>, row: &QueryResult) -> Result<(), Error> {
    let number =
        |column: &str| row.try_get::<i64>("", column).map(|number| u64::try_from(number).unwrap_or(0));
    let product = Id::new(row.try_get::<Uuid>("", "product_id")?);
    let version: Option<String> = row.try_get("", "reported_version")?;
    counts.versions.push(VersionCount {
        product,
        version: Row::new(TABLE, organization).optional_given("reported_version", version.as_deref())?,
        devices: number("devices")?,
        failed: number("failed")?,
    });
    counts.products.push((product, number("of_product")?));
    counts.devices = number("all_devices")?;
    for (count, status) in counts.outcomes.iter_mut().zip(UpdateStatus::NAMES) {
        *count = number(&format!("all_{status}"))?;
    }
    Ok(())
}
