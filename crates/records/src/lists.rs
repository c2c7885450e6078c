//! Lists of one organization's records: filters, order and pages, the same for every table.
//!
//! Each list walks an index on `(organization, …, inserted_at, id)` from the cursor on, so that any page costs the same. Values are
//! always bound.

pub(crate) mod counting;
pub(crate) mod listed;
mod sorting;

use std::collections::HashMap;
use std::time::Duration;

use olivine_domain::archiving::ArchivedFilter;
use olivine_domain::organizations::Organization;
use olivine_domain::pages::{self, Cursor, Last, Limit, Order, Page, Sort};
use olivine_domain::prn::{Id, Resource};
use olivine_domain::search::{Clause, Operator};
use sea_orm::sea_query::{Expr, Func, LockType, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

pub use self::counting::Matching;
pub(crate) use self::listed::{Listed, Scope, never};

use crate::database::{Executor, ListReader, Reader, Write};
use crate::error::{Error, Trouble};
use crate::reason::Reason;
use crate::rows::Row;
use crate::tenants::{Tenant, first};

/// What a list should contain.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// What all of its records meet: a search's clauses, and equality filters in the same form.
    pub clauses: Vec<Clause>,
    /// Whether it has archived records; it counts only where records can be archived.
    pub archived: ArchivedFilter,
    /// What it is sorted by.
    pub sort: Sort,
    /// In which direction.
    pub order: Order,
    /// Where it goes on.
    pub after: Option<Cursor>,
    /// How many records at most.
    pub limit: Limit,
    /// The paths of what each record is shown with, as in `expand[]`. It counts where a page is full.
    pub with: Vec<String>,
}

/// One page of an organization's records.
pub(crate) async fn page<E: Listed>(
    reader: &impl ListReader,
    tenant: impl Tenant<E>,
    query: &ListQuery,
) -> Result<Page<E::Item>, Error>
where
    E::Model: Send + Sync,
{
    page_of::<E>(reader, tenant, Condition::all(), query).await
}

/// One page of those of an organization's records that also meet `condition`.
pub(crate) async fn page_of<E: Listed>(
    reader: &impl ListReader,
    tenant: impl Tenant<E>,
    condition: Condition,
    query: &ListQuery,
) -> Result<Page<E::Item>, Error>
where
    E::Model: Send + Sync,
{
    let organization = tenant.organization();
    let scope = Scope { backend: reader.executor().get_database_backend(), organization };
    let seen = tenant.seen();
    let is_part = !seen.is_empty();
    let select = select::<E>(&scope, query)?.filter(condition).filter(seen);
    // For a caller that reaches only a part, the list may have to read many other records to find the next one.
    if is_part || sorting::is_scan::<E>(query) || is_of_archived::<E>(query) {
        let scanner = reader.scanner().await?;
        let page = read_page::<E>(scanner.executor(), select, organization, query).await;
        page.map_err(|error| match query.sort {
            Sort::InsertedAt => too_broad(error, reader.scan_limit(), E::INDEXED),
            Sort::Identifier => sorting::too_many(error, reader.scan_limit()),
        })
    } else {
        read_page::<E>(reader.executor(), select, organization, query).await
    }
}

/// Reads a page of what is selected. Of large texts no more is read than a page has: first their sizes, then as many as fill it.
async fn read_page<E: Listed>(
    executor: Executor<'_>,
    select: Select<E>,
    organization: Id<Organization>,
    query: &ListQuery,
) -> Result<Page<E::Item>, Error>
where
    E::Model: Send + Sync,
{
    let Some(bytes) = E::bytes(&query.with) else {
        let rows = select.all(&executor).await?;
        let items = rows.iter().map(E::parse).collect::<Result<Vec<_>, _>>()?;
        return Ok(Page::cut(items, query.limit, |item| Cursor {
            last: sorting::last::<E>(item, query.sort),
            order: query.order,
        }));
    };
    let keys = select.select_only().column(E::ID).column(E::INSERTED_AT).column_as(bytes, "bytes");
    let mut keys: Vec<(Uuid, i64, i64)> = keys.into_tuple().all(&executor).await?;
    let found = keys.len();
    keys.truncate(query.limit.get());
    keys.truncate(pages::fitting(keys.iter().map(|(_, _, bytes)| u64::try_from(*bytes).unwrap_or(0))));
    let ids = keys.iter().map(|(id, ..)| *id);
    let mut items = HashMap::with_capacity(keys.len());
    for item in select_many::<E>(executor, organization, ids.clone()).await? {
        items.insert(E::place(&item).1, item);
    }
    // One that was deleted in between is not there any more; the list goes on after it nevertheless.
    let next = keys.last().filter(|_| found > keys.len());
    let next = next.map(|(id, inserted_at, _)| {
        let at = Row::new(E::default().table_name(), *id).moment("inserted_at", *inserted_at)?;
        Ok::<_, Error>(Cursor { last: Last::Inserted { at, id: *id }, order: query.order })
    });
    let items = ids.filter_map(|id| items.remove(&id)).collect();
    Ok(Page { items, next: next.transpose()? })
}

/// The one number that a statement finds, 0 where it finds none.
pub(crate) fn subquery(select: SelectStatement) -> SimpleExpr {
    Func::coalesce([SimpleExpr::SubQuery(None, Box::new(select.into())), Expr::val(0_i64)]).into()
}

/// Whether a list may have to look through more records than it shows. One value of an indexed field and a range of time are found by
/// walking the index; a second condition may drop any number of what the first one finds.
pub(crate) fn is_scan<E: Listed>(clauses: &[Clause]) -> bool {
    let mut others = clauses.iter().filter(|clause| clause.field.name != INSERTED_AT);
    let is_indexed =
        |clause: &Clause| clause.operator == Operator::Equals && E::INDEXED.contains(&clause.field.name);
    others.next().is_some_and(|first| !is_indexed(first)) || others.next().is_some()
}

