//! Fresh databases for tests, on SQLite and on PostgreSQL. A server must never call it.
//!
//! It is no feature, because with one, tests and executables would be compiled apart, and all crates above with them.
//!
//! PostgreSQL is the cluster that `OLIVINE_TEST_POSTGRES` names (`cargo xtask test` starts one); each test gets a database of its own
//! in it. Without the variable a test fails: half of the tests must not go missing unnoticed.
//!
//! The tables are made once and then copied: all steps of the migrations for each test take longer than most tests.

#![expect(clippy::missing_panics_doc, reason = "in a test, panicking is how to fail")]

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::database::{Database, Options};
use crate::migrations;

/// The variable that names the cluster, such as `postgres://app@127.0.0.1:5432/postgres`.
pub const POSTGRES: &str = "OLIVINE_TEST_POSTGRES";

/// A database that goes away with this value.
#[derive(Debug)]
pub struct TestDatabase {
    database: Database,
    url: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder { _folder: TempDir },
    Cluster { url: String, name: String },
}

/// A migrated database of each kind.
pub async fn databases() -> [TestDatabase; 2] {
    [sqlite().await, postgres().await]
}

/// A migrated SQLite database.
pub async fn sqlite() -> TestDatabase {
    static MIGRATED: OnceCell<Vec<u8>> = OnceCell::const_new();
    let file = MIGRATED.get_or_init(migrated_file).await;
    let folder = new_folder();
    std::fs::write(file_in(&folder), file).expect("a temporary file can be written");
    sqlite_in(folder).await
}

/// A migrated PostgreSQL database.
pub async fn postgres() -> TestDatabase {
    static MIGRATED: OnceCell<String> = OnceCell::const_new();
    let template = MIGRATED.get_or_init(migrated_template).await;
    postgres_like(template).await
}

/// A SQLite database without tables.
pub async fn empty_sqlite() -> TestDatabase {
    sqlite_in(new_folder()).await
}

async fn sqlite_in(folder: TempDir) -> TestDatabase {
    let url = sqlite_url(&file_in(&folder));
    TestDatabase { database: open(&url).await, url, place: Place::Folder { _folder: folder } }
}

/// What a migrated SQLite database's file holds.
async fn migrated_file() -> Vec<u8> {
    let folder = new_folder();
    let file = file_in(&folder);
    migrate(&sqlite_url(&file)).await;
    std::fs::read(file).expect("it was closed, so everything is in its file")
}

fn new_folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

fn file_in(folder: &TempDir) -> PathBuf {
    folder.path().join("test.db")
}

fn sqlite_url(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}

/// A PostgreSQL database without tables.
pub async fn empty_postgres() -> TestDatabase {
    postgres_like("template0").await
}

async fn postgres_like(template: &str) -> TestDatabase {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let cluster = cluster();
    let name = format!("olivine_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let mut connection = administrator(&cluster).await;
    administer(&mut connection, &format!("DROP DATABASE IF EXISTS {name}")).await;
    administer(&mut connection, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    let url = url_of(&cluster, &name);
    TestDatabase { database: open(&url).await, url, place: Place::Cluster { url: cluster, name } }
}

/// The name of a migrated database that nobody is connected to. All test executables share it, whichever makes it.
async fn migrated_template() -> String {
    let cluster = cluster();
    let name = format!("olivine_template_{:x}", migrations::fingerprint());
    let mut connection = administrator(&cluster).await;
    // Until this connection ends.
    administer(&mut connection, "SELECT pg_advisory_lock(0)").await;
    let existing = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    let existing = connection.fetch_optional(AssertSqlSafe(existing)).await;
    if existing.expect("the cluster names its databases").is_none() {
        let begun = format!("{name}_begun");
        administer(&mut connection, &format!("DROP DATABASE IF EXISTS {begun} WITH (FORCE)")).await;
        administer(&mut connection, &format!("CREATE DATABASE {begun} TEMPLATE template0")).await;
        migrate(&url_of(&cluster, &begun)).await;
        administer(&mut connection, &format!("ALTER DATABASE {begun} RENAME TO {name}")).await;
    }
    name
}

fn cluster() -> String {
    std::env::var(POSTGRES)
        .unwrap_or_else(|_| panic!("{POSTGRES} is not set: run `cargo xtask test`, which starts PostgreSQL"))
}

fn url_of(cluster: &str, name: &str) -> String {
    let (server, _) = cluster.rsplit_once('/').expect("the cluster's URL ends in a database's name");
    format!("{server}/{name}")
}

impl TestDatabase {
    /// Where it is, to open it once more.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Deref for TestDatabase {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Place::Cluster { url, name } = &self.place else { return };
        let (url, name) = (url.clone(), name.clone());
        // A test's runtime may be about to end, so the database is dropped on a thread of its own.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime can be made");
            runtime.block_on(async {
                let mut connection = administrator(&url).await;
                administer(&mut connection, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
            });
        });
        drop(dropping.join());
    }
}

async fn open(url: &str) -> Database {
    let options = Options { connections: 8, ..Options::default() };
    Database::open(url, options).await.expect("the test's database can be opened")
}

async fn migrate(url: &str) {
    let database = open(url).await;
    database.migrate().await.expect("an empty database can be migrated");
    database.close().await;
}

async fn administrator(cluster: &str) -> PgConnection {
    PgConnection::connect(cluster).await.expect("the test cluster runs")
}

async fn administer(connection: &mut PgConnection, statement: &str) {
    let done = connection.execute(AssertSqlSafe(statement.to_owned())).await;
    done.expect("databases can be created and dropped");
}
