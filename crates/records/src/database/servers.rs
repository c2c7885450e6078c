//! The servers of PostgreSQL that a URL names: which one to take, and what every session on it is told.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use tokio::time::timeout;

use super::options::Options;
use super::parameters::{Target, Wanted};
use crate::dialect;

/// The servers that a URL names, and how to open a session on one of them.
pub(super) struct Servers {
    hosts: Vec<PgConnectOptions>,
    wanted: Wanted,
    /// How long one server may take to let us in.
    limit: Duration,
    /// What every session is told first. Not as parameters of the connection, because poolers refuse those or drop them.
    settings: String,
}

impl Servers {
    pub(super) fn new(target: Target, options: &Options) -> Self {
        let each = options.patience / u32::try_from(target.hosts.len()).unwrap_or(1).max(1);
        let limit = target.connect_timeout.map_or(each, |limit| limit.min(each));
        let hosts: Vec<_> = target.hosts.into_iter().map(|host| host.application_name("olivine")).collect();
        let timeout = options.statement_timeout.as_millis();
        let settings =
            format!("SET statement_timeout = {timeout}; SET idle_in_transaction_session_timeout = {timeout}");
        Self { hosts, wanted: target.wanted, limit, settings }
    }

    /// The server, where there is but one.
    pub(super) fn only(&self) -> Option<&PgConnectOptions> {
        if let [only] = &self.hosts[..] { Some(only) } else { None }
    }

    /// A session on the first server that answers and is of the wanted kind, and how to connect to that server again.
    pub(super) async fn connect(&self) -> Result<(PgConnection, &PgConnectOptions), sqlx::Error> {
        let mut first = None;
        for host in &self.hosts {
            let connecting = async {
                let mut connection = PgConnection::connect_with(host).await?;
                sqlx::raw_sql(AssertSqlSafe(self.settings.clone())).execute(&mut connection).await?;
                self.check_kind(&mut connection).await?;
                Ok(connection)
            };
            match timeout(self.limit, connecting).await {
                Ok(Ok(connection)) => return Ok((connection, host)),
                Ok(Err(error)) => drop(first.get_or_insert(error)),
                Err(_) => drop(first.get_or_insert(sqlx::Error::PoolTimedOut)),
            }
        }
        Err(first.unwrap_or(sqlx::Error::PoolClosed))
    }

    async fn check_kind(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let question = match self.wanted {
            Wanted::Any => return Ok(()),
            Wanted::ReadWrite => "SELECT current_setting('transaction_read_only') = 'on'",
            Wanted::Primary => "SELECT pg_is_in_recovery()",
        };
        let is_other: bool = sqlx::raw_sql(question).fetch_one(connection).await?.try_get(0)?;
        if is_other { Err(dialect::read_only()) } else { Ok(()) }
    }
}
