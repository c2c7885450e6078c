//! Copying all records of one database into another, of either kind: all or nothing, and compared row by row. Works across organizations.
//!
//! It must never leave a table out: a test compares the list below with the tables and columns that the migrations made.

use futures_util::TryStreamExt as _;
use olivine_domain::Sha256Digest;
use olivine_domain::hash::Sha256Hasher;
use olivine_domain::storage_backends::StorageBackend;
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel,
    Iterable, ModelTrait, PrimaryKeyToColumn, QueryFilter, QueryOrder, StreamTrait, Value,
};
use uuid::Uuid;

use crate::database::access::Database;
use crate::entities::distribution::{
    bundle_binaries, bundle_override_devices, bundle_overrides, bundles, device_outcomes, release_claims,
    release_days, releases, stops,
};
use crate::entities::fleet::{
    bulk_operations, ca_certificates, cohorts, device_certificates, devices, products, verification_codes,
};
use crate::entities::people::{invitations, known_browsers, memberships, recovery_codes, users, views};
use crate::entities::{
    api_keys, artifact_versions, artifacts, binaries, binary_parts, binary_replicas, binary_signatures,
    contents, download_counts, event_feed, event_feeds, event_pending, events, idempotency_keys, jobs,
    organizations, settings, signing_keys, storage_backends,
};
use crate::error::Error;
use crate::{dialect, feed_ids, migrations};

/// How many rows are written at once: a row may have a megabyte.
const BATCH: usize = 64;

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The source's tables are not as this version makes them.
    #[error("the source has not the tables of this version: run `olivine migrate` on it first")]
    SourceOutdated,
    /// The target's tables are of another version.
    #[error("the target has tables of another version: copy into an empty database")]
    TargetOutdated,
    /// There is something in the target.
    #[error(
        "the target has rows in '{table}' already: copy into an empty database (SQLite: move the old file away first)"
    )]
    TargetNotEmpty {
        /// The table.
        table: &'static str,
    },
    /// What was read back is not what was written.
    #[error("the rows of '{table}' differ after copying: nothing was kept")]
    Different {
        /// The table.
        table: &'static str,
    },
    /// Reading failed.
    #[error("reading the source")]
    Source(#[source] Error),
    /// Writing, or reading back, failed.
    #[error("writing the target")]
    Target(#[source] Error),
}

/// What was copied of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedTable {
    /// Its name.
    pub table: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// The SHA-256 over all rows in the order of their keys: the same in both databases.
    pub hash: Sha256Digest,
}

/// Does the same for each table, each after those that its rows name. What servers tell each other (`announcements`) is not copied: it
/// means nothing to a server that starts. Nor are sessions, links and failures to sign in: everybody signs in anew.
macro_rules! each_table {
    ($do:ident, $($argument:expr),*) => {{
        $do!($($argument,)* organizations, users, recovery_codes, known_browsers, memberships, views, invitations, storage_backends, api_keys, artifacts, artifact_versions, contents, binaries, binary_replicas,
            binary_parts, signing_keys, binary_signatures, events, event_feeds, event_feed, download_counts, jobs, idempotency_keys, settings, bundles,
            bundle_binaries, products, cohorts, devices, ca_certificates, verification_codes, device_certificates, releases,
            release_claims, release_days, device_outcomes, bundle_overrides, bundle_override_devices, stops,
            bulk_operations);
    }};
}

macro_rules! refuse_rows {
    ($target:expr, $($table:ident),*) => {
        $(let others = $table::Entity::find().filter(other_than_made(stringify!($table)));
        if others.one(&$target).await.map_err(target)?.is_some() {
            return Err(CopyError::TargetNotEmpty { table: stringify!($table) });
        })*
    };
}

macro_rules! copy_rows {
    ($copied:expr, $from:expr, $to:expr, $($table:ident),*) => {
        $($copied.push(copy_table::<$table::Entity>(stringify!($table), $from, $to).await?);)*
    };
}

