//! An S3 server of one's own, in this process: `s3s` speaks the protocol and checks signatures, the rest is ours, so that it is as
//! strict as the real one where that matters, and can fail when a test wants it to.

mod bytes;
mod operations;
mod state;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError, S3Result, s3_error};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use self::operations::Store;
use self::state::State;
use crate::gcs::{self, Door};

/// The region that it says it is in.
const REGION: &str = "eu-test-1";

/// Where and for whom an S3 server is to be started.
#[derive(Clone, Debug)]
pub struct S3Options {
    /// Where it listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// Where it keeps bytes; `None` for a temporary folder. What it knows of them it forgets when it stops.
    pub folder: Option<PathBuf>,
    /// The public half of the key.
    pub access_key_id: String,
    /// The secret half of the key.
    pub secret_access_key: String,
}

impl Default for S3Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            folder: None,
            access_key_id: "OLIVINETESTKEY".to_owned(),
            secret_access_key: "secret/of+the/test".to_owned(),
        }
    }
}

/// How a store refuses whatever it is asked, as some do for good.
#[derive(Clone, Copy, Debug)]
pub struct Refusing {
    /// The status.
    pub status: u16,
    /// The code in its answer, such as `NoSuchBucket`.
    pub code: &'static str,
    /// What its answer says to people.
    pub message: &'static str,
    /// Refuses only requests that have a header which begins like this.
    pub header: Option<&'static str>,
}

impl Refusing {
    fn answer(self, request: &http::HeaderMap) -> Option<Response<Body>> {
        let is_refused = |header| request.keys().any(|name| name.as_str().starts_with(header));
        self.header.is_none_or(is_refused).then(|| {
            let Self { status, code, message, .. } = self;
            let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
            refusal(StatusCode::from_u16(status).expect("a status"), &body)
        })
    }
}

/// What a test can change while the server runs.
#[derive(Debug, Default)]
struct Knobs {
    unavailable: AtomicBool,
    stalled: AtomicBool,
    slow: AtomicBool,
    denied: Mutex<BTreeSet<String>>,
    refusing: Mutex<Option<Refusing>>,
    cors: Mutex<Option<String>>,
    received: AtomicU64,
    sent: AtomicU64,
}

impl Knobs {
    fn is_slow(&self) -> bool {
        self.slow.load(Ordering::SeqCst)
    }

    fn denies(&self, permission: &str) -> bool {
        self.denied.lock().unwrap_or_else(PoisonError::into_inner).contains(permission)
    }
}

/// A running S3 server; stopped when dropped.
#[derive(Debug)]
pub struct S3 {
    options: S3Options,
    knobs: Arc<Knobs>,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Removed with this value.
    _folder: Option<tempfile::TempDir>,
}

impl S3 {
    /// Starts one on a free port of the loopback interface.
    pub fn start() -> Self {
        Self::start_with(S3Options::default())
    }

    /// Starts one as asked.
    pub fn start_with(options: S3Options) -> Self {
        Self::start_behind(options, None)
    }

