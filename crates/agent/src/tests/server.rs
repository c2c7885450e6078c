//! A Device API over mutual TLS that is honest unless a test twists its answers.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// What arrived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// Whether the device showed its certificate.
    pub(crate) has_certificate: bool,
}

/// What goes back.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// Says so many bytes, instead of how many there are.
    pub(crate) length: Option<u64>,
    /// Sends the body again and again.
    pub(crate) endless: bool,
    /// Sends one byte, then pauses for so long, and so on.
    pub(crate) drip: Option<Duration>,
}

impl Reply {
    pub(crate) fn bytes(status: u16, body: &[u8]) -> Self {
        Self { status, headers: Vec::new(), body: body.to_vec(), length: None, endless: false, drip: None }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::bytes(status, body.to_string().as_bytes())
    }
}

/// Changes an answer.
pub(crate) type Twist = Box<dyn Fn(&Request, Reply) -> Reply + Send>;

#[derive(Default)]
struct World {
    /// What `GET /update` answers to a device that is not there yet.
    update: Option<Value>,
    contents: HashMap<String, Vec<u8>>,
    reports: Vec<Value>,
    seen: Vec<Request>,
    twist: Option<Twist>,
}

/// A running server.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) url: String,
    world: Arc<Mutex<World>>,
}

impl Server {
    /// Starts it; `folder` gets what a device needs: `ca.pem`, `device.pem`, `device.key`.
    pub(crate) async fn start(folder: &Path) -> Self {
        let acceptor = tls(folder);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let server = Self { url, world: Arc::default() };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, server) = (acceptor.clone(), serving.clone());
                // Head and body are two packets; without this, the second one waits for the device.
                stream.set_nodelay(true).unwrap();
                tokio::spawn(async move {
                    let stream = acceptor.accept(stream).await.ok()?;
                    let has_certificate = stream.get_ref().1.peer_certificates().is_some();
                    server.serve(BufReader::new(stream), has_certificate).await
                });
            }
        });
        server
    }

    pub(crate) fn offer(&self, update: Option<Value>) {
        self.world.lock().unwrap().update = update;
    }

    /// Serves a content at a path; returns its URL.
    pub(crate) fn serve_content(&self, path: &str, content: &[u8]) -> String {
        self.world.lock().unwrap().contents.insert(path.to_owned(), content.to_vec());
        format!("{}{path}", self.url)
    }

    pub(crate) fn twist(&self, twist: impl Fn(&Request, Reply) -> Reply + Send + 'static) {
        self.world.lock().unwrap().twist = Some(Box::new(twist));
    }

    pub(crate) fn straighten(&self) {
        self.world.lock().unwrap().twist = None;
    }

    pub(crate) fn forget(&self) {
        let mut world = self.world.lock().unwrap();
        (world.reports, world.seen) = (Vec::new(), Vec::new());
    }

    /// The reports that were acknowledged, as `status` and `detail`.
    pub(crate) fn reports(&self) -> Vec<Value> {
        self.world.lock().unwrap().reports.clone()
    }

    pub(crate) fn seen(&self, path: &str) -> Vec<Request> {
        let world = self.world.lock().unwrap();
        world.seen.iter().filter(|request| request.path.starts_with(path)).cloned().collect()
    }

    async fn serve(
        &self,
        mut stream: BufReader<impl AsyncRead + AsyncWrite + Unpin>,
        has_certificate: bool,
    ) -> Option<()> {
        loop {
            let request = Request { has_certificate, ..read(&mut stream).await? };
            let reply = {
                let mut world = self.world.lock().unwrap();
                world.seen.push(request.clone());
                let honest = world.answer(&request);
                let reply = match &world.twist {
                    Some(twist) => twist(&request, honest),
                    None => honest,
                };
                if request.path == "/update/status" && reply.status == 204 {
                    world.reports.push(serde_json::from_slice(&request.body).unwrap());
                }
                reply
            };
            write(&mut stream, &reply).await?;
            if reply.length.is_some() {
                stream.shutdown().await.ok()?;
                return None;
            }
        }
    }
}