/// Copies everything from one database into an empty one. Nobody may write to the source meanwhile: with SQLite nobody can, with
/// PostgreSQL what is written meanwhile is not copied. The copy's feeds of events get ids of `new_feed`: with the same numbers, they are other
/// feeds from here on.
pub async fn copy(
    source: &Database,
    target_database: &Database,
    mut new_feed: impl FnMut() -> Uuid + Send,
) -> Result<Vec<CopiedTable>, CopyError> {
    let missing = |error| CopyError::Source(error);
    if source.pending_migrations().await.map_err(missing)? > 0 {
        return Err(CopyError::SourceOutdated);
    }
    prepare(target_database).await?;
    let from = source.begin_at_length().await.map_err(CopyError::Source)?;
    dialect::read_one_moment(&from).await.map_err(|error| CopyError::Source(error.into()))?;
    let to = target_database.begin_at_length().await.map_err(CopyError::Target)?;
    dialect::take_time(&to).await.map_err(target)?;
    // Before anything is changed, so that this is what is said of a target that has something.
    each_table!(refuse_rows, to);
    // The one row that a migration makes comes from the source.
    let made = storage_backends::Entity::delete_by_id(StorageBackend::DATA_FOLDER.uuid());
    made.exec(&to).await.map_err(target)?;
    let mut copied = Vec::new();
    each_table!(copy_rows, copied, &from, &to);
    copied.push(copy_pending(&from, &to).await?);
    feed_ids::renew(&to, &mut new_feed).await.map_err(target)?;
    to.commit().await.map_err(target)?;
    Ok(copied)
}

/// All rows of a table but the one that a migration made.
fn other_than_made(table: &str) -> Condition {
    let is_other = storage_backends::Column::Id.ne(StorageBackend::DATA_FOLDER.uuid());
    Condition::all().add_option((table == "storage_backends").then_some(is_other))
}

fn target(error: DbErr) -> CopyError {
    CopyError::Target(error.into())
}

/// Makes the tables where there are none.
async fn prepare(target: &Database) -> Result<(), CopyError> {
    let pending = target.pending_migrations().await.map_err(CopyError::Target)?;
    if pending == 0 {
        return Ok(());
    }
    if pending != migrations::count() {
        return Err(CopyError::TargetOutdated);
    }
    target.migrate().await.map_err(CopyError::Target).map(drop)
}

async fn copy_table<E>(
    table: &'static str,
    from: &DatabaseTransaction,
    to: &DatabaseTransaction,
) -> Result<CopiedTable, CopyError>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel> + ModelTrait<Entity = E> + Sync,
{
    let source = |error: DbErr| CopyError::Source(error.into());
    let (mut rows, mut hasher) = (0, Sha256Hasher::new());
    let mut stream = in_order::<E>(from).await.map_err(source)?;
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(row) = stream.try_next().await.map_err(source)? {
        rows += 1;
        hash_row(&mut hasher, &row);
        batch.push(row.into_active_model());
        if batch.len() == BATCH {
            insert_batch::<E>(to, std::mem::take(&mut batch)).await?;
        }
    }
    insert_batch::<E>(to, batch).await?;
    drop(stream);
    let copied = CopiedTable { table, rows, hash: hasher.finish() };
    if read_back::<E>(table, to).await? == copied { Ok(copied) } else { Err(CopyError::Different { table }) }
}

/// Copies which events have no number yet, in their order. Their places are given by the target: its own inserts of events have taken some.
async fn copy_pending(
    from: &DatabaseTransaction,
    to: &DatabaseTransaction,
) -> Result<CopiedTable, CopyError> {
    // What the rows of `events` that were just copied left here.
    event_pending::Entity::delete_many().exec(to).await.map_err(target)?;
    let source = |error: DbErr| CopyError::Source(error.into());
    let mut stream = in_order::<event_pending::Entity>(from).await.map_err(source)?;
    let mut copied = PendingRows::default();
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(row) = stream.try_next().await.map_err(source)? {
        copied.add(&row);
        batch.push(event_pending::ActiveModel { place: NotSet, ..row.into_active_model() });
        if batch.len() == BATCH {
            insert_batch::<event_pending::Entity>(to, std::mem::take(&mut batch)).await?;
        }
    }
    drop(stream);
    insert_batch::<event_pending::Entity>(to, batch).await?;
    let mut read_back = PendingRows::default();
    let mut stream = in_order::<event_pending::Entity>(to).await.map_err(target)?;
    while let Some(row) = stream.try_next().await.map_err(target)? {
        read_back.add(&row);
    }
    let (copied, read_back) = (copied.finish(), read_back.finish());
    if read_back == copied { Ok(copied) } else { Err(CopyError::Different { table: PENDING }) }
}

const PENDING: &str = "event_pending";

