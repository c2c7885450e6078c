//! Fresh databases for tests, on SQLite and on PostgreSQL. A server must never call it.
//!
//! It is no feature, because with one, tests and executables would be compiled apart, and all crates above with them.
//!
//! PostgreSQL is the cluster that `OLIVINE_TEST_POSTGRES` names (`cargo xtask test` starts one); each test gets a database of its own
//! in it. Without the variable a test fails: half of the tests must not go missing unnoticed.

#![expect(clippy::missing_panics_doc, reason = "in a test, panicking is how to fail")]

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;

use crate::database::{Database, Options};

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
    migrated(empty_sqlite().await).await
}

/// A migrated PostgreSQL database.
pub async fn postgres() -> TestDatabase {
    migrated(empty_postgres().await).await
}

/// A SQLite database without tables.
pub async fn empty_sqlite() -> TestDatabase {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    TestDatabase { database: open(&url).await, url, place: Place::Folder { _folder: folder } }
}

/// A PostgreSQL database without tables.
pub async fn empty_postgres() -> TestDatabase {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let cluster = std::env::var(POSTGRES)
        .unwrap_or_else(|_| panic!("{POSTGRES} is not set: run `cargo xtask test`, which starts PostgreSQL"));
    let name = format!("olivine_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    administer(&cluster, &[&format!("DROP DATABASE IF EXISTS {name}"), &format!("CREATE DATABASE {name}")])
        .await;
    let (server, _) = cluster.rsplit_once('/').expect("the cluster's URL ends in a database's name");
    let url = format!("{server}/{name}");
    TestDatabase { database: open(&url).await, url, place: Place::Cluster { url: cluster, name } }
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
            runtime.block_on(administer(&url, &[&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")]));
        });
        drop(dropping.join());
    }
}

async fn open(url: &str) -> Database {
    let options = Options { connections: 8, ..Options::default() };
    Database::open(url, options).await.expect("the test's database can be opened")
}

async fn migrated(database: TestDatabase) -> TestDatabase {
    database.migrate().await.expect("an empty database can be migrated");
    database
}

async fn administer(cluster: &str, statements: &[&str]) {
    let mut connection = PgConnection::connect(cluster).await.expect("the test cluster runs");
    for statement in statements {
        let done = connection.execute(AssertSqlSafe((*statement).to_owned())).await;
        done.expect("databases can be created and dropped");
    }
}
