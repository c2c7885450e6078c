//! Room for requests: how many are worked on at once, and how many bytes of bodies are held for them.
//!
//! While a request waits for its client, it does not occupy a place, so slow clients don't block others.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use std::any::Any;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::StatusCode;
use olivine_api::errors::{ErrorCode, ErrorItem};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::error::ApiError;
use crate::http::limits::Limits;
use crate::http::places::{AllTaken, Places};

/// How long a request waits until another one of the same caller has been answered.
pub const CALLER_PATIENCE: Duration = Duration::from_secs(10);

/// The room of one listener. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Room {
    requests: Arc<Semaphore>,
    body_bytes: Arc<Semaphore>,
}

impl Room {
    /// As much as the limits allow.
    pub fn new(limits: &Limits) -> Self {
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        Self {
            requests: semaphore(limits.concurrent_requests),
            body_bytes: semaphore(limits.body_memory_bytes),
        }
    }

    /// A place for a request that begins.
    pub fn enter(&self) -> Result<Place, ApiError> {
        let room = Arc::clone(&self.requests).try_acquire_owned().map_err(|_| no_room())?;
        let held = Held { room: Some(room), caller: None, bytes: None };
        Ok(Place { room: self.clone(), held: Arc::new(Mutex::new(held)) })
    }
}

/// The answer to a request for which there is no room.
fn no_room() -> ApiError {
    let message = "the server is working on as many requests as it can: try again in a second";
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, ErrorItem::new(ErrorCode::RateLimited, message))
}

/// What one request has of the room. All of it is given back when the request has been answered.
#[derive(Clone)]
pub struct Place {
    room: Room,
    held: Arc<Mutex<Held>>,
}

struct Held {
    room: Option<OwnedSemaphorePermit>,
    /// A [`crate::http::places::CallerPlace`] of the listener's kind of caller.
    caller: Option<Box<dyn Any + Send + Sync>>,
    bytes: Option<OwnedSemaphorePermit>,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place")
    }
}

impl Place {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the place among the requests back: from now on the request waits for its client.
    pub fn begin_waiting(&self) {
        self.held().room = None;
    }

    /// Takes a place among the requests again.
    pub fn end_waiting(&self) -> Result<(), ApiError> {
        let room = Arc::clone(&self.room.requests).try_acquire_owned().map_err(|_| no_room())?;
        self.held().room = Some(room);
        Ok(())
    }

    /// Counts bytes of the request's body that are held in memory.
    pub fn hold_bytes(&self, bytes: usize) -> Result<(), ApiError> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let more = Arc::clone(&self.room.body_bytes).try_acquire_many_owned(bytes).map_err(|_| no_room())?;
        match &mut self.held().bytes {
            Some(held) => held.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }

    /// Takes one of the caller's places as well, and waits for it if need be.
    pub async fn hold_for<K>(&self, places: &Places<K>, caller: &K) -> Result<(), ApiError>
    where
        K: Eq + Hash + Clone + Send + Sync + 'static,
    {
        let place = if let Ok(place) = places.take(caller) {
            place
        } else {
            self.begin_waiting();
            let waited = places.wait(caller, CALLER_PATIENCE).await;
            let place = waited.map_err(|AllTaken| too_many_at_once())?;
            self.end_waiting()?;
            place
        };
        self.held().caller = Some(Box::new(place));
        Ok(())
    }

    /// Gives everything back but the caller's place, which is returned: the answer begins.
    pub fn leave(&self) -> CallerHold {
        let none = Held { room: None, caller: None, bytes: None };
        CallerHold(std::mem::replace(&mut *self.held(), none).caller)
    }
}

/// A caller's place, whatever kind of caller it is; given back when dropped.
pub struct CallerHold(
    #[expect(dead_code, reason = "held until it is dropped")] Option<Box<dyn Any + Send + Sync>>,
);

impl fmt::Debug for CallerHold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallerHold")
    }
}

fn too_many_at_once() -> ApiError {
    let message = "too many requests of yours are being worked on at once: wait for their answers, and try again after the time in \
                   Retry-After";
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, ErrorItem::new(ErrorCode::RateLimited, message))
}

/// Asks callers to come back later when too many requests are being worked on. The place is given back when the answer begins; a
/// long download does not keep it.
pub async fn make_room(State(room): State<Room>, mut request: Request, next: Next) -> Response {
    let place = match room.enter() {
        Ok(place) => place,
        Err(refused) => return refused.into_response(),
    };
    request.extensions_mut().insert(place.clone());
    let response = next.run(request).await;
    drop(place.leave());
    response
}
