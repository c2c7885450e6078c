//! Opening PostgreSQL: what its first session has to show.

use std::time::Duration;

use sea_orm::{DatabaseConnection, DatabaseTransaction, TransactionTrait as _};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, Row as _};
use tokio::time::timeout;

use super::access::{Connections, Database};
use super::failures::unavailable;
use super::options::Options;
use super::parameters::Target;
use super::pool::Pool;
use super::scans::Scans;
use super::servers::Servers;
use crate::dialect;
use crate::error::Error;

pub(super) async fn open(url: &str, options: &Options) -> Result<Database, Error> {
    let of_scans =
        Options { connections: options.scans(), statement_timeout: options.scan_timeout, ..options.clone() };
    let scans = Pool::new(Servers::new(Target::parse(url)?, &of_scans), of_scans);
    let options = &Options { connections: options.without_scans(), ..options.clone() };
    let servers = Servers::new(Target::parse(url)?, options);
    let mut refusal = None;
    let first = timeout(options.patience, first_session(&servers, &mut refusal)).await;
    // That the time is over says less than why nobody let us in until then.
    let first = first.unwrap_or_else(|_| Err(refusal.unwrap_or(sqlx::Error::PoolTimedOut)));
    let (connection, most) = first.map_err(opening_failed)?;
    let Some(connection) = connection else {
        return Err(Error::InvalidUrl(TRANSACTION_POOLING.to_owned()));
    };
    warn_if_few(most, options.connections + scans.most());
    let pool = Pool::new(servers, options.clone());
    pool.adopt(connection);
    let turns = Scans::new(scans.most(), options.scan_timeout);
    Ok(Database { connections: Connections::Postgres { pool, scans }, scans: turns })
}

const TRANSACTION_POOLING: &str = "it leads to a pooler in transaction mode, and transaction pooling is not supported: use \
     session mode, or connect directly";

/// The first session, `None` where it is not ours alone; and how many there may be.
///
/// A pooler that gives each transaction another session of the server can't be worked with: prepared statements, NOTIFY and settings
/// belong to a session. Two connections tell: while the second is in a transaction, it holds whatever session the first one used before.
async fn first_session(
    servers: &Servers,
    refusal: &mut Option<sqlx::Error>,
) -> Result<(Option<PgConnection>, Option<i32>), sqlx::Error> {
    let (mut one, host) = connect_patiently(servers, refusal).await?;
    let most = most_connections(&mut one).await?;
    let mut other = PgConnection::connect_with(host).await?;
    let before = session(&mut one).await?;
    sqlx::raw_sql("BEGIN").execute(&mut other).await?;
    session(&mut other).await?;
    let after = session(&mut one).await?;
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await?;
    other.close().await?;
    Ok(((before == after).then_some(one), most))
}

async fn session(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(connection).await?.try_get(0)
}

/// A server that is being started refuses connections for a moment. The latest refusal stays in `refusal`.
async fn connect_patiently<'a>(
    servers: &'a Servers,
    refusal: &mut Option<sqlx::Error>,
) -> Result<(PgConnection, &'a PgConnectOptions), sqlx::Error> {
    const PAUSE: Duration = Duration::from_millis(100);
    loop {
        match servers.connect().await {
            Err(error) if dialect::is_starting(&error) => {
                *refusal = Some(error);
                tokio::time::sleep(PAUSE).await;
            }
            done => return done,
        }
    }
}

/// How many connections this role may have to this database at once, as far as the server says; without those for superusers.
async fn most_connections(connection: &mut PgConnection) -> Result<Option<i32>, sqlx::Error> {
    let limits = "SELECT min(most)::int4 FROM (
        SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS most
        UNION ALL SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user AND rolconnlimit >= 0
        UNION ALL SELECT datconnlimit FROM pg_database WHERE datname = current_database() AND datconnlimit >= 0
    ) AS limits";
    sqlx::raw_sql(limits).fetch_one(connection).await?.try_get(0)
}

fn warn_if_few(most: Option<i32>, connections: u32) {
    // One more listens for other processes.
    let needed = connections.saturating_add(1);
    if most.is_some_and(|most| u32::try_from(most).unwrap_or(0) < needed) {
        tracing::warn!(
            most,
            needed,
            "the database lets in fewer connections than this process may open: raise its max_connections (or the role's \
             or the database's CONNECTION LIMIT), or lower database.connections"
        );
    }
}

/// An error that the next attempt would get as well is not reported as temporary.
fn opening_failed(error: sqlx::Error) -> Error {
    match dialect::permanent_refusal(&error) {
        Some(hint) => Error::NotLetIn { hint, source: error.into() },
        None => unavailable(error),
    }
}

/// Begins a transaction on a connection of its own, which may take as long as it needs.
pub(super) async fn begin_at_length(pool: &Pool) -> Result<DatabaseTransaction, Error> {
    let host = pool.server().await.map_err(unavailable)?;
    let one = PgPoolOptions::new().max_connections(1).acquire_timeout(pool.patience());
    let one = one.connect_with(host).await.map_err(unavailable)?;
    let one: DatabaseConnection = one.into();
    Ok(one.begin().await?)
}
