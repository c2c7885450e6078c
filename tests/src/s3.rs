//! An S3 server in the process of the test: `s3s` implements the protocol and checks signatures, and the rest is our own. It is as strict
//! as the real S3 where that matters, and can fail when a test wants it to.

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

/// The region of the server.
const REGION: &str = "eu-test-1";

/// The options of an S3 server.
#[derive(Clone, Debug)]
pub struct S3Options {
    /// The address on which it listens. Port 0 chooses a free port.
    pub address: SocketAddr,
    /// The folder for the bytes of objects, or `None` for a temporary folder. Its other state is in memory and is lost when it stops.
    pub folder: Option<PathBuf>,
    /// The access key id.
    pub access_key_id: String,
    /// The secret access key.
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

/// An error with which the server refuses requests.
#[derive(Clone, Copy, Debug)]
pub struct Refusing {
    /// The status.
    pub status: u16,
    /// The code in its answer, such as `NoSuchBucket`.
    pub code: &'static str,
    /// The message in its answer.
    pub message: &'static str,
    /// If set, only requests with a header that begins with this text are refused.
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

/// The behaviour that a test can change while the server runs.
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

/// A running S3 server. Dropping it stops it.
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
    /// Starts a server on a free port of the loopback interface.
    pub fn start() -> Self {
        Self::start_with(S3Options::default())
    }

    /// Starts a server with these options.
    pub fn start_with(options: S3Options) -> Self {
        Self::start_behind(options, None)
    }

    /// Starts a server that checks signatures with `door`, if there is one, instead of its own check.
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

    /// Creates an empty bucket, and returns its name.
    pub fn bucket(&self, name: &str) -> String {
        self.state.add_bucket(name);
        name.to_owned()
    }

    /// The request body that registers a bucket of this server as a storage backend of an organization.
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

    /// The access key id.
    pub fn access_key_id(&self) -> &str {
        &self.options.access_key_id
    }

    /// The secret access key.
    pub fn secret_access_key(&self) -> &str {
        &self.options.secret_access_key
    }

    /// The environment variables that tell a program how to reach it.
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

    /// Sets whether every request is answered with 503.
    pub fn answer_503(&self, yes: bool) {
        self.knobs.unavailable.store(yes, Ordering::SeqCst);
    }

    /// Sets whether requests get no answer at all.
    pub fn stall(&self, yes: bool) {
        self.knobs.stalled.store(yes, Ordering::SeqCst);
    }

    /// Sets whether the bytes of objects and parts pass at only 1 KiB per second, in each direction and on each connection.
    pub fn slow(&self, yes: bool) {
        self.knobs.slow.store(yes, Ordering::SeqCst);
    }

    /// Denies exactly these permissions: `s3:PutObject`, `s3:GetObject`, `s3:ListBucket`…
    pub fn deny(&self, permissions: &[&str]) {
        let denied = permissions.iter().map(|&permission| permission.to_owned()).collect();
        *self.knobs.denied.lock().unwrap_or_else(PoisonError::into_inner) = denied;
    }

    /// Sets the error with which requests are refused, if any.
    pub fn refuse(&self, refusing: Option<Refusing>) {
        *self.knobs.refusing.lock().unwrap_or_else(PoisonError::into_inner) = refusing;
    }

    /// Sets the origin whose pages may write, if any (a CORS rule).
    pub fn allow_origin(&self, origin: Option<&str>) {
        *self.knobs.cors.lock().unwrap_or_else(PoisonError::into_inner) = origin.map(str::to_owned);
    }

    /// The number of received bytes of objects and parts.
    pub fn received_bytes(&self) -> u64 {
        self.knobs.received.load(Ordering::SeqCst)
    }

    /// The number of sent bytes of objects.
    pub fn sent_bytes(&self) -> u64 {
        self.knobs.sent.load(Ordering::SeqCst)
    }

    /// The names of all objects in a bucket, sorted, without the object that identifies the storage.
    pub fn objects(&self, bucket: &str) -> Vec<String> {
        let names = self.state.names(bucket).into_iter();
        names.filter(|name| !name.ends_with(".olivine-storage-id")).collect()
    }

    /// The name of the object with a binary's content.
    pub fn object_of(&self, bucket: &str, binary: &str) -> String {
        let id = binary.rsplit(':').next().expect("a PRN ends with an id");
        let found = self.objects(bucket).into_iter().find(|object| object.contains(id));
        found.unwrap_or_else(|| panic!("{bucket} has no content of {binary}"))
    }

    /// Removes an object behind the server's back.
    pub fn remove(&self, bucket: &str, name: &str) {
        self.state.remove(bucket, name);
    }

    /// Replaces the bytes of an object behind the server's back.
    pub fn replace(&self, bucket: &str, name: &str, bytes: &[u8]) {
        self.state.replace(bucket, name, bytes);
    }

    /// The number of open multipart uploads in a bucket.
    pub fn open_uploads(&self, bucket: &str) -> usize {
        self.names_of_uploads(bucket).len()
    }

    /// The names of the objects with open multipart uploads.
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
            // A failed server has already reported the error.
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
            // It is not an error if a client closes the connection.
            let _ = builder.serve_connection(TokioIo::new(socket), answer).await;
        });
    }
}

/// The answer to a browser's CORS preflight request.
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

/// Whether the layer in front accepts a request. If so, it is translated to S3.
fn admit(door: &Door, request: &mut Request<Incoming>) -> bool {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let admitted = door.admit(&method, &uri, request.headers_mut());
    admitted.map(|uri| *request.uri_mut() = uri).is_some()
}

/// The answer while a test has switched the server off.
const BUSY: &str =
    "<Error><Code>ServiceUnavailable</Code><Message>a test switched this off</Message></Error>";

fn refusal(status: StatusCode, body: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_owned()));
    *response.status_mut() = status;
    response
}

/// Refuses the permissions that a test has denied. They have the names that S3 policies use.
struct Permissions {
    knobs: Arc<Knobs>,
    /// Whether the signature was already checked by a layer in front.
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
