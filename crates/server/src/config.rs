//! Configuration: defaults that work < `olivine.toml` < `OLIVINE_*` environment < flags.

mod console;
mod database;
mod device;
mod events;
mod roles;
mod server;
mod sessions;
mod settings;
mod storage;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use confique::{Config as _, Layer as _};
use olivine_domain::text::{FromRecord as _, Name};
use olivine_operations::Settings;

pub use self::console::Console;
pub use self::database::{Database, shown};
pub use self::device::{Device, Tls};
pub use self::events::{Events, RetentionDays};
pub use self::roles::Role;
pub use self::server::Server;
pub use self::sessions::Sessions;
pub use self::storage::Storage;
use crate::http::addresses::Most;
use crate::http::limits::Limits;
use crate::http::proxies::TrustedProxy;

/// The file of a data folder's own database.
pub const OWN_DATABASE: &str = "olivine.db";

/// All settings of the server.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Config {
    /// Where the server keeps its database, its content and its secrets, unless other settings say otherwise.
    #[config(default = "./olivine-data", env = "OLIVINE_DATA_DIR")]
    pub data_dir: PathBuf,

    /// The database: `sqlite:<path>` or `postgres://user:password@host/name`. By default `olivine.db` in the data folder.
    #[config(env = "OLIVINE_DATABASE_URL")]
    pub database_url: Option<String>,

    /// At least 32 characters from which the keys of signed URLs are derived; the same for all processes of one installation.
    /// By default made at the first start and kept in the data folder, in `secret-key`.
    #[config(env = "OLIVINE_SECRET_KEY")]
    pub secret_key: Option<String>,

    /// The organization that is made at the first start.
    #[config(default = "default", env = "OLIVINE_ORGANIZATION")]
    pub organization: String,

    /// The limits of one process on the database.
    #[config(nested)]
    pub database: Database,

    /// How people and CI reach the server.
    #[config(nested)]
    pub server: Server,

    /// How devices reach the server.
    #[config(nested)]
    pub device: Device,

    /// Updates for devices.
    #[config(nested)]
    pub distribution: Distribution,

    /// Limits on requests and connections.
    #[config(nested)]
    pub limits: Limits,

    /// How long people stay signed in.
    #[config(nested)]
    pub sessions: Sessions,

    /// The web console.
    #[config(nested)]
    pub console: Console,

    /// Where contents are kept.
    #[config(nested)]
    pub storage: Storage,

    /// Uploads and downloads.
    #[config(nested)]
    pub content: Content,

    /// The audit trail.
    #[config(nested)]
    pub events: Events,

    /// Work in the background.
    #[config(nested)]
    pub jobs: Jobs,

    /// The log.
    #[config(nested)]
    pub log: Log,
}

/// Updates for devices.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Distribution {
    /// A process that could not read the changes of other processes for this many seconds offers no updates: devices get 503 `stale`
    /// instead, and /readyz is 503. Devices without an update still get their answer. With 0, the process goes on offering the updates that
    /// it knows.
    #[config(default = 5, env = "OLIVINE_STALE_AFTER_SECONDS")]
    pub stale_after_seconds: u64,
}

/// Uploads and downloads.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Content {
    /// The most bytes of a content that can be uploaded in one request.
    #[config(default = 100_000_000, env = "OLIVINE_DIRECT_UPLOAD_BYTES")]
    pub direct_upload_bytes: u64,

    /// How long an upload URL works, in seconds.
    #[config(default = 3600, env = "OLIVINE_UPLOAD_URL_SECONDS")]
    pub upload_url_seconds: u64,

    /// How long a download URL works, in seconds.
    #[config(default = 3600, env = "OLIVINE_DOWNLOAD_URL_SECONDS")]
    pub download_url_seconds: u64,

    /// After how many seconds without a change the parts of an unfinished upload are deleted. The default is seven days.
    #[config(default = 604_800, env = "OLIVINE_UPLOAD_RETENTION_SECONDS")]
    pub upload_retention_seconds: u64,
}

