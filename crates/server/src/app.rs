//! What handlers share.

use std::sync::Arc;

use axum::extract::FromRef;
use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusHandle;
use olivine_domain::Sha256Digest;
use olivine_domain::contents::ContentKey;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::Identity;
use olivine_domain::prn::Id;
use olivine_operations::Context;

use crate::config::Config;
use crate::downloads::Downloads;
use crate::draining::Stages;
use crate::http::addresses::Most;
use crate::http::answers::Answers;
use crate::http::browsers::Site;
use crate::http::forwarded::Proxies;
use crate::http::limits::Limits;
use crate::http::lines::LineBudget;
use crate::http::places::Places;
use crate::http::rates::Rates;
use crate::http::room::Room;
use crate::http::streams::StreamPlaces;
use crate::http::transfers::Transfers;
use crate::local_urls::LocalUrls;
use crate::probes::Metrics;

/// Places to count requests of API keys in: 32 KiB.
const KEYS: usize = 1 << 12;

/// Places to count tries to sign in: 512 KiB.
const NETWORKS: usize = 1 << 16;

/// What every handler can reach. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// What operations work with.
    pub ctx: Context,
    /// What one caller may ask.
    pub limits: Limits,
    /// Room for requests that are worked on at once.
    pub room: Room,
    /// The requests that are worked on, by caller.
    pub callers: Places<Identity>,
    /// How often each caller may ask.
    pub rates: Arc<Rates<Identity>>,
    /// Streams that go on, and requests that wait for something to happen.
    pub streams: StreamPlaces,
    /// Uploads of parts that go on, by content.
    pub uploads: Transfers<ContentKey>,
    /// Imports of devices that go on, by organization. All of their files together are at most one GiB.
    pub imports: Transfers<Id<Organization>>,
    /// Exports of events that go on, by caller.
    pub exports: Transfers<Identity>,
    /// How browsers reach this listener.
    pub site: Site,
    /// How often strangers may try to sign in, by network.
    pub visitors: Arc<Rates<IpNet>>,
    /// Trusted proxies in front of this listener, whose header with the client's address is believed.
    pub proxies: Proxies,
    /// How many downloads go on, by URL.
    pub download_places: Transfers<Sha256Digest>,
    /// Answers that wait for their clients, by caller.
    pub answers: Answers<Identity>,
    /// The downloads that go on.
    pub downloads: Downloads,
    /// URLs that lead callers nowhere.
    pub local_urls: Arc<LocalUrls>,
    /// The log's lines about unknown callers.
    pub lines: Arc<LineBudget>,
    /// Renders the metrics.
    pub metrics: Arc<Metrics>,
    /// Whether the server stops.
    pub stages: Stages,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("ctx", &self.ctx).finish_non_exhaustive()
    }
}

impl FromRef<App> for Limits {
    fn from_ref(app: &App) -> Self {
        app.limits.clone()
    }
}

impl App {
    /// Brings the parts together.
    pub fn new(ctx: Context, config: &Config, metrics: PrometheusHandle, stages: Stages) -> Self {
        let limits = config.limits.clone();
        Self {
            ctx,
            room: Room::new(&limits),
            callers: Places::new(limits.concurrent_requests_per_caller),
            rates: Arc::new(Rates::new(limits.requests_per_second, KEYS)),
            streams: StreamPlaces::new(&limits),
            uploads: Transfers::new(config.limits.transfers_per_url, config.transfers()),
            imports: Transfers::new(2, Most { all: 4, by_address: 0, proxies: Vec::new() }),
            exports: Transfers::new(2, Most { all: 8, by_address: 0, proxies: Vec::new() }),
            site: Site::new(
                config.server.public_url.clone(),
                config.server.tls_certificate.is_some(),
                config.public_url(config.server.listen),
            ),
            visitors: Arc::new(Rates::per_minute(config.limits.sign_ins_per_minute, NETWORKS)),
            proxies: Proxies::new(&config.server.trusted_proxies, config.server.client_address_header),
            download_places: Transfers::new(config.limits.transfers_per_url, config.transfers()),
            answers: Answers::default(),
            downloads: Downloads::default(),
            local_urls: Arc::default(),
            lines: Arc::default(),
            limits,
            metrics: Arc::new(Metrics::new(metrics, config.server.metrics_token.clone())),
            stages,
        }
    }
}
