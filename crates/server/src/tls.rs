//! The certificates of the listeners. They are read from files, and read again every minute and at SIGHUP, so that a renewal needs no
//! restart. A certificate that can't be used is refused at the start; later, the previous one stays in use.

mod files;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum_server::tls_rustls::RustlsConfig;
use olivine_domain::certificates::{Certificate, CertificateFacts};
use olivine_domain::time::Timestamp;
use olivine_domain::{Sha256Digest, hash::Sha256Hasher};
use olivine_operations::Context;
use rustls::ServerConfig;
use rustls::client::verify_server_name;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use tokio::signal::unix::{Signal, SignalKind, signal};

pub use self::files::File;
use self::files::{chain, fitting_key};
use crate::config::Config;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// So long before a certificate expires, its operator is warned.
const WARN_BEFORE: Duration = Duration::from_hours(14 * 24);
/// After so long, what is still wrong is said again.
const REMIND_EVERY: Duration = Duration::from_hours(24);

/// A certificate with its chain, and its private key.
pub struct Identity {
    path: PathBuf,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    facts: CertificateFacts,
    beside: Option<Box<Self>>,
}

impl Identity {
    /// Reads both files and compares them.
    pub fn read(certificate: File<'_>, key: File<'_>) -> anyhow::Result<Self> {
        let chain = chain(certificate)?;
        let own = Certificate::from_der(&chain[0]);
        let own = own.with_context(|| format!("the first certificate in {certificate}"))?;
        let key = fitting_key(certificate, &chain, key)?;
        Ok(Self { path: certificate.path.to_owned(), chain, key, facts: own.facts().clone(), beside: None })
    }

    /// The certificates, the server's own first, and the key.
    pub fn into_parts(self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        (self.chain, self.key)
    }

    /// With another one for clients that can't use this one.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self { beside: Some(Box::new(other)), ..self }
    }

    /// All of them, the preferred one first, ready to sign.
    pub fn into_certified_keys(self) -> Result<Vec<Arc<CertifiedKey>>, rustls::Error> {
        let key = default_provider().key_provider.load_private_key(self.key)?;
        let mut keys = vec![Arc::new(CertifiedKey::new(self.chain, key))];
        keys.extend(self.beside.map(|other| other.into_certified_keys()).transpose()?.unwrap_or_default());
        Ok(keys)
    }

    /// Tells it from any other.
    fn digest(&self) -> Sha256Digest {
        let mut hasher = Sha256Hasher::new();
        if let Some(other) = &self.beside {
            hasher.update(&other.digest().as_bytes()[..]);
        }
        for part in self.chain.iter().map(AsRef::as_ref).chain([self.key.secret_der()]) {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        hasher.finish()
    }

    /// What clients will not like about it now, or soon.
    fn validity_problem(&self, now: Timestamp) -> Option<String> {
        let CertificateFacts { not_before, not_after, .. } = self.facts;
        let file = self.path.display();
        if now > not_after {
            Some(format!(
                "the certificate in {file} has expired on {not_after}, so clients refuse it: renew it"
            ))
        } else if now < not_before {
            Some(format!(
                "the certificate in {file} is valid from {not_before} on, so clients refuse it until then"
            ))
        } else if now.plus(WARN_BEFORE) > not_after {
            Some(format!("the certificate in {file} expires on {not_after}: renew it; no restart is needed"))
        } else {
            None
        }
    }

    /// Whether it is made out to the host of this URL.
    fn name_problem(&self, url: &str) -> Option<String> {
        let host = url.parse::<http::Uri>().ok()?.host()?.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host.as_str()).ok()?;
        let parsed = ParsedCertificate::try_from(&self.chain[0]).ok()?;
        verify_server_name(&parsed, &name).err()?;
        Some(format!(
            "the certificate in {} is not made out to '{host}', the host in server.public_url: clients that use this URL refuse it",
            self.path.display()
        ))
    }
}

/// What one listener shows.
pub trait Source: Send + 'static {
    /// The setting's section, for messages.
    const SECTION: &'static str;

    /// Reads, or makes, what is to be shown now.
    fn read(&self, now: Timestamp) -> anyhow::Result<Identity>;

    /// What the listener works with.
    fn configure(&self, identity: Identity) -> anyhow::Result<ServerConfig>;

    /// The URL by which clients call it, where that is configured.
    fn url(&self) -> Option<&str>;
}

