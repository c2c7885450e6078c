//! A real `olivine serve`, on free ports and with a folder of its own, or two of them (see [`crate::scaled`]).

mod builder;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use self::builder::ANYWHERE;
pub use self::builder::ServerBuilder;
pub(crate) use self::builder::migrate;
use crate::process::{Process, until};
use crate::scaled::{self, Scaled};
use crate::{Api, Database, PostgresDatabase, Shell, secrets};

/// Upper bounds, not expectations: the machine may be busy with many tests.
const READY_WITHIN: Duration = Duration::from_mins(1);
const STOPPED_WITHIN: Duration = Duration::from_mins(1);

/// What each process of an installation has for itself.
struct Place {
    name: &'static str,
    data_dir: PathBuf,
    addresses: [String; 2],
}

/// A server that is ready. Dropping it kills it. If the test failed, the end of its output is printed.
///
/// In a scaled deployment, every action applies to both processes. The folder and the process id are those of the first one.
///
/// The fields are dropped in this order: first the processes, then what they use, and last their folder.
#[derive(Debug)]
pub struct Server {
    processes: Vec<Process>,
    scaled: Option<Scaled>,
    postgres: Option<PostgresDatabase>,
    data_dir: PathBuf,
    reached: Announced,
    /// All hosts under which it was ever reached, for the secrets that it returned there.
    hosts: Vec<String>,
    builder: ServerBuilder,
    folder: TempDir,
}

impl Server {
    /// A builder for a server with other settings than the default.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// A server with the default configuration.
    #[must_use]
    pub fn start(database: Database) -> Self {
        Self::builder().database(database).start()
    }

    /// The data of its processes, the first one first.
    fn places(&self) -> Vec<Place> {
        let first = || Place {
            name: "olivine",
            data_dir: self.data_dir.clone(),
            addresses: self.builder.addresses.clone(),
        };
        let Some(scaled) = &self.scaled else { return vec![first()] };
        let at = |process, place| Place { addresses: scaled.addresses(process).clone(), ..place };
        let data_dir = self.folder.path().join("data-of-the-other");
        vec![at(0, first()), at(1, Place { name: "olivine-2", data_dir, ..first() })]
    }

    fn launch(&mut self) {
        self.processes.clear();
        for place in self.places() {
            if place.data_dir != self.data_dir {
                scaled::share(&self.data_dir, &place.data_dir);
            }
            let mut process = self.builder.spawn(&place, self.folder.path(), self.postgres.as_ref());
            let reached = ready(&mut process, &place.data_dir);
            self.processes.push(process);
            if self.processes.len() == 1 {
                self.reached = reached;
            }
        }
        if let Some(scaled) = &self.scaled {
            self.reached.admin_url = scaled.url();
            self.reached.device_url = self.reached.device_url.take().map(|_| scaled.device_url());
        }
        let host = self.reached.admin_url.split_once("://").map(|(_, host)| host.to_owned());
        self.hosts.extend(host);
    }

    /// The URL of the Admin API. It changes with each [`restart`](Self::restart).
    pub fn url(&self) -> &str {
        &self.reached.admin_url
    }

    /// The URL of the Device API. It changes with each [`restart`](Self::restart).
    pub fn device_url(&self) -> &str {
        self.reached.device_url.as_deref().expect("the server answers devices")
    }

    /// The file with the CA certificate that devices must trust.
    pub fn device_ca(&self) -> &Path {
        self.reached.device_ca.as_deref().expect("the server has a certificate authority of its own")
    }

    /// Its data folder.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Its PostgreSQL database, if it has one.
    pub fn postgres(&self) -> Option<&PostgresDatabase> {
        self.postgres.as_ref()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.processes[0].pid()
    }

