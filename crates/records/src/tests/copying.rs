//! Copying a database: nothing is left out, and what differs is found.

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use super::*;
use crate::copying::{self, CopyError};
use crate::database::Reader as _;
use crate::{binaries, testing};

/// Neither a table nor a column that a migration made is forgotten; views have no rows of their own.
#[tokio::test]
async fn all_tables_and_columns_are_copied() {
    let database = testing::postgres().await;
    let sql = "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = 'public' \
               AND table_name NOT IN ('announcements', 'seaql_migrations', 'contents_of_binaries', 'releases', 'user_sessions', \
               'user_links', 'sign_in_failures')";
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let rows = database.executor().query_all_raw(statement).await.unwrap();
    let made: std::collections::BTreeSet<(String, String)> =
        rows.iter().map(|row| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())).collect();
    assert_eq!(copying::columns(), made);
}

async fn execute(database: &Database, sql: &str) {
    let write = database.write().await.unwrap();
    write.transaction().execute_unprepared(sql).await.unwrap();
    write.commit().await.unwrap();
}

#[tokio::test]
async fn only_into_an_empty_database_of_this_version() {
    let put = "INSERT INTO settings (key, value) VALUES ('a', 'b')";
    for (source, target) in [
        (testing::sqlite().await, testing::empty_postgres().await),
        (testing::postgres().await, testing::empty_sqlite().await),
    ] {
        execute(&source, put).await;
        let copied = copying::copy(&source, &target, fresh_uuid).await.unwrap();
        let rows: Vec<_> =
            copied.iter().filter(|table| table.rows > 0).map(|table| (table.table, table.rows)).collect();
        // The data folder is on record from the beginning.
        assert_eq!(rows, [("storage_backends", 1), ("settings", 1)]);
        let again = copying::copy(&source, &target, fresh_uuid).await.unwrap_err();
        assert!(matches!(again, CopyError::TargetNotEmpty { table: "settings" }), "{again}");
        let empty = testing::empty_sqlite().await;
        assert!(matches!(copying::copy(&empty, &target, fresh_uuid).await, Err(CopyError::SourceOutdated)));
    }
}

/// Its binaries are in the data folder, whose row the target has from the beginning.
#[tokio::test]
async fn a_target_that_is_in_use_is_called_so() {
    for target in [testing::sqlite().await, testing::postgres().await] {
        let Frame { version: child, .. } = frame(&target).await;
        let stored = Binary { storage: StorageBackend::DATA_FOLDER, ..binary(&child) };
        commit!(target, |write| binaries::insert(&write, &stored).await).unwrap();
        let source = testing::sqlite().await;
        let error = copying::copy(&source, &target, fresh_uuid).await.unwrap_err();
        assert!(matches!(error, CopyError::TargetNotEmpty { table: "organizations" }), "{error:?}");
    }
}

/// A target that makes something else of what it is given.
#[tokio::test]
async fn what_differs_is_not_kept() {
    let (source, target) = (testing::sqlite().await, testing::postgres().await);
    execute(&source, "INSERT INTO settings (key, value) VALUES ('a', 'b'), ('c', 'd')").await;
    execute(
        &target,
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.value = NEW.value || ' '; RETURN NEW; END $$;
         CREATE TRIGGER spoil BEFORE INSERT ON settings FOR EACH ROW WHEN (NEW.key = 'c') EXECUTE FUNCTION spoil()",
    )
    .await;
    let error = copying::copy(&source, &target, fresh_uuid).await.unwrap_err();
    assert!(matches!(error, CopyError::Different { table: "settings" }), "{error}");
    assert_eq!(crate::settings::find(&*target, "a").await.unwrap(), None);
}
