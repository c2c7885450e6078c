//! TLS of the Device API: which certificate the server shows, and what it asks of its clients.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum_server::tls_rustls::RustlsConfig;
use olivine_domain::time::Timestamp;
use olivine_operations::Context;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::{Ticketer, default_provider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::authority;
use super::verifier::AnyCertificate;
use crate::config::{Config, Tls};

/// How often it is looked whether there is a newer certificate.
const LOOK_EVERY: Duration = Duration::from_hours(12);

/// What the listener needs, unless it is to speak plain HTTP to proxies.
pub fn open(config: &Config, address: SocketAddr, now: Timestamp) -> anyhow::Result<Option<RustlsConfig>> {
    if config.device.tls == Tls::Off {
        return Ok(None);
    }
    let opened = server_config(config, address, now).context("the Device API's TLS")?;
    Ok(Some(RustlsConfig::from_config(Arc::new(opened))))
}

/// The authority that devices are to trust, where the server made it itself.
pub fn authority_file(config: &Config) -> Option<PathBuf> {
    let is_own = config.device.tls == Tls::On && config.device.tls_certificate.is_none();
    is_own.then(|| config.data_dir.join(authority::CA_FILE))
}

/// Takes up a certificate that was renewed, by ourselves in time or by the operator, while the server runs.
pub async fn keep_fresh(config: Config, address: SocketAddr, ctx: Context, tls: RustlsConfig) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        match server_config(&config, address, ctx.now()) {
            Ok(fresh) => tls.reload_from_config(Arc::new(fresh)),
            Err(error) => {
                tracing::error!(
                    "the Device API's certificate stays as it is; looking for a newer one: {error:#}"
                );
            }
        }
    }
}

fn server_config(config: &Config, address: SocketAddr, now: Timestamp) -> anyhow::Result<ServerConfig> {
    let configured = config.device.tls_certificate.clone().zip(config.device.tls_key.clone());
    let (certificate, key) = if let Some(files) = configured {
        files
    } else {
        let names = config.device.all_names(address);
        let both = authority::server_certificate(&config.data_dir, &names, now)?;
        (both.clone(), both)
    };
    let (chain, key) = (chain(&certificate)?, private_key(&key)?);
    let provider = Arc::new(default_provider());
    let verifier = Arc::new(AnyCertificate::new(provider.signature_verification_algorithms));
    let mut made = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .with_context(|| format!("using the certificate {}", certificate.display()))?;
    made.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A session's state goes to the device, encrypted: a million devices cost no memory here. One ticket each, since it has
    // the device's whole certificate.
    made.ticketer = Ticketer::new()?;
    made.send_tls13_tickets = 1;
    Ok(made)
}

fn chain(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let read = || -> Result<Vec<_>, rustls::pki_types::pem::Error> {
        CertificateDer::pem_file_iter(path)?.collect()
    };
    let chain = read().with_context(|| format!("reading {}", path.display()))?;
    anyhow::ensure!(!chain.is_empty(), "{} has no certificate in PEM", path.display());
    Ok(chain)
}

fn private_key(path: &Path) -> anyhow::Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_file(path)
        .with_context(|| format!("reading the private key in {}", path.display()))
}
