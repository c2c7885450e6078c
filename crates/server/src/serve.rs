//! Listening, and stopping without losing anything.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::TokioTimer;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use olivine_operations::jobs;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::app::{App, router};
use crate::config::Config;
use crate::startup::{self, ADMIN_KEY_FILE};

/// Serves until it is told to stop.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let listener = TcpListener::bind(config.server.listen);
    let listener = listener.with_context(|| format!("listening on {}", config.server.listen))?;
    listener.set_nonblocking(true).context("preparing the listener")?;
    let address = listener.local_addr().context("finding the port")?;
    let metrics = PrometheusBuilder::new().install_recorder().context("starting the metrics")?;
    tokio::spawn(fold_metrics(metrics.clone()));
    let started = startup::start(&config, address).await?;

    let stop = CancellationToken::new();
    let owner = format!("{}-{}", std::process::id(), started.ctx.new_uuid());
    let runner = tokio::spawn(jobs::run(started.ctx.clone(), owner, stop.clone()));

    let handle = Handle::new();
    let patience = Duration::from_secs(config.server.shutdown_seconds);
    tokio::spawn(stop_on_signal(handle.clone(), patience, stop.clone()));
    let tls = tls(&config).await?;
    let announced = Announcement::write(&config, address)?;
    let app = App::new(started.ctx.clone(), config.limits.clone(), metrics);
    listen(&config, tls, listener, handle, app).await?;

    drop(announced);
    stop.cancel();
    runner.await.context("the job runner")?;
    started.ctx.db().clone().close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Sums up what was measured. Until then the figure of each single request is kept, which nothing else would end where nobody asks
/// for `/metrics`.
async fn fold_metrics(metrics: PrometheusHandle) {
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        metrics.run_upkeep();
    }
}

async fn listen(
    config: &Config,
    tls: Option<RustlsConfig>,
    listener: TcpListener,
    handle: Handle<SocketAddr>,
    app: App,
) -> anyhow::Result<()> {
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let served = if let Some(tls) = tls {
        let mut server = axum_server::from_tcp_rustls(listener, tls)?.handle(handle).http1_only();
        set_limits(config, server.http_builder());
        server.serve(service).await
    } else {
        let mut server = axum_server::from_tcp(listener)?.handle(handle).http1_only();
        set_limits(config, server.http_builder());
        server.serve(service).await
    };
    served.context("serving")
}

/// The certificate and its key, if the server is to speak HTTPS.
async fn tls(config: &Config) -> anyhow::Result<Option<RustlsConfig>> {
    let (Some(certificate), Some(key)) = (&config.server.tls_certificate, &config.server.tls_key) else {
        return Ok(None);
    };
    let loaded = RustlsConfig::from_pem_file(certificate, key).await;
    let loaded = loaded.context("reading the TLS certificate and key")?;
    let mut offered = loaded.get_inner().as_ref().clone();
    // It offers HTTP/2 too by default, which clients would then choose, and which is not spoken here.
    offered.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(RustlsConfig::from_config(Arc::new(offered))))
}

/// HTTP/1.1 only: what telling HTTP/2 from it would wait for has no time limit. A proxy in front may speak whatever it likes.
fn set_limits(
    config: &Config,
    builder: &mut hyper_util::server::conn::auto::Builder<hyper_util::rt::TokioExecutor>,
) {
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(config.limits.header_seconds))
        .max_buf_size(config.limits.header_bytes.max(8192));
}

async fn stop_on_signal(handle: Handle<SocketAddr>, patience: Duration, stop: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals can't be received: stop this server with SIGKILL, which loses nothing");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: requests that are being answered may take {} s to finish", patience.as_secs());
    stop.cancel();
    handle.graceful_shutdown(Some(patience));
}

/// `server.json` in the data folder: says that the server is ready, where it is reached, and by which process. Gone when it stops.
struct Announcement {
    path: PathBuf,
}

impl Announcement {
    fn write(config: &Config, address: SocketAddr) -> anyhow::Result<Self> {
        let path = config.data_dir.join("server.json");
        let local = SocketAddr::new(local_ip(address), address.port());
        let scheme = if config.server.tls_certificate.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{local}");
        let json = serde_json::json!({"pid": std::process::id(), "admin_url": url});
        startup::write_private(&path, format!("{json}\n").as_bytes())?;
        tracing::info!(%address, "ready");
        greet(&url, &config.data_dir);
        Ok(Self { path })
    }
}

/// An address that reaches a listener on all addresses from this machine.
fn local_ip(address: SocketAddr) -> std::net::IpAddr {
    if address.ip().is_unspecified() { std::net::Ipv4Addr::LOCALHOST.into() } else { address.ip() }
}

/// To whoever started it by hand.
#[expect(clippy::print_stdout, reason = "for the person at the terminal; the log goes to standard error")]
fn greet(url: &str, data_dir: &Path) {
    println!("Olivine is ready at {url} (API documentation: {url}/docs)");
    println!("The admin API key is in {}", data_dir.join(ADMIN_KEY_FILE).display());
}

impl Drop for Announcement {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, "server.json was gone already");
        }
    }
}
