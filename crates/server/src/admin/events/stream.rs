//! `GET /v1/events/stream`: the feed as server-sent events. Each event is formatted once for all streams of an organization.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use bytes::BytesMut;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use olivine_api::errors::ErrorBody;
use olivine_domain::event_feed::{FeedCursor, FeedReplaced, FeedStart};
use olivine_domain::events::{Event, EventType, RecordedType};
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::scope;
use olivine_domain::prn::{Id, Prn};
use olivine_domain::refusals::{Fact, Refusal as _};
use olivine_domain::releases::Release;
use olivine_operations::Error;
use olivine_operations::events::callers::Registration;
use olivine_operations::events::tail::{Follower, StreamEnd, TailedEvent};
use olivine_operations::people::Person;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::feed::{OF_STREAMS, Payload, Wanted, shown_fed};
use super::shown::stream_caller;
use crate::admin::auth::{ORGANIZATION_PARAMETER, Permit};
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::listing::{Pairs, bad_parameter};
use crate::http::room::Place;
use crate::http::steady::{MarkedStream, StreamMark};
use crate::http::streams::StreamPlace;

/// The header with which a browser reconnects.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Asks proxies to pass each event on at once.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// How often a stream without new events sends its cursor.
const SAYS_WHERE_EVERY: Duration = Duration::from_secs(15);
/// How often a stream of hints says that devices of a release or cohort did something.
const FOLDS_FOR: Duration = Duration::from_secs(1);

/// Follow events
///
/// Answers with a stream of server-sent events (`text/event-stream`) that stays open and sends events as they happen: `id` is the cursor
/// after the event, `event` its type, and `data` the event as in the list. A client that connects again with `Last-Event-ID` misses
/// nothing. Every 15 seconds, a message with only an `id` updates the cursor of a client whose filters leave out all recent events. The
/// event `event: feed_replaced` means the same as the error of that code, and ends the stream. The stream also ends when the caller may no
/// longer read events, and when it reads too slowly. Scope: `event.read`.
#[utoipa::path(get, path = "/events/stream", tag = "events",
    params(
        ("after" = Option<String>, Query, description = "Where to begin: a cursor, `0` for the oldest event that was not deleted, or `now` (the default). `Last-Event-ID` takes precedence."),
        ("type" = Option<Vec<String>>, Query, description = "Only events of this type; give it several times for several types."),
        ("resource_prn" = Option<String>, Query, description = "Only events about the record with this PRN."),
        ("actor_prn" = Option<String>, Query, description = "Only events caused by the key, person or device with this PRN."),
        ("about_prn" = Option<Vec<String>>, Query, description = "Only events about or caused by the record with this PRN; give it several times for several records."),
        ("product_prn" = Option<String>, Query, description = "Only events of the product with this PRN."),
        ("cohort_prn" = Option<String>, Query, description = "Only events of the cohort with this PRN."),
        ("payload" = Option<String>, Query, description = "`whole` (the default) sends events as the list shows them. `hint` sends only `type`, `resource_prn` and `actor`; frequent events of devices are combined into `event: changed` with the PRN of the release or cohort, once a second."),
        ("organization_prn" = Option<String>, Query, description = "The organization to follow, for a person who is in several. Browsers send no header `olivine-organization` with a stream."),
        ("Last-Event-ID" = Option<String>, Header, description = "The cursor of the last event that was received. Browsers send it when they connect again."),
    ),
    responses((status = 200, description = "The events, as they happen.", body = String, content_type = "text/event-stream"),
        (status = 410, body = ErrorBody), (status = 429, body = ErrorBody)))]
