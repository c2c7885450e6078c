//! TLS handshakes within a time, and an answer for clients that speak plain HTTP to a port that speaks HTTPS.

use std::io;
use std::time::Duration;

use axum_server::accept::{Accept, NoDelayAcceptor};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use futures_util::future::BoxFuture;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::lingering::Lingering;

/// The answer to a client that speaks plain HTTP.
const HINT: &str = r#"{"errors":[{"code":"bad_request","message":"this port speaks HTTPS: use a URL that begins with https://"}]}"#;

/// Accepts TLS connections. All of a handshake has to be over within a time.
#[derive(Clone, Debug)]
pub struct TlsAcceptor {
    tls: RustlsAcceptor<NoDelayAcceptor>,
    patience: Duration,
}

impl TlsAcceptor {
    /// With the server's certificate and rules.
    pub fn new(tls: RustlsConfig, patience: Duration) -> Self {
        // An answer that follows a session's ticket must not wait until the ticket was acknowledged.
        let tls = RustlsAcceptor::new(tls).handshake_timeout(patience).acceptor(NoDelayAcceptor::new());
        Self { tls, patience }
    }
}

impl<S: Send + 'static> Accept<TcpStream, S> for TlsAcceptor {
    type Stream = <RustlsAcceptor<NoDelayAcceptor> as Accept<TcpStream, S>>::Stream;
    type Service = S;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Self { tls, patience } = self.clone();
        Box::pin(async move {
            let shaking = async {
                if speaks_http(&stream).await? {
                    refuse(stream).await?;
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "the client speaks plain HTTP"));
                }
                tls.accept(stream, service).await
            };
            timeout(patience, shaking).await.unwrap_or_else(|late| Err(late.into()))
        })
    }
}

/// Whether the first byte is one of an HTTP method's name, which no TLS handshake begins with. It stays unread.
async fn speaks_http(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    let read = stream.peek(&mut first).await?;
    Ok(read == 1 && first[0].is_ascii_alphabetic())
}

async fn refuse(stream: TcpStream) -> io::Result<()> {
    let mut stream = Lingering::new(stream);
    let length = HINT.len();
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{HINT}"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}
