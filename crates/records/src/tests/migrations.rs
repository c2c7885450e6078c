//! Migrations: from nothing, again, and by several processes at once; and what opening a database refuses.

use crate::database::{Database, Options, Reader as _};
use crate::{Error, migrations, testing};

#[tokio::test]
async fn from_nothing_and_again() {
    for database in [testing::empty_sqlite().await, testing::empty_postgres().await] {
        assert_eq!(database.pending_migrations().await.unwrap(), migrations::count());
        assert_eq!(database.migrate().await.unwrap(), migrations::count());
        assert_eq!(database.migrate().await.unwrap(), 0);
        assert_eq!(database.pending_migrations().await.unwrap(), 0);
        database.prove_writable(super::at(1)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_several_processes_at_once() {
    for database in [testing::empty_sqlite().await, testing::empty_postgres().await] {
        let processes: Vec<_> = (0..4)
            .map(|_| {
                let url = database.url().to_owned();
                tokio::spawn(async move {
                    let options = Options { connections: 2, ..Options::default() };
                    Database::open(&url, options).await?.migrate().await
                })
            })
            .collect();
        let mut run = 0;
        for process in processes {
            run += process.await.unwrap().unwrap();
        }
        assert_eq!(run, migrations::count());
    }
}

#[tokio::test]
async fn a_later_versions_database_is_refused() {
    use sea_orm::ConnectionTrait as _;
    for database in testing::databases().await {
        let write = database.write().await.unwrap();
        let later = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('9999_later', 0)";
        write.executor().execute_unprepared(later).await.unwrap();
        write.commit().await.unwrap();
        assert!(matches!(database.migrate().await, Err(Error::SchemaTooNew)));
        assert!(matches!(database.pending_migrations().await, Err(Error::SchemaTooNew)));
    }
}

#[tokio::test]
async fn what_can_not_be_opened_says_why_and_hides_the_password() {
    let patience = std::time::Duration::from_millis(300);
    let options = Options { patience, ..Options::default() };
    for (url, expected) in [
        ("mysql://root:secret@localhost/x", "it must begin with sqlite: or postgres://"),
        ("sqlite:", "takes the path of a file"),
        ("sqlite::memory:", "takes the path of a file"),
        ("sqlite:/nowhere/at/all/x.db", "the database file can't be opened"),
        ("postgres://user:secret@[x/y", "it is not of the form"),
        ("postgres://user:secret@127.0.0.1:1/x", "the database is not available"),
    ] {
        let error = Database::open(url, options.clone()).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{url}: {error}");
        assert!(!format!("{error:?}{error}").contains("secret"), "{error:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_database_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("olivine.db");
    let database = Database::open(&format!("sqlite:{}", path.display()), Options::default()).await.unwrap();
    database.migrate().await.unwrap();
    for name in ["olivine.db", "olivine.db-wal", "olivine.db-shm"] {
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn readers_of_sqlite_can_not_write() {
    use sea_orm::ConnectionTrait as _;
    let database = testing::sqlite().await;
    let refused = database.executor().execute_unprepared("DELETE FROM settings").await.unwrap_err();
    assert!(refused.to_string().contains("readonly"), "{refused}");
}

#[tokio::test]
async fn sqlite_runs_as_durable_as_promised() {
    use sea_orm::ConnectionTrait as _;
    let database = testing::sqlite().await;
    let write = database.write().await.unwrap();
    for (pragma, expected) in [("synchronous", 2_i32), ("foreign_keys", 1)] {
        let sql = format!("PRAGMA {pragma}");
        let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, sql);
        let row = write.executor().query_one_raw(statement).await.unwrap().unwrap();
        assert_eq!(row.try_get_by_index::<i32>(0).unwrap(), expected, "{pragma}");
    }
}