    /// Starts one whose own signatures are replaced by what a door checks.
    pub(crate) fn start_behind(mut options: S3Options, door: Option<Arc<Door>>) -> Self {
        let temporary = options.folder.is_none().then(|| tempfile::tempdir().expect("a temporary folder"));
        let folder = temporary.as_ref().map(|folder| folder.path().to_owned());
        let folder = folder.or_else(|| options.folder.clone()).expect("one of the two");
        let (knobs, state) = (Arc::new(Knobs::default()), Arc::new(State::new(&folder)));
        let mut service = S3ServiceBuilder::new(Store { state: state.clone(), knobs: knobs.clone() });
        let (id, secret) = (options.access_key_id.clone(), options.secret_access_key.clone());
        service.set_auth(SimpleAuth::from_single(id, secret));
        service.set_access(Permissions { knobs: knobs.clone(), anonymous: door.is_some() });
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let (service, switch, address) = (service.build(), knobs.clone(), options.address);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.expect("a runtime needs only threads").block_on(async move {
                let listener = TcpListener::bind(address).await.expect("the address is free");
                tell.send(listener.local_addr().expect("it is bound")).expect("somebody waits");
                tokio::select! {
                    () = serve(listener, service, switch, door) => {}
                    _ = stopped => {}
                }
            });
        });
        options.address = told.recv().expect("the S3 server starts");
        Self { options, knobs, state, stop: Some(stop), thread: Some(thread), _folder: temporary }
    }

    /// Its endpoint.
    pub fn url(&self) -> String {
        format!("http://{}", self.options.address)
    }

    /// Makes an empty bucket, and returns its name.
    pub fn bucket(&self, name: &str) -> String {
        self.state.add_bucket(name);
        name.to_owned()
    }

    /// What registers a bucket of this server as an organization's storage.
    pub fn backend(&self, bucket: &str) -> Value {
        json!({
            "name": bucket,
            "url": format!("s3://{bucket}/contents"),
            "endpoint": self.url(),
            "region": "eu-test-1",
            "credentials": {
                "type": "s3",
                "access_key_id": self.access_key_id(),
                "secret_access_key": self.secret_access_key(),
            },
        })
    }

    /// The public half of the key.
    pub fn access_key_id(&self) -> &str {
        &self.options.access_key_id
    }

    /// The secret half of the key.
    pub fn secret_access_key(&self) -> &str {
        &self.options.secret_access_key
    }

    /// The variables by which a program finds it.
    pub fn environment(&self) -> Vec<(String, String)> {
        [
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_ACCESS_KEY_ID", self.options.access_key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.options.secret_access_key.clone()),
            ("AWS_REGION", REGION.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// From now on every request is answered with 503, or none is.
    pub fn answer_503(&self, yes: bool) {
        self.knobs.unavailable.store(yes, Ordering::SeqCst);
    }

    /// From now on no request is answered at all, or every one is.
    pub fn stall(&self, yes: bool) {
        self.knobs.stalled.store(yes, Ordering::SeqCst);
    }

    /// From now on the bytes of objects and parts pass at 1 KiB in a second, each way and on each connection, or as fast as they can.
    pub fn slow(&self, yes: bool) {
        self.knobs.slow.store(yes, Ordering::SeqCst);
    }

    /// From now on the key lacks exactly these permissions: `s3:PutObject`, `s3:GetObject`, `s3:ListBucket`…
    pub fn deny(&self, permissions: &[&str]) {
        let denied = permissions.iter().map(|&permission| permission.to_owned()).collect();
        *self.knobs.denied.lock().unwrap_or_else(PoisonError::into_inner) = denied;
    }

    /// From now on requests are refused like this, or none is.
    pub fn refuse(&self, refusing: Option<Refusing>) {
        *self.knobs.refusing.lock().unwrap_or_else(PoisonError::into_inner) = refusing;
    }

    /// From now on a rule lets pages of this origin write, or none does.
    pub fn allow_origin(&self, origin: Option<&str>) {
        *self.knobs.cors.lock().unwrap_or_else(PoisonError::into_inner) = origin.map(str::to_owned);
    }

    /// How many bytes of objects and parts were received.
    pub fn received_bytes(&self) -> u64 {
        self.knobs.received.load(Ordering::SeqCst)
    }

    /// How many bytes of objects were sent.
    pub fn sent_bytes(&self) -> u64 {
        self.knobs.sent.load(Ordering::SeqCst)
    }

    /// The names of all objects in a bucket, in order, besides the one that says which storage it is.
    pub fn objects(&self, bucket: &str) -> Vec<String> {
        let names = self.state.names(bucket).into_iter();
        names.filter(|name| !name.ends_with(".olivine-storage-id")).collect()
    }

    /// The name of the object that is a binary's content.
    pub fn object_of(&self, bucket: &str, binary: &str) -> String {
        let id = binary.rsplit(':').next().expect("a PRN ends with an id");
        let found = self.objects(bucket).into_iter().find(|object| object.contains(id));
        found.unwrap_or_else(|| panic!("{bucket} has no content of {binary}"))
    }

    /// Takes an object away, as a mishap would.
    pub fn remove(&self, bucket: &str, name: &str) {
        self.state.remove(bucket, name);
    }

    /// Puts other bytes in an object's place, as a mishap would.
    pub fn replace(&self, bucket: &str, name: &str, bytes: &[u8]) {
        self.state.replace(bucket, name, bytes);
    }

    /// How many uploads are open in a bucket.
    pub fn open_uploads(&self, bucket: &str) -> usize {
        self.names_of_uploads(bucket).len()
    }

    /// The names of the objects that uploads are open for.
    pub fn names_of_uploads(&self, bucket: &str) -> Vec<String> {
        self.state.open_uploads(bucket)
    }

    /// Serves until the process ends.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the S3 server runs");
        }
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A server that failed has said so.
            let _ = thread.join();
        }
    }
}