/// Work in the background.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Jobs {
    /// How many background jobs run at the same time, in each of two groups: jobs that use other storages are a group of their own.
    #[config(default = 2, env = "OLIVINE_JOB_CONCURRENCY")]
    pub concurrency: usize,

    /// After how many seconds without a heartbeat another process takes over a job.
    #[config(default = 30, env = "OLIVINE_JOB_LEASE_SECONDS")]
    pub lease_seconds: u64,
}

/// The log.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Log {
    /// `text` or `json`.
    #[config(default = "text", env = "OLIVINE_LOG_FORMAT")]
    pub format: String,

    /// `error`, `warn`, `info`, `debug` or `trace`; or one per module, as in `info,olivine_operations=debug`.
    #[config(default = "info", env = "OLIVINE_LOG")]
    pub level: String,
}

/// The flags of every command that needs a configuration.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Flags {
    /// The configuration file [default: olivine.toml in the current folder, if it exists]
    #[arg(long, env = "OLIVINE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder for the database, the content and the secrets [default: ./olivine-data]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The database: sqlite:PATH or postgres://… [default: olivine.db in the data folder]
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// The address and port of the Admin API [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// The address and port of the Device API [default: 127.0.0.1:8443]
    #[arg(long, value_name = "ADDR")]
    pub device_listen: Option<SocketAddr>,
    /// The URL under which clients reach the server [default: follows from --listen]
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// The storage for content: a URL with s3://, gs://, az:// or file:/// [default: a folder in the data folder]
    #[arg(long, value_name = "URL")]
    pub storage_url: Option<String>,
    /// The roles of this process, of api, device and jobs [default: all three]
    #[arg(long, value_name = "ROLES", value_delimiter = ',', num_args = 1)]
    pub roles: Option<Vec<Role>>,
    /// How many seconds to keep serving after a signal to stop, so that a load balancer can react [default: 0]
    #[arg(long, value_name = "SECONDS")]
    pub drain_seconds: Option<u64>,
    /// The PEM file with the certificate chain for HTTPS
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,
    /// The PEM file with the private key of the certificate
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,
    /// Any setting of the configuration file, by its name: `limits.json_bytes=1000000`; can be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<settings::Setting>,
    /// How much of the database may be used.
    #[command(flatten)]
    pub database: database::DatabaseFlags,
}

const DEFAULT_FILE: &str = "olivine.toml";

impl Flags {
    /// The file that is read: the one that was named, else the one in the current folder if there is one.
    pub fn file(&self) -> Option<PathBuf> {
        self.config.clone().or_else(|| Path::new(DEFAULT_FILE).exists().then(|| DEFAULT_FILE.into()))
    }

    fn layer(&self) -> <Config as confique::Config>::Layer {
        let mut layer = <Config as confique::Config>::Layer::empty();
        layer.data_dir.clone_from(&self.data_dir);
        layer.database_url.clone_from(&self.database_url);
        layer.storage.url.clone_from(&self.storage_url);
        layer.server.listen = self.listen;
        layer.device.listen = self.device_listen;
        layer.server.public_url.clone_from(&self.public_url);
        layer.server.tls_certificate.clone_from(&self.tls_certificate);
        layer.server.tls_key.clone_from(&self.tls_key);
        layer.server.roles = self.roles.clone().map(|roles| roles.into_iter().collect());
        layer.server.drain_seconds = self.drain_seconds;
        self.database.put_into(&mut layer.database);
        layer
    }

    /// What is in force.
    pub fn load(&self) -> anyhow::Result<Config> {
        let set = settings::layer(&self.settings)?;
        let mut builder = Config::builder().preloaded(self.layer()).preloaded(set).env();
        if let Some(file) = self.file() {
            if !file.exists() {
                bail!("the configuration file {} does not exist", file.display());
            }
            builder = builder.preloaded(settings::file(&file)?);
        }
        let config = builder.load().context("the configuration can't be used")?;
        config.check()?;
        Ok(config)
    }
}

