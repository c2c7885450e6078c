//! A device's connections: to the Device API with the device's certificate, trusting one authority and nobody else; and to
//! wherever contents are, which must never see that certificate.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use olivine_domain::certificates::Certificate;
use olivine_domain::key_files;
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
        let api = build(|| device().default_headers(HeaderMap::new()), false);
        let api = api.map_err(|error| own_key(error, &settings.certificate_path, &settings.key_path))?;
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

/// What TLS can't be set up for, where it is the device's own files.
fn own_key(error: Error, certificate: &Path, key: &Path) -> Error {
    let mut next: Option<&dyn std::error::Error> = Some(&error);
    while let Some(cause) = next {
        // Its type is not one of a crate that this one may depend on.
        if cause.to_string().contains("KeyMismatch") {
            return Error::OtherKey { certificate: certificate.to_owned(), key: key.to_owned() };
        }
        next = cause.source();
    }
    error
}

/// The certificate and its chain, with the key.
fn identity(certificate: &Path, key: &Path) -> Result<Identity, Error> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|source| Error::File { action: "read", path: path.to_owned(), source })
    };
    let chain = key_files::certificates(&read(certificate)?)
        .map_err(|problem| Error::CaFile { path: certificate.to_owned(), source: problem.into() })?;
    let own = chain.first().and_then(|der| Certificate::from_der(der).ok());
    // rustls presents none of version 1; its own words for that name nothing that one could do.
    if own.is_some_and(|own| own.facts().version < 3) {
        return Err(Error::OldCertificate { certificate: certificate.to_owned() });
    }
    let private = key_files::pem_text(&read(key)?).unwrap_or_default();
    if !private.contains("PRIVATE KEY-----") {
        return Err(Error::NoPrivateKey { key: key.to_owned() });
    }
    let shown: String = chain.iter().map(|der| key_files::certificate_pem(der)).collect();
    Identity::from_pem((shown + &private).as_bytes()).map_err(|source| Error::Identity {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        source,
    })
}
