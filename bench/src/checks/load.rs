//! The load generator: persistent TLS connections, on each of which devices send one request after the other.
//!
//! It parses the answers' headers itself, so that it uses little of the processors, which it shares with the measured server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::certificates::SERVER_NAME;

/// A persistent connection.
pub(crate) struct Connection {
    stream: TlsStream<TcpStream>,
    received: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr, tls: &Arc<ClientConfig>) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(SERVER_NAME)?;
        let stream = TlsConnector::from(tls.clone()).connect(name, stream).await.context("shaking hands")?;
        Ok(Self { stream, received: vec![0; 16 * 1024] })
    }

    /// Sends a request, and returns the body of the answer. An answer other than 200 is an error.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<&[u8]> {
        self.stream.write_all(request).await?;
        let (mut length, mut body) = (0, None);
        loop {
            if length == self.received.len() {
                self.received.resize(length * 2, 0);
            }
            let read = self.stream.read(&mut self.received[length..]).await?;
            ensure!(read > 0, "the connection was closed before the answer was complete");
            length += read;
            if body.is_none() {
                body = body_place(&self.received[..length])?;
            }
            if let Some((start, end)) = body
                && length >= end
            {
                ensure!(length == end, "more than an answer");
                return Ok(&self.received[start..end]);
            }
        }
    }
}

/// The start and the end of the answer's body, once its headers are complete.
fn body_place(received: &[u8]) -> anyhow::Result<Option<(usize, usize)>> {
    let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&received[..end])?;
    if !head.starts_with("HTTP/1.1 200 ") {
        bail!("not the expected answer: {}", String::from_utf8_lossy(received));
    }
    let header = |line: &'_ str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    };
    let length = head.lines().find_map(header).context("an answer says its length")?;
    Ok(Some((end + 4, end + 4 + length)))
}

/// The server that is asked, and the clients that ask.
pub(crate) struct Load<'a> {
    pub(crate) address: SocketAddr,
    /// Each client has one connection.
    pub(crate) clients: &'a [Arc<ClientConfig>],
    /// The beginning of every answer.
    pub(crate) expected: &'static str,
}

/// The result of a round.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) answers: u64,
    /// Answers per second.
    pub(crate) rate: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

impl Load<'_> {
    /// Lets all clients ask for this time, or until there is nothing more to ask. `questions` makes a function for the place of each
    /// client; that function writes the client's next request, and returns whether there was one.
    pub(crate) async fn run<Next>(
        &self,
        time: Duration,
        questions: impl Fn(u64) -> Next,
    ) -> anyhow::Result<Outcome>
    where
        Next: FnMut(&mut Vec<u8>) -> bool + Send + 'static,
    {
        let mut asking = Vec::new();
        for (place, tls) in self.clients.iter().enumerate() {
            asking.push((Connection::open(self.address, tls).await?, questions(place as u64)));
        }
        let (began, expected) = (Instant::now(), self.expected);
        let until = began + time;
        let mut tasks = JoinSet::new();
        for (connection, next) in asking {
            tasks.spawn(ask_until(connection, until, expected, next));
        }
        let mut times = Vec::new();
        while let Some(of_one) = tasks.join_next().await {
            times.extend(of_one??);
        }
        Ok(Outcome::of(times, began.elapsed()))
    }

    /// Lets all clients open a new connection for each request.
    pub(crate) async fn shake_hands(
        &self,
        time: Duration,
        request: impl Fn(u64) -> Vec<u8>,
    ) -> anyhow::Result<Outcome> {
        let (address, expected) = (self.address, self.expected);
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for (place, tls) in self.clients.iter().enumerate() {
            let (tls, request) = (tls.clone(), request(place as u64));
            tasks.spawn(async move {
                let mut times = Vec::new();
                while began.elapsed() < time {
                    let opened = Instant::now();
                    let mut connection = Connection::open(address, &tls).await?;
                    check(connection.ask(&request).await?, expected)?;
                    times.push(opened.elapsed());
                }
                anyhow::Ok(times)
            });
        }
        let mut times = Vec::new();
        while let Some(of_one) = tasks.join_next().await {
            times.extend(of_one??);
        }
        Ok(Outcome::of(times, began.elapsed()))
    }
}

async fn ask_until(
    mut connection: Connection,
    until: Instant,
    expected: &str,
    mut next: impl FnMut(&mut Vec<u8>) -> bool,
) -> anyhow::Result<Vec<Duration>> {
    let (mut times, mut request) = (Vec::new(), Vec::new());
    let mut began = Instant::now();
    while began < until {
        request.clear();
        if !next(&mut request) {
            break;
        }
        began = Instant::now();
        check(connection.ask(&request).await?, expected)?;
        times.push(began.elapsed());
    }
    Ok(times)
}

fn check(body: &[u8], expected: &str) -> anyhow::Result<()> {
    ensure!(
        body.starts_with(expected.as_bytes()),
        "not the answer {expected}: {}",
        String::from_utf8_lossy(body)
    );
    Ok(())
}

impl Outcome {
    #[expect(clippy::cast_precision_loss, reason = "a rate of less than 2^53")]
    fn of(mut times: Vec<Duration>, took: Duration) -> Self {
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
        let answers = times.len() as u64;
        Self { answers, rate: answers as f64 / took.as_secs_f64(), p50: at(50), p99: at(99) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_found_when_it_is_there() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: x\r\n\r\n{}";
        let place = body_place(whole).unwrap().unwrap();
        assert_eq!(&whole[place.0..place.1], b"{}");
        assert_eq!(body_place(&whole[..40]).unwrap(), None);
        assert!(body_place(b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n").is_err());
        assert!(body_place(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }

    #[test]
    fn percentiles_are_of_all_answers() {
        let outcome =
            Outcome::of((1..=1000).rev().map(Duration::from_micros).collect(), Duration::from_secs(2));
        assert_eq!((outcome.p50, outcome.p99), (Duration::from_micros(501), Duration::from_micros(991)));
        assert!((outcome.rate - 500.0).abs() < 1e-9);
    }
}