/// What is compared of pending rows: all but their places.
#[derive(Default)]
struct PendingRows {
    rows: u64,
    hasher: Sha256Hasher,
}

impl PendingRows {
    fn add(&mut self, row: &event_pending::Model) {
        self.rows += 1;
        hash_row(&mut self.hasher, &event_pending::Model { place: 0, ..row.clone() });
    }

    fn finish(self) -> CopiedTable {
        CopiedTable { table: PENDING, rows: self.rows, hash: self.hasher.finish() }
    }
}

macro_rules! read_rows {
    ($from:expr, $($table:ident),*) => {
        $(if let Err(error) = read_table::<$table::Entity>($from).await {
            return Ok(Some(format!("a row of the table {} can't be read: {error}", stringify!($table))));
        })*
    };
}

/// Reads every row of every table; says of the first one that can't be read what is wrong with it.
pub(crate) async fn read_all(database: &Database) -> Result<Option<String>, Error> {
    let from = database.begin_reading().await?;
    each_table!(read_rows, &from);
    read_rows!(&from, event_pending);
    from.rollback().await?;
    Ok(None)
}

async fn read_table<E>(from: &DatabaseTransaction) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + Sync,
{
    let mut rows = in_order::<E>(from).await?;
    while rows.try_next().await?.is_some() {}
    Ok(())
}

async fn insert_batch<E: EntityTrait>(
    to: &DatabaseTransaction,
    batch: Vec<E::ActiveModel>,
) -> Result<(), CopyError> {
    if batch.is_empty() {
        return Ok(());
    }
    E::insert_many(batch).exec_without_returning(to).await.map_err(target).map(drop)
}

async fn read_back<E>(table: &'static str, to: &DatabaseTransaction) -> Result<CopiedTable, CopyError>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + Sync,
{
    let (mut rows, mut hasher) = (0, Sha256Hasher::new());
    let mut stream = in_order::<E>(to).await.map_err(target)?;
    while let Some(row) = stream.try_next().await.map_err(target)? {
        rows += 1;
        hash_row(&mut hasher, &row);
    }
    Ok(CopiedTable { table, rows, hash: hasher.finish() })
}

type Rows<'a, E> =
    std::pin::Pin<Box<dyn futures_util::Stream<Item = Result<<E as EntityTrait>::Model, DbErr>> + Send + 'a>>;

/// All rows in the order of their keys, which is the same in both databases.
async fn in_order<'a, E>(transaction: &'a DatabaseTransaction) -> Result<Rows<'a, E>, DbErr>
where
    E: EntityTrait,
    E::Model: Sync + 'a,
    DatabaseTransaction: StreamTrait,
{
    let mut select = E::find();
    for key in E::PrimaryKey::iter() {
        select = select.order_by_asc(key.into_column());
    }
    Ok(Box::pin(select.stream(transaction).await?))
}

/// Adds a row so that no two different ones look alike.
fn hash_row<M: ModelTrait>(hasher: &mut Sha256Hasher, row: &M) {
    for column in <M::Entity as EntityTrait>::Column::iter() {
        let mut add = |kind: u8, bytes: &[u8]| {
            hasher.update(&[kind]);
            hasher.update(&(bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        };
        match row.get(column) {
            Value::String(Some(text)) => add(1, text.as_bytes()),
            Value::BigInt(Some(number)) => add(2, &number.to_be_bytes()),
            Value::Bool(Some(is)) => add(3, &[u8::from(is)]),
            Value::Uuid(Some(id)) => add(4, id.as_bytes()),
            Value::Bytes(Some(bytes)) => add(5, &bytes),
            Value::Double(Some(number)) => add(6, &number.to_be_bytes()),
            // What is not there, of whatever kind.
            other => add(0, format!("{other:?}").as_bytes()),
        }
    }
}

#[cfg(test)]
macro_rules! name_columns {
    ($names:expr, $($table:ident),*) => {
        $(for column in $table::Column::iter() {
            let table = sea_orm::EntityName::table_name(&$table::Entity::default()).to_owned();
            $names.insert((table, sea_orm::IdenStatic::as_str(&column).to_owned()));
        })*
    };
}

/// All tables that are copied, with their columns.
#[cfg(test)]
pub(crate) fn columns() -> std::collections::BTreeSet<(String, String)> {
    let mut names = std::collections::BTreeSet::new();
    each_table!(name_columns, names);
    name_columns!(names, event_pending);
    names
}
