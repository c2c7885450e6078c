//! The connection: the server's address, the caller's key, and the two HTTP clients that send all requests.
//!
//! The one for the API sends the key and never leaves the server. The other one carries contents to and from signed URLs,
//! wherever they lead, and must never see the key.

mod device;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use olivine_domain::key_files;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Certificate, ClientBuilder, Url, redirect};

use crate::{Error, Observer, silent};

pub use device::DeviceSettings;

/// How to reach a server.
#[derive(Clone)]
pub struct Settings {
    /// Where it is, such as `http://localhost:8080`.
    pub base_url: String,
    /// Who asks.
    pub api_key: Option<String>,
    /// A PEM file with certificate authorities to trust besides the system's.
    pub ca_path: Option<PathBuf>,
    /// How often a request that fails in a way that may pass is tried again.
    pub retries: usize,
    /// How long a server may say nothing, or take nothing, before the attempt counts as failed.
    pub patience: Duration,
    /// The minimum rate of a download; `None` for no minimum, as long as some bytes arrive from time to time.
    pub pace: Option<Pace>,
    /// Whom to tell what is going on.
    pub observer: Observer,
}

/// The least rate of a download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// So many bytes must arrive per second…
    pub bytes_per_second: u64,
    /// …on average over each time of this length.
    pub window: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: "http://localhost:8080".to_owned(),
            api_key: None,
            ca_path: None,
            retries: 5,
            patience: Duration::from_mins(2),
            pace: None,
            observer: silent(),
        }
    }
}

/// A client of one server. Cloning it is cheap and shares its connections.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    base: Url,
    api: reqwest::Client,
    content: reqwest::Client,
    settings: Settings,
    answered: AtomicBool,
}

impl Client {
    /// Prepares the connections; nothing is sent yet.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let base = base_url(&settings.base_url)?;
        let authorities = settings.ca_path.as_deref().map(authorities).transpose()?.unwrap_or_default();
        let mut headers = HeaderMap::new();
        if let Some(key) = &settings.api_key {
            headers.insert(AUTHORIZATION, bearer(key)?);
        }
        let plain = base.scheme() == "http";
        let api = build(|| builder(&authorities).default_headers(headers.clone()), plain)?;
        // Parallel parts are faster over several connections than multiplexed over one.
        let content = build(|| builder(&authorities).http1_only(), plain)?;
        Ok(Self { inner: Arc::new(Inner { base, api, content, settings, answered: AtomicBool::new(false) }) })
    }

    /// Where the server is.
    pub fn base_url(&self) -> &Url {
        &self.inner.base
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(crate) fn api(&self) -> &reqwest::Client {
        &self.inner.api
    }

    pub(crate) fn content(&self) -> &reqwest::Client {
        &self.inner.content
    }

    /// Remembers that there is a server.
    pub(crate) fn note_answer(&self) {
        self.inner.answered.store(true, Ordering::Relaxed);
    }

    /// Whether the server has answered anything yet.
    pub(crate) fn has_answered(&self) -> bool {
        self.inner.answered.load(Ordering::Relaxed)
    }

    pub(crate) fn notify(&self, notice: crate::Notice<'_>) {
        (self.inner.settings.observer)(notice);
    }

    /// The URL of a path below `/v1/`.
    pub(crate) fn url(&self, path: &str) -> Url {
        self.inner.base.join(&format!("v1/{path}")).expect("paths are made of PRNs and fixed words")
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({})", self.inner.base)
    }
}

/// Scheme, host and port of a URL: all of it that may be shown.
pub(crate) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn base_url(given: &str) -> Result<Url, Error> {
    let invalid = || Error::InvalidBaseUrl { given: given.to_owned() };
    // What is joined to a URL without a slash at its end would replace its last segment.
    let mut url: Url = format!("{}/", given.trim().trim_end_matches('/')).parse().map_err(|_| invalid())?;
    let usable = matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none();
    if !usable || !url.username().is_empty() || url.password().is_some() {
        return Err(invalid());
    }
    // The documents' base URLs end in /v1, the paths begin with it.
    if let Some(root) = url.path().strip_suffix("/v1/").map(|root| format!("{root}/")) {
        url.set_path(&root);
    }
    Ok(url)
}

fn bearer(key: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| Error::InvalidApiKey)?;
    value.set_sensitive(true);
    Ok(value)
}

fn authorities(path: &Path) -> Result<Vec<Certificate>, Error> {
    let failed = |source| Error::CaFile { path: path.to_owned(), source };
    let pem = std::fs::read(path).map_err(|error| failed(error.into()))?;
    let found = key_files::certificates(&pem).map_err(|problem| failed(problem.into()))?;
    found.iter().map(|der| Certificate::from_der(der).map_err(|error| failed(error.into()))).collect()
}

fn builder(authorities: &[Certificate]) -> ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("olivine-client/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .tcp_keepalive(Duration::from_secs(30))
        .tls_certs_merge(authorities.iter().cloned())
}

/// A machine without certificate authorities must still be able to talk to a server without TLS.
fn build(builder: impl Fn() -> ClientBuilder, plain: bool) -> Result<reqwest::Client, Error> {
    let client = builder().build();
    let client = if plain { client.or_else(|_| builder().tls_certs_only([]).build()) } else { client };
    client.map_err(|source| Error::Tls { source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_taken_as_people_write_them() {
        for (given, expected) in [
            ("http://localhost:8080", "http://localhost:8080/"),
            ("https://example.com/", "https://example.com/"),
            ("https://example.com/v1", "https://example.com/"),
            ("https://example.com/olivine/v1/", "https://example.com/olivine/"),
        ] {
            assert_eq!(base_url(given).unwrap().as_str(), expected);
        }
        for given in ["", "localhost:8080", "ftp://x", "http://", "http://user:secret@host", "http://x/?a=b"]
        {
            assert!(base_url(given).is_err(), "{given}");
        }
    }

    #[test]
    fn a_key_with_a_line_break_is_refused_without_showing_it() {
        let settings = Settings { api_key: Some("olv_secret\n".to_owned()), ..Settings::default() };
        let error = Client::new(settings).unwrap_err();
        assert!(matches!(error, Error::InvalidApiKey) && !error.to_string().contains("secret"));
    }
}