async fn serve(listener: TcpListener, service: S3Service, knobs: Arc<Knobs>, door: Option<Arc<Door>>) {
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        let (service, knobs, door) = (service.clone(), knobs.clone(), door.clone());
        let answer = service_fn(move |mut request: Request<Incoming>| {
            let (service, unavailable) = (service.clone(), knobs.unavailable.load(Ordering::SeqCst));
            let stalled = knobs.stalled.load(Ordering::SeqCst);
            let refusing = *knobs.refusing.lock().unwrap_or_else(PoisonError::into_inner);
            let refused = refusing.and_then(|refusing| refusing.answer(request.headers()));
            let preflight = (request.method() == http::Method::OPTIONS)
                .then(|| preflight(knobs.cors.lock().unwrap_or_else(PoisonError::into_inner).as_deref()));
            let admitted = door.as_ref().is_none_or(|door| admit(door, &mut request));
            async move {
                if stalled {
                    std::future::pending::<()>().await;
                }
                if unavailable {
                    return Ok::<_, HttpError>(refusal(StatusCode::SERVICE_UNAVAILABLE, BUSY));
                }
                if let Some(refused) = refused {
                    return Ok(refused);
                }
                if let Some(preflight) = preflight {
                    return Ok(preflight);
                }
                if !admitted {
                    return Ok(refusal(StatusCode::FORBIDDEN, gcs::REFUSED));
                }
                service.call(request.map(Body::from)).await
            }
        });
        tokio::spawn(async move {
            let builder = auto::Builder::new(TokioExecutor::new());
            // A client that goes away is no failure.
            let _ = builder.serve_connection(TokioIo::new(socket), answer).await;
        });
    }
}

/// What a browser is told before it sends something.
fn preflight(origin: Option<&str>) -> Response<Body> {
    let Some(origin) = origin else {
        return refusal(StatusCode::FORBIDDEN, "<Error><Code>AccessForbidden</Code></Error>");
    };
    let answer = Response::builder()
        .header("access-control-allow-origin", origin)
        .header("access-control-allow-methods", "GET, PUT")
        .header("access-control-allow-headers", "*");
    answer.body(Body::empty()).expect("an answer")
}

/// Whether a door lets a request in; translates it if so.
fn admit(door: &Door, request: &mut Request<Incoming>) -> bool {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let admitted = door.admit(&method, &uri, request.headers_mut());
    admitted.map(|uri| *request.uri_mut() = uri).is_some()
}

/// What a server says that a test has switched off.
const BUSY: &str =
    "<Error><Code>ServiceUnavailable</Code><Message>a test switched this off</Message></Error>";

fn refusal(status: StatusCode, body: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_owned()));
    *response.status_mut() = status;
    response
}

/// Refuses what a test has forbidden, by the names of the permissions that real policies have.
struct Permissions {
    knobs: Arc<Knobs>,
    /// Whether somebody else has looked at signatures.
    anonymous: bool,
}

#[async_trait::async_trait]
impl S3Access for Permissions {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let permission = match context.s3_op().name() {
            "PutObject"
            | "CopyObject"
            | "CreateMultipartUpload"
            | "UploadPart"
            | "CompleteMultipartUpload" => "s3:PutObject",
            "GetObject" | "HeadObject" => "s3:GetObject",
            "ListObjectsV2" | "ListObjects" => "s3:ListBucket",
            "ListMultipartUploads" => "s3:ListBucketMultipartUploads",
            "ListParts" => "s3:ListMultipartUploadParts",
            "AbortMultipartUpload" => "s3:AbortMultipartUpload",
            "DeleteObject" | "DeleteObjects" => "s3:DeleteObject",
            _ => "",
        };
        let known = self.anonymous || context.credentials().is_some();
        if !known || self.knobs.denies(permission) {
            return Err(s3_error!(AccessDenied, "not allowed to do {permission}"));
        }
        Ok(())
    }
}
