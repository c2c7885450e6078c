//! What one caller may ask of the server.

use std::time::Duration;

use anyhow::ensure;

use crate::http::steady::LeastRate;

/// What one caller may ask of the server.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Limits {
    /// The time for a request's header section to arrive, and for which an idle connection is kept open, in seconds.
    #[config(default = 30, env = "OLIVINE_HEADER_SECONDS")]
    pub header_seconds: u64,

    /// The most bytes of a request's header section.
    #[config(default = 65_536, env = "OLIVINE_HEADER_BYTES")]
    pub header_bytes: usize,

    /// The time for a request's JSON to arrive, in seconds.
    #[config(default = 30, env = "OLIVINE_REQUEST_SECONDS")]
    pub request_seconds: u64,

    /// The most bytes of a request's JSON.
    #[config(default = 2_097_152, env = "OLIVINE_JSON_BYTES")]
    pub json_bytes: usize,

    /// The longest pause within an upload, in seconds.
    #[config(default = 30, env = "OLIVINE_UPLOAD_IDLE_SECONDS")]
    pub upload_idle_seconds: u64,

    /// The least bytes per second of an upload, on average after its first `upload_idle_seconds`.
    #[config(default = 1024, env = "OLIVINE_UPLOAD_BYTES_PER_SECOND")]
    pub upload_bytes_per_second: u64,

    /// How many connections the listener for people, and that for devices, may each have; further ones are closed at once. A connection
    /// with TLS takes some 22 KiB of memory, 80 KiB with a long header.
    #[config(default = 16_384, env = "OLIVINE_CONNECTIONS")]
    pub connections: usize,

    /// How many connections to a listener one address (of IPv6, one network of 64 bits) may have. Addresses in `server.trusted_proxies`
    /// and `device.trusted_proxies` have no such limit. With 0 nobody has; behind another proxy or a balancer, all clients have its address.
    #[config(default = 1024, env = "OLIVINE_CONNECTIONS_PER_ADDRESS")]
    pub connections_per_address: usize,

    /// How many requests are worked on at once; more are asked to come back later.
    #[config(default = 1024, env = "OLIVINE_CONCURRENT_REQUESTS")]
    pub concurrent_requests: usize,

    /// How many requests of one API key, or of one client certificate, are worked on at once. More of them wait, up to ten seconds, and
    /// then are asked to come back later. With 0 there is no such limit.
    #[config(default = 16, env = "OLIVINE_CONCURRENT_REQUESTS_PER_CALLER")]
    pub concurrent_requests_per_caller: usize,

    /// How often in a minute strangers of one address (of IPv6, of one network of 64 bits) may try to sign in or use a link. Behind a proxy that
    /// `server.trusted_proxies` does not name, everybody has one address. With 0 there is no such limit.
    #[config(default = 30, env = "OLIVINE_SIGN_INS_PER_MINUTE")]
    pub sign_ins_per_minute: u32,

    /// The most bytes of unfinished requests' JSON that are held in memory, for people and for devices each; more are asked to come back
    /// later.
    #[config(default = 67_108_864, env = "OLIVINE_BODY_MEMORY_BYTES")]
    pub body_memory_bytes: usize,

    /// The time over which it is measured how fast a client takes its answer, such as a download, in seconds. Only the time counts in
    /// which bytes wait for the client.
    #[config(default = 60, env = "OLIVINE_DOWNLOAD_IDLE_SECONDS")]
    pub download_idle_seconds: u64,

    /// The least bytes per second of an answer that a client has to take, on average over `download_idle_seconds`; the connection of a
    /// slower one is closed.
    #[config(default = 1024, env = "OLIVINE_DOWNLOAD_BYTES_PER_SECOND")]
    pub download_bytes_per_second: u64,

    /// How many uploads to signed URLs, and how many downloads, go through this process at once; more are asked to come back later.
    #[config(default = 1024, env = "OLIVINE_CONCURRENT_TRANSFERS")]
    pub concurrent_transfers: usize,

    /// How many downloads of one URL, and how many uploads of one binary's parts, go on at once. With 0 there is no such limit.
    #[config(default = 16, env = "OLIVINE_TRANSFERS_PER_URL")]
    pub transfers_per_url: usize,

    /// How many uploads to signed URLs, and how many downloads, of one address (of IPv6, of one network of 64 bits) go on at once.
    /// Clients of a trusted proxy are told apart by `client_address_header`; where it has no address, there is no such limit for the proxy's.
    /// With 0 nobody has; behind another proxy or a balancer, all clients have its address.
    #[config(default = 256, env = "OLIVINE_TRANSFERS_PER_ADDRESS")]
    pub transfers_per_address: usize,

    /// How many requests per second one API key may make of this process, on average; ten seconds' worth of them may come at once.
    /// With 0 there is no such limit.
    #[config(default = 1000, env = "OLIVINE_REQUESTS_PER_SECOND")]
    pub requests_per_second: u32,
}

impl Limits {
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let needed = [
            ("limits.connections", self.connections),
            ("limits.concurrent_requests", self.concurrent_requests),
            ("limits.concurrent_transfers", self.concurrent_transfers),
        ];
        for (name, value) in needed {
            ensure!(value > 0, "{name} must be at least 1");
        }
        ensure!(self.download_idle_seconds > 0, "limits.download_idle_seconds must be at least 1");
        ensure!(
            self.body_memory_bytes >= self.json_bytes,
            "limits.body_memory_bytes must be at least limits.json_bytes, else no request of that size could be read"
        );
        Ok(())
    }

    /// How fast clients have to take their answers.
    pub const fn least_rate(&self) -> LeastRate {
        LeastRate {
            window: Duration::from_secs(self.download_idle_seconds),
            bytes_per_second: self.download_bytes_per_second,
        }
    }
}
