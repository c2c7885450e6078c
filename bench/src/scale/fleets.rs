//! The same fleet in both databases, and servers for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::checks::bundle;
use crate::checks::certificates::{Certificates, Devices};
use crate::checks::fleet::Fleet;
use crate::checks::proxied::trust;
use crate::postgres::Database;
use crate::server::Server;

/// How many releases the devices' channel has.
const RELEASES: u64 = 10;

/// A fleet in each database.
pub(super) struct Fleets {
    certificates: Certificates,
    pub(super) sqlite: Home,
    pub(super) postgres: Home,
    /// Where the second one is.
    pub(super) database: Database,
}

/// A fleet, and where it is kept.
pub(super) struct Home {
    data_dir: PathBuf,
    /// Of PostgreSQL.
    url: Option<String>,
    pub(super) fleet: Arc<Fleet>,
}

/// How devices come to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// With their own certificates.
    Own,
    /// Through a proxy that names their certificates.
    Proxy,
}

impl Fleets {
    pub(super) async fn make(folder: &Path, devices: u64) -> anyhow::Result<Self> {
        let certificates = Certificates::make(folder)?;
        let database = Database::create("scale")?;
        let sqlite = Home::make(&folder.join("sqlite"), None, devices, &certificates.devices).await?;
        let url = Some(database.url()?);
        let postgres = Home::make(&folder.join("postgres"), url, devices, &certificates.devices).await?;
        // As PostgreSQL itself would have done before long.
        database.ask("VACUUM ANALYZE")?;
        Ok(Self { certificates, sqlite, postgres, database })
    }

    /// Olivine with that database.
    pub(super) async fn start(&self, home: &Home, way: Way) -> anyhow::Result<Server> {
        let settings = settings(&self.certificates, way);
        Server::start_with(&home.data_dir, home.url.as_deref(), &settings).await
    }

    pub(super) fn devices(&self) -> &Devices {
        &self.certificates.devices
    }
}

/// What a server needs to know of how devices come to it.
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
