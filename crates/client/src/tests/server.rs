//! A server that does what a test says, down to closing the connection at the wrong moment.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What arrived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// What goes back.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// Sends only so many bytes of the body, and closes.
    pub(crate) cut: Option<usize>,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string().into_bytes(), cut: None }
    }

    pub(crate) fn bytes(status: u16, body: &[u8]) -> Self {
        Self { status, headers: Vec::new(), body: body.to_vec(), cut: None }
    }

    pub(crate) fn error(status: u16, code: &str) -> Self {
        Self::json(status, &serde_json::json!({"errors": [{"code": code, "message": "no"}]}))
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Says what to answer. A request whose path is in the second list is answered and closed before its body is read.
pub(crate) type Answer = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

/// A running server, and what it was asked.
pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) async fn start(early: &'static [&'static str], answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, early, answer.clone(), log.clone()));
            }
        });
        Self { url, seen }
    }

    pub(crate) fn seen(&self, method: &str, path: &str) -> Vec<Request> {
        let seen = self.seen.lock().unwrap();
        seen.iter()
            .filter(|request| request.method == method && request.path.contains(path))
            .cloned()
            .collect()
    }
}

async fn serve(
    stream: TcpStream,
    early: &[&str],
    answer: Answer,
    log: Arc<Mutex<Vec<Request>>>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut request = head(&mut stream).await?;
        let close = early.iter().any(|path| request.path.contains(path));
        if !close {
            let length = request.headers.get("content-length").map_or(0, |length| length.parse().unwrap());
            request.body = vec![0; length];
            stream.read_exact(&mut request.body).await.ok()?;
        }
        log.lock().unwrap().push(request.clone());
        let reply = answer(&request);
        let mut text = format!("HTTP/1.1 {} x\r\ncontent-length: {}\r\n", reply.status, reply.body.len());
        for (name, value) in &reply.headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        text += "\r\n";
        let body = &reply.body[..reply.cut.unwrap_or(reply.body.len())];
        stream.write_all(text.as_bytes()).await.ok()?;
        stream.write_all(body).await.ok()?;
        if close || reply.cut.is_some() {
            return None;
        }
    }
}

async fn head(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|length| *length > 0)?;
    let mut words = line.split_whitespace();
    let mut request =
        Request { method: words.next()?.to_owned(), path: words.next()?.to_owned(), ..Request::default() };
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => request.headers.insert(name.to_ascii_lowercase(), value.to_owned()),
            None => return Some(request),
        };
    }
}
