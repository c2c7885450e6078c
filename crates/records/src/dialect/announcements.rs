//! How each database says which announcements a reader has not seen yet.

use sea_orm::{DbBackend, Statement, Value};

/// How exactly PostgreSQL can say which log it is that a reader follows. SQLite has only one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// By the database cluster, its timeline (another one after each failover), the database and the table.
    Cluster,
    /// By the database and the table, where the server does not let its users ask for more.
    Table,
}

/// What a reader has seen, as far as a statement needs it.
pub(crate) struct After<'a> {
    /// SQLite: the greatest number seen. PostgreSQL: the first transaction that the last snapshot could not see.
    pub(crate) next: i64,
    /// PostgreSQL: the transactions before that one which were still open.
    pub(crate) open: &'a [i64],
}

/// A statement whose first row says where the log stands (`place`, `log`, `moment`), and its other rows what a reader has not seen:
/// nothing without `after`, and not much more than `limit` rows.
pub(crate) fn news(
    backend: DbBackend,
    identity: Identity,
    after: Option<&After<'_>>,
    limit: u64,
) -> Statement {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let (sql, values): (_, Vec<Value>) = match (backend, after) {
        (DbBackend::Sqlite, None) => (SQLITE_PLACE.to_owned(), Vec::new()),
        (DbBackend::Sqlite, Some(after)) => {
            (format!("{SQLITE_PLACE} {SQLITE_NEWS}"), vec![after.next.into(), limit.into()])
        }
        (_, None) => (postgres_place(identity), Vec::new()),
        (_, Some(after)) => {
            let open = after.open.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
            let sql = format!("{} {POSTGRES_NEWS}", postgres_place(identity));
            (sql, vec![after.next.into(), open.into(), limit.into()])
        }
    };
    Statement::from_sql_and_values(backend, sql, values)
}

const SQLITE_PLACE: &str = "SELECT NULL AS number, NULL AS kind, NULL AS subject_id, \
                            CAST((SELECT coalesce(max(number), 0) FROM announcements) AS TEXT) AS place, \
                            '' AS log, CAST(strftime('%s', 'now') AS INTEGER) * 1000000 AS moment";

const SQLITE_NEWS: &str = "UNION ALL SELECT * FROM (SELECT number, kind, subject_id, NULL, NULL, NULL \
                           FROM announcements WHERE number > ?1 ORDER BY number LIMIT ?2)";

/// All parts of the statement see one snapshot: the one that its first row tells.
fn postgres_place(identity: Identity) -> String {
    let log = match identity {
        Identity::Cluster => {
            "(SELECT system_identifier FROM pg_control_system()), left(pg_walfile_name(pg_current_wal_insert_lsn()), 8), "
        }
        Identity::Table => "",
    };
    format!(
        "SELECT NULL::bigint AS number, NULL::text AS kind, NULL::uuid AS subject_id, \
         pg_current_snapshot()::text AS place, \
         concat_ws(' ', {log}(SELECT oid FROM pg_database WHERE datname = current_database()), \
         'announcements'::regclass::oid) AS log, \
         (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS moment"
    )
}

const POSTGRES_NEWS: &str = "UNION ALL (SELECT number, kind, subject_id, NULL, NULL, NULL FROM announcements \
                             WHERE transaction_number >= $1 LIMIT $3) \
                             UNION ALL (SELECT number, kind, subject_id, NULL, NULL, NULL FROM announcements \
                             WHERE transaction_number = ANY(string_to_array($2, ',')::bigint[]) LIMIT $3)";
