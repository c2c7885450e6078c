//! pgbouncer between a server under test and PostgreSQL. It must never outlive its test.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::PostgresDatabase;
use crate::process::{Process, until};

/// Another program may take the free port before pgbouncer does, so there are several attempts.
const ATTEMPTS: usize = 5;
const READY_WITHIN: Duration = Duration::from_mins(1);

/// A running pgbouncer. Dropping it stops it.
#[derive(Debug)]
pub struct Pooler {
    process: Process,
    _folder: TempDir,
    url: String,
}

impl Pooler {
    /// Starts it in front of a database, with lines of configuration such as `pool_mode = session`.
    pub fn in_front_of(database: &PostgresDatabase, settings: &str) -> Self {
        let url = database.url();
        let (front, rest) = url.split_once('@').expect("a user");
        let (server, name) = rest.split_once('/').expect("a database");
        let (host, port) = server.split_once(':').expect("a port");
        let (_, user) = front.split_once("://").expect("a scheme");
        let user = user.split_once(':').map_or(user, |(user, _)| user);
        let folder = tempfile::Builder::new().prefix("olivine-pool-").tempdir().expect("a temporary folder");
        fs::write(folder.path().join("users"), format!("\"{user}\" \"\"\n")).expect("a file");
        for _ in 0..ATTEMPTS {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            let own = listener.local_addr().expect("a listener has an address").port();
            drop(listener);
            let path = folder.path().display();
            let text = format!(
                "[databases]\n* = host={host} port={port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {own}\n\
                 unix_socket_dir =\nauth_type = trust\nauth_file = {path}/users\n{settings}\n"
            );
            fs::write(folder.path().join("pgbouncer.ini"), text).expect("a file");
            let mut process = Process::start(command(folder.path()), folder.path(), "pgbouncer");
            let is_up = until(READY_WITHIN, || match process.status() {
                Some(_) => Some(false),
                None => TcpStream::connect(("127.0.0.1", own)).is_ok().then_some(true),
            });
            if is_up == Some(true) {
                let url = format!("{front}@127.0.0.1:{own}/{name}");
                return Self { process, _folder: folder, url };
            }
        }
        panic!("pgbouncer does not start");
    }

    /// The URL of the database through pgbouncer.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.process.terminate();
        self.process.wait(READY_WITHIN);
    }
}

/// pgbouncer refuses to run as root, so it changes to another user in that case.
fn command(folder: &Path) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let mut programs = folders.map(|folder: PathBuf| folder.join("pgbouncer"));
    let program = programs.find(|program| program.is_file());
    let mut command = Command::new(program.expect("pgbouncer is installed; run `cargo xtask test`"));
    if rustix::process::geteuid().is_root() {
        let handed = Command::new("chown").args(["-R", "postgres:"]).arg(folder).status();
        assert!(handed.is_ok_and(|status| status.success()), "the folder can be handed over");
        command.args(["-u", "postgres"]);
    }
    command.arg(folder.join("pgbouncer.ini"));
    command
}
