//! What the handlers of all protocols for devices share.

use std::sync::Arc;

use http::Method;
use olivine_domain::device_credentials::CredentialKey;
use olivine_operations::Context;

use super::client_certificates::ClientCertificates;
use super::meters::Meters;
use crate::app::App;
use crate::config::Device;
use crate::http::answers::Answers;
use crate::http::forwarded::Proxies;
use crate::http::limits::Limits;
use crate::http::places::Places;
use crate::http::rates::Rates;
use crate::http::room::Room;

/// The most bytes that a device may send.
const BODY_LIMIT: usize = 64 * 1024;

/// Devices have little to say: this is room for the largest certificate that a proxy may pass on.
pub const HEADER_BYTES: usize = 32 * 1024;

/// Places to count requests by credential in: 2 MiB.
const CREDENTIALS: usize = 1 << 18;

/// What every handler can reach. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DeviceApp(Arc<Shared>);

/// The parts of a [`DeviceApp`].
#[derive(Debug)]
pub(super) struct Shared {
    /// The same parts as the Admin API's, but room and limits of its own.
    pub(super) app: App,
    /// Proxies whose word counts.
    pub(super) proxies: Proxies,
    /// Where they put the certificates of their clients.
    pub(super) client_certificates: ClientCertificates,
    /// The requests that are worked on, by credential.
    pub(super) callers: Places<CredentialKey>,
    /// Answers that wait for their devices.
    pub(super) answers: Answers<CredentialKey>,
    /// How often one credential may ask; also one that nobody knows.
    pub(super) rates: Rates<CredentialKey>,
    pub(super) meters: Meters,
}

impl DeviceApp {
    /// It shares parts of the Admin API, but has its own room and limits, so that people can use a server that is busy with devices.
    /// `routes` are those that devices use all the time.
    pub fn new(app: App, config: &Device, routes: &[(Method, &'static str)]) -> Self {
        let room = Room::new(&app.limits);
        let callers = Places::new(app.limits.concurrent_requests_per_caller);
        let header_bytes = app.limits.header_bytes.min(HEADER_BYTES);
        let limits = Limits { json_bytes: BODY_LIMIT, header_bytes, ..app.limits.clone() };
        let proxies = Proxies::new(&config.trusted_proxies, config.client_address_header);
        let client_certificates = config.client_certificates().expect("the configuration was checked");
        let rates = Rates::new(config.requests_per_second, CREDENTIALS);
        Self(Arc::new(Shared {
            app: App { limits, room, ..app },
            proxies,
            client_certificates,
            callers,
            answers: Answers::default(),
            rates,
            meters: Meters::new(routes),
        }))
    }

    /// All parts.
    pub(super) fn parts(&self) -> &Shared {
        &self.0
    }

    /// The parts that both APIs have.
    pub(super) fn shared(&self) -> &App {
        &self.0.app
    }

    /// What operations work with.
    pub(super) fn ctx(&self) -> &Context {
        &self.0.app.ctx
    }
}
