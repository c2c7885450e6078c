//! Listening, and stopping without losing anything.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum_server::tls_rustls::RustlsConfig;
use axum_server::{Handle, Server};
use futures_util::FutureExt as _;
use futures_util::future::OptionFuture;
use hyper_util::rt::TokioTimer;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use olivine_operations::{Context, clock, distribution, jobs, signals};
use tokio_util::sync::CancellationToken;
use tracing_appender::non_blocking::ErrorCounter;

use crate::acceptor::{Acceptor, Peer};
use crate::announcement::Announcement;
use crate::app::App;
use crate::config::{Config, Role};
use crate::device::app::HEADER_BYTES;
use crate::device::connections::DeviceAcceptor;
use crate::device::tls::Devices;
use crate::draining::{Stages, stop_on_signal};
use crate::handshake::TlsAcceptor;
use crate::http::addresses::Addresses;
use crate::http::steady::SteadyAcceptor;
use crate::lingering::LingeringAcceptor;
use crate::router;
use crate::tls::{self, People, Source, outlive_hangups};
use crate::{descriptors, startup};

/// The time for a TLS handshake with people.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Serves until it is told to stop. `dropped` counts the lines of the log that nobody took.
pub async fn serve(config: Config, dropped: ErrorCounter) -> anyhow::Result<()> {
    outlive_hangups()?;
    descriptors::outlive_file_sizes().context("preparing for SIGXFSZ")?;
    descriptors::raise_open_files();
    let (admin, admin_address) = bind(config.server.listen)?;
    let device = config.has(Role::Device).then(|| bind(config.device.listen)).transpose()?;
    let device_address = device.as_ref().map(|(_, address)| *address);
    let operations = config.server.operations_listen.map(bind).transpose()?;
    let operations_address = operations.as_ref().map(|(_, address)| *address);
    let metrics = PrometheusBuilder::new().install_recorder().context("starting the metrics")?;
    tokio::spawn(keep_metrics(metrics.clone(), dropped));
    let started = startup::start(&config, admin_address).await?;
    let tls = follow(People::of(&config), &started.ctx).context("the TLS of people's listener")?;
    let devices = device_address.and_then(|address| Devices::of(&config, address));
    let device_tls = follow(devices, &started.ctx).context("the Device API's TLS")?;
    warn_of_proxies(&config, device_tls.is_some());

    let stages = Stages::default();
    let runner = config.has(Role::Jobs).then(|| {
        let owner = format!("{}-{}", std::process::id(), started.ctx.new_uuid());
        tokio::spawn(jobs::run(started.ctx.clone(), owner, stages.told.clone()))
    });

    tokio::spawn(startup::try_storage(started.ctx.clone()));
    tokio::spawn(clock::keep_in_step(started.ctx.clone()));

    // What devices did meanwhile is written last of all, when nobody asks any more.
    distribution::begin(&started.ctx, started.organization.id).await?;
    let unasked = CancellationToken::new();
    let distribution = tokio::spawn(distribution::run(started.ctx.clone(), unasked.clone()));
    let signals = tokio::spawn(signals::run(started.ctx.clone(), unasked.clone()));

    let handles = [Handle::new(), Handle::new(), Handle::new()];
    tokio::spawn(stop_on_signal(handles.clone(), config.server.clone(), stages.clone()));
    let announced = Announcement::write(&config, admin_address, device_address, operations_address)?;
    let app = App::new(started.ctx.clone(), &config, metrics, stages.clone());
    let [admin_handle, device_handle, operations_handle] = handles;
    let for_people = listen(&config, tls, admin, admin_handle, app.clone());
    let for_devices = OptionFuture::from(
        device.map(|(device, _)| listen_to_devices(&config, device_tls, device, device_handle, app.clone())),
    );
    let for_operations = OptionFuture::from(
        operations
            .map(|(listener, _)| listen_to_operations(&config, listener, operations_handle, app.clone())),
    );
    tokio::try_join!(for_people, for_devices.map(Option::transpose), for_operations.map(Option::transpose))?;

    drop(announced);
    stages.told.cancel();
    unasked.cancel();
    if let Some(runner) = runner {
        runner.await.context("the job runner")?;
    }
    distribution.await.context("distribution")?;
    signals.await.context("signals")?;
    started.ctx.db().clone().close().await;
    tracing::info!("stopped");
    Ok(())
}

/// A listener, and the address that it got.
fn bind(address: SocketAddr) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).with_context(|| format!("listening on {address}"))?;
    listener.set_nonblocking(true).context("preparing the listener")?;
    let address = listener.local_addr().context("finding the port")?;
    Ok((listener, address))
}

