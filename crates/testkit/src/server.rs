//! The server, and the way of a request into it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use metrics_exporter_prometheus::PrometheusBuilder;
use olivine_domain::Timestamp;
use olivine_domain::certificates::{Certificate, Intermediates};
use olivine_domain::permissions::installation::ServerOperator;
use olivine_domain::permissions::{Grants, Role};
use olivine_domain::text::Name;
use olivine_operations::events::callers;
use olivine_operations::lists::NewId;
use olivine_operations::{Clock, Context, api_keys, distribution, jobs, organizations};
use olivine_server::app::App;
use olivine_server::config::{Config, Flags};
use olivine_server::device::connections::Peer;
use olivine_server::draining::Stages;
use olivine_server::http::streams::StreamPlaces;
use olivine_server::router;
use olivine_server::startup::{self, ADMIN_KEY_FILE, Started};
use olivine_tests::in_process::{CERTIFICATES, Host};
use olivine_tests::{Api, ForDevices};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::log;
use crate::output::Output;

/// How far the clock is ahead of the machine's at the start: what a test makes with openssl is valid from the machine's time on.
const AHEAD: Duration = Duration::from_hours(1);
/// How far the clock moves with each request, so that what is made later has a later time.
const TICK: i64 = 1_000;
/// Where requests seem to come from.
const CALLER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 40_000);

/// A stream that shows nothing for so long has shown all that there is.
const A_MOMENT: Duration = Duration::from_millis(1_200);

/// How a server differs from the default one.
#[derive(Clone, Debug, Default)]
pub struct ServerBuilder {
    settings: Vec<String>,
    beginning: Option<Timestamp>,
}

/// A server that is ready. Its folder is deleted with it.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    urls: [String; 2],
    builder: ServerBuilder,
    host: Host,
    _output: Output,
    folder: TempDir,
}

#[derive(Debug)]
struct Shared {
    people: Router,
    devices: Router,
    started: Started,
    clock: Arc<AtomicI64>,
    jobs_are_held: AtomicBool,
    places: StreamPlaces,
    /// How many places there are.
    most: usize,
}

impl ServerBuilder {
    /// One more setting, as in `content.download_url_seconds=60`.
    #[must_use]
    pub fn set(mut self, setting: &str) -> Self {
        self.settings.push(setting.to_owned());
        self
    }

    /// Begins at this time, and not an hour from now.
    #[must_use]
    pub const fn starting_at(mut self, time: Timestamp) -> Self {
        self.beginning = Some(time);
        self
    }

    /// Starts the server.
    pub async fn start(self) -> Server {
        let folder =
            tempfile::Builder::new().prefix("olivine-testkit-").tempdir().expect("a temporary folder");
        let beginning = self.beginning.unwrap_or_else(beginning);
        self.start_in(folder, Host::new(), beginning).await
    }

    async fn start_in(self, folder: TempDir, host: Host, now: Timestamp) -> Server {
        let logged_before = log::begin();
        let config = self.config(folder.path(), &host);
        let clock = Arc::new(AtomicI64::new(now.as_micros()));
        let started = startup::start_by(Some(Clock::Manual(Arc::clone(&clock))), &config, CALLER).await;
        let started = started.unwrap_or_else(|error| panic!("the server does not start: {error:#}"));
        let home = started.organization.id;
        distribution::begin(&started.ctx, home).await.expect("a new database can be read");
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let app = App::new(started.ctx.clone(), &config, metrics, Stages::default());
        let places = app.streams.clone();
        let shared = Arc::new(Shared {
            most: places.free(),
            places,
            people: router::for_people(app.clone(), &config.console),
            devices: router::for_devices(app, &config.device),
            started,
            clock,
            jobs_are_held: AtomicBool::new(false),
        });
        let answering = Arc::clone(&shared);
        host.register(Arc::new(move |request| {
            let answering = Arc::clone(&answering);
            Box::pin(async move { answering.answer(request).await })
        }));
        let output = Output { url: host.url(), data_dir: folder.path().join("data"), logged_before };
        Server { shared, urls: [host.url(), host.device_url()], builder: self, host, _output: output, folder }
    }

