//! The settings with which a server under test is started.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::{Announced, Place, Server};
use crate::process::{Process, remove_settings};
use crate::scaled::{self, Scaled};
use crate::{Database, Executables, PostgresDatabase};

/// The setting whether the server creates an RSA certificate for devices.
const RSA_CERTIFICATE: &str = "OLIVINE_DEVICE_RSA_CERTIFICATE";
/// The file of the embedded database in a data folder.
const DATABASE: &str = "olivine.db";
/// Any free port.
pub(super) const ANYWHERE: &str = "127.0.0.1:0";

/// Builds a server under test.
#[derive(Clone, Debug)]
pub struct ServerBuilder {
    pub(super) executables: Executables,
    database: Database,
    data_dir: Option<PathBuf>,
    /// The content folder of another process, to which this one gets a link.
    shared_content: Option<PathBuf>,
    variables: Vec<(String, String)>,
    args: Vec<String>,
    /// The addresses of the Admin API and of the Device API.
    pub(super) addresses: [String; 2],
    audience: Audience,
    is_scaled: bool,
}

/// The APIs that a server can offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    PeopleAndDevices,
    People,
}

impl Default for ServerBuilder {
    fn default() -> Self {
        Self {
            executables: Executables::built(),
            database: Database::Sqlite,
            data_dir: None,
            shared_content: None,
            variables: Vec::new(),
            args: Vec::new(),
            addresses: [ANYWHERE, ANYWHERE].map(str::to_owned),
            audience: Audience::PeopleAndDevices,
            is_scaled: scaled::is_asked_for(),
        }
    }
}

impl ServerBuilder {
    /// Uses another database than the embedded one.
    #[must_use]
    pub fn database(mut self, database: Database) -> Self {
        self.database = database;
        self
    }

    /// Uses a data folder of the test, which is not deleted with the server.
    #[must_use]
    pub fn data_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(folder.into());
        self
    }

    /// Uses the storage of another process of the same installation, instead of its own content folder.
    #[must_use]
    pub fn storage_of(mut self, other: &Server) -> Self {
        match other.scaled() {
            Some(scaled) => self.variables.splice(0..0, scaled.environment()).for_each(drop),
            None => self.shared_content = Some(other.data_dir().join("content")),
        }
        self
    }

    /// Sets an environment variable, such as `OLIVINE_…`.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Offers the Device API by plain HTTP. Every client on this machine is a trusted proxy, which passes devices' certificates on in a
    /// header.
    #[must_use]
    pub fn behind_a_proxy(self) -> Self {
        self.env("OLIVINE_DEVICE_TLS", "off").env("OLIVINE_DEVICE_TRUSTED_PROXIES", "127.0.0.1")
    }

    /// Creates an RSA certificate for devices in addition to the usual one, as a server does by default.
    #[must_use]
    pub fn with_rsa_certificate(self) -> Self {
        self.env(RSA_CERTIFICATE, "true")
    }

    /// Sets several environment variables, such as those that tell how to reach a store.
    #[must_use]
    pub fn envs(mut self, variables: Vec<(String, String)>) -> Self {
        self.variables.extend(variables);
        self
    }

    /// Adds an argument of `olivine serve`.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Uses other executables, such as a release build.
    #[must_use]
    pub fn executables(mut self, executables: Executables) -> Self {
        self.executables = executables;
        self
    }

    /// Starts a version without a Device API.
    #[must_use]
    pub fn only_for_people(mut self) -> Self {
        self.audience = Audience::People;
        self
    }

    /// If the database is PostgreSQL, starts a scaled deployment with two processes, a store and nginx, whatever the environment says.
    #[must_use]
    pub fn scaled(mut self, yes: bool) -> Self {
        self.is_scaled = yes;
        self
    }

    /// Starts the server and waits until it is ready.
    #[must_use]
    pub fn start(mut self) -> Server {
        let folder = tempfile::Builder::new().prefix("olivine-test-").tempdir().expect("a temporary folder");
        let is_built = self.executables == Executables::built();
        let data_dir = self.data_dir.clone().unwrap_or_else(|| folder.path().join("data"));
        if self.database == Database::Sqlite && self.data_dir.is_none() && is_built {
            put_migrated_database(&data_dir);
        }
        if let Some(content) = &self.shared_content {
            std::fs::create_dir_all(&data_dir).expect("a folder");
            std::os::unix::fs::symlink(content, data_dir.join("content")).expect("a link");
        }
        // Other executables may need other tables.
        let create = if is_built { PostgresDatabase::create_migrated } else { PostgresDatabase::create };
        let postgres = (self.database == Database::Postgres).then(create);
        let scaled = (self.is_scaled && postgres.is_some()).then(Scaled::start);
        if let Some(scaled) = &scaled {
            // Inserted first, so that variables of the test override them.
            self.variables.splice(0..0, scaled.environment());
        }
        let reached = Announced::default();
        let mut server = Server {
            processes: Vec::new(),
            scaled,
            postgres,
            data_dir,
            reached,
            hosts: Vec::new(),
            builder: self,
            folder,
        };
        server.launch();
        server
    }

    pub(super) fn spawn(&self, place: &Place, logs: &Path, postgres: Option<&PostgresDatabase>) -> Process {
        let mut command = Command::new(self.executables.olivine());
        command.arg("serve").arg("--data-dir").arg(&place.data_dir);
        let [people, devices] = &place.addresses;
        command.args(["--listen", people]);
        if self.audience == Audience::PeopleAndDevices {
            command.args(["--device-listen", devices]);
        }
        if let Some(database) = postgres {
            command.args(["--database-url", &database.url()]);
        }
        self.set_variables(&mut command);
        command.args(&self.args).current_dir(logs);
        Process::start(command, logs, place.name)
    }

    pub(super) fn set_variables(&self, command: &mut Command) {
        remove_settings(command);
        // Creating two RSA keys takes longer than the rest of a first start, and few tests need them.
        command.env(RSA_CERTIFICATE, "false");
        command.envs(self.variables.iter().cloned());
    }
}

/// A new data folder with the tables of this build: to make them takes as long as the rest of a start.
fn put_migrated_database(data_dir: &Path) {
    static MIGRATED: OnceLock<Vec<u8>> = OnceLock::new();
    let database = MIGRATED.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        migrate(folder.path(), &[]);
        std::fs::read(folder.path().join(DATABASE)).expect("a database was made")
    });
    std::fs::create_dir_all(data_dir).expect("a folder");
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(data_dir.join(DATABASE));
    file.and_then(|mut file| file.write_all(database)).expect("a new file");
}

/// Makes the tables of this build.
pub(crate) fn migrate(data_dir: &Path, args: &[&str]) {
    let mut olivine = Command::new(Executables::built().olivine());
    olivine.arg("migrate").arg("--data-dir").arg(data_dir).args(args);
    remove_settings(&mut olivine);
    let output = olivine.output().expect("the server can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
