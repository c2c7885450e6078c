//! A proxy in front of a server that counts the bytes that pass, to show that content does not. It must never change them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Forwards connections to a server until it is dropped.
pub(super) struct Counted {
    /// The URL of the proxy.
    pub(super) url: String,
    passed: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Counted {
    /// Starts a proxy in front of the server at `url`.
    pub(super) async fn to(url: &str) -> anyhow::Result<Self> {
        let target: SocketAddr = url.trim_start_matches("http://").parse()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (url, passed) = (format!("http://{}", listener.local_addr()?), Arc::new(AtomicU64::new(0)));
        let counter = passed.clone();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(target).await else { continue };
                let ((from_client, to_client), (from_server, to_server)) =
                    (client.into_split(), server.into_split());
                tokio::spawn(pass(from_client, to_server, counter.clone()));
                tokio::spawn(pass(from_server, to_client, counter.clone()));
            }
        });
        Ok(Self { url, passed, task })
    }

    /// The number of bytes that have passed, in both directions.
    pub(super) fn bytes(&self) -> u64 {
        self.passed.load(Ordering::SeqCst)
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, counter: Arc<AtomicU64>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        counter.fetch_add(length as u64, Ordering::SeqCst);
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    // The other side may have closed the connection already.
    let _ = to.shutdown().await;
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.task.abort();
    }
}
