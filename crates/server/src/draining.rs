//! Stopping without failed requests: first the load balancer is told, then connections end between two requests, then the listeners close.

use std::time::Duration;

use axum::response::Response;
use axum_server::Handle;
use http::HeaderValue;
use http::header::CONNECTION;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::acceptor::Peer;
use crate::config::Server;

/// How long a client that connected at the last moment has to send a request.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// How far stopping has come.
#[derive(Clone, Debug, Default)]
pub struct Stages {
    /// The server was told to stop.
    pub told: CancellationToken,
    /// Nobody is let in any more.
    pub closed: CancellationToken,
}

impl Stages {
    /// Asks the client to send its next request on another connection, once the server was told to stop. So a connection does not end
    /// while a request is on its way.
    pub fn say_goodbye(&self, response: &mut Response) {
        if self.told.is_cancelled() {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

/// Waits for a signal, and goes through the stages. A second signal shortens the first one.
pub async fn stop_on_signal(handles: [Handle<Peer>; 3], config: Server, stages: Stages) {
    let (Ok(terminate), Ok(interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals can't be received: stop this server with SIGKILL, which loses nothing");
        return;
    };
    let mut signals = [terminate, interrupt];
    next(&mut signals).await;
    stages.told.cancel();
    if config.drain_seconds > 0 {
        tracing::info!(
            "stopping in {} s, so that nobody is sent here any more by then",
            config.drain_seconds
        );
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(config.drain_seconds)) => {}
            () = next(&mut signals) => {}
        }
        stages.closed.cancel();
        tokio::time::sleep(LAST_MOMENT).await;
    }
    let patience = Duration::from_secs(config.shutdown_seconds);
    tracing::info!("stopping: requests that are being answered may take {} s to finish", patience.as_secs());
    stages.closed.cancel();
    for handle in handles {
        handle.graceful_shutdown(Some(patience));
    }
}

async fn next(signals: &mut [Signal; 2]) {
    let [terminate, interrupt] = signals;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
