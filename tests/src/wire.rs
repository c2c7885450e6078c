//! Raw bytes on a connection, for requests that no HTTP client would send: malformed, slow or oversized ones.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, TcpStream};
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::net::TcpSocket;

use crate::Answer;

/// A server that sends nothing for longer is stuck.
const PATIENCE: Duration = Duration::from_secs(30);

/// One connection to a server.
#[derive(Debug)]
pub struct Wire(TcpStream);

impl Wire {
    /// Connects to the server at `base_url`.
    pub fn connect(base_url: &str) -> Self {
        let address = base_url.strip_prefix("http://").expect("servers under test speak plain HTTP");
        let stream = TcpStream::connect(address).expect("the server accepts connections");
        stream.set_read_timeout(Some(PATIENCE)).expect("a positive time");
        stream.set_write_timeout(Some(PATIENCE)).expect("a positive time");
        stream.set_nodelay(true).expect("a TCP connection");
        Self(stream)
    }

    /// Like `connect`, from another address of this machine.
    pub async fn connect_from(own: IpAddr, base_url: &str) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((own, 0).into()).expect("an address of this machine");
        Self::connect_by(socket, base_url).await
    }

    /// Like `connect`, with a small receive buffer, so that bytes that are not read stay in the server.
    pub async fn connect_narrowly(base_url: &str) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a size that the system takes");
        Self::connect_by(socket, base_url).await
    }

    async fn connect_by(socket: TcpSocket, base_url: &str) -> Self {
        let address = base_url.strip_prefix("http://").expect("servers under test speak plain HTTP");
        let address = address.parse().expect("servers under test listen on an address");
        let stream = socket.connect(address).await.expect("the server accepts connections");
        let stream = stream.into_std().expect("a TCP connection");
        stream.set_nonblocking(false).expect("a TCP connection");
        Self(stream)
    }

    /// Sends bytes unchanged. Whether the server still reads them shows in its answer, not here.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).is_ok()
    }

    /// Sends the bytes one by one with `pause` between them, until the server answers or closes, or all are sent. Returns how long that
    /// took.
    pub fn drip(&mut self, bytes: &[u8], pause: Duration) -> Duration {
        let began = Instant::now();
        for byte in bytes {
            if self.is_answered_within(pause) || !self.send([*byte]) {
                break;
            }
        }
        began.elapsed()
    }

    /// Whether there are bytes to read, or the connection is closed.
    pub fn has_answer(&self) -> bool {
        self.is_answered_within(Duration::from_millis(1))
    }

    /// Reads `piece` bytes at a time, with `pause` between them, until the server closes. Returns the number of bytes.
    pub fn read_slowly(&mut self, piece: usize, pause: Duration) -> usize {
        let (mut buffer, mut total) = (vec![0; piece], 0);
        loop {
            let mut filled = 0;
            while filled < piece {
                match self.0.read(&mut buffer[filled..]).expect("bytes, or the end") {
                    0 => return total + filled,
                    read => filled += read,
                }
            }
            total += filled;
            std::thread::sleep(pause);
        }
    }

    /// Like `has_answer`, but waits up to `wait`. This is also how a slow client waits between its bytes.
    fn is_answered_within(&self, wait: Duration) -> bool {
        self.0.set_read_timeout(Some(wait)).expect("a positive time");
        let seen = self.0.peek(&mut [0]);
        self.0.set_read_timeout(Some(PATIENCE)).expect("a positive time");
        !matches!(seen, Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
    }

    /// Closes the sending direction of the connection.
    pub fn finish(&self) {
        // The server may have closed already.
        let _ = self.0.shutdown(Shutdown::Write);
    }

    /// All bytes until the server closes, as they are on the wire.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self.0.read_to_end(&mut bytes) {
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            read => drop(read.expect("bytes, or the end of the connection, in time")),
        }
        bytes
    }

    /// Reads until the server closes. Returns `None` if it closes without an answer. The request should contain `connection: close`.
    pub fn answer(&mut self) -> Option<Answer> {
        let mut bytes = Vec::new();
        match self.0.read_to_end(&mut bytes) {
            // A server that refuses a request early closes the connection while we still send. The answer before that counts.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            read => drop(read.expect("an answer, or the end of the connection, in time")),
        }
        if bytes.is_empty() { None } else { Some(parsed(&bytes)) }
    }
}

/// Sends a complete request at once. Returns `None` if the server closes without an answer.
pub fn exchange(base_url: &str, request: impl AsRef<[u8]>) -> Option<Answer> {
    let mut wire = Wire::connect(base_url);
    wire.send(request);
    wire.answer()
}

/// A body in the form of `Transfer-Encoding: chunked`, which does not announce its length.
pub fn chunked(body: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    for chunk in body.chunks(64 * 1024) {
        encoded.extend(format!("{:x}\r\n", chunk.len()).bytes());
        encoded.extend(chunk);
        encoded.extend(b"\r\n");
    }
    encoded.extend(b"0\r\n\r\n");
    encoded
}

/// Percent-encodes every byte of a text, for paths and queries.
pub fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| encoded + "%" + &hex::encode([byte]))
}

pub(crate) fn parsed(bytes: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(bytes);
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no whole answer: {text}"));
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let name: HeaderName = name.parse().expect("a server sends header names");
        headers.append(name, HeaderValue::from_str(value).expect("a server sends header values"));
    }
    let body = bytes[end + 4..].to_vec();
    let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Answer { status: status.unwrap_or_else(|| panic!("no status: {text}")), headers, body, json }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_parsed() {
        let answer =
            parsed(b"HTTP/1.1 422 No\r\nx-request-id: 7\r\n\r\n{\"errors\": [{\"code\": \"invalid\"}]}");
        assert_eq!((answer.status, answer.header("x-request-id")), (422, Some("7")));
        assert_eq!(answer.error_code(), Some("invalid"));
    }

    #[test]
    fn chunks_end_with_an_empty_one() {
        assert_eq!(chunked(b"0123456789"), b"a\r\n0123456789\r\n0\r\n\r\n");
    }
}
