//! A connection between a server under test and what it depends on, or who depends on it, which a test can cut, mend, slow
//! down, and lead elsewhere. It must never change what passes.

use std::io::{Read as _, Write as _, copy};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How much passes at once where it is slow.
const BLOCK: usize = 4096;

/// Passes everything on to another address, unless it is cut.
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
    open: Vec<TcpStream>,
}

impl Relay {
    /// Listens on a free port; it ends with the test's process.
    pub fn to(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let wire = State { target, pause: Duration::ZERO, cut: false, open: Vec::new() };
        let wire = Arc::new(Mutex::new(wire));
        let shared = Arc::clone(&wire);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // Dropping it is what a server that is down looks like.
                let _ = pass_on(stream, &shared);
            }
        });
        Self { address, wire }
    }

    /// Where to connect instead.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends all connections, and every new one at once.
    pub fn cut(&self) {
        let mut state = self.wire.lock().expect("no panics here");
        state.cut = true;
        for stream in state.open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Ends all connections; new ones lead to another address: that of a server that was started again.
    pub fn lead_to(&self, target: String) {
        self.cut();
        self.wire.lock().expect("no panics here").target = target;
        self.mend();
    }

    /// Takes a pause after every 4 KiB that come from the other side, on connections that are made from now on.
    pub fn slow_down(&self, pause: Duration) {
        self.wire.lock().expect("no panics here").pause = pause;
    }

    /// Lets new connections through again.
    pub fn mend(&self) {
        self.wire.lock().expect("no panics here").cut = false;
    }
}

fn pass_on(client: TcpStream, shared: &Mutex<State>) -> std::io::Result<()> {
    let mut state = shared.lock().expect("no panics here");
    if state.cut {
        return Ok(());
    }
    let server = TcpStream::connect(&state.target)?;
    state.open.extend([client.try_clone()?, server.try_clone()?]);
    let pause = state.pause;
    let (from, to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || carry(from, to, Duration::ZERO));
    thread::spawn(move || carry(server, client, pause));
    Ok(())
}

/// Carries everything over, until one side is closed.
fn carry(mut from: TcpStream, mut to: TcpStream, pause: Duration) {
    let _ = if pause.is_zero() { copy(&mut from, &mut to) } else { drip(&mut from, &mut to, pause) };
    let _ = to.shutdown(Shutdown::Both);
}

fn drip(from: &mut TcpStream, to: &mut TcpStream, pause: Duration) -> std::io::Result<u64> {
    let (mut block, mut carried) = ([0; BLOCK], 0);
    loop {
        let length = from.read(&mut block)?;
        if length == 0 {
            return Ok(carried);
        }
        to.write_all(&block[..length])?;
        carried += length as u64;
        thread::sleep(pause);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn it_passes_on_until_it_is_cut() {
        let echo = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Relay::to(echo.local_addr().unwrap().to_string());
        thread::spawn(move || {
            for stream in echo.incoming().map_while(Result::ok) {
                let _ = copy(&mut stream.try_clone().unwrap(), &mut &stream);
            }
        });
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