/// Sums up what was measured. Until then the figure of each single request is kept, which nothing else would end where nobody asks
/// for `/metrics`.
async fn keep_metrics(metrics: PrometheusHandle, dropped: ErrorCounter) {
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let lines = u64::try_from(dropped.dropped_lines()).unwrap_or(u64::MAX);
        metrics::counter!("olivine_log_lines_dropped_total").absolute(lines);
        metrics.run_upkeep();
    }
}

async fn listen(
    config: &Config,
    tls: Option<RustlsConfig>,
    listener: TcpListener,
    handle: Handle<Peer>,
    app: App,
) -> anyhow::Result<()> {
    let incoming = Server::from_listener(Acceptor::new(listener, app.stages.closed.clone())?).handle(handle);
    let routes = if config.has(Role::Api) {
        router::for_people(app, &config.console)
    } else {
        router::probes_only(app)
    };
    let header_bytes = config.limits.header_bytes;
    let served = if let Some(tls) = tls {
        let mut server = incoming.acceptor(limited(config, TlsAcceptor::new(tls, HANDSHAKE))).http1_only();
        set_limits(config, header_bytes, server.http_builder());
        server.serve(routes.into_make_service_with_connect_info::<SocketAddr>()).await
    } else {
        serve_plain(config, incoming, header_bytes, routes).await
    };
    served.context("serving")
}

async fn listen_to_devices(
    config: &Config,
    tls: Option<RustlsConfig>,
    listener: TcpListener,
    handle: Handle<Peer>,
    app: App,
) -> anyhow::Result<()> {
    let incoming = Server::from_listener(Acceptor::new(listener, app.stages.closed.clone())?).handle(handle);
    let routes = router::for_devices(app, &config.device);
    let header_bytes = config.limits.header_bytes.min(HEADER_BYTES);
    let served = if let Some(tls) = tls {
        let patience = Duration::from_secs(config.device.handshake_seconds);
        let tls = DeviceAcceptor(TlsAcceptor::new(tls, patience));
        let mut server = incoming.acceptor(limited(config, tls)).http1_only();
        set_limits(config, header_bytes, server.http_builder());
        server.serve(routes.into_make_service_with_connect_info::<SocketAddr>()).await
    } else {
        serve_plain(config, incoming, header_bytes, routes).await
    };
    served.context("serving devices")
}

/// For programs of the operator's, in plain HTTP: nothing here is a secret where only they reach it.
async fn listen_to_operations(
    config: &Config,
    listener: TcpListener,
    handle: Handle<Peer>,
    app: App,
) -> anyhow::Result<()> {
    let incoming = Server::from_listener(Acceptor::new(listener, app.stages.closed.clone())?).handle(handle);
    let served = serve_plain(config, incoming, config.limits.header_bytes, router::operations(app)).await;
    served.context("serving the operator's programs")
}

async fn serve_plain(
    config: &Config,
    incoming: Server<Peer>,
    header_bytes: usize,
    routes: Router,
) -> std::io::Result<()> {
    let mut server = incoming.map(|plain| limited(config, plain)).http1_only();
    set_limits(config, header_bytes, server.http_builder());
    server.serve(routes.into_make_service_with_connect_info::<SocketAddr>()).await
}

/// Accepts as `acceptor` does, within the limits of one listener's connections.
fn limited<A>(config: &Config, acceptor: A) -> SteadyAcceptor<LingeringAcceptor<A>> {
    SteadyAcceptor {
        acceptor: LingeringAcceptor(acceptor),
        least: config.limits.least_rate(),
        connections: Addresses::new(config.connections()),
    }
}

/// What a listener works with that speaks TLS; it takes up a certificate that is renewed.
fn follow<S: Source>(source: Option<S>, ctx: &Context) -> anyhow::Result<Option<RustlsConfig>> {
    let Some(source) = source else { return Ok(None) };
    let followed = tls::open(source, ctx.now())?;
    let tls = followed.tls();
    tokio::spawn(followed.follow(ctx.clone()));
    Ok(Some(tls))
}

/// A proxy that passes TLS on can't keep its clients from sending the header by which they would be any device.
fn warn_of_proxies(config: &Config, speaks_tls: bool) {
    if speaks_tls && !config.device.trusted_proxies.is_empty() {
        tracing::warn!(
            header = config.device.client_certificate_header,
            "device.trusted_proxies is set and device.tls is on: from these addresses, a connection without a certificate is taken for the \
             device that this header (device.client_certificate_header) names. This is right only for proxies that end TLS and set that header \
             themselves; if one of them passes TCP on, anybody can be any device: take it out of device.trusted_proxies"
        );
    }
}

/// HTTP/1.1 only: what telling HTTP/2 from it would wait for has no time limit. A proxy in front may speak whatever it likes.
fn set_limits(
    config: &Config,
    header_bytes: usize,
    builder: &mut hyper_util::server::conn::auto::Builder<hyper_util::rt::TokioExecutor>,
) {
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(config.limits.header_seconds))
        .max_buf_size(header_bytes.max(8192));
}
