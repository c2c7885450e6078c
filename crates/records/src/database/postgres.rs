//! How to connect to PostgreSQL: what a URL may say, and what every session is told.

use std::time::Duration;

use sea_orm::{DatabaseConnection, DatabaseTransaction, TransactionTrait as _};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::pool::Pool;
use super::{Connections, Database, Options, unavailable};
use crate::error::Error;

/// What a PostgreSQL URL may say after its `?`.
const PARAMETERS: [&str; 13] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "statement-cache-capacity",
];

/// The driver passes over parameters that it does not know: with a misspelt `sslmode` it would connect without looking at certificates.
/// (It also logs them, and might so log a password.)
fn refuse_unknown_parameters(url: &str) -> Result<(), Error> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let names =
        query.split('&').filter(|part| !part.is_empty()).map(|part| part.split('=').next().unwrap_or(part));
    for name in names {
        if !PARAMETERS.contains(&name) {
            let known = PARAMETERS.join(", ");
            let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
                && name.len() <= 32;
            let name = if plain { name } else { "…" };
            return Err(Error::InvalidUrl(format!("it has the parameter '{name}'; it may have {known}")));
        }
    }
    Ok(())
}

pub(super) async fn open(url: &str, options: &Options) -> Result<Database, Error> {
    let pool = Pool::new(connect_options(url, options.statement_timeout)?, options.clone());
    drop(pool.lend().await.map_err(unavailable)?);
    Ok(Database { connections: Connections::Postgres(pool) })
}

fn connect_options(url: &str, statement_timeout: Duration) -> Result<PgConnectOptions, Error> {
    refuse_unknown_parameters(url)?;
    let connect: PgConnectOptions = url.parse().map_err(|_| {
        Error::InvalidUrl("it is not of the form postgres://user:password@host/name".to_owned())
    })?;
    let timeout = statement_timeout.as_millis().to_string();
    Ok(connect.application_name("olivine").options([
        ("statement_timeout", timeout.as_str()),
        ("idle_in_transaction_session_timeout", timeout.as_str()),
    ]))
}

/// Begins a transaction on a connection of its own, which may take as long as it needs.
pub(super) async fn begin_at_length(pool: &Pool) -> Result<DatabaseTransaction, Error> {
    let one = PgPoolOptions::new().max_connections(1).acquire_timeout(pool.patience());
    let one = one.connect_with(pool.connect_options().clone()).await.map_err(unavailable)?;
    let one: DatabaseConnection = one.into();
    Ok(one.begin().await?)
}
