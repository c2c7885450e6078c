//! How people and CI reach the server.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::ensure;

use super::{Role, list, roles};
use crate::http::forwarded::AddressHeader;
use crate::http::proxies::TrustedProxy;

/// How people and CI reach the server.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Server {
    /// What this process does: `api` (people and CI), `device` (devices), `jobs` (work in the background). Processes that share a
    /// PostgreSQL database may have different roles. Without `api`, `listen` answers only /healthz, /readyz and /metrics.
    #[config(default = ["api", "device", "jobs"], env = "OLIVINE_ROLES", parse_env = roles::list)]
    pub roles: BTreeSet<Role>,

    /// The address and port of the Admin API.
    #[config(default = "127.0.0.1:8080", env = "OLIVINE_LISTEN")]
    pub listen: SocketAddr,

    /// An address and port for the operator's own programs: /healthz, /readyz and /metrics, in plain HTTP and without any key. Only these
    /// programs should be able to reach it. By default there is none.
    #[config(env = "OLIVINE_OPERATIONS_LISTEN")]
    pub operations_listen: Option<SocketAddr>,

    /// A bearer token, at least 16 characters, with which programs on other machines can read /metrics on `listen`. By default only
    /// programs on the server's own machine can.
    #[config(env = "OLIVINE_METRICS_TOKEN")]
    pub metrics_token: Option<String>,

    /// The URL under which clients reach the server, without a slash at the end. Signed URLs begin with it. By default it follows from
    /// `listen`.
    #[config(env = "OLIVINE_PUBLIC_URL")]
    pub public_url: Option<String>,

    /// A PEM file with the certificate (and its chain): the server then speaks HTTPS.
    #[config(env = "OLIVINE_TLS_CERTIFICATE")]
    pub tls_certificate: Option<PathBuf>,

    /// A PEM file with the certificate's private key.
    #[config(env = "OLIVINE_TLS_KEY")]
    pub tls_key: Option<PathBuf>,

    /// Addresses and networks (`10.0.0.7`, `10.1.0.0/16`) of trusted proxies in front of `listen`. The audit trail, the log and the limits
    /// of one address then use the client's address, which the proxy writes into the header in `client_address_header`. From other senders,
    /// that header is ignored. The proxy must set the header itself.
    #[config(default = [], env = "OLIVINE_TRUSTED_PROXIES", parse_env = list)]
    pub trusted_proxies: Vec<TrustedProxy>,

    /// The header in which trusted proxies write the address of their client: `x-forwarded-for`, `forwarded` (RFC 7239) or `none`. Only
    /// this header is read, because a proxy may pass on the other one as a client wrote it.
    #[config(default = "x-forwarded-for", env = "OLIVINE_CLIENT_ADDRESS_HEADER")]
    pub client_address_header: AddressHeader,

    /// How long the server goes on after a signal to stop, in seconds: /readyz says 503 and connections end after their next answer, but
    /// all requests are answered. Behind a load balancer, set it to more than the time in which the balancer notices, so that no request
    /// fails.
    #[config(default = 0, env = "OLIVINE_DRAIN_SECONDS")]
    pub drain_seconds: u64,

    /// How long running requests may take to finish when the server is stopped, in seconds.
    #[config(default = 30, env = "OLIVINE_SHUTDOWN_SECONDS")]
    pub shutdown_seconds: u64,
}

impl Server {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.tls_certificate.is_some() == self.tls_key.is_some(),
            "server.tls_certificate and server.tls_key go together: set both or none"
        );
        ensure!(
            self.metrics_token.as_ref().is_none_or(|token| token.len() >= 16),
            "server.metrics_token needs at least 16 characters"
        );
        if let Some(url) = &self.public_url {
            ensure!(
                url.starts_with("http://") || url.starts_with("https://"),
                "server.public_url begins with http:// or https://; '{url}' does not"
            );
        }
        ensure!(!self.roles.is_empty(), "server.roles needs at least one of api, device and jobs");
        Ok(())
    }
}
