//! The same fleet in both databases, and servers that use them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::checks::bundle;
use crate::checks::certificates::{Certificates, Devices};
use crate::checks::fleet::Fleet;
use crate::checks::proxied::trust;
use crate::postgres::Database;
use crate::server::Server;

/// The number of releases in the devices' release graph.
const RELEASES: u64 = 10;

/// A fleet in SQLite and the same fleet in PostgreSQL.
pub(super) struct Fleets {
    certificates: Certificates,
    pub(super) sqlite: Home,
    pub(super) postgres: Home,
    /// The PostgreSQL database of the second fleet.
    pub(super) database: Database,
}

/// A fleet and its database.
pub(super) struct Home {
    data_dir: PathBuf,
    /// The URL of PostgreSQL, or `None` for SQLite.
    url: Option<String>,
    pub(super) fleet: Arc<Fleet>,
}

/// The way in which devices authenticate to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// With their own certificates.
    Own,
    /// Through a proxy that forwards their certificates.
    Proxy,
}

impl Fleets {
    pub(super) async fn make(folder: &Path, devices: u64) -> anyhow::Result<Self> {
        let certificates = Certificates::make(folder)?;
        let database = Database::create("scale")?;
        let sqlite = Home::make(&folder.join("sqlite"), None, devices, &certificates.devices).await?;
        let url = Some(database.url()?);
        let postgres = Home::make(&folder.join("postgres"), url, devices, &certificates.devices).await?;
        // PostgreSQL would do this by itself after a while.
        database.ask("VACUUM ANALYZE")?;
        Ok(Self { certificates, sqlite, postgres, database })
    }

    /// Starts Olivine with the database of this fleet.
    pub(super) async fn start(&self, home: &Home, way: Way) -> anyhow::Result<Server> {
        let settings = settings(&self.certificates, way);
        Server::start_with(&home.data_dir, home.url.as_deref(), &settings).await
    }

    pub(super) fn devices(&self) -> &Devices {
        &self.certificates.devices
    }
}

/// The settings of a server for devices that authenticate in this way.
pub(super) fn settings(certificates: &Certificates, way: Way) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        ("OLIVINE_DEVICE_TLS_CERTIFICATE", certificates.server.display().to_string()),
        ("OLIVINE_DEVICE_TLS_KEY", certificates.server_key.display().to_string()),
    ];
    if way == Way::Proxy {
        settings.push(trust());
    }
    settings
}

impl Home {
    async fn make(
        data_dir: &Path,
        url: Option<String>,
        count: u64,
        devices: &Arc<Devices>,
    ) -> anyhow::Result<Self> {
        let bundle = bundle::make(&Server::start(data_dir, url.as_deref()).await?.api()?).await?;
        let fleet = Arc::new(Fleet::new(bundle, count, &[RELEASES], devices.clone()));
        let sqlite = || format!("sqlite:{}", data_dir.join("olivine.db").display());
        fleet.insert(&url.clone().unwrap_or_else(sqlite)).await?;
        Ok(Self { data_dir: data_dir.to_owned(), url, fleet })
    }
}
