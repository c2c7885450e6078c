//! A real `olivine serve`, on free ports and in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Process, until};
use crate::{Api, Database, Executables, PostgresDatabase, Shell};

/// Bounds, not expectations: the machine may be busy with many tests.
const READY_WITHIN: Duration = Duration::from_mins(1);
const STOPPED_WITHIN: Duration = Duration::from_mins(1);

/// How a server under test is started.
#[derive(Clone, Debug)]
pub struct ServerBuilder {
    executables: Executables,
    database: Database,
    data_dir: Option<PathBuf>,
    variables: Vec<(String, String)>,
    args: Vec<String>,
    /// Where it listens: for people, for devices.
    addresses: [String; 2],
    audience: Audience,
}

/// For whom a server can listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    PeopleAndDevices,
    People,
}

const ANYWHERE: &str = "127.0.0.1:0";

impl ServerBuilder {
    /// Another database than the embedded one.
    #[must_use]
    pub fn database(mut self, database: Database) -> Self {
        self.database = database;
        self
    }

    /// A data folder that the test keeps, instead of one that goes with the server.
    #[must_use]
    pub fn data_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(folder.into());
        self
    }

    /// One more environment variable, such as `OLIVINE_…`.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// One more argument of `olivine serve`.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Executables from elsewhere, such as a release build.
    #[must_use]
    pub fn executables(mut self, executables: Executables) -> Self {
        self.executables = executables;
        self
    }

    /// A version that knows no devices yet.
    #[must_use]
    pub fn only_for_people(mut self) -> Self {
        self.audience = Audience::People;
        self
    }

    /// Starts the server and waits until it is ready.
    #[must_use]
    pub fn start(self) -> Server {
        let folder = tempfile::Builder::new().prefix("olivine-test-").tempdir().expect("a temporary folder");
        let data_dir = self.data_dir.clone().unwrap_or_else(|| folder.path().join("data"));
        let postgres = (self.database == Database::Postgres).then(PostgresDatabase::create);
        let process = self.spawn(&data_dir, folder.path(), postgres.as_ref());
        let reached = Announced::default();
        let mut server = Server { process, postgres, data_dir, reached, builder: self, folder };
        server.wait_until_ready();
        server
    }

    fn spawn(&self, data_dir: &Path, logs: &Path, postgres: Option<&PostgresDatabase>) -> Process {
        let mut command = Command::new(self.executables.olivine());
        command.arg("serve").arg("--data-dir").arg(data_dir);
        let [people, devices] = &self.addresses;
        command.args(["--listen", people]);
        if self.audience == Audience::PeopleAndDevices {
            command.args(["--device-listen", devices]);
        }
        if let Some(database) = postgres {
            command.args(["--database-url", &database.url()]);
        }
        self.set_variables(&mut command);
        command.args(&self.args).current_dir(logs);
        Process::start(command, logs, "olivine")
    }

    fn set_variables(&self, command: &mut Command) {
        // Whoever runs the tests may have settings of their own.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("OLIVINE_") {
                command.env_remove(name);
            }
        }
        command.envs(self.variables.iter().cloned());
    }
}

/// A server that is ready; killed when dropped, its last words printed when the test failed.
///
/// Fields are dropped in this order: first the process, then its database, last its folder.
#[derive(Debug)]
pub struct Server {
    process: Process,
    postgres: Option<PostgresDatabase>,
    data_dir: PathBuf,
    reached: Announced,
    builder: ServerBuilder,
    folder: TempDir,
}

impl Server {
    /// A server that differs from the default in something.
    pub fn builder() -> ServerBuilder {
        ServerBuilder {
            executables: Executables::built(),
            database: Database::Sqlite,
            data_dir: None,
            variables: Vec::new(),
            args: Vec::new(),
            addresses: [ANYWHERE, ANYWHERE].map(str::to_owned),
            audience: Audience::PeopleAndDevices,
        }
    }

    /// A server with the default configuration.
    #[must_use]
    pub fn start(database: Database) -> Self {
        Self::builder().database(database).start()
    }

    fn wait_until_ready(&mut self) {
        let outcome = until(READY_WITHIN, || match self.process.status() {
            Some(status) => Some(Err(status)),
            None => announced(&self.data_dir, self.process.pid()).map(Ok),
        });
        match outcome {
            Some(Ok(reached)) => self.reached = reached,
            Some(Err(status)) => panic!("olivine ended before it was ready: {status}"),
            None => panic!("olivine is not ready after {READY_WITHIN:?}"),
        }
    }

