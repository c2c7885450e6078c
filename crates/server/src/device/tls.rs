//! TLS of the Device API: which certificate the server shows, and what it asks of its clients.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use olivine_domain::time::Timestamp;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::{Ticketer, default_provider};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::authority::{self, Kind};
use super::verifier::AnyCertificate;
use crate::config::{Config, Tls};
use crate::tls::{File, Identity, Source};

/// The authority that devices are to trust, where the server made it itself.
pub fn authority_file(config: &Config) -> Option<PathBuf> {
    let is_own = config.device.tls == Tls::On && config.device.tls_certificate.is_none();
    is_own.then(|| config.data_dir.join(Kind::P256.ca_file()))
}

/// The schemes by which the keys of client certificates may sign, the preferred ones first.
pub fn client_schemes() -> impl Iterator<Item = rustls::SignatureScheme> {
    super::verifier::SCHEMES.into_iter()
}

/// What devices see: the operator's certificate, or one that the server makes, and renews in time.
pub struct Devices {
    config: Config,
    address: SocketAddr,
}

impl Devices {
    /// For a listener on `address`, unless it is to speak plain HTTP to proxies.
    pub fn of(config: &Config, address: SocketAddr) -> Option<Self> {
        (config.device.tls == Tls::On).then(|| Self { config: config.clone(), address })
    }
}

/// The first certificate whose key can sign as a client understands.
#[derive(Debug)]
struct ByAlgorithm(Vec<Arc<CertifiedKey>>);

impl ResolvesServerCert for ByAlgorithm {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let fits = |key: &&Arc<CertifiedKey>| key.key.choose_scheme(hello.signature_schemes()).is_some();
        self.0.iter().find(fits).or(self.0.first()).cloned()
    }
}

impl Source for Devices {
    const SECTION: &'static str = "device";

    fn read(&self, now: Timestamp) -> anyhow::Result<Identity> {
        let Config { device, data_dir, .. } = &self.config;
        if let Some((certificate, key)) = device.tls_certificate.as_ref().zip(device.tls_key.as_ref()) {
            return Identity::read(
                File { path: certificate, setting: Some("device.tls_certificate") },
                File { path: key, setting: Some("device.tls_key") },
            );
        }
        let names = device.all_names(self.address);
        let own = |kind| {
            let both = authority::server_certificate(data_dir, kind, &names, now)?;
            let both = File { path: &both, setting: None };
            Identity::read(both, both)
        };
        let preferred = own(Kind::P256)?;
        Ok(if device.rsa_certificate { preferred.with(own(Kind::Rsa)?) } else { preferred })
    }

    fn configure(&self, identity: Identity) -> anyhow::Result<ServerConfig> {
        let keys = identity.into_certified_keys().context("using the Device API's certificate")?;
        let provider = Arc::new(default_provider());
        let verifier = Arc::new(AnyCertificate::new(provider.signature_verification_algorithms));
        let mut made = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(ByAlgorithm(keys)));
        made.alpn_protocols = vec![b"http/1.1".to_vec()];
        // A session's state goes to the device, encrypted: a million devices cost no memory here. One ticket each, since it has
        // the device's whole certificate.
        made.ticketer = Ticketer::new()?;
        made.send_tls13_tickets = 1;
        // rustls counts a record's header in.
        made.max_fragment_size = self.config.device.tls_record_bytes.map(|bytes| usize::from(bytes) + 5);
        Ok(made)
    }

    fn url(&self) -> Option<&str> {
        None
    }
}
