//! A listener that can be closed without resetting connections that the system has established already.
//!
//! Connections wait in the system's queue until they are accepted. Closing the listener resets those that still wait, and a client that
//! has sent a request on such a connection does not know whether it was carried out.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::extract::connect_info::Connected;
use axum_server::{AddrListener, Address};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Where a connection comes from.
#[derive(Clone, Copy, Debug)]
pub struct Peer(SocketAddr);

impl Connected<Peer> for SocketAddr {
    fn connect_info(peer: Peer) -> Self {
        peer.0
    }
}

impl Address for Peer {
    type Stream = TcpStream;
    type Listener = Acceptor;
}

/// A listener that accepts until it is told to close.
#[derive(Debug)]
pub struct Acceptor {
    listener: Mutex<Option<Listener>>,
    address: SocketAddr,
    close: CancellationToken,
}

/// The same listener twice: one is asked by the runtime, the other asks the system itself.
#[derive(Debug)]
struct Listener {
    waiting: TcpListener,
    asking: std::net::TcpListener,
}

impl Acceptor {
    /// Takes a listener that does not block.
    pub fn new(listener: std::net::TcpListener, close: CancellationToken) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let asking = listener.try_clone()?;
        let listener = Listener { waiting: TcpListener::from_std(listener)?, asking };
        Ok(Self { listener: Mutex::new(Some(listener)), address, close })
    }

    /// The next connection; `None` once it is closed.
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Option<(TcpStream, Peer)>>> {
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = &*listener else { return Poll::Ready(Ok(None)) };
        // The runtime may not have noticed yet that a connection waits.
        match open.asking.accept() {
            Ok((stream, address)) => {
                stream.set_nonblocking(true)?;
                return Poll::Ready(Ok(Some((TcpStream::from_std(stream)?, Peer(address)))));
            }
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Poll::Ready(Err(error)),
            Err(_) if self.close.is_cancelled() => {
                *listener = None;
                return Poll::Ready(Ok(None));
            }
            Err(_) => {}
        }
        let (stream, address) = ready!(open.waiting.poll_accept(cx))?;
        Poll::Ready(Ok(Some((stream, Peer(address)))))
    }

    async fn accept(&self) -> io::Result<(TcpStream, Peer)> {
        let next = || std::future::poll_fn(|cx| self.poll_accept(cx));
        let accepted = match self.close.run_until_cancelled(next()).await {
            Some(accepted) => accepted?,
            // It has to close: waiting connections are accepted first.
            None => next().await?,
        };
        match accepted {
            Some(accepted) => Ok(accepted),
            None => std::future::pending().await,
        }
    }
}

impl AddrListener<TcpStream, Peer> for Acceptor {
    async fn bind_to(peer: Peer) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(peer.0)?;
        listener.set_nonblocking(true)?;
        Self::new(listener, CancellationToken::new())
    }

    async fn accept_stream(&self) -> io::Result<(TcpStream, Peer)> {
        self.accept().await
    }

    fn get_local_addr(&self) -> io::Result<Peer> {
        Ok(Peer(self.address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_is_let_in_before_it_closes() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let close = CancellationToken::new();
        let acceptor = Acceptor::new(listener, close.clone()).unwrap();
        let waiting: Vec<_> = (0..5).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
        close.cancel();
        for stream in &waiting {
            let (_, peer) = acceptor.accept().await.unwrap();
            assert_eq!(peer.0, stream.local_addr().unwrap());
        }
        let patience = std::time::Duration::from_millis(50);
        assert!(tokio::time::timeout(patience, acceptor.accept()).await.is_err());
        assert!(std::net::TcpStream::connect(address).is_err());
    }
}