    /// Where the Admin API answers; another address after each [`restart`](Self::restart).
    pub fn url(&self) -> &str {
        &self.reached.admin_url
    }

    /// Where the Device API answers; another address after each [`restart`](Self::restart).
    pub fn device_url(&self) -> &str {
        self.reached.device_url.as_deref().expect("the server answers devices")
    }

    /// The file with the authority that devices are to trust.
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
        self.process.pid()
    }

    /// The admin key that the first start wrote.
    pub fn admin_key(&self) -> String {
        let file = self.data_dir.join("admin-api-key");
        let key = std::fs::read_to_string(&file);
        key.unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display())).trim().to_owned()
    }

    /// Raw HTTP with the admin key.
    pub fn api(&self) -> Api {
        Api::new(self.url()).with_key(self.admin_key())
    }

    /// A terminal in an empty folder, with `peridio` set up for this server.
    pub fn shell(&self) -> Shell {
        Shell::new()
            .executables(&self.builder.executables)
            .env("PERIDIO_API_KEY", self.admin_key())
            .env("PERIDIO_BASE_URL", self.url())
    }

    /// Runs another `olivine` command on this server's data, as its operator does, and returns what it printed.
    pub fn operator(&self, args: &[&str]) -> String {
        let (is_well, said) = self.operator_tries(args);
        assert!(is_well, "olivine {args:?}: {said}");
        said
    }

    /// The same, where it may fail: whether it did not, and what it printed; in case of a failure with the reason.
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
        (output.status.success(), said.trim_end().to_owned())
    }

    /// Everything that it logged so far, all starts together.
    pub fn log(&self) -> String {
        self.process.stdout() + &self.process.stderr()
    }

    /// SIGKILL: it ends at whatever instruction it is.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// SIGTERM, without waiting for its end.
    pub fn terminate(&mut self) {
        self.process.terminate();
    }

    /// SIGTERM, and waits for its end.
    pub fn stop(&mut self) -> ExitStatus {
        self.process.terminate();
        self.ended()
    }

    /// Waits for its end.
    pub fn ended(&mut self) -> ExitStatus {
        let status = self.process.wait(STOPPED_WITHIN);
        status.unwrap_or_else(|| panic!("olivine does not stop within {STOPPED_WITHIN:?}"))
    }

    /// Starts it again on the same data, stopping it first where it still runs.
    pub fn restart(&mut self) {
        self.stop();
        self.process = self.builder.spawn(&self.data_dir, self.folder.path(), self.postgres.as_ref());
        self.wait_until_ready();
    }

    /// The same, at the same addresses.
    pub fn restart_in_place(&mut self) {
        let address = |url: &str| url.split_once("//").map_or(ANYWHERE, |(_, address)| address).to_owned();
        let devices = self.reached.device_url.as_deref().map_or(ANYWHERE.to_owned(), address);
        self.builder.addresses = [address(&self.reached.admin_url), devices];
        self.restart();
    }
}

/// What `server.json` says of how a server is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Announced {
    admin_url: String,
    device_url: Option<String>,
    device_ca: Option<PathBuf>,
}

/// What is in `server.json`, unless a server that was killed left that file behind.
fn announced(data_dir: &Path, pid: u32) -> Option<Announced> {
    let text = std::fs::read_to_string(data_dir.join("server.json")).ok()?;
    let announcement: Value = serde_json::from_str(&text).ok()?;
    let ours = announcement.get("pid")?.as_u64()? == u64::from(pid);
    let text = |name| Some(announcement.get(name)?.as_str()?.to_owned());
    let (admin_url, device_url) = (text("admin_url")?, text("device_url"));
    ours.then(|| Announced { admin_url, device_url, device_ca: text("device_ca").map(PathBuf::from) })
}

impl Drop for Server {
    #[expect(clippy::print_stderr, reason = "under a failed test, this is read by a person")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "olivine (process {}) said at last:\n{}",
                self.process.pid(),
                self.process.last_words()
            );
        } else {
            let log = self.log();
            let fault = log.lines().find(|line| line.contains("status=500"));
            assert!(fault.is_none(), "no answer is ever a 500: {fault:?}\n{}", self.process.last_words());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a server does at its start and its end, as far as the harness sees it.
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
            // Written by another process: what any thread of ours has open while it forks cannot be executed.
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
