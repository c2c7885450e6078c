//! Proxies that do the mutual TLS in front: who they are, and how they say whose certificate they saw.
//!
//! Must never take a certificate from a header that anybody else sent.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// RFC 9440: the certificate of the client of a proxy.
const CLIENT_CERT: &str = "client-cert";

/// As RFC 8941 (4.2.7) wants its readers: not strict about padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The address or the network of proxies whose word counts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrustedProxy(IpNet);

impl TrustedProxy {
    /// Whether it has this address.
    pub fn is_at(&self, address: IpAddr) -> bool {
        // A listener on all IPv6 addresses sees those of IPv4 in the clothes of IPv6.
        self.0.contains(&address.to_canonical())
    }
}

/// It is no address and no network.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is neither an IP address nor a network such as 10.1.0.0/16")]
pub struct InvalidProxy(String);

impl FromStr for TrustedProxy {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        let address = text.parse::<IpAddr>().map(|address| address.to_canonical().into());
        let network = address.or_else(|_| text.parse::<IpNet>());
        network.map(Self).map_err(|_| InvalidProxy(text.to_owned()))
    }
}

impl TryFrom<String> for TrustedProxy {
    type Error = InvalidProxy;

    fn try_from(text: String) -> Result<Self, InvalidProxy> {
        text.parse()
    }
}

impl From<TrustedProxy> for String {
    fn from(proxy: TrustedProxy) -> Self {
        proxy.0.to_string()
    }
}

impl fmt::Debug for TrustedProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The header has not the form of RFC 9440.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the Client-Cert header must be one byte sequence: the certificate's DER as base64 between colons (RFC 9440)"
)]
pub struct MalformedHeader;

/// The DER of the certificate that a trusted proxy saw, if its client had one.
pub fn client_certificate(headers: &HeaderMap) -> Result<Option<Vec<u8>>, MalformedHeader> {
    let mut values = headers.get_all(CLIENT_CERT).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(MalformedHeader);
    }
    let inner = value.as_bytes().trim_ascii().strip_prefix(b":").and_then(|rest| rest.strip_suffix(b":"));
    let der = inner.and_then(|base64| BASE64.decode(base64).ok()).filter(|der| !der.is_empty());
    der.map(Some).ok_or(MalformedHeader)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn header(value: &str) -> Result<Option<Vec<u8>>, MalformedHeader> {
        client_certificate(&HeaderMap::from_iter([(CLIENT_CERT.parse().unwrap(), value.parse().unwrap())]))
    }

    #[test]
    fn a_byte_sequence_is_taken_and_nothing_else() {
        for value in [":aGVsbG8=:", ":aGVsbG8:", "  :aGVsbG8=: "] {
            assert_eq!(header(value), Ok(Some(b"hello".to_vec())), "{value}");
        }
        for value in
            ["", ":", "::", "aGVsbG8=", ":aGVsbG8=", ":aGVs bG8=:", ":a_-=:", ":aGVsbG8=:, :aGVsbG8=:"]
        {
            assert_eq!(header(value), Err(MalformedHeader), "{value}");
        }
        assert_eq!(client_certificate(&HeaderMap::new()), Ok(None));
        let mut twice = HeaderMap::new();
        twice.append(CLIENT_CERT, HeaderValue::from_static(":aGVsbG8=:"));
        twice.append(CLIENT_CERT, HeaderValue::from_static(":aGVsbG8=:"));
        assert_eq!(client_certificate(&twice), Err(MalformedHeader));
    }

    #[test]
    fn addresses_and_networks_are_trusted() {
        let at = |proxy: &str, address: &str| {
            proxy.parse::<TrustedProxy>().unwrap().is_at(address.parse().unwrap())
        };
        assert!(at("10.0.0.7", "10.0.0.7") && at("10.0.0.7", "::ffff:10.0.0.7"));
        assert!(!at("10.0.0.7", "10.0.0.8") && !at("10.0.0.7", "::1"));
        assert!(at("10.1.0.0/16", "10.1.255.255") && !at("10.1.0.0/16", "10.2.0.0"));
        assert!(at("fd00::/8", "fd12::1") && !at("fd00::/8", "fe80::1"));
        for wrong in ["", "proxy", "10.0.0", "10.0.0.0/33", "10.0.0.7:8443"] {
            assert!(wrong.parse::<TrustedProxy>().is_err(), "{wrong}");
        }
    }
}
