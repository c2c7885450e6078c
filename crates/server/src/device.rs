//! The Device API: what devices ask and say, over mutual TLS, on a listener of its own.
//!
//! The way of a device that is known and unchanged has no database on it, and no line in the log.

pub(crate) mod auth;
mod authority;
pub mod client_certificates;
pub mod connections;
pub mod error;
mod me;
mod observe;
pub mod tls;
mod update;
mod update_status;
mod verifier;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use http::Method;
use olivine_domain::hash::Sha256Digest;
use olivine_operations::Context;

use self::client_certificates::ClientCertificates;
use self::observe::Meters;
use crate::app::App;
use crate::config::Device;
use crate::http::answers::Answers;
use crate::http::forwarded::Proxies;
use crate::http::limits::Limits;
use crate::http::places::Places;
use crate::http::rates::Rates;
use crate::http::room::Room;
use crate::probes;

/// What devices ask for all the time.
const ROUTES: [(Method, &str); 3] = [(Method::GET, UPDATE), (Method::POST, STATUS), (Method::GET, ME)];

const ME: &str = "/device/me";
const UPDATE: &str = "/update";
const STATUS: &str = "/update/status";

/// The most bytes that a device may send.
const BODY_LIMIT: usize = 64 * 1024;

/// Devices have little to say: this is room for the largest certificate that a proxy may pass on.
pub(crate) const HEADER_BYTES: usize = 32 * 1024;

/// Places to count requests by certificate in: 2 MiB.
const CERTIFICATES: usize = 1 << 18;

/// What every handler can reach. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DeviceApp(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    app: App,
    /// Proxies whose word counts.
    proxies: Proxies,
    /// Where they put the certificates of their clients.
    client_certificates: ClientCertificates,
    /// The requests that are worked on, by certificate.
    callers: Places<Sha256Digest>,
    /// Answers that wait for their devices.
    answers: Answers<Sha256Digest>,
    /// How often one certificate, by its fingerprint, may ask; also one that nobody knows.
    rates: Rates<Sha256Digest>,
    meters: Meters,
}

impl DeviceApp {
    /// The same parts as the Admin API's, but room and limits of its own: people get through to a server that is full of devices.
    fn new(app: App, config: &Device) -> Self {
        let room = Room::new(&app.limits);
        let callers = Places::new(app.limits.concurrent_requests_per_caller);
        let header_bytes = app.limits.header_bytes.min(HEADER_BYTES);
        let limits = Limits { json_bytes: BODY_LIMIT, header_bytes, ..app.limits.clone() };
        let proxies = Proxies::new(&config.trusted_proxies, config.client_address_header);
        let client_certificates = config.client_certificates().expect("the configuration was checked");
        let rates = Rates::new(config.requests_per_second, CERTIFICATES);
        let meters = Meters::new(&ROUTES);
        Self(Arc::new(Shared {
            app: App { limits, room, ..app },
            proxies,
            client_certificates,
            callers,
            answers: Answers::default(),
            rates,
            meters,
        }))
    }

    /// What operations work with.
    fn ctx(&self) -> &Context {
        &self.0.app.ctx
    }
}

/// All routes of the Device API's listener.
pub fn router(app: App, config: &Device) -> Router {
    let app = DeviceApp::new(app, config);
    Router::new()
        .route("/healthz", get(probes::alive))
        .route(ME, get(me::me))
        .route(UPDATE, get(update::check))
        .route(STATUS, post(update_status::report))
        .fallback(error::no_such_path)
        .method_not_allowed_fallback(error::no_such_method)
        // The one body that there is has a limit of its own.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .with_state(app)
}