    fn config(&self, folder: &Path, host: &Host) -> Config {
        // Without the loops in the background nobody looks for changes of other processes, of which there are none.
        let alone = ["distribution.stale_after_seconds=0".to_owned()];
        let settings = alone.iter().chain(&self.settings);
        let settings = settings.map(|setting| setting.parse().expect("a setting is key=value"));
        let has_own_url = self.settings.iter().any(|setting| setting.starts_with("server.public_url="));
        let flags = Flags {
            data_dir: Some(folder.join("data")),
            public_url: (!has_own_url).then(|| host.url()),
            settings: settings.collect(),
            ..Flags::default()
        };
        flags.load().unwrap_or_else(|error| panic!("{:?}: {error:#}", self.settings))
    }
}

/// The time at which a server starts.
fn beginning() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "certificates that openssl makes are valid from the machine's time on"
    )]
    let now = Timestamp::from(jiff::Timestamp::now());
    now.plus(AHEAD)
}

impl Server {
    /// A server that differs from the default in something.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// A server with the default configuration.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// The same server after it was started again: it remembers nothing that is not on record. Its URLs stay.
    #[must_use]
    pub async fn restarted(self) -> Self {
        let Self { shared, builder, host, folder, .. } = self;
        host.forget();
        let now = shared.started.ctx.now();
        shared.started.ctx.db().clone().close().await;
        drop(shared);
        builder.start_in(folder, host, now).await
    }

    /// Where the Admin API answers, in this process only.
    pub fn url(&self) -> &str {
        &self.urls[0]
    }

    /// Its data folder.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The admin key that the first start wrote.
    pub fn admin_key(&self) -> String {
        let file = self.data_dir().join(ADMIN_KEY_FILE);
        std::fs::read_to_string(file).expect("the first start writes a key").trim().to_owned()
    }

    /// HTTP with the admin key.
    pub fn api(&self) -> Api {
        Api::new(self.url()).with_key(self.admin_key())
    }

    /// HTTP with the admin key of another organization, which is made.
    pub async fn another_organization(&self, name: &str) -> Api {
        let ctx = self.ctx();
        let name: Name = name.parse().expect("a name");
        let operator = ServerOperator::on_this_machine();
        let by = operator.authorize();
        let organization = organizations::ensure(ctx, &by, &name).await.expect("an organization");
        let grants = Grants::of_role(Role::Admin);
        let new = api_keys::Create { id: NewId::Fresh, name, grants, expires_at: None, owner: None };
        let by = operator.authorize();
        let created = api_keys::create_for_operator(ctx, &by, organization.id, new).await.expect("a key");
        Api::new(self.url()).with_key(created.secret.expect("a new key has a secret").reveal())
    }

    /// What operations work with, for what no API does.
    pub fn ctx(&self) -> &Context {
        &self.shared.started.ctx
    }

    /// The server's time.
    pub fn now(&self) -> Timestamp {
        self.ctx().now()
    }

    /// Lets so much time pass, and does the jobs that are due then.
    pub async fn advance(&self, time: Duration) {
        let micros = i64::try_from(time.as_micros()).expect("a test does not wait for ages");
        self.shared.clock.fetch_add(micros, Ordering::SeqCst);
        self.shared.do_jobs().await;
    }

    /// From now on jobs are only done by [`Self::do_jobs`].
    pub fn hold_jobs(&self) {
        self.shared.jobs_are_held.store(true, Ordering::SeqCst);
    }

    /// Does the jobs that were held, and from now on each before an answer is given.
    pub async fn release_jobs(&self) {
        self.shared.jobs_are_held.store(false, Ordering::SeqCst);
        self.do_jobs().await;
    }

    /// Does the jobs that are due, also where they are held.
    pub async fn do_jobs(&self) {
        jobs::run_due(self.ctx(), "testkit").await;
    }

    /// Opens a stream of events, which goes on as long as this is kept.
    pub async fn stream(&self, request: reqwest::RequestBuilder) -> Stream {
        let request = request.build().expect("a request");
        let request: Request<reqwest::Body> = request.try_into().expect("a request");
        let response = self.shared.respond(request).await;
        assert_eq!(response.status(), StatusCode::OK, "a stream that is open");
        let mut stream = Stream(response.into_body());
        assert!(stream.is_open(), "it ended at once");
        stream
    }

    /// How many streams are open, and requests wait for events.
    pub fn waiting(&self) -> usize {
        self.shared.most - self.shared.places.free()
    }

    /// Asks for the callers of all streams, as the executable does every few seconds.
    pub async fn check_streams(&self) {
        callers::check(self.ctx()).await.expect("the database can be read");
    }

