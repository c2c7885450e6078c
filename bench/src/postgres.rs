//! Databases in the PostgreSQL cluster that `cargo xtask bench` starts. Dropping the value drops the database.

use std::process::Command;

use anyhow::Context as _;

use crate::programs;

/// The environment variable with the URL of the cluster, such as `postgres://app@127.0.0.1:5432/postgres`. The tests use the same.
const CLUSTER: &str = "OLIVINE_TEST_POSTGRES";

/// A database that exists as long as this value.
#[derive(Debug)]
pub(crate) struct Database {
    cluster: String,
    name: String,
}

impl Database {
    pub(crate) fn create(purpose: &str) -> anyhow::Result<Self> {
        let cluster = std::env::var(CLUSTER).with_context(|| format!("{CLUSTER} is not set"))?;
        let name = format!("olivine_bench_{}_{purpose}", std::process::id());
        let database = Self { cluster, name };
        database.administer("CREATE DATABASE")?;
        Ok(database)
    }

    pub(crate) fn url(&self) -> anyhow::Result<String> {
        let (server, _) =
            self.cluster.rsplit_once('/').context("the cluster's URL ends in a database's name")?;
        Ok(format!("{server}/{}", self.name))
    }

    /// Runs a statement and returns its output.
    pub(crate) fn ask(&self, statement: &str) -> anyhow::Result<String> {
        let answer = programs::output(Command::new("psql").args([&self.url()?, "-Atqc", statement]))?;
        Ok(answer.trim().to_owned())
    }

    /// The number of transactions that were committed in this database.
    pub(crate) fn transactions(&self) -> anyhow::Result<u64> {
        let own = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
        Ok(self.ask(own)?.parse()?)
    }

    /// The PostgreSQL process whose children serve the connections.
    pub(crate) fn server_pid(&self) -> anyhow::Result<u32> {
        let file = self.ask("SELECT pg_read_file('postmaster.pid')")?;
        Ok(file.lines().next().context("the server's own file names its process")?.parse()?)
    }

    fn administer(&self, statement: &str) -> anyhow::Result<()> {
        let statement = format!("{statement} {}", self.name);
        programs::output(Command::new("psql").args([&self.cluster, "-qc", &statement])).map(drop)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The cluster is temporary, so a database that can't be dropped is removed with it.
        let _ = self.administer("DROP DATABASE IF EXISTS");
    }
}
