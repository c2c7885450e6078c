//! The tables, as a sequence of steps that only go forward. A step that was released must never be changed.

use sea_orm::{ConnectionTrait, DatabaseExecutor, DatabaseTransaction, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

use crate::dialect;
use crate::error::Error;

/// One step: a file of SQL under `migrations/`.
struct Step {
    name: &'static str,
    sql: &'static str,
    /// What SQLite needs to be told besides.
    sqlite: &'static str,
}

/// All steps, in order.
const STEPS: [Step; 8] = [
    Step {
        name: "0001_foundation",
        sql: include_str!("migrations/0001_foundation.sql"),
        sqlite: include_str!("migrations/0001_foundation.sqlite.sql"),
    },
    Step {
        name: "0002_distribution",
        sql: include_str!("migrations/0002_distribution.sql"),
        sqlite: include_str!("migrations/0002_distribution.sqlite.sql"),
    },
    Step {
        name: "0003_storage",
        sql: include_str!("migrations/0003_storage.sql"),
        sqlite: include_str!("migrations/0003_storage.sqlite.sql"),
    },
    Step {
        name: "0004_changes_and_offers",
        sql: include_str!("migrations/0004_changes_and_offers.sql"),
        sqlite: include_str!("migrations/0004_changes_and_offers.sqlite.sql"),
    },
    Step {
        name: "0005_identity",
        sql: include_str!("migrations/0005_identity.sql"),
        sqlite: include_str!("migrations/0005_identity.sqlite.sql"),
    },
    Step {
        name: "0006_renewals",
        sql: include_str!("migrations/0006_renewals.sql"),
        sqlite: include_str!("migrations/0006_renewals.sqlite.sql"),
    },
    Step {
        name: "0007_contents",
        sql: include_str!("migrations/0007_contents.sql"),
        sqlite: include_str!("migrations/0007_contents.sqlite.sql"),
    },
    Step {
        name: "0008_actors",
        sql: include_str!("migrations/0008_actors.sql"),
        sqlite: include_str!("migrations/0008_actors.sqlite.sql"),
    },
];

impl MigrationName for Step {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = dialect::schema(manager.get_database_backend(), self.sql, self.sqlite);
        manager.get_connection().execute_unprepared(&sql).await.map(drop)
    }
}

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        STEPS.into_iter().map(|step| Box::new(step) as Box<dyn MigrationTrait>).collect()
    }
}

/// Runs what is missing, all or nothing.
pub(crate) async fn run(transaction: DatabaseTransaction) -> Result<usize, Error> {
    dialect::lock_migrations(&transaction).await?;
    let missing = Migrator::get_pending_migrations(&transaction).await.map_err(explain)?.len();
    if missing > 0 {
        Migrator::up(DatabaseExecutor::from(&transaction), None).await.map_err(explain)?;
        transaction.commit().await?;
    }
    Ok(missing)
}

/// How many steps are missing; makes no table.
pub(crate) async fn pending(reader: &impl ConnectionTrait) -> Result<usize, Error> {
    Ok(Migrator::get_pending_migrations_read_only(reader).await.map_err(explain)?.len())
}

/// How many steps there are.
pub(crate) const fn count() -> usize {
    STEPS.len()
}

/// The only error that the migrator itself has: a step was run that this version does not know.
fn explain(error: DbErr) -> Error {
    if matches!(error, DbErr::Custom(_)) { Error::SchemaTooNew } else { error.into() }
}
