//! The tables, as a sequence of steps that only go forward. A step that was released must never be changed.

use sea_orm::{ConnectionTrait, DatabaseExecutor, DatabaseTransaction, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

use crate::dialect;
use crate::error::Error;

/// One step: a file of SQL under `migrations/`.
#[derive(Clone, Copy)]
struct Step {
    name: &'static str,
    sql: &'static str,
    /// What SQLite needs to be told besides.
    sqlite: &'static str,
}

/// A step by the name of its file. What only SQLite needs stands in a second file, where there is something.
macro_rules! step {
    ($name:literal) => {
        Step { name: $name, sql: include_str!(concat!("migrations/", $name, ".sql")), sqlite: "" }
    };
    ($name:literal, sqlite) => {
        Step { sqlite: include_str!(concat!("migrations/", $name, ".sqlite.sql")), ..step!($name) }
    };
}

/// All steps, in order.
const STEPS: &[Step] = &[
    step!("0001_foundation", sqlite),
    step!("0002_distribution", sqlite),
    step!("0003_storage", sqlite),
    step!("0004_changes_and_offers", sqlite),
    step!("0005_identity", sqlite),
    step!("0006_renewals"),
    step!("0007_contents", sqlite),
    step!("0008_actors"),
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
        STEPS.iter().map(|step| Box::new(*step) as Box<dyn MigrationTrait>).collect()
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::STEPS;

    #[test]
    fn every_file_belongs_to_a_step() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/migrations");
        let files =
            std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut named: Vec<_> = STEPS.iter().map(|step| format!("{}.sql", step.name)).collect();
        let with_sqlite = STEPS.iter().filter(|step| !step.sqlite.is_empty());
        named.extend(with_sqlite.map(|step| format!("{}.sqlite.sql", step.name)));
        assert_eq!(files.collect::<BTreeSet<_>>(), named.into_iter().collect());
        assert!(STEPS.is_sorted_by_key(|step| step.name));
    }
}
