//! Servers in the process of the test. Requests reach them without sockets, by URLs whose hosts end with `.in-process`.
//!
//! This crate does not depend on the server. `crates/testkit` creates servers and registers them here, so that [`Api`](crate::Api),
//! [`Device`](crate::Device) and everything built on them work in the same way as with any other server.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::HeaderValue;
use reqwest::{Body, Request, Url};

/// The function with which a server answers a request.
pub type Respond =
    Arc<dyn Fn(http::Request<Body>) -> BoxFuture<'static, http::Response<Bytes>> + Send + Sync>;

/// The header with the certificates of a [`Device`](crate::Device), its own first: in base64, separated by commas.
pub const CERTIFICATES: &str = "x-in-process-certificates";

/// The suffix of the host names of such servers.
const HOSTS: &str = ".in-process";
/// The prefix of the host names of their Device APIs.
const DEVICES: &str = "devices.";

static SERVERS: Mutex<BTreeMap<String, Respond>> = Mutex::new(BTreeMap::new());

fn servers() -> MutexGuard<'static, BTreeMap<String, Respond>> {
    SERVERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A host name that no other server in this process has. Dropping it unregisters the server.
#[derive(Debug)]
pub struct Host(String);

impl Host {
    /// A new host name. Requests fail until [`Self::register`] is called.
    #[expect(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        Self(format!("olivine-{}{HOSTS}", COUNTER.fetch_add(1, Ordering::Relaxed)))
    }

    /// Registers the function that answers requests to both URLs.
    pub fn register(&self, respond: Respond) {
        servers().insert(self.0.clone(), respond);
    }

    /// Unregisters the server.
    pub fn forget(&self) {
        servers().remove(&self.0);
    }

    /// The URL of the Admin API.
    pub fn url(&self) -> String {
        format!("http://{}", self.0)
    }

    /// The URL of the Device API.
    pub fn device_url(&self) -> String {
        format!("http://{DEVICES}{}", self.0)
    }

    /// Whether a request is for the Device API.
    pub fn is_for_devices(uri: &http::Uri) -> bool {
        uri.host().is_some_and(|host| host.starts_with(DEVICES))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.forget();
    }
}

/// Whether a URL belongs to a server in this process.
pub(crate) fn is_here(url: &str) -> bool {
    let host = url.parse::<Url>().ok().and_then(|url| url.host_str().map(str::to_owned));
    host.is_some_and(|host| host.ends_with(HOSTS))
}

/// The answer of the server in this process that a request is for, or the request itself if it is for another server.
pub(crate) async fn answer(request: Request) -> Result<http::Response<Bytes>, Request> {
    let respond = request.url().host_str().and_then(|host| {
        let name = host.strip_prefix(DEVICES).unwrap_or(host);
        servers().get(name).cloned()
    });
    let Some(respond) = respond else { return Err(request) };
    let request = http::Request::try_from(request).expect("what reqwest built is a request");
    Ok(respond(request).await)
}

/// Certificates in the form of the header [`CERTIFICATES`].
pub(crate) fn shown<'a>(certificates: impl Iterator<Item = &'a [u8]>) -> HeaderValue {
    let encoded: Vec<_> = certificates.map(|der| BASE64_STANDARD.encode(der)).collect();
    HeaderValue::from_str(&encoded.join(",")).expect("base64 is ASCII")
}
