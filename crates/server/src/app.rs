//! What handlers share, and the router that brings all parts together.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use metrics_exporter_prometheus::PrometheusHandle;
use olivine_content::ContentKey;
use olivine_domain::Sha256Digest;
use olivine_domain::api_keys::ApiKey;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_operations::Context;
use tower_http::catch_panic::CatchPanicLayer;

use crate::admin::device_import;
use crate::answers::{self, Answers};
use crate::config::{Config, Limits};
use crate::downloads::Downloads;
use crate::draining::Stages;
use crate::forwarded::Proxies;
use crate::lines::LineBudget;
use crate::local_urls::LocalUrls;
use crate::places::Places;
use crate::probes::Metrics;
use crate::rates::Rates;
use crate::room::Room;
use crate::transfers::Transfers;
use crate::{admin, content, limits, logs, openapi, probes};

/// Places to count requests of API keys in: 32 KiB.
const KEYS: usize = 1 << 12;

/// What every handler can reach. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// What operations work with.
    pub ctx: Context,
    /// What one caller may ask.
    pub limits: Limits,
    /// Room for requests that are worked on at once.
    pub room: Room,
    /// The requests that are worked on, by API key.
    pub callers: Places<Id<ApiKey>>,
    /// How often each API key may ask.
    pub rates: Arc<Rates<Id<ApiKey>>>,
    /// Uploads of parts that go on, by content.
    pub uploads: Transfers<ContentKey>,
    /// Imports of devices that go on, by organization.
    pub imports: Transfers<Id<Organization>>,
    /// Proxies in front of this listener, whose word counts on where a request comes from.
    pub proxies: Proxies,
    /// How many downloads go on, by URL.
    pub download_places: Transfers<Sha256Digest>,
    /// Answers that wait for their clients, by API key.
    pub answers: Answers<Id<ApiKey>>,
    /// The downloads that go on.
    pub downloads: Downloads,
    /// URLs that lead callers nowhere.
    pub local_urls: Arc<LocalUrls>,
    /// The log's lines about callers that nobody knows.
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

impl App {
    /// Brings the parts together.
    pub fn new(ctx: Context, config: &Config, metrics: PrometheusHandle, stages: Stages) -> Self {
        let limits = config.limits.clone();
        Self {
            ctx,
            room: Room::new(&limits),
            callers: Places::new(limits.concurrent_requests_per_caller),
            rates: Arc::new(Rates::new(limits.requests_per_second, KEYS)),
            uploads: Transfers::new(config.limits.transfers_per_url, config.transfers()),
            imports: device_import::most_at_once(),
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

/// All routes of the Admin API's listener.
pub fn router(app: App) -> Router {
    let (admin, document) = admin::router(&app);
    let limited = admin.merge(content::router()).layer(from_fn_with_state(app.clone(), limits::make_room));
    let open = openapi::router(document).merge(probes::router());
    let open = open.layer(from_fn_with_state(app.clone(), answers::hold_for_anybody));
    finished(limited.merge(open).fallback(admin::error::no_such_path), app)
}

/// The routes of the same listener where the process does not serve the Admin API.
pub fn probes_only(app: App) -> Router {
    finished(probes::router().fallback(admin::error::served_elsewhere), app)
}

/// The routes of the listener for the operator's own programs.
pub fn operations(app: App) -> Router {
    finished(probes::for_operations().fallback(admin::error::no_such_path), app)
}

/// With what every listener for people and machines of the operator has.
fn finished(routes: Router<App>, app: App) -> Router {
    routes
        .method_not_allowed_fallback(admin::error::no_such_method)
        // Bodies have limits of their own, where their kind is known.
        .layer(DefaultBodyLimit::disable())
        .layer(CatchPanicLayer::custom(admin::error::panicked))
        .layer(from_fn_with_state(app.clone(), logs::observe))
        .with_state(app)
}