    /// Its resident memory, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it has memory");
        let kibibytes = line.trim().split(' ').next().and_then(|number| number.parse::<u64>().ok());
        kibibytes.expect("a number of kB") * 1024
    }

    /// Its open files: paths, and descriptions of those that have none.
    pub fn open_files(&self) -> Vec<String> {
        let folder = std::fs::read_dir(format!("/proc/{}/fd", self.pid())).expect("it runs");
        let target = |entry: std::io::Result<std::fs::DirEntry>| std::fs::read_link(entry.ok()?.path()).ok();
        folder.filter_map(target).map(|path| path.display().to_string()).collect()
    }

    /// The admin API key that the first start wrote.
    pub fn admin_key(&self) -> String {
        let file = self.data_dir.join("admin-api-key");
        let key = std::fs::read_to_string(&file);
        key.unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display())).trim().to_owned()
    }

    /// An HTTP client with the admin API key.
    pub fn api(&self) -> Api {
        Api::new(self.url()).with_key(self.admin_key())
    }

    /// A shell in an empty folder, with `peridio` set up for this server.
    pub fn shell(&self) -> Shell {
        Shell::new()
            .executables(&self.builder.executables)
            .env("PERIDIO_API_KEY", self.admin_key())
            .env("PERIDIO_BASE_URL", self.url())
    }

    /// Runs another `olivine` command on this server's data, as an operator would, and returns its output.
    pub fn operator(&self, args: &[&str]) -> String {
        let (is_well, said) = self.operator_tries(args);
        assert!(is_well, "olivine {args:?}: {said}");
        said
    }

    /// Like `operator`, for a command that may fail: returns whether it succeeded, and its output, which in case of a failure includes the
    /// reason.
    pub fn operator_tries(&self, args: &[&str]) -> (bool, String) {
        let mut command = Command::new(self.builder.executables.olivine());
        command.args(args).arg("--data-dir").arg(&self.data_dir).current_dir(self.folder.path());
        self.builder.set_variables(&mut command);
        if let Some(database) = &self.postgres {
            command.args(["--database-url", &database.url()]);
        }
        let output = command.output().expect("olivine starts");
        let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            said.push_str(&String::from_utf8_lossy(&output.stderr));
        }
        secrets::assert_not_in(&self.hosts, "what an operator's command said", said.as_bytes());
        if let ["backup", "--to", to, ..] = args {
            secrets::assert_not_under(&self.hosts, Path::new(to), hands_out);
        }
        (output.status.success(), said.trim_end().to_owned())
    }

    /// Panics if a secret that a test sent or received is in its output or in its files.
    fn assert_tells_no_secret(&self, log: &str) {
        secrets::assert_not_in(&self.hosts, "the log", log.as_bytes());
        secrets::assert_not_in(&self.hosts, "/metrics", &metrics(&self.reached.admin_url));
        match &self.postgres {
            Some(database) => {
                let events = database.try_query("select string_agg(data, ' ') from events");
                secrets::assert_not_in(&self.hosts, "the events", events.unwrap_or_default().as_bytes());
            }
            None => secrets::assert_not_under(&self.hosts, &self.data_dir, hands_out),
        }
    }

    /// Its complete log, of all starts.
    pub fn log(&self) -> String {
        self.logs().concat()
    }

    /// The log of each process.
    pub(crate) fn logs(&self) -> Vec<String> {
        self.processes.iter().map(|process| process.stdout() + &process.stderr()).collect()
    }

    /// The number of processes, for actions that each of them does once.
    pub const fn processes(&self) -> usize {
        self.processes.len()
    }

    /// The other parts of a scaled deployment.
    pub(crate) const fn scaled(&self) -> Option<&Scaled> {
        self.scaled.as_ref()
    }

    /// Kills it immediately with SIGKILL.
    pub fn kill(&mut self) {
        self.processes.iter_mut().for_each(Process::kill);
    }

    /// Sends SIGTERM, and does not wait for its end.
    pub fn terminate(&mut self) {
        self.processes.iter_mut().for_each(Process::terminate);
    }

    /// Sends SIGTERM, and waits for its end.
    pub fn stop(&mut self) -> ExitStatus {
        self.terminate();
        self.ended()
    }

    /// Waits for its end. If one of two processes fails, its status is returned.
    pub fn ended(&mut self) -> ExitStatus {
        let statuses = self.processes.iter_mut().map(|process| {
            let status = process.wait(STOPPED_WITHIN);
            status.unwrap_or_else(|| panic!("olivine does not stop within {STOPPED_WITHIN:?}"))
        });
        let ended = statuses.reduce(|one, other| if one.success() { other } else { one });
        ended.expect("a server has a process")
    }

    /// Starts it again on the same data. Stops it first if it still runs.
    pub fn restart(&mut self) {
        self.stop();
        self.launch();
    }

    /// Like `restart`, with the same addresses.
    pub fn restart_in_place(&mut self) {
        let address = |url: &str| url.split_once("//").map_or(ANYWHERE, |(_, address)| address).to_owned();
        let devices = self.reached.device_url.as_deref().map_or(ANYWHERE.to_owned(), address);
        // Behind nginx the addresses always stay the same.
        self.builder.addresses = [address(&self.reached.admin_url), devices];
        self.restart();
    }
}

/// Waits until a process has written how it is reached.
fn ready(process: &mut Process, data_dir: &Path) -> Announced {
    let outcome = until(READY_WITHIN, || match process.status() {
        Some(status) => Some(Err(status)),
        None => announced(data_dir, process.pid()).map(Ok),
    });
    match outcome {
        Some(Ok(reached)) => reached,
        Some(Err(status)) => {
            panic!("olivine ended before it was ready: {status}\n{}", process.last_words())
        }
        None => panic!("olivine is not ready after {READY_WITHIN:?}\n{}", process.last_words()),
    }
}

/// The content of `server.json`, which says how a server is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Announced {
    admin_url: String,
    device_url: Option<String>,
    device_ca: Option<PathBuf>,
}

/// The content of `server.json`, unless another process, which was killed, left the file behind.
fn announced(data_dir: &Path, pid: u32) -> Option<Announced> {
    let text = std::fs::read_to_string(data_dir.join("server.json")).ok()?;
    let announcement: Value = serde_json::from_str(&text).ok()?;
    let ours = announcement.get("pid")?.as_u64()? == u64::from(pid);
    let text = |name| Some(announcement.get(name)?.as_str()?.to_owned());
    let (admin_url, device_url) = (text("admin_url")?, text("device_url"));
    ours.then(|| Announced { admin_url, device_url, device_ca: text("device_ca").map(PathBuf::from) })
}

