//! How devices reach the server.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use anyhow::{bail, ensure};
use serde::{Deserialize, Serialize};

use super::list;
use crate::device::client_certificates::{ClientCertificates, Form};
use crate::http::forwarded::AddressHeader;
use crate::http::proxies::TrustedProxy;

/// How devices reach the server.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Device {
    /// The address and port of the Device API.
    #[config(default = "127.0.0.1:8443", env = "OLIVINE_DEVICE_LISTEN")]
    pub listen: SocketAddr,

    /// `on`: mutual TLS. `off`: plain HTTP, only behind a proxy that does the mutual TLS, with `trusted_proxies`, and at an address that
    /// only the proxy can reach.
    #[config(default = "on", env = "OLIVINE_DEVICE_TLS")]
    pub tls: Tls,

    /// A PEM file with the certificate (and its chain) that devices see. By default it is signed by a CA that the first start makes in the
    /// data folder; devices then trust its `device-ca.pem`. Several processes need the same certificate here.
    #[config(env = "OLIVINE_DEVICE_TLS_CERTIFICATE")]
    pub tls_certificate: Option<PathBuf>,

    /// A PEM file with that certificate's private key.
    #[config(env = "OLIVINE_DEVICE_TLS_KEY")]
    pub tls_key: Option<PathBuf>,

    /// Whether the server makes a certificate with an RSA key beside its own one with an ECDSA key, for devices with TLS 1.2 and without
    /// ECDSA. They trust `device-ca-rsa.pem` in the data folder. Devices with ECDSA never see this certificate.
    #[config(default = true, env = "OLIVINE_DEVICE_RSA_CERTIFICATE")]
    pub rsa_certificate: bool,

    /// The most bytes in one TLS record that the server sends, 512 to 16384, for devices with little memory; by default 16384, the most
    /// that TLS allows. Devices can't ask for less (`max_fragment_length` and `record_size_limit` are not supported).
    #[config(env = "OLIVINE_DEVICE_TLS_RECORD_BYTES")]
    pub tls_record_bytes: Option<u16>,

    /// Further host names and IP addresses by which devices reach the server, for the certificate that it makes itself. The certificate
    /// always has `localhost`, `127.0.0.1`, `::1`, this machine's name, and the address in `listen`.
    #[config(default = [], env = "OLIVINE_DEVICE_NAMES", parse_env = list)]
    pub names: Vec<String>,

    /// Addresses and networks (`10.0.0.7`, `10.1.0.0/16`) of trusted proxies that do the mutual TLS, and pass the device's certificate on
    /// in the header `client_certificate_header`. From other senders, that header is ignored.
    #[config(default = [], env = "OLIVINE_DEVICE_TRUSTED_PROXIES", parse_env = list)]
    pub trusted_proxies: Vec<TrustedProxy>,

    /// The header in which trusted proxies pass on the certificate of their client. They must remove this header from what clients send.
    #[config(default = "Client-Cert", env = "OLIVINE_DEVICE_CLIENT_CERTIFICATE_HEADER")]
    pub client_certificate_header: String,

    /// The form of that header: `rfc9440` (base64 between colons; the chain in `Client-Cert-Chain`), `pem` (percent-encoded PEM, as nginx
    /// has it in `$ssl_client_escaped_cert`), `base64` (of the DER, without colons), or `xfcc` (Envoy's `x-forwarded-client-cert`).
    #[config(default = "rfc9440", env = "OLIVINE_DEVICE_CLIENT_CERTIFICATE_FORM")]
    pub client_certificate_form: Form,

    /// The header in which trusted proxies write the address of their client, for the audit trail: `x-forwarded-for`, `forwarded` (RFC
    /// 7239) or `none`. The proxies must set it themselves.
    #[config(default = "none", env = "OLIVINE_DEVICE_CLIENT_ADDRESS_HEADER")]
    pub client_address_header: AddressHeader,

    /// The time for a TLS handshake, in seconds.
    #[config(default = 10, env = "OLIVINE_DEVICE_HANDSHAKE_SECONDS")]
    pub handshake_seconds: u64,

    /// How many devices are cached in memory, so that their requests need no database; about 350 bytes each.
    #[config(default = 1_000_000, env = "OLIVINE_DEVICE_DIRECTORY_DEVICES")]
    pub directory_devices: usize,

    /// How often `last_connected_at` of devices is written, in seconds. The server collects the devices of that time and writes them
    /// together.
    #[config(default = 5, env = "OLIVINE_DEVICE_CHECK_IN_SECONDS")]
    pub check_in_seconds: u64,

    /// How many requests per second one client certificate, known or not, may send to this process, on average. Bursts of ten times as many
    /// are allowed. 0 means no limit.
    #[config(default = 100, env = "OLIVINE_DEVICE_REQUESTS_PER_SECOND")]
    pub requests_per_second: u32,
}