pub(super) async fn stream(
    State(app): State<App>,
    Permit(by): Permit<scope::EventRead>,
    person: Option<Extension<Person>>,
    place: Option<Extension<Place>>,
    mark: Option<Extension<StreamMark>>,
    headers: HeaderMap,
    pairs: Pairs,
) -> Result<Response, ApiError> {
    check_organization(&pairs, by.organization, person.is_some())?;
    let wanted = Wanted::read(&pairs, &OF_STREAMS, by.organization)?;
    let start = match headers.get(LAST_EVENT_ID) {
        None => wanted.start.unwrap_or(FeedStart::Now),
        Some(id) => {
            let cursor = id.to_str().ok().and_then(|id| id.parse().ok());
            let bad = || bad_parameter("Last-Event-ID", "it takes the id of an event of this stream");
            FeedStart::After(cursor.ok_or_else(bad)?)
        }
    };
    let streaming_place = app.streams.take(&by)?;
    let follower = Follower::begin(&app.ctx, &by, start, wanted.filter).await?;
    let registration = Registration::new(&app.ctx, stream_caller(&by, person));
    if let Some(Extension(place)) = place {
        drop(place.leave());
    }
    let cursor = follower.cursor();
    let [jitter]: [u8; 1] = app.ctx.random_bytes();
    let retry = 1_500 + 4 * u64::from(jitter);
    let streaming = Streaming {
        first: Some(format!("retry: {retry}\nid: {cursor}\n\n").into()),
        follower,
        registration,
        stop: app.stages.told.clone(),
        organization: by.organization,
        payload: wanted.payload,
        said: cursor,
        says_where_at: Instant::now() + SAYS_WHERE_EVERY,
        folded: Folded::default(),
        _place: streaming_place,
        _mark: mark.map(|Extension(mark)| mark.begin()),
    };
    metrics::counter!("olivine_event_streams_total").increment(1);
    let body = stream::unfold(Some(Box::new(streaming)), async |streaming| streaming?.step().await);
    let mut response = Response::new(Body::from_stream(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

/// A person chooses an organization with it. A key has only one organization; any other one is treated as if it did not exist.
pub(super) fn check_organization(
    pairs: &Pairs,
    own: Id<Organization>,
    is_person: bool,
) -> Result<(), ApiError> {
    let named = pairs.all().iter().find(|(key, _)| key == ORGANIZATION_PARAMETER);
    match named {
        Some((_, prn)) if !is_person && prn.parse::<Prn<Organization>>().map(|prn| prn.id) != Ok(own) => {
            Err(Error::NotFound { what: "organization", named: prn.clone() }.into())
        }
        _ => Ok(()),
    }
}

/// A stream that goes on.
struct Streaming {
    /// What is said before anything else.
    first: Option<Bytes>,
    follower: Follower,
    registration: Registration,
    stop: CancellationToken,
    organization: Id<Organization>,
    payload: Payload,
    /// The last place that the client was told.
    said: FeedCursor,
    says_where_at: Instant,
    folded: Folded,
    _place: StreamPlace,
    _mark: Option<MarkedStream>,
}

/// The releases and cohorts whose devices did something that is not sent as single events.
#[derive(Default)]
struct Folded {
    prns: BTreeSet<String>,
    /// When they are said.
    at: Option<Instant>,
}

type Step = Option<(Result<Bytes, Infallible>, Option<Box<Streaming>>)>;

impl Streaming {
    /// The next bytes; `None` when the stream is over.
    async fn step(mut self: Box<Self>) -> Step {
        if let Some(first) = self.first.take() {
            return Some((Ok(first), Some(self)));
        }
        loop {
            let folded_until = self.folded.at;
            let fold = async {
                match folded_until {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            let said = tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                () = self.registration.refused() => return None,
                () = fold => self.folded.say(),
                next = self.follower.next() => match next {
                    Ok(events) => self.show(&events),
                    Err(StreamEnd::Replaced(replaced)) => return Some((Ok(say_replaced(&replaced)), None)),
                    Err(StreamEnd::TooSlow | StreamEnd::Unreadable) => return None,
                },
                () = sleep_until(self.says_where_at) => self.say_where(),
            };
            if !said.is_empty() {
                return Some((Ok(said), Some(self)));
            }
        }
    }

    /// A message with only an id causes no event in the client, but the client will continue from that id.
    fn say_where(&mut self) -> Bytes {
        self.says_where_at = Instant::now() + SAYS_WHERE_EVERY;
        self.said = self.follower.cursor();
        format!("id: {}\n\n", self.said).into()
    }

    fn show(&mut self, events: &[Arc<TailedEvent>]) -> Bytes {
        let mut said = BytesMut::new();
        for tailed in events {
            let event = &tailed.fed.event;
            match self.payload {
                Payload::Whole => said.extend_from_slice(tailed.shown.get_or_init(|| whole(tailed))),
                Payload::Hint if is_folded(&event.kind) => self.folded.add(event, self.organization),
                Payload::Hint => said.extend_from_slice(tailed.hint.get_or_init(|| hint(tailed))),
            }
        }
        if !said.is_empty() {
            self.says_where_at = Instant::now() + SAYS_WHERE_EVERY;
        }
        said.freeze()
    }
}

impl Folded {
    fn add(&mut self, event: &Event, organization: Id<Organization>) {
        self.prns.extend(event.cohort.map(|cohort| cohort.prn(organization).to_string()));
        if let Ok(data) = serde_json::from_str(&event.data) {
            add_releases(&data, &mut self.prns);
        }
        if !self.prns.is_empty() {
            self.at.get_or_insert_with(|| Instant::now() + FOLDS_FOR);
        }
    }

    fn say(&mut self) -> Bytes {
        self.at = None;
        let said = std::mem::take(&mut self.prns).into_iter().map(|prn| {
            let data = json!({"type": "changed", "resource_prn": prn});
            format!("event: changed\ndata: {data}\n\n")
        });
        said.collect::<String>().into()
    }
}

/// The releases that an event of a device names.
fn add_releases(data: &Value, prns: &mut BTreeSet<String>) {
    for name in ["release_prn", "source_prn"] {
        let named = data.get(name).and_then(Value::as_str).filter(|prn| prn.parse::<Prn<Release>>().is_ok());
        prns.extend(named.map(str::to_owned));
    }
    for part in ["from", "to"] {
        if let Some(part) = data.get(part).filter(|part| part.is_object()) {
            add_releases(part, prns);
        }
    }
}

/// Whether the event is one of the frequent events of devices.
const fn is_folded(kind: &RecordedType) -> bool {
    use EventType as T;
    matches!(
        kind,
        RecordedType::Known(
            T::DeviceConnected
                | T::DeviceCheckedForRelease
                | T::DeviceClaimedRelease
                | T::DeviceReleaseChanged
                | T::DeviceUpdateReported
        )
    )
}

fn whole(tailed: &TailedEvent) -> Bytes {
    let cursor = tailed.cursor.to_string();
    let shown = shown_fed(tailed.fed.clone(), cursor).ok();
    // An event that can't be shown is passed over, as the log says.
    let data = shown.and_then(|event| serde_json::to_string(&event).ok());
    data.map(|data| message(tailed, &data)).unwrap_or_default()
}

fn hint(tailed: &TailedEvent) -> Bytes {
    let event = &tailed.fed.event;
    let data = json!({
        "type": event.kind.as_str(),
        "resource_prn": event.subject.prn(event.organization),
        "actor": event.identity.name(event.organization),
    });
    message(tailed, &data.to_string())
}

fn message(tailed: &TailedEvent, data: &str) -> Bytes {
    let kind = tailed.fed.event.kind.as_str();
    // Between the values of JSON, never in them.
    let data = data.replace(['\n', '\r'], " ");
    format!("id: {}\nevent: {kind}\ndata: {data}\n\n", tailed.cursor).into()
}

fn say_replaced(replaced: &FeedReplaced) -> Bytes {
    let facts = replaced.facts().into_iter().filter_map(|(name, fact)| match fact {
        Fact::Text(text) => Some((name.to_owned(), Value::from(text))),
        _ => None,
    });
    let data = json!({
        "code": replaced.code(), "message": replaced.to_string(), "context": facts.collect::<serde_json::Map<_, _>>(),
    });
    format!("event: feed_replaced\ndata: {data}\n\n").into()
}