/// Whether the purpose of a file in the data folder is to hand out a secret.
fn hands_out(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default();
    ["admin-api-key", "setup-link"].iter().any(|handed| name == *handed)
}

/// The metrics of a process that still answers.
fn metrics(url: &str) -> Vec<u8> {
    let read = || {
        let host = url.split_once("://")?.1;
        let mut stream = TcpStream::connect(host).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        write!(stream, "GET /metrics HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").ok()?;
        let mut said = Vec::new();
        stream.read_to_end(&mut said).ok()?;
        Some(said)
    };
    read().unwrap_or_default()
}

impl Drop for Server {
    #[expect(clippy::print_stderr, reason = "under a failed test, this is read by a person")]
    fn drop(&mut self) {
        for process in &self.processes {
            if std::thread::panicking() {
                eprintln!("olivine (process {}) said at last:\n{}", process.pid(), process.last_words());
                continue;
            }
            let log = process.stdout() + &process.stderr();
            let fault = log.lines().find(|line| line.contains("status=500"));
            assert!(fault.is_none(), "no answer is ever a 500: {fault:?}\n{}", process.last_words());
            self.assert_tells_no_secret(&log);
        }
        secrets::forget(&self.hosts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Executables;

    /// Imitates the start and the end of a server, as far as the harness observes them.
    const FAKE: &str = r#"#!/usr/bin/env bash
        set -eu
        test "$1 $2" = "serve --data-dir"; data=$3; mkdir -p "$data"
        shift 3; echo "started with $* and ${OLIVINE_SETTING-nothing}"
        trap 'rm -f "$data/server.json"; echo stopped; exit 0' TERM
        test -e "$data/admin-api-key" || echo key-of-$$ > "$data/admin-api-key"
        printf '{"pid": %s, "admin_url": "http://127.0.0.1:%s", "device_url": "x"}' $$ $$ > "$data/new"
        mv "$data/new" "$data/server.json"
        while :; do sleep 0.01; done
    "#;

    fn fake(script: &str) -> (TempDir, ServerBuilder) {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("script");
        std::fs::write(&source, script).unwrap();
        for name in ["olivine", "peridio"] {
            // Written by another process: a file that any thread of this process has open for writing while it forks can't be executed.
            let copy = Command::new("install").arg(&source).arg(folder.path().join(name)).status();
            assert!(copy.unwrap().success());
        }
        let builder = Server::builder().executables(Executables::in_folder(folder.path()));
        (folder, builder)
    }

    #[test]
    fn it_starts_stops_and_starts_again_on_the_same_data() {
        let (_folder, builder) = fake(FAKE);
        let mut server = builder.arg("--extra").env("OLIVINE_SETTING", "something").start();
        let (key, first) = (server.admin_key(), server.url().to_owned());
        assert_eq!(key, format!("key-of-{}", server.pid()));
        let started = "started with --listen 127.0.0.1:0 --device-listen 127.0.0.1:0 --extra and something\n";
        assert_eq!(server.log(), started);
        assert_eq!(server.stop().code(), Some(0));
        server.restart();
        assert_eq!(server.admin_key(), key);
        assert_ne!(server.url(), first);
        assert_eq!(server.log(), format!("{started}stopped\n{started}"));
    }

    #[test]
    fn the_announcement_of_a_killed_server_is_not_taken() {
        let (_folder, builder) = fake(FAKE);
        let mut server = builder.start();
        let killed = server.pid();
        server.kill();
        assert_eq!(announced(server.data_dir(), killed).as_ref(), Some(&server.reached));
        assert_eq!(announced(server.data_dir(), killed + 1), None);
        server.restart();
        assert_ne!(server.pid(), killed);
        assert!(server.url().ends_with(&server.pid().to_string()));
    }

    #[test]
    fn data_of_the_tests_own_folder_stays() {
        let (_folder, builder) = fake(FAKE);
        let data = tempfile::tempdir().unwrap();
        drop(builder.data_dir(data.path()).start());
        assert!(data.path().join("admin-api-key").exists());
    }

    #[test]
    #[should_panic(expected = "olivine ended before it was ready: exit status: 3")]
    fn a_start_that_fails_is_seen_at_once() {
        let (_folder, builder) = fake("#!/bin/sh\necho no >&2; exit 3");
        drop(builder.start());
    }

    #[test]
    fn its_terminal_has_peridio_set_up() {
        let (_folder, builder) = fake(FAKE);
        let server = builder.start();
        let shell = server.shell();
        let line = shell.run("echo $PERIDIO_BASE_URL $PERIDIO_API_KEY; command -v peridio").succeeds();
        let peridio = server.builder.executables.peridio();
        assert_eq!(line, format!("{} {}\n{}", server.url(), server.admin_key(), peridio.display()));
    }
}
