//! A single TLS connection of a device that stays open, so that a test knows that it is the same one. It must never reconnect by itself.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::StreamOwned;
use rustls::client::{ClientConfig, ClientConnection};
use rustls::pki_types::ServerName;

use crate::wire::parsed;
use crate::{Answer, scaled};

/// A server that sends nothing for longer is stuck.
const PATIENCE: Duration = Duration::from_secs(30);

/// One open connection.
pub struct Line {
    tls: StreamOwned<ClientConnection, TcpStream>,
    base_url: String,
}

impl Line {
    pub(crate) fn connect(base_url: &str, tls: Arc<ClientConfig>) -> Self {
        let address = base_url.strip_prefix("https://").expect("devices speak TLS");
        let stream = TcpStream::connect(address).expect("the server accepts connections");
        stream.set_read_timeout(Some(PATIENCE)).expect("a positive time");
        stream.set_nodelay(true).expect("a TCP connection");
        let name = ServerName::try_from("localhost").expect("a name");
        let tls = StreamOwned::new(ClientConnection::new(tls, name).expect("a client"), stream);
        Self { tls, base_url: base_url.to_owned() }
    }

    /// Sends a `GET` request. Panics if the server has closed the connection.
    pub fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n");
        for (name, value) in headers {
            for text in [name, ": ", value, "\r\n"] {
                request.push_str(text);
            }
        }
        request += "\r\n";
        scaled::wait_before(&self.base_url);
        self.tls.write_all(request.as_bytes()).expect("the connection is open");
        let answer = self.answer();
        scaled::changed(&self.base_url);
        answer
    }

    /// Sends a part of a request. Panics if the server has closed the connection.
    pub fn send(&mut self, text: &str) {
        self.tls.write_all(text.as_bytes()).expect("the connection is open");
    }

    fn answer(&mut self) -> Answer {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            bytes.push(self.byte());
        }
        let length = parsed(&bytes).header("content-length").map(str::to_owned);
        let length: usize = length.and_then(|text| text.parse().ok()).expect("an answer of a known length");
        for _ in 0..length {
            bytes.push(self.byte());
        }
        parsed(&bytes)
    }

    fn byte(&mut self) -> u8 {
        let mut byte = [0];
        self.tls.read_exact(&mut byte).expect("an answer on an open connection");
        byte[0]
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}
