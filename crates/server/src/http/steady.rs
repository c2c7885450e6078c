//! The limits of connections: their number, and a minimum rate at which their clients read. A connection whose client reads nothing, or
//! hardly anything, is closed.
//!
//! Only the time counts in which bytes wait for the client. A client that asks nothing is the business of the limit for idle
//! connections; an answer that takes long to make is not the client's fault.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tower_http::add_extension::AddExtension;

use crate::http::addresses::{AddressPlace, Addresses, Full};

/// How much a client has to take.
#[derive(Clone, Copy, Debug)]
pub struct LeastRate {
    /// The time over which it is measured.
    pub window: Duration,
    /// The bytes per second, on average over that time.
    pub bytes_per_second: u64,
    /// For how long it may take nothing of a stream that goes on.
    pub stream_patience: Duration,
}

impl LeastRate {
    const fn bytes_per_window(self) -> u64 {
        // Even a client without a minimum rate must read something.
        let bytes = self.bytes_per_second.saturating_mul(self.window.as_secs());
        if bytes == 0 { 1 } else { bytes }
    }
}

/// Accepts as `A` does, but no more connections than there may be; they are closed when their client is too slow.
#[derive(Clone, Debug)]
pub struct SteadyAcceptor<A> {
    /// Accepts them.
    pub acceptor: A,
    /// What is too slow.
    pub least: LeastRate,
    /// How many there may be.
    pub connections: Addresses,
}

/// How a request tells its connection that its answer is a stream that goes on.
#[derive(Clone, Debug, Default)]
pub struct StreamMark(Arc<AtomicBool>);

/// The connection's answer is a stream until this is dropped.
#[derive(Debug)]
pub struct MarkedStream(StreamMark);

impl StreamMark {
    /// Says so.
    pub fn begin(&self) -> MarkedStream {
        self.0.store(true, Ordering::Relaxed);
        MarkedStream(self.clone())
    }

    fn is_stream(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for MarkedStream {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Relaxed);
    }
}

impl<S, A> Accept<TcpStream, S> for SteadyAcceptor<A>
where
    A: Accept<TcpStream, S>,
    A::Future: Send + 'static,
{
    type Stream = Steady<A::Stream>;
    type Service = AddExtension<A::Service, StreamMark>;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let address = stream.peer_addr().map(|peer| peer.ip());
        let place = match self.connections.admit(address.ok()) {
            Ok(place) => place,
            Err(full) => return Box::pin(async move { Err(refused(full)) }),
        };
        let accepted = self.acceptor.accept(stream, service);
        let least = self.least;
        Box::pin(async move {
            let (stream, service) = accepted.await?;
            let steady = Steady { stream, pace: Pace::new(least), _place: Some(place) };
            let service = AddExtension::new(service, steady.pace.mark.clone());
            Ok((steady, service))
        })
    }
}

/// The connection is closed without an answer: before a handshake there is no telling what the client speaks.
fn refused(full: Full) -> io::Error {
    let limit = match full {
        Full::Address => "connections_per_address",
        Full::All => "connections",
    };
    metrics::counter!("olivine_refused_connections_total", "limit" => limit).increment(1);
    io::Error::other("as many connections as may be are open")
}

/// A connection whose client has to keep up.
#[derive(Debug)]
pub struct Steady<S> {
    stream: S,
    pace: Pace,
    _place: Option<AddressPlace>,
}

/// How fast the client has been since the window began.
#[derive(Debug)]
struct Pace {
    least: LeastRate,
    /// Bytes that the client, or the system's buffers, took.
    bytes: u64,
    /// For how long in all bytes waited for it.
    waited: Duration,
    /// Since when bytes wait now, if they do.
    since: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
    mark: StreamMark,
}

impl Pace {
    fn new(least: LeastRate) -> Self {
        let mark = StreamMark::default();
        Self { least, bytes: 0, waited: Duration::ZERO, since: None, alarm: None, mark }
    }

    /// Notes how an attempt to write ended. The error says that the client is too slow.
    fn note<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        bytes: impl FnOnce(&T) -> usize,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        match &written {
            Poll::Ready(Ok(done)) => {
                self.bytes = self.bytes.saturating_add(bytes(done) as u64);
                self.waited += self.since.take().map_or(Duration::ZERO, |since| since.elapsed());
            }
            Poll::Pending if self.is_too_slow(cx) => return Poll::Ready(Err(too_slow())),
            Poll::Ready(Err(_)) | Poll::Pending => {}
        }
        written
    }

    /// Judges a client for which bytes wait, and sees to it that it is judged again in time.
    fn is_too_slow(&mut self, cx: &mut Context<'_>) -> bool {
        if self.mark.is_stream() && self.takes_nothing(cx) {
            return true;
        }
        loop {
            let waited = self.waited + self.since.get_or_insert_with(Instant::now).elapsed();
            if waited >= self.least.window {
                if self.bytes < self.least.bytes_per_window() {
                    return true;
                }
                *self = Self { mark: self.mark.clone(), ..Self::new(self.least) };
                continue;
            }
            let left = self.least.window.saturating_sub(waited);
            if self.alarm.get_or_insert_with(|| Box::pin(sleep(left))).as_mut().poll(cx).is_pending() {
                return false;
            }
            // It was set before all of this was waited.
            self.alarm = None;
        }
    }
}

