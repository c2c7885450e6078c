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
use olivine_domain::certificates::Intermediates;
use serde::{Deserialize, Serialize};

/// RFC 9440: the certificate of the client of a proxy.
const CLIENT_CERT: &str = "client-cert";

/// RFC 9440: the certificates above it, as that client sent them.
const CLIENT_CERT_CHAIN: &str = "client-cert-chain";

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
pub enum MalformedHeader {
    /// That of the client's certificate.
    #[error(
        "the Client-Cert header must be one byte sequence: the certificate's DER as base64 between colons (RFC 9440)"
    )]
    Certificate,
    /// That of the certificates above it.
    #[error(
        "the Client-Cert-Chain header must be a list of byte sequences: each certificate's DER as base64 between colons (RFC 9440)"
    )]
    Chain,
}

/// The DER of the certificate that a trusted proxy saw, if its client had one.
pub fn client_certificate(headers: &HeaderMap) -> Result<Option<Vec<u8>>, MalformedHeader> {
    let mut values = headers.get_all(CLIENT_CERT).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(MalformedHeader::Certificate);
    }
    byte_sequence(value.as_bytes()).map(Some).ok_or(MalformedHeader::Certificate)
}

/// The certificates that a trusted proxy's client sent besides its own.
pub fn client_certificate_chain(headers: &HeaderMap) -> Result<Intermediates, MalformedHeader> {
    let mut chain = Vec::new();
    for value in headers.get_all(CLIENT_CERT_CHAIN) {
        for item in value.as_bytes().split(|byte| *byte == b',') {
            chain.push(byte_sequence(item).ok_or(MalformedHeader::Chain)?);
        }
    }
    Ok(Intermediates::new(chain.iter().map(Vec::as_slice)))
}

/// The bytes of an item that is a byte sequence and not empty.
fn byte_sequence(item: &[u8]) -> Option<Vec<u8>> {
    let inner = item.trim_ascii().strip_prefix(b":")?.strip_suffix(b":")?;
    BASE64.decode(inner).ok().filter(|bytes| !bytes.is_empty())
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
            assert_eq!(header(value), Err(MalformedHeader::Certificate), "{value}");
        }
        assert_eq!(client_certificate(&HeaderMap::new()), Ok(None));
        let mut twice = HeaderMap::new();
        twice.append(CLIENT_CERT, HeaderValue::from_static(":aGVsbG8=:"));
        twice.append(CLIENT_CERT, HeaderValue::from_static(":aGVsbG8=:"));
        assert_eq!(client_certificate(&twice), Err(MalformedHeader::Certificate));
    }

    #[test]
    fn a_chain_is_a_list_of_byte_sequences() {
        let chain = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CLIENT_CERT_CHAIN, value.parse().unwrap());
            }
            client_certificate_chain(&headers).map(|chain| chain.is_empty())
        };
        assert_eq!(chain(&[]), Ok(true));
        assert_eq!(chain(&[":aGVsbG8=:"]), Ok(false));
        assert_eq!(chain(&[":aGVsbG8=:, :aGVsbG8=:", ":aGVsbG8:"]), Ok(false));
        // Too many are not looked at.
        assert_eq!(chain(&[":aGVsbG8=:"; 5]), Ok(true));
        for wrong in ["", ":aGVsbG8=:,", "aGVsbG8=", ":aGVsbG8=:;x=1", "::"] {
            assert_eq!(chain(&[wrong]), Err(MalformedHeader::Chain), "{wrong}");
        }
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
