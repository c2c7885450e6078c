//! A TCP relay between a server under test and another program. A test can cut the connections, restore them, slow them down, redirect
//! them, or make the relay drop all data silently. It must never change the data that it passes on.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The number of bytes that pass at once if the relay is slow.
const BLOCK: usize = 4096;

/// Relays connections to another address.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    wire: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    target: String,
    pause: Duration,
    cut: bool,
    /// Whether new connections drop all data silently from the beginning.
    dark: bool,
    open: Vec<TcpStream>,
    /// For each open connection, whether it drops all data silently.
    swallowing: Vec<Arc<AtomicBool>>,
}

impl Relay {
    /// Listens on a free port. The relay ends with the process of the test.
    pub fn to(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let wire = State {
            target,
            pause: Duration::ZERO,
            cut: false,
            dark: false,
            open: vec![],
            swallowing: vec![],
        };
        let wire = Arc::new(Mutex::new(wire));
        let shared = Arc::clone(&wire);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // Dropping the connection looks like a server that is down.
                let _ = pass_on(stream, &shared);
            }
        });
        Self { address, wire }
    }

    /// A relay to the server of a database, and the URL of the database through the relay.
    pub fn to_database(url: &str) -> (Self, String) {
        let (start, rest) = url.split_once('@').expect("a database's URL has a user");
        let (host, name) = rest.split_once('/').expect("a database's URL ends with its name");
        let relay = Self::to(host.to_owned());
        let url = format!("{start}@{}/{name}", relay.address());
        (relay, url)
    }

    /// The address of the relay.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes all connections, and closes each new one immediately.
    pub fn cut(&self) {
        let mut state = self.wire.lock().expect("no panics here");
        state.cut = true;
        for stream in state.open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// From now on, the open connections drop all data silently in both directions, and stay open. This is what a failover, or a firewall
    /// that sends no reset, looks like. New connections work.
    pub fn black_hole(&self) {
        let mut state = self.wire.lock().expect("no panics here");
        for swallowing in state.swallowing.drain(..) {
            swallowing.store(true, Ordering::SeqCst);
        }
    }

    /// Like `black_hole`, and new connections are accepted and drop all data as well, until [`mend`](Self::mend).
    pub fn black_hole_everything(&self) {
        self.wire.lock().expect("no panics here").dark = true;
        self.black_hole();
    }

    /// Closes all connections, and relays new ones to another address, such as that of a restarted server.
    pub fn lead_to(&self, target: String) {
        self.cut();
        self.wire.lock().expect("no panics here").target = target;
        self.mend();
    }

    /// Pauses after every 4 KiB from the other side, on connections that are opened from now on.
    pub fn slow_down(&self, pause: Duration) {
        self.wire.lock().expect("no panics here").pause = pause;
    }

    /// Lets new connections work again. Connections that drop data continue to do so.
    pub fn mend(&self) {
        let mut state = self.wire.lock().expect("no panics here");
        state.cut = false;
        state.dark = false;
    }
}

fn pass_on(client: TcpStream, shared: &Mutex<State>) -> std::io::Result<()> {
    let mut state = shared.lock().expect("no panics here");
    if state.cut {
        return Ok(());
    }
    let server = TcpStream::connect(&state.target)?;
    state.open.extend([client.try_clone()?, server.try_clone()?]);
    let swallows = Arc::new(AtomicBool::new(state.dark));
    state.swallowing.push(Arc::clone(&swallows));
    let pause = state.pause;
    let (from, to, also) = (client.try_clone()?, server.try_clone()?, Arc::clone(&swallows));
    thread::spawn(move || carry(from, to, Duration::ZERO, &also));
    thread::spawn(move || carry(server, client, pause, &swallows));
    Ok(())
}

/// Copies the data until one side closes. A connection that drops data does not pass on the end of the connection either.
fn carry(mut from: TcpStream, mut to: TcpStream, pause: Duration, swallows: &AtomicBool) {
    let mut block = [0; BLOCK];
    while let Ok(length) = from.read(&mut block) {
        if length == 0 {
            break;
        }
        if !swallows.load(Ordering::SeqCst) && to.write_all(&block[..length]).is_err() {
            break;
        }
        if !pause.is_zero() {
            thread::sleep(pause);
        }
    }
    if !swallows.load(Ordering::SeqCst) {
        let _ = to.shutdown(Shutdown::Both);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read, Write, copy};

    use super::*;

    fn to_an_echo() -> Relay {
        let echo = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Relay::to(echo.local_addr().unwrap().to_string());
        thread::spawn(move || {
            for stream in echo.incoming().map_while(Result::ok) {
                thread::spawn(move || copy(&mut stream.try_clone().unwrap(), &mut &stream));
            }
        });
        relay
    }

    #[test]
    fn a_black_hole_answers_nothing_and_closes_nothing() {
        let relay = to_an_echo();
        let mut byte = [0];
        let connect = || {
            let stream = TcpStream::connect(relay.address()).unwrap();
            stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
            stream
        };
        let is_swallowed = |mut stream: &TcpStream| {
            stream.write_all(b"b").unwrap();
            let mut byte = [0];
            matches!(stream.read(&mut byte), Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
        };
        let mut stream = connect();
        stream.write_all(b"a").unwrap();
        stream.set_read_timeout(None).unwrap();
        stream.read_exact(&mut byte).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        relay.black_hole();
        assert!(is_swallowed(&stream));
        let mut fresh = TcpStream::connect(relay.address()).unwrap();
        fresh.write_all(b"c").unwrap();
        fresh.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"c");
        relay.black_hole_everything();
        assert!(is_swallowed(&connect()));
        relay.mend();
        assert!(is_swallowed(&stream), "mended only for new connections");
    }

    #[test]
    fn the_relay_passes_data_until_it_is_cut() {
        let relay = to_an_echo();
        let mut byte = [0];
        let mut stream = TcpStream::connect(relay.address()).unwrap();
        stream.write_all(b"a").unwrap();
        stream.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"a");
        relay.cut();
        assert!(stream.read_exact(&mut byte).is_err());
        relay.mend();
        let mut stream = TcpStream::connect(relay.address()).unwrap();
        stream.write_all(b"b").unwrap();
        stream.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"b");
    }
}
