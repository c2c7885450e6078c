//! A device's connections: to the Device API with the device's certificate, trusting one authority and nobody else; and to
//! wherever contents are, which must never see that certificate.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use olivine_domain::certificates::Certificate;
use reqwest::Identity;
use reqwest::header::HeaderMap;

use super::{Client, Inner, Pace, authorities, base_url, build, builder};
use crate::{Error, Observer, Settings, silent};

/// How a device reaches its server.
#[derive(Clone)]
pub struct DeviceSettings {
    /// Where the Device API is, such as `https://devices.example.com:8443`.
    pub base_url: String,
    /// A PEM file with the authorities of the server's certificate; no others are trusted for the Device API.
    pub ca_path: PathBuf,
    /// A PEM file with the device's certificate, and its chain.
    pub certificate_path: PathBuf,
    /// A PEM file with the certificate's private key.
    pub key_path: PathBuf,
    /// How often a request that fails in a way that may pass is tried again.
    pub retries: usize,
    /// How long a server may say nothing before the attempt counts as failed.
    pub patience: Duration,
    /// How slow a download may be.
    pub pace: Option<Pace>,
    /// Whom to tell what is going on.
    pub observer: Observer,
}

impl Default for DeviceSettings {
    fn default() -> Self {
        Self {
            base_url: "https://localhost:8443".to_owned(),
            ca_path: PathBuf::new(),
            certificate_path: PathBuf::new(),
            key_path: PathBuf::new(),
            retries: 3,
            patience: Duration::from_mins(1),
            pace: None,
            observer: silent(),
        }
    }
}

impl Client {
    /// Prepares a device's connections; nothing is sent yet.
    pub(crate) fn for_device(settings: DeviceSettings) -> Result<Self, Error> {
        let base = base_url(&settings.base_url)?;
        let authorities = authorities(&settings.ca_path)?;
        let identity = identity(&settings.certificate_path, &settings.key_path)?;
        let device = || builder(&[]).tls_certs_only(authorities.iter().cloned()).identity(identity.clone());
        let api = build(|| device().default_headers(HeaderMap::new()), false)?;
        // Contents may come from anywhere: their signatures are checked. A device without a system store has only the one
        // authority for them.
        let content = builder(&authorities)
            .http1_only()
            .build()
            .or_else(|_| builder(&[]).http1_only().tls_certs_only(authorities.iter().cloned()).build());
        let content = content.map_err(|source| Error::Tls { source })?;
        let DeviceSettings { base_url, ca_path, retries, patience, pace, observer, .. } = settings;
        let ca_path = Some(ca_path);
        let settings = Settings { base_url, api_key: None, ca_path, retries, patience, pace, observer };
        Ok(Self { inner: Arc::new(Inner { base, api, content, settings, answered: AtomicBool::new(false) }) })
    }
}

/// The certificate with its key.
fn identity(certificate: &Path, key: &Path) -> Result<Identity, Error> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|source| Error::File { action: "read", path: path.to_owned(), source })
    };
    let shown = read(certificate)?;
    // rustls presents none of version 1; its own words for that name nothing that one could do.
    let parsed = std::str::from_utf8(&shown).ok().and_then(|pem| Certificate::from_text(pem).ok());
    if parsed.is_some_and(|parsed| parsed.facts().version < 3) {
        return Err(Error::OldCertificate { certificate: certificate.to_owned() });
    }
    let pem = [shown, b"\n".to_vec(), read(key)?].concat();
    Identity::from_pem(&pem).map_err(|source| Error::Identity {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        source,
    })
}
