//! The real client address of a request that a proxy has passed on: from the header that the proxy writes.
//!
//! Only proxies that are trusted are believed, and only as far as they go: read from its end, the first address that is not a trusted proxy's
//! is the client's; what stands before it could have been written by the client. Only one header is read, the one that the proxies are known
//! to write, because they may let a client's other one through.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::{HeaderMap, HeaderName};
use serde::{Deserialize, Serialize};

use crate::http::proxies::TrustedProxy;

/// The header in which trusted proxies write the addresses of their clients.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressHeader {
    /// They write none: what comes from a proxy has the proxy's address.
    None,
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl AddressHeader {
    /// The word in the settings.
    const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }
}

/// As in the configuration file, because `olivine config check` shows settings by `Debug`.
impl fmt::Debug for AddressHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// The proxies of a listener. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Proxies {
    trusted: Arc<[TrustedProxy]>,
    header: AddressHeader,
}

/// The most addresses that are looked at.
const MOST_HOPS: usize = 32;

impl Proxies {
    /// As configured.
    pub fn new(trusted: &[TrustedProxy], header: AddressHeader) -> Self {
        Self { trusted: trusted.into(), header }
    }

    /// Whether an address is that of a trusted proxy.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|proxy| proxy.is_at(address))
    }

    /// The address of the client whose request came over a connection from `peer`. If a trusted proxy names no address that can be read, it
    /// is the proxy's.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        let mut hops = self.hops(headers).take(MOST_HOPS);
        while self.trusts(client)
            && let Some(Some(address)) = hops.next()
        {
            client = address;
        }
        client.to_canonical()
    }

    /// The addresses that the header names, the last one first; `None` for one that can't be read. No more of them are read than are asked
    /// for: a header can have thousands.
    fn hops<'a>(&self, headers: &'a HeaderMap) -> impl Iterator<Item = Option<IpAddr>> + use<'a> {
        const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
        let (name, read): (_, fn(&str) -> Option<IpAddr>) = match self.header {
            AddressHeader::None => (None, address),
            AddressHeader::XForwardedFor => (Some(X_FORWARDED_FOR), address),
            AddressHeader::Forwarded => (Some(http::header::FORWARDED), element),
        };
        let values = name.into_iter().flat_map(|name| headers.get_all(name).iter().rev());
        let items = values.flat_map(|value| value.to_str().unwrap_or("?").rsplit(','));
        items.map(move |item| read(item.trim()))
    }
}

/// The address in `for=` of an element of `Forwarded`. Addresses have no commas and semicolons in them, also in quotes.
fn element(text: &str) -> Option<IpAddr> {
    let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    let (_, value) = named.next()?;
    if named.next().is_some() { None } else { address(value.trim().trim_matches('"')) }
}

/// An address, with or without a port, of IPv6 with or without brackets.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse().ok().or_else(with_port).or_else(in_brackets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(header: AddressHeader, peer: &str, values: &[(&str, &str)]) -> String {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|proxy| proxy.parse().unwrap());
        let mut headers = HeaderMap::new();
        for (name, value) in values {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        Proxies::new(&trusted, header).client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn the_last_address_that_is_no_proxys_is_the_clients() {
        let of = |peer: &str, value: &str| {
            client(AddressHeader::XForwardedFor, peer, &[("x-forwarded-for", value)])
        };
        assert_eq!(of("10.0.0.1", "192.0.2.7"), "192.0.2.7");
        // What the client itself wrote stands before.
        assert_eq!(of("10.0.0.1", "203.0.113.9, 192.0.2.7"), "192.0.2.7");
        assert_eq!(of("10.0.0.1", "203.0.113.9, 192.0.2.7, 10.0.0.2,10.0.0.3"), "192.0.2.7");
        assert_eq!(of("10.0.0.1", "10.0.0.3, 10.0.0.2"), "10.0.0.3");
        assert_eq!(of("::ffff:10.0.0.1", "::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("fd00::1", "[2001:db8::1]:4711"), "2001:db8::1");
        assert_eq!(of("10.0.0.1", "192.0.2.7:4711"), "192.0.2.7");
        // What can't be read ends the way.
        assert_eq!(of("10.0.0.1", "203.0.113.9, unknown"), "10.0.0.1");
        assert_eq!(of("10.0.0.1", "203.0.113.9, unknown, 10.0.0.2"), "10.0.0.2");
        assert_eq!(of("10.0.0.1", ""), "10.0.0.1");
        let two = [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "192.0.2.7")];
        assert_eq!(client(AddressHeader::XForwardedFor, "10.0.0.1", &two), "192.0.2.7");
    }

    #[test]
    fn forwarded_is_read_as_the_standard_writes_it() {
        let of = |value: &str| client(AddressHeader::Forwarded, "10.0.0.1", &[("forwarded", value)]);
        assert_eq!(of("for=192.0.2.7;proto=https;by=10.0.0.1"), "192.0.2.7");
        assert_eq!(of("For=\"[2001:db8::17]:4711\""), "2001:db8::17");
        assert_eq!(of("for=203.0.113.9, for=192.0.2.7, for=10.0.0.2"), "192.0.2.7");
        assert_eq!(of("for=203.0.113.9, for=_hidden"), "10.0.0.1");
        assert_eq!(of("for=203.0.113.9, proto=http"), "10.0.0.1");
        assert_eq!(of("for=203.0.113.9;for=192.0.2.7"), "10.0.0.1");
    }

    /// A stranger's header changes nothing, and neither does a header that the proxies do not write.
    #[test]
    fn a_claim_of_anybody_else_counts_for_nothing() {
        let both = [("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=192.0.2.8")];
        for header in [AddressHeader::None, AddressHeader::XForwardedFor, AddressHeader::Forwarded] {
            assert_eq!(client(header, "203.0.113.9", &both), "203.0.113.9", "{header:?}");
        }
        assert_eq!(client(AddressHeader::None, "10.0.0.1", &both), "10.0.0.1");
        assert_eq!(client(AddressHeader::XForwardedFor, "10.0.0.1", &both), "192.0.2.7");
        assert_eq!(client(AddressHeader::Forwarded, "10.0.0.1", &both), "192.0.2.8");
    }

    #[test]
    fn a_long_way_is_not_gone_to_its_end() {
        let long = vec!["10.0.0.2"; 10_000].join(",");
        let long = format!("192.0.2.7,{long}");
        assert_eq!(
            client(AddressHeader::XForwardedFor, "10.0.0.1", &[("x-forwarded-for", &long)]),
            "10.0.0.2"
        );
    }
}
