//! Servers in the test's own process. Requests reach them without sockets, by URLs whose hosts end with `.in-process`.
//!
//! The harness knows no server: `crates/testkit` makes them and registers them here, so that [`Api`](crate::Api),
//! [`Device`](crate::Device) and all that is built on them ask such a server as they ask any other.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::HeaderValue;
use reqwest::{Body, Request, Url};

/// How a server answers a request.
pub type Respond =
    Arc<dyn Fn(http::Request<Body>) -> BoxFuture<'static, http::Response<Bytes>> + Send + Sync>;

/// The header in which a [`Device`](crate::Device) shows its certificates, its own first: in base64, with commas between.
pub const CERTIFICATES: &str = "x-in-process-certificates";

/// The end of the hosts of such servers.
const HOSTS: &str = ".in-process";
/// The beginning of the hosts at which they answer devices.
const DEVICES: &str = "devices.";

static SERVERS: Mutex<BTreeMap<String, Respond>> = Mutex::new(BTreeMap::new());

fn servers() -> MutexGuard<'static, BTreeMap<String, Respond>> {
    SERVERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A host's name that no other server of this process has. The server is forgotten when this is dropped.
#[derive(Debug)]
pub struct Host(String);

impl Host {
    /// A new name. Nobody answers there before [`Self::register`].
    #[expect(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        Self(format!("olivine-{}{HOSTS}", COUNTER.fetch_add(1, Ordering::Relaxed)))
    }

    /// From now on requests to both URLs are answered so.
    pub fn register(&self, respond: Respond) {
        servers().insert(self.0.clone(), respond);
    }

    /// From now on nobody answers there.
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

    /// Whether a request is one to the Device API.
    pub fn is_for_devices(uri: &http::Uri) -> bool {
        uri.host().is_some_and(|host| host.starts_with(DEVICES))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.forget();
    }
}

/// Whether a URL leads to a server in this process.
pub(crate) fn is_here(url: &str) -> bool {
    let host = url.parse::<Url>().ok().and_then(|url| url.host_str().map(str::to_owned));
    host.is_some_and(|host| host.ends_with(HOSTS))
}

/// The answer of the server in this process that a request is for, if it is for one.
pub(crate) async fn answer(request: Request) -> Result<http::Response<Bytes>, Request> {
    let respond = request.url().host_str().and_then(|host| {
        let name = host.strip_prefix(DEVICES).unwrap_or(host);
        servers().get(name).cloned()
    });
    let Some(respond) = respond else { return Err(request) };
    let request = http::Request::try_from(request).expect("what reqwest built is a request");
    Ok(respond(request).await)
}

/// Certificates as [`CERTIFICATES`] has them.
pub(crate) fn shown<'a>(certificates: impl Iterator<Item = &'a [u8]>) -> HeaderValue {
    let encoded: Vec<_> = certificates.map(|der| BASE64_STANDARD.encode(der)).collect();
    HeaderValue::from_str(&encoded.join(",")).expect("base64 is ASCII")
}
