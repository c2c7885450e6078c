//! A separate PostgreSQL server for one test run, in a temporary folder.
//!
//! It must never outlive the run, and never touch another PostgreSQL server.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use tempfile::TempDir;

use crate::{console, interrupt, run, tools};

/// Another program may take the free port before PostgreSQL does, so there are several attempts.
const START_ATTEMPTS: usize = 5;

/// The data is not needed after the test run, so nothing is synced to the disk. Every test has its own database and its own connection
/// pools.
const SETTINGS: &str = "-F -h 127.0.0.1 -c unix_socket_directories='' -c max_connections=400";

/// A running PostgreSQL server. Dropping it stops and deletes it.
pub(crate) struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
}

impl Cluster {
    /// Creates a server and starts it on a free port of the loopback interface.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let programs = tools::postgresql_programs()?;
        let mut cluster =
            Self { folder: tempfile::Builder::new().prefix("olivine-pg-").tempdir()?, programs, port: 0 };
        if tools::is_root() {
            run::quietly(Command::new("chown").arg("postgres:").arg(cluster.folder.path()))?;
        }
        cluster
            .run("initdb", &["-U", "app", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync"])?;
        cluster.start_on_free_port()?;
        Ok(cluster)
    }

    fn start_on_free_port(&mut self) -> anyhow::Result<()> {
        let mut failure = anyhow::anyhow!("PostgreSQL was not started");
        for _ in 0..START_ATTEMPTS {
            ensure!(!interrupt::requested(), "interrupted");
            let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            let log = self.data().join("server.log");
            let log = log.to_str().context("the temporary folder's name is not UTF-8")?;
            match self.run("pg_ctl", &["-w", "-l", log, "-o", &format!("-p {port} {SETTINGS}"), "start"]) {
                Ok(_) => {
                    self.port = port;
                    return Ok(());
                }
                Err(error) => failure = error,
            }
        }
        let log = std::fs::read_to_string(self.data().join("server.log")).unwrap_or_default();
        Err(failure.context(format!("PostgreSQL does not start:\n{log}")))
    }

    /// The URL with which tests connect to create their databases.
    pub(crate) fn url(&self) -> String {
        format!("postgres://app@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn run(&self, program: &str, args: &[&str]) -> anyhow::Result<String> {
        let mut command = as_postgres(&self.programs.join(program));
        run::quietly(command.arg("-D").arg(self.data()).args(args).current_dir(self.folder.path()))
    }
}

/// PostgreSQL refuses to run as root, so it runs as another user in that case.
fn as_postgres(program: &Path) -> Command {
    if !tools::is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if !self.data().join("postmaster.pid").exists() {
            return;
        }
        if let Err(error) = self.run("pg_ctl", &["-w", "-m", "immediate", "stop"]) {
            console::say(format!("The temporary PostgreSQL did not stop: {error:#}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_cluster_answers_and_leaves_nothing_behind() {
        let cluster = Cluster::start().unwrap();
        let (folder, port) = (cluster.folder.path().to_owned(), cluster.port);
        let psql = cluster.programs.join("psql");
        let answer = run::quietly(Command::new(psql).args([&cluster.url(), "-Atc", "select 6 * 7"])).unwrap();
        assert_eq!(answer, "42");
        drop(cluster);
        assert!(!folder.exists());
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    }
}
