//! A separate database for each server under test.

use std::io::Write as _;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::server::migrate;

/// The environment variable with the URL of the PostgreSQL server in which tests create their databases. `cargo xtask test` sets it.
const POSTGRES: &str = "OLIVINE_TEST_POSTGRES";

/// The kind of database that a server under test uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// The embedded database, which is the default.
    Sqlite,
    /// A new database on the PostgreSQL server of this test run.
    Postgres,
}

/// A new PostgreSQL database. Dropping the value drops the database.
#[derive(Debug)]
pub struct PostgresDatabase {
    server_url: String,
    name: String,
}

impl PostgresDatabase {
    /// Creates an empty database.
    pub fn create() -> Self {
        // PostgreSQL copies a template only if nobody is connected to it, so `template0` is used.
        Self::create_like("template0")
    }

    /// Creates a database that is migrated already: copying it takes a fifth of the time that the migrations take.
    pub(crate) fn create_migrated() -> Self {
        static TEMPLATE: OnceLock<PostgresDatabase> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let template = Self::create();
            let folder = tempfile::tempdir().expect("a temporary folder");
            migrate(folder.path(), &["--database-url", &template.url()]);
            template
        });
        Self::create_like(&template.name)
    }

    fn create_like(template: &str) -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let server_url = std::env::var(POSTGRES)
            .unwrap_or_else(|_| panic!("{POSTGRES} names no PostgreSQL server; run `cargo xtask test`"));
        let name = format!("end_to_end_{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let database = Self { server_url, name };
        let create = format!("create database {} template {template}", database.name);
        if database.on_server(&create).is_err() {
            // A test run that was killed may have left a database with this name on a server that is still running.
            database.drop_if_exists().expect("a left-over database can be dropped");
            database.on_server(&create).expect("a database can be created");
        }
        database
    }

    /// The URL for `olivine serve --database-url`.
    pub fn url(&self) -> String {
        let (server, _) = self.server_url.rsplit_once('/').expect("the server's URL ends with a database");
        format!("{server}/{}", self.name)
    }

    /// Runs a statement in this database, and returns its unaligned output. For facts that no API shows.
    pub fn query(&self, statement: &str) -> String {
        psql(&self.url(), statement).unwrap_or_else(|error| panic!("{statement}: {error}"))
    }

    /// Like `query`, for a database that may be gone.
    pub(crate) fn try_query(&self, statement: &str) -> Option<String> {
        psql(&self.url(), statement).ok()
    }

    /// The whole database, as `pg_dump` writes it for a restore into the same database.
    pub fn dump(&self) -> Vec<u8> {
        let mut dump = Command::new("pg_dump");
        let output = dump.args(["--clean", "--if-exists", "--dbname", &self.url()]).output();
        let output = output.expect("pg_dump can be started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// Restores a dump in one transaction, while others may be connected.
    pub fn restore(&self, dump: &[u8]) {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(dump).expect("a temporary file");
        let mut psql = Command::new("psql");
        psql.args(["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]);
        let output = psql.args(["--dbname", &self.url(), "--file"]).arg(file.path()).output();
        let output = output.expect("psql can be started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn on_server(&self, statement: &str) -> Result<String, String> {
        psql(&self.server_url, statement)
    }

    fn drop_if_exists(&self) -> Result<String, String> {
        self.on_server(&format!("drop database if exists {} with (force)", self.name))
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        // The whole PostgreSQL server is deleted soon. A failure to clean up must not hide why a test failed.
        let _ = self.drop_if_exists();
    }
}

/// Runs a statement in the database at `url`, and returns its output or the error.
pub(crate) fn psql(url: &str, statement: &str) -> Result<String, String> {
    let output = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"])
        .args(["--dbname", url, "--command", statement])
        .output()
        .map_err(|error| format!("cannot start psql: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_database_is_empty_and_dropped_in_the_end() {
        let (one, other) = (PostgresDatabase::create(), PostgresDatabase::create());
        assert_ne!(one.url(), other.url());
        one.query("create table here (id int)");
        assert_eq!(other.query("select count(*) from pg_tables where schemaname = 'public'"), "0");
        let exists = format!("select count(*) from pg_database where datname = '{}'", one.name);
        assert_eq!(other.query(&exists), "1");
        drop(one);
        assert_eq!(other.query(&exists), "0");
    }

    #[test]
    fn a_dump_is_restored_in_place() {
        let database = PostgresDatabase::create();
        database.query("create table here (id int); insert into here values (1)");
        let dump = database.dump();
        database.query("delete from here");
        database.restore(&dump);
        assert_eq!(database.query("select count(*) from here"), "1");
    }
}
