//! How many records a search finds: exactly for some thousands of them. No more are looked at, so that the number never costs more.

use olivine_domain::search::{Clause, MOST_COUNTED};
use sea_orm::sea_query::{Alias, Expr, Func, SelectStatement};
use sea_orm::{ConnectionTrait as _, QueryFilter as _, QueryResult, QuerySelect as _, QueryTrait as _};

use super::{ListQuery, Listed, Scope, is_scan, select, too_broad};
use crate::database::ListReader;
use crate::error::Error;
use crate::tenants::Tenant;

/// How many records there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matching {
    /// The number, [`MOST_COUNTED`] where there are more.
    pub count: u64,
    /// Whether these are all.
    pub is_exact: bool,
}

impl Matching {
    /// What is known once at most one more than [`MOST_COUNTED`] were found.
    pub(crate) fn found(count: u64) -> Self {
        Self { count: count.min(MOST_COUNTED), is_exact: count <= MOST_COUNTED }
    }
}

/// Counts what a search finds in a list.
pub(crate) async fn count<E: Listed>(
    reader: &impl ListReader,
    tenant: impl Tenant<E>,
    clauses: &[Clause],
) -> Result<Matching, Error> {
    let some = first::<E>(reader, tenant, clauses, &[E::ID], MOST_COUNTED + 1)?;
    let rows = read::<E>(reader, tenant, clauses, &counting(some)).await?;
    Ok(Matching::found(rows.first().map_or(Ok(0), |row| number(row, "records"))?))
}

/// The number of rows that a statement finds, as `records`. It selects the column `id`.
pub(crate) fn counting(some: SelectStatement) -> SelectStatement {
    let mut all = SelectStatement::new();
    all.expr_as(Func::count(Expr::col(Alias::new("id"))), "records").from_subquery(some, "some");
    all
}

/// These columns of at most `limit` of the records that a search finds: the first in the list.
pub(crate) fn first<E: Listed>(
    reader: &impl ListReader,
    tenant: impl Tenant<E>,
    clauses: &[Clause],
    columns: &[E::Column],
    limit: u64,
) -> Result<SelectStatement, Error>
where
    E::Column: Copy,
{
    let organization = tenant.organization();
    let scope = Scope { backend: reader.executor().get_database_backend(), organization };
    let query = ListQuery { clauses: clauses.to_vec(), ..ListQuery::default() };
    let found = select::<E>(&scope, &query)?.filter(tenant.seen());
    Ok(found.select_only().columns(columns.iter().copied()).limit(limit).into_query())
}

/// Reads; for a short time only, where no index finds the records.
pub(crate) async fn read<E: Listed>(
    reader: &impl ListReader,
    tenant: impl Tenant<E>,
    clauses: &[Clause],
    statement: &SelectStatement,
) -> Result<Vec<QueryResult>, Error> {
    if tenant.seen().is_empty() && !is_scan::<E>(clauses) {
        return Ok(reader.executor().query_all(statement).await?);
    }
    let scanner = reader.scanner().await?;
    let rows = scanner.executor().query_all(statement).await.map_err(Error::from);
    rows.map_err(|error| too_broad(error, reader.scan_limit(), E::INDEXED))
}

/// A number of a row.
pub(crate) fn number(row: &QueryResult, column: &str) -> Result<u64, Error> {
    Ok(u64::try_from(row.try_get::<i64>("", column)?).unwrap_or(0))
}