impl Config {
    fn check(&self) -> anyhow::Result<()> {
        if self.secret_key.as_ref().is_some_and(|key| key.chars().count() < 32) {
            bail!(
                "secret_key needs at least 32 characters, for example those that `openssl rand -hex 32` prints"
            );
        }
        if !["text", "json"].contains(&self.log.format.as_str()) {
            bail!("log.format is 'text' or 'json', not '{}'", self.log.format);
        }
        if self.jobs.lease_seconds == 0 || self.jobs.concurrency == 0 {
            bail!("jobs.lease_seconds and jobs.concurrency must be at least 1");
        }
        self.server.check()?;
        self.sessions.check()?;
        self.limits.check()?;
        self.database.check()?;
        self.events.check()?;
        self.storage.check()?;
        self.device.check()
    }

    /// Whether this process has that role.
    pub fn has(&self, role: Role) -> bool {
        self.server.roles.contains(&role)
    }

    /// The name of the organization, which may be older than what names may be today.
    pub fn organization(&self) -> anyhow::Result<Name> {
        let earlier = Name::from_record(&self.organization);
        earlier.map_or_else(|| self.organization.parse().context("the configuration's 'organization'"), Ok)
    }

    /// The database's URL.
    pub fn database_url(&self) -> String {
        let in_data_dir = || format!("sqlite:{}", self.data_dir.join(OWN_DATABASE).display());
        self.database_url.clone().unwrap_or_else(in_data_dir)
    }

    /// The file of a SQLite database.
    pub fn database_path(&self) -> PathBuf {
        let url = self.database_url();
        let path = url.strip_prefix("sqlite:").unwrap_or(&url);
        path.strip_prefix("//").unwrap_or(path).into()
    }

    /// Whether the database is this server's own file.
    pub fn is_embedded(&self) -> bool {
        self.database_url().starts_with("sqlite:")
    }

    /// Where clients reach a server that listens on `address`.
    pub fn public_url(&self, address: SocketAddr) -> String {
        let scheme = if self.server.tls_certificate.is_some() { "https" } else { "http" };
        self.server.public_url.clone().unwrap_or_else(|| format!("{scheme}://{address}"))
    }

    /// How many uploads, and how many downloads, may go on at once.
    pub fn transfers(&self) -> Most {
        Most {
            all: self.limits.concurrent_transfers,
            by_address: self.limits.transfers_per_address,
            proxies: self.trusted_proxies(),
        }
    }

    /// How many connections each listener may have.
    pub fn connections(&self) -> Most {
        Most {
            all: self.limits.connections,
            by_address: self.limits.connections_per_address,
            proxies: self.trusted_proxies(),
        }
    }

    /// The proxies of both listeners: each speaks for many clients.
    fn trusted_proxies(&self) -> Vec<TrustedProxy> {
        self.server.trusted_proxies.iter().chain(&self.device.trusted_proxies).cloned().collect()
    }

    /// What the operations need to know of it.
    pub fn settings(&self) -> Settings {
        let seconds = Duration::from_secs;
        Settings {
            direct_upload_limit: self.content.direct_upload_bytes,
            upload_url_ttl: seconds(self.content.upload_url_seconds),
            download_url_ttl: seconds(self.content.download_url_seconds),
            upload_retention: seconds(self.content.upload_retention_seconds),
            audit_event_retention: self.events.audit(),
            frequent_event_retention: self.events.frequent(),
            sessions: self.sessions.limits(),
            job_lease: seconds(self.jobs.lease_seconds),
            job_concurrency: self.jobs.concurrency,
            organizations_use_server_credentials: self.storage.lend_credentials,
            organizations_reach_any_network: self.storage.allow_private_endpoints,
            directory_devices: self.device.directory_devices,
            check_in_delay: seconds(self.device.check_in_seconds),
            stale_after: seconds(self.distribution.stale_after_seconds),
            ..Settings::default()
        }
    }
}

/// A list as an environment variable has it.
fn list<T: FromStr>(text: &str) -> Result<Vec<T>, T::Err> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::parse).collect()
}

/// The commented default configuration file.
pub fn template() -> String {
    confique::toml::template::<Config>(confique::toml::FormatOptions::default())
}
