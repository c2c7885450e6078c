//! Answers that wait in memory until their client takes them: how many bytes of them there may be.
//!
//! A content that is downloaded is read piece by piece, and is none of these.

use std::hash::Hash;
use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt as _;
use olivine_api::errors::{ErrorCode, ErrorItem};
use tokio::sync::Semaphore;

use crate::http::error::ApiError;
use crate::http::places::Places;

/// Smaller ones are not counted: a connection by itself takes as much.
const SMALL: usize = 16 * 1024;
/// The bytes that may wait for all callers that are known.
const FOR_ALL: usize = 256 << 20;
/// Those that may wait for one of them.
const FOR_EACH: usize = 64 << 20;
/// Those that may wait for clients that show no key.
const FOR_ANYBODY: usize = 32 << 20;

/// The answers of one listener. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Answers<K> {
    all: Arc<Semaphore>,
    each: Places<K>,
    anybody: Arc<Semaphore>,
}

impl<K> Default for Answers<K>
where
    K: Eq + Hash + Clone,
{
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(FOR_ALL)),
            each: Places::new(FOR_EACH),
            anybody: Arc::new(Semaphore::new(FOR_ANYBODY)),
        }
    }
}

impl<K> Answers<K>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
{
    /// Counts an answer to `caller` until it has been taken. One that is larger than a caller's share takes all of it.
    pub fn hold(&self, caller: &K, response: Response) -> Response {
        let Some(size) = counted_size(&response, FOR_EACH) else { return response };
        let held = self.each.take_many(caller, size).ok();
        match held.zip(Arc::clone(&self.all).try_acquire_many_owned(size).ok()) {
            Some(held) => holding(response, held),
            None => refused(),
        }
    }

    /// Counts an answer to a caller whose share is counted by what comes `with` it.
    pub fn hold_with<T: Send + Sync + 'static>(&self, response: Response, with: T) -> Response {
        let Some(size) = counted_size(&response, FOR_EACH) else { return response };
        match Arc::clone(&self.all).try_acquire_many_owned(size) {
            Ok(held) => holding(response, (held, with)),
            Err(_) => refused(),
        }
    }

    fn hold_for_anybody(&self, response: Response) -> Response {
        let Some(size) = counted_size(&response, FOR_ANYBODY) else { return response };
        match Arc::clone(&self.anybody).try_acquire_many_owned(size) {
            Ok(held) => holding(response, held),
            Err(_) => refused(),
        }
    }
}

/// Counts the answers to clients that show no key.
pub async fn hold_for_anybody<K: Eq + Hash + Clone + Send + Sync + 'static>(
    State(answers): State<Answers<K>>,
    request: Request,
    next: Next,
) -> Response {
    answers.hold_for_anybody(next.run(request).await)
}

/// How much of a share an answer takes, if it is one that counts.
fn counted_size(response: &Response, share: usize) -> Option<u32> {
    let size = usize::try_from(response.body().size_hint().exact()?).ok()?;
    (size >= SMALL).then(|| u32::try_from(size.min(share)).unwrap_or(u32::MAX))
}

fn refused() -> Response {
    let message =
        "too many answers wait until their clients take them: take yours, and try again in a second";
    let item = ErrorItem::new(ErrorCode::RateLimited, message);
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, item).into_response()
}

/// The answer, with something that is dropped when the last of its bytes is sent.
fn holding<T: Send + Sync + 'static>(mut response: Response, held: T) -> Response {
    // The body does not say it any more.
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().entry(CONTENT_LENGTH).or_insert(length.into());
    }
    let held = Arc::new(held);
    response.map(|body| {
        let body = body.map_frame(move |frame| {
            frame.map_data(|bytes| Bytes::from_owner(Held { bytes, _held: Arc::clone(&held) }))
        });
        Body::new(body)
    })
}

/// Bytes that keep what is held, also when the body they came from is gone already.
struct Held<T> {
    bytes: Bytes,
    _held: Arc<T>,
}

impl<T> AsRef<[u8]> for Held<T> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(bytes: usize) -> Response {
        Response::new(Body::from(vec![0; bytes]))
    }

    fn is_refused(response: &Response) -> bool {
        response.status() == StatusCode::TOO_MANY_REQUESTS
    }

    #[tokio::test]
    async fn bytes_count_until_they_are_sent_also_when_their_body_is_gone() {
        let answers = Answers::<u32>::default();
        let mut waiting = answers.hold(&1, answer(FOR_EACH / 2));
        assert_eq!(waiting.headers()[CONTENT_LENGTH], (FOR_EACH / 2).to_string());
        let more = answers.hold(&1, answer(FOR_EACH / 2));
        assert!(is_refused(&answers.hold(&1, answer(SMALL))));
        assert!(
            !is_refused(&answers.hold(&1, answer(SMALL - 1)))
                && !is_refused(&answers.hold(&2, answer(SMALL)))
        );
        let queued = waiting.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
        drop(waiting);
        assert!(is_refused(&answers.hold(&1, answer(SMALL))));
        drop(queued);
        assert!(!is_refused(&answers.hold(&1, answer(SMALL))));
        drop(more);
        assert!(!is_refused(&answers.hold(&1, answer(2 * FOR_EACH))));
    }

    #[test]
    fn all_callers_together_and_clients_without_a_key_have_a_bound() {
        let answers = Answers::<u32>::default();
        let waiting: Vec<_> = (0..4).map(|caller| answers.hold(&caller, answer(FOR_EACH))).collect();
        assert!(!waiting.iter().any(is_refused) && is_refused(&answers.hold(&4, answer(SMALL))));
        let anybody = answers.hold_for_anybody(answer(FOR_ANYBODY));
        assert!(!is_refused(&anybody) && is_refused(&answers.hold_for_anybody(answer(SMALL))));
        drop(waiting);
        assert!(
            is_refused(&answers.hold_for_anybody(answer(SMALL)))
                && !is_refused(&answers.hold(&4, answer(SMALL)))
        );
    }
}
