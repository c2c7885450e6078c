//! The HTTP client of object stores: times that end, and, where an organization chose the endpoint, no way into the server's own
//! network. The check is made on the very addresses that are connected to, so that no name can change its mind in between.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::Method;
use http::header::CONTENT_LENGTH;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect;
use url::{Host, Url};

use crate::open::{Network, OpenError};

/// A connection is made within this time, or the storage is not available.
const CONNECT: Duration = Duration::from_secs(5);
/// No answer, and no next byte of one, within this time means the same.
const READ: Duration = Duration::from_secs(20);

/// The same for a request that sends much: the time begins with its first byte, not its last.
const READ_AFTER_SENDING: Duration = Duration::from_mins(1);
/// So many bytes are much.
const MUCH: u64 = 1024 * 1024;

/// The client of one storage, which keeps to its network.
#[derive(Clone, Debug)]
pub(super) struct Guarded {
    client: reqwest::Client,
    sending: reqwest::Client,
    network: Network,
}

impl Guarded {
    /// A client that stays in `network`.
    pub(super) fn new(network: Network) -> Result<Self, OpenError> {
        let client = |read| {
            let builder = reqwest::Client::builder()
                .connect_timeout(CONNECT)
                .read_timeout(read)
                .redirect(redirect::Policy::none());
            let builder = match network {
                Network::Any => builder,
                // A proxy would resolve names itself.
                Network::PublicOnly => builder.no_proxy().dns_resolver(Arc::new(PublicOnly)),
            };
            builder.build().map_err(|error| OpenError::Configuration(error.to_string()))
        };
        Ok(Self { client: client(READ)?, sending: client(READ_AFTER_SENDING)?, network })
    }

    /// A request to `url`, if it may be reached.
    pub(super) fn request(&self, method: Method, url: Url) -> Result<reqwest::RequestBuilder, OpenError> {
        self.check(&url)?;
        Ok(self.client.request(method, url))
    }

    fn check(&self, url: &Url) -> Result<(), OpenError> {
        if self.network == Network::PublicOnly { check_host(url) } else { Ok(()) }
    }
}

#[async_trait]
impl HttpService for Guarded {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let refused = |error: OpenError| HttpError::new(HttpErrorKind::Unknown, error);
        let url = request.uri().to_string().parse().map_err(|_| refused(OpenError::Endpoint))?;
        self.check(&url).map_err(refused)?;
        let length =
            request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let client = if length.unwrap_or(0) > MUCH { &self.sending } else { &self.client };
        client.call(request).await
    }
}

impl HttpConnector for Guarded {
    /// The one client, whatever `object_store` asks for.
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

/// Refuses an endpoint whose host is an address that is not public: an address is connected to without being resolved.
pub(super) fn check_host(url: &Url) -> Result<(), OpenError> {
    let address = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
        Some(Host::Domain(_)) => return Ok(()),
        None => return Err(OpenError::Endpoint),
    };
    if is_public(address) { Ok(()) } else { Err(OpenError::NotPublic(address.to_string())) }
}

/// Resolves names to public addresses only.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                let told = format!("{} has no address on the public internet", name.as_str());
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, told).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the public internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        // Shared by carriers (100.64.0.0/10), for protocols (192.0.0.0/24), for benchmarks (198.18.0.0/15), reserved (240.0.0.0/4).
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xfe == 18)
        || a >= 240)
}

/// Only what is given out to the internet (`2000::/3`), without what carries an IPv4 address that would have to be looked into.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Teredo and the other protocol assignments, documentation, and 6to4.
    let special = matches!((a, b), (0x2001, ..0x200 | 0xdb8) | (0x2002 | 0x3fff, _));
    a & 0xe000 == 0x2000 && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for address in ["1.1.1.1", "52.219.1.1", "100.63.0.1", "100.128.0.1", "2a05:d07a::1", "2606:4700::1"]
        {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "169.254.170.2",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "fd00:ec2::254",
            "fc00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn addresses_in_any_spelling_are_checked() {
        for url in [
            "http://127.0.0.1",
            "http://2130706433",
            "http://0x7f.1",
            "http://[::1]:9000",
            "http://[::ffff:10.0.0.1]",
        ] {
            let url = url.parse().unwrap();
            assert!(matches!(check_host(&url), Err(OpenError::NotPublic(_))), "{url}");
        }
        check_host(&"https://minio.example.com".parse().unwrap()).unwrap();
    }

    #[tokio::test]
    async fn names_of_this_machine_have_no_public_address() {
        let resolved = PublicOnly.resolve("localhost".parse().unwrap()).await;
        assert!(resolved.is_err());
    }
}
