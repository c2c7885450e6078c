//! The tables, as a sequence of steps that only go forward. A step that was released must never be changed.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};

use crate::dialect;
use crate::error::Error;

/// One step: a file of SQL under `migrations/`.
#[derive(Clone, Copy, Hash)]
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
    step!("0009_archived", sqlite),
    step!("0010_people"),
    step!("0011_archive_storage", sqlite),
    step!("0012_outcome_words", sqlite),
    step!("0013_stops", sqlite),
    step!("0014_event_feed", sqlite),
    step!("0015_bulk_operations", sqlite),
    step!("0016_lookup", sqlite),
    step!("0017_second_factor"),
    step!("0018_views", sqlite),
];

/// Which steps were run; the table that earlier versions made by `SeaORM`'s migrator, so that each of them knows the others' steps.
const NOTES: &str = "CREATE TABLE IF NOT EXISTS seaql_migrations (version varchar NOT NULL PRIMARY KEY, applied_at bigint NOT NULL)";

/// Runs what is missing, all or nothing.
pub(crate) async fn run(transaction: DatabaseTransaction) -> Result<usize, Error> {
    dialect::lock_migrations(&transaction).await?;
    dialect::feed::wait_briefly_for_locks(&transaction).await?;
    transaction.execute_unprepared(NOTES).await?;
    let missing = missing(&transaction).await?;
    for step in &missing {
        apply(&transaction, step).await?;
    }
    if !missing.is_empty() {
        transaction.commit().await?;
    }
    Ok(missing.len())
}

async fn apply(transaction: &DatabaseTransaction, step: &Step) -> Result<(), Error> {
    let backend = transaction.get_database_backend();
    transaction.execute_unprepared(&dialect::schema(backend, step.sql, step.sqlite)).await?;
    let (name, now) = (step.name, dialect::now_in_seconds(backend));
    let note = format!("INSERT INTO seaql_migrations (version, applied_at) VALUES ('{name}', {now})");
    transaction.execute_unprepared(&note).await?;
    Ok(())
}

/// Runs the steps before this one, as a server of the version before has done.
#[cfg(test)]
pub(crate) async fn run_before(transaction: DatabaseTransaction, name: &str) -> Result<(), Error> {
    transaction.execute_unprepared(NOTES).await?;
    for step in STEPS.iter().filter(|step| step.name < name) {
        apply(&transaction, step).await?;
    }
    Ok(transaction.commit().await?)
}

/// How many steps are missing; makes no table.
pub(crate) async fn pending(reader: &impl ConnectionTrait) -> Result<usize, Error> {
    let backend = reader.get_database_backend();
    let exists = dialect::has_table(backend, "seaql_migrations");
    if reader.query_one_raw(Statement::from_string(backend, exists)).await?.is_none() {
        return Ok(count());
    }
    Ok(missing(reader).await?.len())
}

async fn missing(reader: &impl ConnectionTrait) -> Result<Vec<&'static Step>, Error> {
    let noted = "SELECT version FROM seaql_migrations";
    let noted = reader.query_all_raw(Statement::from_string(reader.get_database_backend(), noted)).await?;
    let noted = noted.iter().map(|row| row.try_get_by_index(0)).collect::<Result<BTreeSet<String>, _>>()?;
    let is_known = |name: &String| STEPS.iter().any(|step| step.name == name);
    if !noted.iter().all(is_known) {
        return Err(Error::SchemaTooNew);
    }
    Ok(STEPS.iter().filter(|step| !noted.contains(step.name)).collect())
}

/// The newest step that was run, where there are tables.
pub(crate) async fn last(reader: &impl ConnectionTrait) -> Result<Option<String>, Error> {
    let newest = "SELECT max(version) FROM seaql_migrations";
    let row = reader.query_one_raw(Statement::from_string(reader.get_database_backend(), newest)).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.flatten())
}

/// Tells one sequence of steps from another, for tests that keep what the steps made.
pub(crate) fn fingerprint() -> u64 {
    let mut hasher = DefaultHasher::new();
    STEPS.hash(&mut hasher);
    hasher.finish()
}

/// How many steps there are.
pub(crate) const fn count() -> usize {
    STEPS.len()
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