impl World {
    fn answer(&self, request: &Request) -> Reply {
        match (request.method.as_str(), request.path.split('?').next().unwrap()) {
            (_, path) if !request.has_certificate && path.starts_with("/update") => Reply::bytes(401, b""),
            ("GET", "/update") => Reply::json(200, &self.resolve(request)),
            ("POST", "/update/status") => Reply::bytes(204, b""),
            ("GET", path) => match self.contents.get(path) {
                Some(content) => ranged(content, request),
                None => Reply::json(404, &json!({"errors": [{"code": "not_found", "message": "no"}]})),
            },
            _ => Reply::bytes(405, b""),
        }
    }

    fn resolve(&self, request: &Request) -> Value {
        let says =
            |header: &str, prn: &Value| request.headers.get(header).map(String::as_str) == prn.as_str();
        match &self.update {
            Some(update)
                if !(says("peridio-bundle-prn", &update["bundle"]["prn"])
                    && says("peridio-release-prn", &update["release"]["prn"])) =>
            {
                update.clone()
            }
            _ => json!({"status": "no_update"}),
        }
    }
}

fn ranged(content: &[u8], request: &Request) -> Reply {
    let range = request.headers.get("range").and_then(|range| range.strip_prefix("bytes="));
    match range.and_then(|range| range.strip_suffix('-')).map(|start| start.parse::<usize>().unwrap()) {
        Some(start) if start < content.len() => Reply::bytes(206, &content[start..]),
        Some(_) => Reply::json(416, &json!({"errors": [{"code": "range_not_satisfiable", "message": "no"}]})),
        None => Reply::bytes(200, content),
    }
}

async fn read(stream: &mut (impl AsyncBufReadExt + Unpin)) -> Option<Request> {
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
            None => break,
        };
    }
    let length = request.headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    request.body = vec![0; length];
    stream.read_exact(&mut request.body).await.ok()?;
    Some(request)
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), reply: &Reply) -> Option<()> {
    let length = reply.length.unwrap_or(reply.body.len() as u64);
    let mut text = format!("HTTP/1.1 {} x\r\n", reply.status);
    if reply.endless {
        text += "transfer-encoding: chunked\r\n";
    } else if reply.status != 204 {
        let _ = write!(text, "content-length: {length}\r\n");
    }
    for (name, value) in &reply.headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    stream.write_all((text + "\r\n").as_bytes()).await.ok()?;
    let pieces = if reply.endless { u64::MAX } else { 0 };
    for _ in 0..pieces {
        stream.write_all(format!("{:x}\r\n", reply.body.len()).as_bytes()).await.ok()?;
        stream.write_all(&reply.body).await.ok()?;
        stream.write_all(b"\r\n").await.ok()?;
    }
    for byte in reply.body.chunks(1).filter(|_| reply.drip.is_some()) {
        stream.write_all(byte).await.ok()?;
        stream.flush().await.ok()?;
        tokio::time::sleep(reply.drip.unwrap_or_default()).await;
    }
    if reply.drip.is_none() {
        stream.write_all(&reply.body).await.ok()?;
    }
    stream.flush().await.ok()
}

fn tls(folder: &Path) -> TlsAcceptor {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(folder.join("ca.pem"), ca.pem()).unwrap();
    let (key, device) =
        (KeyPair::generate().unwrap(), CertificateParams::new(["device".to_owned()]).unwrap());
    std::fs::write(folder.join("device.pem"), device.signed_by(&key, &ca).unwrap().pem()).unwrap();
    std::fs::write(folder.join("device.key"), key.serialize_pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(ca.der().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).allow_unauthenticated().build().unwrap();
    let config = ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![own.der().clone()], key.serialize_der().try_into().unwrap())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}