/// Whether the Device API's listener speaks TLS itself.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Mutual TLS.
    On,
    /// Plain HTTP.
    Off,
}

/// As in the configuration file, because `olivine config check` shows settings by `Debug`.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(if *self == Self::On { "on" } else { "off" }, f)
    }
}

impl Device {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.tls_certificate.is_some() == self.tls_key.is_some(),
            "device.tls_certificate and device.tls_key go together: set both or none"
        );
        ensure!(
            self.tls == Tls::On || !self.trusted_proxies.is_empty(),
            "device.tls = \"off\" needs device.trusted_proxies: without TLS no device proves who it is, but a proxy can say it"
        );
        ensure!(
            self.handshake_seconds > 0 && self.check_in_seconds > 0 && self.directory_devices > 0,
            "device.handshake_seconds, device.check_in_seconds and device.directory_devices must be at least 1"
        );
        ensure!(
            self.tls_record_bytes.is_none_or(|bytes| (512..=16384).contains(&bytes)),
            "device.tls_record_bytes must be from 512 to 16384"
        );
        self.client_certificates()?;
        match self.names.iter().find(|name| !is_name(name)) {
            Some(name) => bail!("device.names: '{name}' is neither an IP address nor a host name"),
            None => Ok(()),
        }
    }

    /// Where trusted proxies put the certificates of their clients.
    pub fn client_certificates(&self) -> anyhow::Result<ClientCertificates> {
        ClientCertificates::new(&self.client_certificate_header, self.client_certificate_form)
    }

    /// Where devices reach a server that listens on `address`, from this machine.
    pub fn url(&self, address: SocketAddr) -> String {
        let scheme = if self.tls == Tls::On { "https" } else { "http" };
        format!("{scheme}://{address}")
    }

    /// All names under which devices may call a server that listens on `address`.
    pub fn all_names(&self, address: SocketAddr) -> BTreeSet<String> {
        let always = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let listening = (!address.ip().is_unspecified()).then(|| address.ip().to_string());
        let names = always.into_iter().chain([host]).chain(listening).chain(self.names.iter().cloned());
        names.filter(|name| is_name(name)).map(|name| name.to_ascii_lowercase()).collect()
    }
}

/// Whether a certificate can be made out to it: an IP address, or a DNS name, perhaps with `*` as its first label.
fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (1..=63).contains(&label.len()) && is_plain && !label.starts_with('-') && !label.ends_with('-')
    };
    let labels = text.strip_prefix("*.").unwrap_or(text);
    text.parse::<IpAddr>().is_ok() || (text.len() <= 253 && labels.split('.').all(is_label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_a_certificate_can_say() {
        for name in ["a", "updates.example.com", "*.example.com", "10.0.0.1", "fe80::1", "xn--bcher-kva.ch"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "a_b", "-a", "a-", "a..b", "https://a", "a:1", "ä", "*", "a.*.b", &"x".repeat(64)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