/// Whether a list is of archived records only, which no index finds.
fn is_of_archived<E: Listed>(query: &ListQuery) -> bool {
    E::ARCHIVED_AT.is_some() && query.archived == ArchivedFilter::Only
}

/// The field that a list is sorted by unless another one is asked for.
const INSERTED_AT: &str = "inserted_at";

/// What it means that a scan's time was over.
pub(crate) fn too_broad(error: Error, limit: Duration, indexed: &'static [&'static str]) -> Error {
    if is_out_of_time(&error) { Error::TooBroad { seconds: limit.as_secs(), indexed } } else { error }
}

/// Whether a scan was broken off because its time was over.
pub(crate) const fn is_out_of_time(error: &Error) -> bool {
    matches!(error, Error::Unavailable { trouble: Trouble::Slow, source: Reason(DbErr::Query(_)) })
}

/// The statement behind a page: one row more than the page, to know whether there is a next one.
pub(crate) fn select<E: Listed>(scope: &Scope, query: &ListQuery) -> Result<Select<E>, Error> {
    let mut select = E::find().filter(E::ORGANIZATION.eq(scope.organization.uuid()));
    for clause in &query.clauses {
        let unsearchable = || Error::Unsearchable { field: clause.field.name.to_owned() };
        select = select.filter(E::filter(scope, clause).ok_or_else(unsearchable)?);
    }
    if let Some(archived_at) = E::ARCHIVED_AT {
        select = match query.archived {
            ArchivedFilter::Without => select.filter(archived_at.is_null()),
            ArchivedFilter::Only => select.filter(archived_at.is_not_null()),
            ArchivedFilter::Any => select,
        };
    }
    Ok(sorting::in_order(select, query)?.limit(query.limit.get() as u64 + 1))
}

/// The record, if it is there.
pub(crate) async fn find<E: Listed>(
    reader: &impl Reader,
    tenant: impl Tenant<E>,
    id: Id<E::Item>,
) -> Result<Option<E::Item>, Error>
where
    E::Model: Send + Sync,
{
    first::<E>(reader.executor(), tenant, E::find().filter(E::ID.eq(id.uuid()))).await
}

/// The record.
pub(crate) async fn get<E: Listed>(
    reader: &impl Reader,
    tenant: impl Tenant<E>,
    id: Id<E::Item>,
) -> Result<E::Item, Error>
where
    E::Model: Send + Sync,
{
    find::<E>(reader, tenant, id).await?.ok_or(Error::NotFound { table: E::default().table_name() })
}

/// The record, locked until the transaction ends.
pub(crate) async fn lock<E: Listed>(
    write: &Write,
    tenant: impl Tenant<E>,
    id: Id<E::Item>,
    lock: LockType,
) -> Result<E::Item, Error>
where
    E::Model: Send + Sync,
{
    let one = E::find().filter(E::ID.eq(id.uuid())).lock(lock);
    let found = first::<E>(write.executor(), tenant, one).await?;
    found.ok_or(Error::NotFound { table: E::default().table_name() })
}

/// Those of the records that are there.
pub(crate) async fn get_many<E: Listed>(
    reader: &impl Reader,
    tenant: impl Tenant<E>,
    ids: impl Iterator<Item = Uuid> + Send,
) -> Result<Vec<E::Item>, Error>
where
    E::Model: Send + Sync,
{
    select_many::<E>(reader.executor(), tenant, ids).await
}

async fn select_many<E: Listed>(
    executor: Executor<'_>,
    tenant: impl Tenant<E>,
    ids: impl Iterator<Item = Uuid> + Send,
) -> Result<Vec<E::Item>, Error>
where
    E::Model: Send + Sync,
{
    let mut ids: Vec<Uuid> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    let mut items = Vec::with_capacity(ids.len());
    for ids in ids.chunks(MOST_IDS) {
        let select = E::find()
            .filter(E::ID.is_in(steady(ids)))
            .filter(E::ORGANIZATION.eq(tenant.organization().uuid()))
            .filter(tenant.seen());
        for row in select.all(&executor).await? {
            items.push(E::parse(&row)?);
        }
    }
    Ok(items)
}

/// The keys of an organization's records, from after `after` on.
pub(crate) fn next_ids<E: Listed>(
    organization: Id<Organization>,
    after: Option<Id<impl Resource>>,
    limit: u64,
) -> Select<E> {
    E::find()
        .select_only()
        .column(E::ID)
        .filter(E::ORGANIZATION.eq(organization.uuid()))
        .filter(Condition::all().add_option(after.map(|after| E::ID.gt(after.uuid()))))
        .order_by_asc(E::ID)
        .limit(limit)
}

/// The keys that a statement of one column finds.
pub(crate) async fn ids<E: EntityTrait, R>(
    reader: &impl Reader,
    select: Select<E>,
) -> Result<Vec<Id<R>>, Error> {
    let found = select.into_tuple::<Uuid>().all(&reader.executor()).await?;
    Ok(found.into_iter().map(Id::new).collect())
}

/// The same keys, the last one repeated until there are a power of two: so statements that differ only in how many keys they name are few
/// enough to stay prepared.
pub(crate) fn steady<K: Copy>(keys: &[K]) -> impl Iterator<Item = K> {
    let more = keys.len().next_power_of_two() - keys.len();
    keys.iter().chain(keys.last().into_iter().cycle().take(more)).copied()
}

/// The most ids in one statement.
pub(crate) const MOST_IDS: usize = 500;
