//! A PostgreSQL server for one test, for situations that a shared one can't show: TLS, passwords, a crash, a standby that takes over. It
//! must never outlive its test.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::database::psql;

/// Another program may take the free port before PostgreSQL does, so there are several attempts.
const ATTEMPTS: usize = 5;

/// A running server with the superuser `app`. Dropping it stops and deletes it.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    password: String,
    port: u16,
}

impl Cluster {
    /// Creates and starts a server that is reachable from this machine. Clients need `password`. `files` are written into its data folder,
    /// and `settings` are added to its configuration.
    pub fn start(password: &str, files: &[(&str, &[u8])], settings: &str) -> Self {
        let mut cluster = Self::empty(password);
        let secret = cluster.folder.path().join("password");
        fs::write(&secret, format!("{password}\n")).expect("a file");
        cluster.hand_over(&[&secret]);
        let secret = format!("--pwfile={}", secret.display());
        cluster.run("initdb", &["-U", "app", "-A", "scram-sha-256", &secret, "-E", "UTF8", "--no-sync"]);
        for (name, content) in files {
            let path = cluster.data().join(name);
            fs::write(&path, content).expect("a file");
            cluster.run_here(Command::new("chmod").arg("600").arg(&path));
            cluster.hand_over(&[&path]);
        }
        let path = cluster.data().join("postgresql.conf");
        let text = fs::read_to_string(&path).expect("initdb made it");
        fs::write(&path, format!("{text}\nunix_socket_directories = ''\nfsync = off\n{settings}\n"))
            .expect("a file");
        cluster.start_somewhere();
        cluster
    }

    /// Creates a standby that follows this server by streaming replication, and waits until it has all current data.
    #[must_use]
    pub fn standby(&self) -> Self {
        let mut standby = Self::empty(&self.password);
        let options = ["-d", &self.url(), "-X", "stream", "-R", "--checkpoint=fast", "--no-sync"];
        standby.run("pg_basebackup", &options);
        standby.start_somewhere();
        standby
    }

    /// A server whose data folder is not created yet.
    fn empty(password: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("olivine-pg-").tempdir().expect("a temporary folder");
        let cluster = Self { folder, programs: programs(), password: password.to_owned(), port: 0 };
        cluster.hand_over(&[cluster.folder.path()]);
        cluster
    }

    /// Starts the server on a free port.
    fn start_somewhere(&mut self) {
        for _ in 0..ATTEMPTS {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            self.port = listener.local_addr().expect("a listener has an address").port();
            drop(listener);
            if self.try_to_start() {
                return;
            }
        }
        let log = fs::read_to_string(self.data().join("server.log")).unwrap_or_default();
        panic!("PostgreSQL does not start: {log}");
    }

    /// Shuts the server down properly. [`start_again`](Self::start_again) starts it again.
    pub fn stop(&self) {
        self.run("pg_ctl", &["-w", "-m", "fast", "stop"]);
    }

    /// Kills the server as a crash would: no client is notified, and nothing more is sent to standbys.
    pub fn kill(&self) {
        self.run("pg_ctl", &["-w", "-m", "immediate", "stop"]);
    }

    /// Starts a stopped server again, on another port.
    pub fn start_again(&mut self) {
        self.start_somewhere();
    }

    /// Promotes a standby to a server that accepts writes.
    pub fn promote(&self) {
        self.run("pg_ctl", &["-w", "promote"]);
    }

    /// Runs a statement in the database `postgres`, and returns its unaligned output.
    pub fn query(&self, statement: &str) -> String {
        psql(&self.url(), statement).unwrap_or_else(|error| panic!("{statement}: {error}"))
    }

    /// The URL of its database `postgres`.
    pub fn url(&self) -> String {
        format!("postgres://app:{}@{}/postgres", self.password, self.address())
    }

    /// Its address.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The port at 127.0.0.1 on which it answers.
    pub const fn port(&self) -> u16 {
        self.port
    }

    fn try_to_start(&self) -> bool {
        let log = self.data().join("server.log");
        let options = format!("-p {} -h 127.0.0.1", self.port);
        let mut start = self.command("pg_ctl");
        start.args(["-w", "-l"]).arg(log).args(["-o", &options, "start"]);
        start.output().expect("pg_ctl can be started").status.success()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// PostgreSQL refuses to run as root, so it runs as another user in that case.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.arg("-D").arg(self.data()).current_dir(self.folder.path());
        command
    }

    fn run(&self, program: &str, args: &[&str]) {
        self.run_here(self.command(program).args(args));
    }

    fn run_here(&self, command: &mut Command) {
        let output = command.current_dir(self.folder.path()).output().expect("a program can be started");
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn hand_over(&self, paths: &[&Path]) {
        if is_root() {
            self.run_here(Command::new("chown").arg("postgres:").args(paths));
        }
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The folder with PostgreSQL's programs. If Debian has several versions, the newest one.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<_> = versions.map(|entry| entry.path().join("bin")).collect();
    debian.sort_unstable_by(|one, other| other.cmp(one));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = debian.into_iter().chain(std::env::split_paths(&path));
    folders
        .find(|folder| folder.join("initdb").is_file())
        .expect("PostgreSQL is installed; run `cargo xtask test`")
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The folder is deleted in any case, and a server without its folder ends by itself.
        let _ = self.command("pg_ctl").args(["-w", "-m", "immediate", "stop"]).output();
    }
}
