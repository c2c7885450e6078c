//! Trusted proxies, by their addresses.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// The address or the network of trusted proxies.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrustedProxy(IpNet);

impl TrustedProxy {
    /// Whether it has this address.
    pub fn is_at(&self, address: IpAddr) -> bool {
        // A listener on all IPv6 addresses sees IPv4 addresses as IPv4-mapped ones.
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

/// As in the configuration file, because `olivine config check` shows settings by `Debug`.
impl fmt::Debug for TrustedProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0.to_string(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
