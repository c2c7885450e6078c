//! What one caller may ask of the server.

use std::time::Duration;

use anyhow::ensure;

use crate::http::steady::LeastRate;

/// For how long a client may take nothing of a stream of events.
const STREAM_PATIENCE: Duration = Duration::from_secs(30);

/// Limits on requests and connections.
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

    /// How many connections the Admin API's and the Device API's listener may have, each; further ones are closed at once. A connection
    /// with TLS takes some 22 KiB of memory, 80 KiB with a long header.
    #[config(default = 16_384, env = "OLIVINE_CONNECTIONS")]
    pub connections: usize,

    /// How many connections to a listener one address (of IPv6, one network of 64 bits) may have. Addresses in `server.trusted_proxies` and
    /// `device.trusted_proxies` have no such limit. 0 means no limit at all: use it behind a proxy or a balancer that is not trusted,
    /// because all clients then have its address.
    #[config(default = 1024, env = "OLIVINE_CONNECTIONS_PER_ADDRESS")]
    pub connections_per_address: usize,

    /// How many requests are handled at the same time; further ones get 429.
    #[config(default = 1024, env = "OLIVINE_CONCURRENT_REQUESTS")]
    pub concurrent_requests: usize,

    /// How many requests of one API key, or of one client certificate, are handled at the same time. Further ones wait up to ten seconds,
    /// and then get 429. 0 means no limit.
    #[config(default = 16, env = "OLIVINE_CONCURRENT_REQUESTS_PER_CALLER")]
    pub concurrent_requests_per_caller: usize,

    /// How many streams of events, and requests that wait for events, this process serves at once; more are refused. They don't count as
    /// `concurrent_requests`. A stream takes some 30 KiB of memory.
    #[config(default = 100, env = "OLIVINE_STREAMS")]
    pub streams: usize,

    /// How many of these one organization may have. With 0 there is no such limit.
    #[config(default = 50, env = "OLIVINE_STREAMS_PER_ORGANIZATION")]
    pub streams_per_organization: usize,

    /// How many of these one API key, or one person, may have. With 0 there is no such limit.
    #[config(default = 10, env = "OLIVINE_STREAMS_PER_CALLER")]
    pub streams_per_caller: usize,

    /// How often in a minute one address (of IPv6, one network of 64 bits) may try to sign in or use a link. Behind a proxy that is not in
    /// `server.trusted_proxies`, all people have the proxy's address. 0 means no limit.
    #[config(default = 30, env = "OLIVINE_SIGN_INS_PER_MINUTE")]
    pub sign_ins_per_minute: u32,

    /// The most bytes of JSON bodies that are held in memory, for the Admin API and the Device API each; further requests get 429.
    #[config(default = 67_108_864, env = "OLIVINE_BODY_MEMORY_BYTES")]
    pub body_memory_bytes: usize,

    /// The time, in seconds, over which the server measures how fast a client reads its answer, such as a download. Only time in which
    /// bytes wait for the client counts.
    #[config(default = 60, env = "OLIVINE_DOWNLOAD_IDLE_SECONDS")]
    pub download_idle_seconds: u64,

    /// How many bytes per second of an answer a client must read at least, on average over `download_idle_seconds`. The connection of a
    /// slower client is closed.
    #[config(default = 1024, env = "OLIVINE_DOWNLOAD_BYTES_PER_SECOND")]
    pub download_bytes_per_second: u64,

    /// How many uploads to signed URLs, and how many downloads, go through this process at the same time; further ones get 429.
    #[config(default = 1024, env = "OLIVINE_CONCURRENT_TRANSFERS")]
    pub concurrent_transfers: usize,

    /// How many downloads of one URL, and how many uploads of one binary's parts, go on at the same time. 0 means no limit.
    #[config(default = 16, env = "OLIVINE_TRANSFERS_PER_URL")]
    pub transfers_per_url: usize,

    /// How many uploads to signed URLs, and how many downloads, of one address (of IPv6, of one network of 64 bits) go on at the same time.
    /// For clients of a trusted proxy, the address in `client_address_header` counts; requests without one have no such limit. 0 means no
    /// limit at all: use it behind a proxy or a balancer that is not trusted, because all clients then have its address.
    #[config(default = 256, env = "OLIVINE_TRANSFERS_PER_ADDRESS")]
    pub transfers_per_address: usize,

    /// How many requests per second one API key may send to this process, on average. Bursts of ten times as many are allowed. 0 means no
    /// limit.
    #[config(default = 1000, env = "OLIVINE_REQUESTS_PER_SECOND")]
    pub requests_per_second: u32,
}

impl Limits {
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let needed = [
            ("limits.connections", self.connections),
            ("limits.concurrent_requests", self.concurrent_requests),
            ("limits.concurrent_transfers", self.concurrent_transfers),
            ("limits.streams", self.streams),
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
            stream_patience: STREAM_PATIENCE,
        }
    }
}
