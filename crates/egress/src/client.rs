//! The client itself: how long it waits, what it refuses, and how much of an answer it reads.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode};
use reqwest::redirect;
use url::Url;

use crate::network::{Network, PublicResolver, Refused};

/// How long a client waits.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a connection, with its TLS handshake.
    pub connect: Duration,
    /// For the beginning of an answer, counted from the first byte of the request, and for each next piece of the answer.
    pub read: Duration,
}

/// Sends requests to one network. Clones share their connections; a client that must not share any is another client.
#[derive(Clone, Debug)]
pub struct Client {
    inner: reqwest::Client,
    network: Network,
}

/// A request with a body that is small enough for memory.
#[derive(Clone, Debug)]
pub struct Request {
    /// What to do.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// Headers besides those that the client sets (`host`, `content-length`).
    pub headers: HeaderMap,
    /// The body; `None` sends no body and no length.
    pub body: Option<Bytes>,
}

/// A whole answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status. A redirect is an answer as well.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// Why there is no whole answer. No text here holds a URL: its query may be a permission.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The URL may not be requested. Nothing was sent.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// No connection, no answer, or only a part of one.
    #[error("the request got no answer")]
    Failed(#[source] reqwest::Error),
    /// The answer is longer than was to be read.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
}

/// Why a client can't be made.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client can't be set up")]
pub struct ConfigurationError(#[source] reqwest::Error);

impl SendError {
    fn failed(error: reqwest::Error) -> Self {
        Self::Failed(error.without_url())
    }
}

impl Client {
    /// A client that stays in `network`.
    pub fn new(network: Network, timeouts: Timeouts) -> Result<Self, ConfigurationError> {
        let builder = reqwest::Client::builder()
            .connect_timeout(timeouts.connect)
            .read_timeout(timeouts.read)
            .redirect(redirect::Policy::none());
        let builder = match network {
            Network::Any => builder,
            // A proxy would resolve names itself.
            Network::PublicOnly => builder.no_proxy().dns_resolver(Arc::new(PublicResolver)),
        };
        Ok(Self { inner: builder.build().map_err(ConfigurationError)?, network })
    }

    /// Sends a request and reads its answer, up to `most` bytes of body.
    pub async fn send(&self, request: Request, most: usize) -> Result<Answer, SendError> {
        let Request { method, url, headers, body } = request;
        let builder = self.checked_for(&url)?.request(method, url).headers(headers);
        let builder = match body {
            Some(body) => builder.body(body),
            None => builder,
        };
        let mut response = builder.send().await.map_err(SendError::failed)?;
        let mut body = BytesMut::new();
        while let Some(piece) = response.chunk().await.map_err(SendError::failed)? {
            if body.len() + piece.len() > most {
                return Err(SendError::TooLong(most));
            }
            body.extend_from_slice(&piece);
        }
        let headers = std::mem::take(response.headers_mut());
        Ok(Answer { status: response.status(), headers, body: body.freeze() })
    }

    /// The client below, for a request to `url` and for no other: what streams its body, or is made by a library, goes through it.
    pub fn checked_for(&self, url: &Url) -> Result<&reqwest::Client, Refused> {
        self.network.check(url)?;
        Ok(&self.inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers each connection with `answer` and counts on nobody to ask for anything in particular.
    async fn server(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        address
    }

    fn client(network: Network) -> Client {
        let timeouts = Timeouts { connect: Duration::from_secs(5), read: Duration::from_secs(20) };
        Client::new(network, timeouts).unwrap()
    }

    fn get(url: &str) -> Request {
        let url = url.parse().unwrap();
        Request { method: Method::GET, url, headers: HeaderMap::new(), body: None }
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_is_not_followed() {
        let address = server(
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        )
        .await;
        let answer = client(Network::Any).send(get(&format!("http://{address}/")), 10).await.unwrap();
        assert_eq!(answer.status, StatusCode::FOUND);
        assert_eq!(answer.headers["location"], "http://127.0.0.1:1/");
    }

    #[tokio::test]
    async fn no_more_of_an_answer_is_read_than_was_asked_for() {
        let address = server("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n0123456789").await;
        let url = format!("http://{address}/");
        let client = client(Network::Any);
        assert_eq!(client.send(get(&url), 10).await.unwrap().body, "0123456789");
        assert!(matches!(client.send(get(&url), 9).await, Err(SendError::TooLong(9))));
    }

    #[tokio::test]
    async fn a_private_address_is_refused_by_its_number_and_by_its_name() {
        let port = server("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await.port();
        let client = client(Network::PublicOnly);
        let by_number = client.send(get(&format!("http://127.0.0.1:{port}/")), 10).await;
        assert!(matches!(by_number, Err(SendError::Refused(Refused::NotPublic(_)))), "{by_number:?}");
        let by_name = client.send(get(&format!("http://localhost:{port}/?secret")), 10).await.unwrap_err();
        let SendError::Failed(source) = by_name else { panic!("{by_name:?}") };
        let text = format!("{source:?}");
        assert!(text.contains("has no address on the public internet"), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}
