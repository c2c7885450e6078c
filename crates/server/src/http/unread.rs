//! Answers to requests whose bodies were not read to the end, because something before was reason enough to refuse.
//!
//! The rest of such a body stands where the next request would, so the connection ends with the answer. The answer has to say so: a client
//! that keeps its connections would send its next request into one that is closed (RFC 9112, 9.6).

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::Request;
use axum::response::Response;
use futures_util::stream;
use http::HeaderValue;
use http::header::CONNECTION;

/// Whether the body of one request was read to its end.
#[derive(Clone, Debug, Default)]
pub struct BodyEnd(Option<Arc<AtomicBool>>);

/// How many bytes the body of a request has at least, as its headers say. An extension of the request.
#[derive(Clone, Copy, Debug)]
pub struct Announced(pub u64);

impl BodyEnd {
    /// Watches how far this request's body is read.
    pub fn watch(mut request: Request) -> (Request, Self) {
        // Most requests have no body.
        if request.body().is_end_stream() {
            return (request, Self::default());
        }
        // A stream does not say it any more.
        let announced = Announced(request.body().size_hint().lower());
        request.extensions_mut().insert(announced);
        let ended = Arc::new(AtomicBool::new(false));
        let end = Self(Some(Arc::clone(&ended)));
        let watched =
            |mut body: Body| Body::from_stream(stream::poll_fn(move |cx| next(&mut body, &ended, cx)));
        (request.map(watched), end)
    }

    /// Says in the answer that the connection ends, if it has to.
    pub fn say_goodbye(&self, response: &mut Response) {
        if self.0.as_ref().is_some_and(|ended| !ended.load(Ordering::Relaxed)) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

/// The next bytes of a body. Readers that know its length don't ask for more than that, so the end is looked for after each piece.
fn next(
    body: &mut Body,
    ended: &AtomicBool,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Bytes, axum::Error>>> {
    loop {
        let frame = ready!(Pin::new(&mut *body).poll_frame(cx));
        if frame.is_none() || body.is_end_stream() {
            ended.store(true, Ordering::Relaxed);
        }
        let Some(frame) = frame.transpose()? else { return Poll::Ready(None) };
        // Trailers are passed over.
        if let Ok(data) = frame.into_data() {
            return Poll::Ready(Some(Ok(data)));
        }
    }
}