    /// Writes down which devices were seen, as the executable does every few seconds.
    pub async fn write_check_ins(&self) {
        let at_once = CancellationToken::new();
        at_once.cancel();
        distribution::run(self.ctx().clone(), at_once).await;
    }
}

impl ForDevices for Server {
    fn device_url(&self) -> &str {
        &self.urls[1]
    }

    fn device_ca(&self) -> Option<&Path> {
        None
    }
}

/// A stream of events that was opened.
#[derive(Debug)]
pub struct Stream(Body);

impl Stream {
    /// Whether it goes on, after all that it has to show now.
    pub fn is_open(&mut self) -> bool {
        loop {
            match self.0.frame().now_or_never() {
                None => return true,
                Some(None) => return false,
                Some(Some(frame)) => drop(frame.expect("streams do not break off")),
            }
        }
    }
}

impl Shared {
    async fn answer(&self, request: Request<reqwest::Body>) -> Response<Bytes> {
        let method = request.method().clone();
        let what = format!("{method} {}", request.uri());
        let (parts, body) = self.respond(request).await.into_parts();
        let is_stream = parts.headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let body = if is_stream {
            shown_so_far(body).await
        } else {
            body.collect().await.unwrap_or_else(|error| panic!("{what} breaks off: {error}")).to_bytes()
        };
        let told = String::from_utf8_lossy(&body);
        assert_ne!(
            parts.status,
            StatusCode::INTERNAL_SERVER_ERROR,
            "no answer is ever a 500: {what}: {told}"
        );
        if !method.is_safe() {
            self.do_jobs().await;
        }
        Response::from_parts(parts, body)
    }

    /// The server's answer, whose body is not read yet.
    async fn respond(&self, request: Request<reqwest::Body>) -> Response<Body> {
        self.clock.fetch_add(TICK, Ordering::SeqCst);
        let (mut parts, body) = request.into_parts();
        let body = Body::new(body);
        let routes = if Host::is_for_devices(&parts.uri) {
            let shown = peer(&mut parts);
            parts.extensions.insert(shown);
            &self.devices
        } else {
            &self.people
        };
        arrive(&mut parts, &body);
        let answered = routes.clone().oneshot(Request::from_parts(parts, body)).await;
        answered.unwrap_or_else(|never| match never {})
    }

    async fn do_jobs(&self) {
        if !self.jobs_are_held.load(Ordering::SeqCst) {
            jobs::run_due(&self.started.ctx, "testkit").await;
        }
    }
}

/// What a stream shows until it has nothing more to show for a moment.
async fn shown_so_far(mut body: Body) -> Bytes {
    let mut shown = Vec::new();
    while let Ok(Some(Ok(frame))) = tokio::time::timeout(A_MOMENT, body.frame()).await {
        shown.extend(frame.into_data().unwrap_or_default());
    }
    shown.into()
}

/// What a request is after it came over a wire: headers without blanks around their values and with those that a client's connection
/// adds, a path, and an address.
fn arrive(parts: &mut Parts, body: &Body) {
    use axum::body::HttpBody as _;
    for value in parts.headers.values_mut() {
        *value = HeaderValue::from_bytes(value.as_bytes().trim_ascii()).expect("less of a value is one, too");
    }
    let host = parts.uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    parts.headers.entry(HOST).or_insert(host.expect("a URL has a host"));
    parts.headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    if let Some(length) = body.size_hint().exact() {
        let has_body = length > 0 || matches!(parts.method, Method::POST | Method::PUT | Method::PATCH);
        if has_body {
            parts.headers.entry(CONTENT_LENGTH).or_insert(HeaderValue::from(length));
        }
    }
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    parts.uri = path.parse().expect("the path of a URL is one");
    parts.extensions.insert(ConnectInfo(CALLER));
}

/// What the handshake of a connection would have proven: here the test's word counts.
fn peer(parts: &mut Parts) -> Peer {
    let shown = parts.headers.remove(CERTIFICATES);
    let text = shown.as_ref().map_or("", |shown| shown.to_str().expect("base64"));
    let ders = text.split(',').filter(|der| !der.is_empty());
    let ders: Vec<_> = ders.map(|der| BASE64_STANDARD.decode(der).expect("base64")).collect();
    let certificate = ders.first().map(|der| Arc::new(Certificate::from_der(der).expect("a certificate")));
    Peer { certificate, intermediates: Intermediates::new(ders.iter().skip(1).map(Vec::as_slice)) }
}
