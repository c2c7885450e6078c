//! The certificates of the server and of its devices, all with P-256 keys.
//!
//! A device's certificate can be computed from its number: all devices have the same key, and their certificates differ only in the common
//! name. They carry the first certificate's signature. Nobody verifies it, because a registered certificate is recognized by its
//! fingerprint.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::client::{Resumption, WantsClientCert};
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{default_provider, kx_group};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::TLS13;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};

/// The host name in the server's certificate.
pub(crate) const SERVER_NAME: &str = "localhost";

/// The server's certificate and the devices' certificates.
pub(crate) struct Certificates {
    /// The files with the server's certificate and its key.
    pub(crate) server: PathBuf,
    pub(crate) server_key: PathBuf,
    pub(crate) devices: Arc<Devices>,
}

/// The certificates of the devices.
pub(crate) struct Devices {
    first: Vec<u8>,
    /// The offset of the device's number in the certificate.
    digits: usize,
    key: Vec<u8>,
    provider: Arc<CryptoProvider>,
    trusted: Arc<RootCertStore>,
}

impl Certificates {
    pub(crate) fn make(folder: &Path) -> anyhow::Result<Self> {
        let authority_key = KeyPair::generate()?;
        let mut authority = called("Bench", Vec::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_certificate = authority.self_signed(&authority_key)?;
        let issuer = Issuer::new(authority, &authority_key);

        let (server, server_key) = (folder.join("server.pem"), folder.join("server-key.pem"));
        let key = KeyPair::generate()?;
        let certificate = called(SERVER_NAME, vec![SERVER_NAME.to_owned()])?.signed_by(&key, &issuer)?;
        std::fs::write(&server, certificate.pem())?;
        std::fs::write(&server_key, key.serialize_pem())?;

        let mut trusted = RootCertStore::empty();
        trusted.add(authority_certificate.der().clone())?;
        let key = KeyPair::generate()?;
        let first = called(&identifier(0), Vec::new())?.signed_by(&key, &issuer)?.der().to_vec();
        let name = identifier(0);
        let place = first.windows(name.len()).position(|window| window == name.as_bytes());
        let digits = place.context("a certificate has its common name")? + name.len() - DIGITS;
        // With one key agreement only, both servers do the same work.
        let provider = CryptoProvider { kx_groups: vec![kx_group::X25519], ..default_provider() };
        let (provider, trusted) = (Arc::new(provider), Arc::new(trusted));
        let devices = Devices { first, digits, key: key.serialize_der(), provider, trusted };
        Ok(Self { server, server_key, devices: Arc::new(devices) })
    }
}

const DIGITS: usize = 10;

/// The identifier of a device.
pub(crate) fn identifier(number: u64) -> String {
    format!("device-{number:0DIGITS$}")
}

fn called(name: &str, alternatives: Vec<String>) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(alternatives)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (date_time_ymd(2025, 1, 1), date_time_ymd(2045, 1, 1));
    Ok(params)
}

impl Devices {
    /// The certificate of a device, in DER.
    pub(crate) fn der(&self, number: u64) -> Vec<u8> {
        let mut der = self.first.clone();
        let digits = format!("{number:0DIGITS$}");
        der[self.digits..self.digits + DIGITS].copy_from_slice(digits.as_bytes());
        der
    }

    /// The TLS configuration of a device. It never resumes a session: each connection has a full handshake.
    pub(crate) fn tls(&self, number: u64) -> anyhow::Result<Arc<ClientConfig>> {
        let key = PrivateKeyDer::try_from(self.key.clone()).map_err(anyhow::Error::msg)?;
        let certificate = CertificateDer::from(self.der(number));
        let mut config = self.trusting()?.with_client_auth_cert(vec![certificate], key)?;
        config.resumption = Resumption::disabled();
        Ok(Arc::new(config))
    }

    /// The TLS configuration of a proxy that forwards devices' certificates. It has no certificate of its own.
    pub(crate) fn tls_of_proxy(&self) -> anyhow::Result<Arc<ClientConfig>> {
        let mut config = self.trusting()?.with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(Arc::new(config))
    }

    fn trusting(&self) -> anyhow::Result<ConfigBuilder<ClientConfig, WantsClientCert>> {
        let builder = ClientConfig::builder_with_provider(self.provider.clone());
        Ok(builder.with_protocol_versions(&[&TLS13])?.with_root_certificates(self.trusted.clone()))
    }
}