/// A listener's TLS, and how it follows its files.
pub struct Followed<S> {
    source: S,
    tls: RustlsConfig,
    shown: Sha256Digest,
    said: Vec<(String, Timestamp)>,
}

/// Reads what a listener is to show.
pub fn open<S: Source>(source: S, now: Timestamp) -> anyhow::Result<Followed<S>> {
    let identity = source.read(now)?;
    let (shown, problems) = (identity.digest(), problems(&source, &identity, now));
    let configured = source.configure(identity)?;
    let tls = RustlsConfig::from_config(Arc::new(configured));
    let mut followed = Followed { source, tls, shown, said: Vec::new() };
    followed.warn(problems, now);
    Ok(followed)
}

fn problems<S: Source>(source: &S, identity: &Identity, now: Timestamp) -> Vec<String> {
    let named = source.url().and_then(|url| identity.name_problem(url));
    identity.validity_problem(now).into_iter().chain(named).collect()
}

impl<S: Source> Followed<S> {
    /// What the listener works with; changes with the files.
    pub fn tls(&self) -> RustlsConfig {
        self.tls.clone()
    }

    /// Looks at the files every minute, and when it is asked to by SIGHUP.
    pub async fn follow(mut self, ctx: Context) {
        let mut hangup = signal(SignalKind::hangup()).ok();
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = hung_up(&mut hangup) => self.said.clear(),
            }
            self.look(ctx.now());
        }
    }

    fn look(&mut self, now: Timestamp) {
        let problems = match self.take_up(now) {
            Ok(problems) => problems,
            Err(error) => vec![format!("the certificate stays as it is; looking for a newer one: {error:#}")],
        };
        self.warn(problems, now);
    }

    fn take_up(&mut self, now: Timestamp) -> anyhow::Result<Vec<String>> {
        let identity = self.source.read(now)?;
        let (digest, problems) = (identity.digest(), problems(&self.source, &identity, now));
        // Only what is new: each configuration has keys of its own for the sessions of clients that come back.
        if digest != self.shown {
            let until = identity.facts.not_after;
            self.tls.reload_from_config(Arc::new(self.source.configure(identity)?));
            self.shown = digest;
            tracing::info!(section = S::SECTION, %until, "took up another certificate");
        }
        Ok(problems)
    }

    /// Says what is wrong, but not every minute.
    fn warn(&mut self, problems: Vec<String>, now: Timestamp) {
        self.said.retain(|(_, at)| now < at.plus(REMIND_EVERY));
        for problem in problems {
            if !self.said.iter().any(|(said, _)| *said == problem) {
                tracing::warn!(section = S::SECTION, "{problem}");
                self.said.push((problem, now));
            }
        }
    }
}

async fn hung_up(hangup: &mut Option<Signal>) {
    let received = match hangup {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if received.is_none() {
        std::future::pending::<()>().await;
    }
}

/// From now on SIGHUP no longer ends the process, also where it shows no certificates.
pub fn outlive_hangups() -> anyhow::Result<()> {
    let hangup = signal(SignalKind::hangup()).context("preparing for SIGHUP")?;
    tokio::spawn(async move {
        let mut hangup = Some(hangup);
        loop {
            hung_up(&mut hangup).await;
            tracing::info!("SIGHUP: TLS certificates are read again; other settings need a restart");
        }
    });
    Ok(())
}

/// What people and CI see.
pub struct People {
    certificate: PathBuf,
    key: PathBuf,
    url: Option<String>,
}

impl People {
    /// The certificate that is configured, if one is.
    pub fn of(config: &Config) -> Option<Self> {
        let (certificate, key) = config.server.tls_certificate.clone().zip(config.server.tls_key.clone())?;
        Some(Self { certificate, key, url: config.server.public_url.clone() })
    }
}

impl Source for People {
    const SECTION: &'static str = "server";

    fn read(&self, _: Timestamp) -> anyhow::Result<Identity> {
        Identity::read(
            File { path: &self.certificate, setting: Some("server.tls_certificate") },
            File { path: &self.key, setting: Some("server.tls_key") },
        )
    }

    fn configure(&self, identity: Identity) -> anyhow::Result<ServerConfig> {
        let (chain, key) = identity.into_parts();
        let mut made = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .with_context(|| format!("using the certificate in {}", self.certificate.display()))?;
        // HTTP/2 is not spoken here.
        made.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(made)
    }

    fn url(&self) -> Option<&str> {
        self.url.as_deref().filter(|url| url.starts_with("https://"))
    }
}

#[cfg(test)]
mod tests;