impl Pace {
    /// Judges a client of a stream. What a stream shows is little, so that its bytes wait only where the client takes none at all.
    fn takes_nothing(&mut self, cx: &mut Context<'_>) -> bool {
        let until = *self.since.get_or_insert_with(Instant::now) + self.least.stream_patience;
        if Instant::now() >= until {
            return true;
        }
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if alarm.deadline() > until {
            alarm.as_mut().reset(until);
        }
        // If the timer fires too early, the next check sets it again.
        if alarm.as_mut().poll(cx).is_ready() {
            self.alarm = None;
        }
        false
    }
}

fn too_slow() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the client takes its answer more slowly than the server allows")
}

impl<S: AsyncRead + Unpin> AsyncRead for Steady<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Steady<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Self { stream, pace, .. } = &mut *self;
        let written = Pin::new(stream).poll_write(cx, bytes);
        pace.note(written, |bytes| *bytes, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { stream, pace, .. } = &mut *self;
        let written = Pin::new(stream).poll_write_vectored(cx, slices);
        pace.note(written, |bytes| *bytes, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, pace, .. } = &mut *self;
        let flushed = Pin::new(stream).poll_flush(cx);
        pace.note(flushed, |()| 0, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, pace, .. } = &mut *self;
        let shut = Pin::new(stream).poll_shutdown(cx);
        pace.note(shut, |()| 0, cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const BUFFER: usize = 1024;

    fn steady<S>(stream: S, bytes_per_second: u64) -> Steady<S> {
        let least =
            LeastRate { window: Duration::from_secs(1), bytes_per_second, stream_patience: Duration::MAX };
        Steady { stream, pace: Pace::new(least), _place: None }
    }

    #[tokio::test]
    async fn a_client_that_reads_nothing_is_let_go() {
        let (server, _client) = duplex(BUFFER);
        let mut server = steady(server, 0);
        let began = Instant::now();
        // One buffer is filled, which is something; in the window after it nothing is taken.
        let error = server.write_all(&[0; 2 * BUFFER]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut, "{error}");
        assert!(began.elapsed() >= Duration::from_secs(2));
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_of_a_stream_is_let_go_sooner() {
        let least = LeastRate {
            window: Duration::from_mins(1),
            bytes_per_second: 1,
            stream_patience: Duration::from_secs(1),
        };
        let (server, mut client) = duplex(BUFFER);
        let mut server = Steady { stream: server, pace: Pace::new(least), _place: None };
        let mark = server.pace.mark.clone();
        let stream = mark.begin();
        // As long as it takes something, it is not let go, however little that is.
        let reading = async {
            for _ in 0..3 {
                tokio::time::sleep(Duration::from_millis(700)).await;
                client.read_exact(&mut [0; 1]).await.unwrap();
            }
            Instant::now()
        };
        let bytes = [0; 2 * BUFFER];
        let (written, last_taken) = tokio::join!(server.write_all(&bytes), reading);
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let waited = last_taken.elapsed();
        assert!((Duration::from_secs(1)..Duration::from_secs(20)).contains(&waited), "{waited:?}");
        drop(stream);
        assert!(!mark.is_stream(), "what comes after it on the connection is no stream");
    }

    #[tokio::test]
    async fn a_client_below_the_rate_is_let_go_and_one_above_it_is_not() {
        for (bytes_per_second, is_let_go) in [(1 << 20, true), (BUFFER as u64, false)] {
            let (server, mut client) = duplex(BUFFER);
            let mut server = steady(server, bytes_per_second);
            let reading = tokio::spawn(async move {
                let (mut taken, mut buffer) = (0, [0; BUFFER]);
                while taken < 12 * BUFFER {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    taken += client.read(&mut buffer).await.unwrap_or(0).max(1);
                }
            });
            let written = server.write_all(&[0; 12 * BUFFER]).await;
            assert_eq!(written.is_err(), is_let_go, "{bytes_per_second} bytes per second");
            reading.abort();
        }
    }

    #[tokio::test]
    async fn the_time_in_which_nothing_is_sent_does_not_count() {
        let (server, mut client) = duplex(BUFFER);
        let mut server = steady(server, 1 << 20);
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(500)).await;
            server.write_all(&[0; BUFFER]).await.unwrap();
            client.read_exact(&mut [0; BUFFER]).await.unwrap();
        }
    }
}
