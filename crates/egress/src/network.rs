//! Which networks a client may reach. The check is made on the addresses that are connected to, so that a name can't resolve
//! to another address between check and connection.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// The networks that a client may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Any network. For destinations that the operator chose.
    Any,
    /// Only the public internet. For destinations that an organization chose: it must not reach what only the server can reach.
    PublicOnly,
}

/// Why a URL may not be requested. Nothing was sent.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not an `http://` or `https://` URL with a host.
    #[error("only http:// and https:// URLs with a host can be requested")]
    NotHttp,
    /// Its host is an address outside of the public internet.
    #[error("{0} is not an address on the public internet")]
    NotPublic(IpAddr),
}

impl Network {
    /// Checks what a URL says by itself. Its host's name is checked when it is resolved; an address is never resolved, so it is
    /// checked here.
    pub fn check(self, url: &Url) -> Result<(), Refused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::NotHttp);
        }
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(Refused::NotHttp),
        };
        if self == Self::Any || is_public(address) { Ok(()) } else { Err(Refused::NotPublic(address)) }
    }
}

/// Resolves names to their public addresses only.
pub(crate) struct PublicResolver;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                let message = format!("{} has no address on the public internet", name.as_str());
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, message).into());
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
            assert!(matches!(Network::PublicOnly.check(&url), Err(Refused::NotPublic(_))), "{url}");
            assert_eq!(Network::Any.check(&url), Ok(()), "{url}");
        }
        assert_eq!(Network::PublicOnly.check(&"https://minio.example.com".parse().unwrap()), Ok(()));
    }

    #[test]
    fn only_http_is_requested() {
        // Elsewhere an address is only a name to the parser, which would not be checked.
        for url in ["ftp://127.0.0.1", "socks5://127.0.0.1", "file:///etc/passwd", "data:,a"] {
            let url = url.parse().unwrap();
            for network in [Network::Any, Network::PublicOnly] {
                assert_eq!(network.check(&url), Err(Refused::NotHttp), "{url}");
            }
        }
    }

    #[tokio::test]
    async fn names_of_this_machine_have_no_public_address() {
        let resolved = PublicResolver.resolve("localhost".parse().unwrap()).await;
        assert!(resolved.is_err());
    }
}
