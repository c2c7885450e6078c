//! A connection between a server under test and what it depends on, which a test can cut and mend.

use std::io::copy;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Passes everything on to another address, unless it is cut.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    wire: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    cut: bool,
    open: Vec<TcpStream>,
}

impl Relay {
    /// Listens on a free port; it ends with the test's process.
    pub fn to(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let wire = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&wire);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // Dropping it is what a server that is down looks like.
                let _ = pass_on(stream, &target, &shared);
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

    /// Lets new connections through again.
    pub fn mend(&self) {
        self.wire.lock().expect("no panics here").cut = false;
    }
}

fn pass_on(client: TcpStream, target: &str, shared: &Mutex<State>) -> std::io::Result<()> {
    let mut state = shared.lock().expect("no panics here");
    if state.cut {
        return Ok(());
    }
    let server = TcpStream::connect(target)?;
    state.open.extend([client.try_clone()?, server.try_clone()?]);
    for (mut from, mut to) in [(client.try_clone()?, server.try_clone()?), (server, client)] {
        thread::spawn(move || {
            let _ = copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
    Ok(())
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
