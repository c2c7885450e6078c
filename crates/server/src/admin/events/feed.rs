//! `GET /v1/events?after=…`: the feed, a part at a time, also waiting for what comes next.

use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use olivine_api::events as api;
use olivine_domain::event_feed::{EventFilter, FeedStart, Named};
use olivine_domain::events::EventType;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::{Id, Prn, Resource};
use olivine_operations::Error;
use olivine_operations::error::Unauthenticated;
use olivine_operations::events::callers::{self, StreamCaller};
use olivine_operations::events::feed::{self, FedEvent};
use olivine_operations::events::tail;
use tokio::time::Instant;

use super::shown::shown;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::listing::{Pairs, bad_parameter};
use crate::http::room::Place;

/// The parameter that makes a list of events a part of the feed.
pub(super) const AFTER: &str = "after";
/// The most events of one answer.
const MOST: u64 = 1_000;
/// As many are usual.
const USUAL: u64 = 100;
/// The longest wait for something to happen.
const LONGEST_WAIT: u64 = 60;

/// What a reader of the feed wants.
#[derive(Debug)]
pub(super) struct Wanted {
    /// `None` where the request does not say.
    pub(super) start: Option<FeedStart>,
    pub(super) filter: EventFilter,
    pub(super) limit: u64,
    pub(super) wait: Duration,
    pub(super) payload: Payload,
}

/// What a stream says of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payload {
    Whole,
    Hint,
}

/// Which parameters there are besides the filters.
const OF_LISTS: [&str; 3] = [AFTER, "limit", "wait"];
pub(super) const OF_STREAMS: [&str; 3] = [AFTER, "payload", "organization_prn"];
const FILTERS: [&str; 6] = ["type", "resource_prn", "actor_prn", "about_prn", "product_prn", "cohort_prn"];

impl Wanted {
    /// Reads the query; `own` are the parameters besides the filters.
    pub(super) fn read(
        pairs: &Pairs,
        own: &[&str],
        organization: Id<Organization>,
    ) -> Result<Self, ApiError> {
        let mut wanted = Self {
            start: None,
            filter: EventFilter::default(),
            limit: USUAL,
            wait: Duration::ZERO,
            payload: Payload::Whole,
        };
        for (key, value) in pairs.all() {
            if !own.contains(&key.as_str()) && !FILTERS.contains(&key.as_str()) {
                let problem = format!(
                    "there is no such parameter with the feed; there are: {}, {}",
                    own.join(", "),
                    FILTERS.join(", ")
                );
                return Err(bad_parameter(key, problem));
            }
            wanted.set(key, value, organization)?;
        }
        Ok(wanted)
    }

    fn set(&mut self, key: &str, value: &str, organization: Id<Organization>) -> Result<(), ApiError> {
        let named = || Named::from_prn(value, organization);
        match key {
            AFTER => self.start = Some(value.parse().map_err(|error| bad_parameter(key, error))?),
            "limit" => self.limit = number(key, value, 1, MOST)?,
            "wait" => self.wait = Duration::from_secs(number(key, value, 0, LONGEST_WAIT)?),
            "payload" => {
                self.payload = match value {
                    "whole" => Payload::Whole,
                    "hint" => Payload::Hint,
                    _ => return Err(bad_parameter(key, "it takes whole or hint")),
                }
            }
            "type" => {
                let kind = EventType::from_name(value);
                let unknown =
                    || bad_parameter(key, format!("there is no type '{value}': see docs/events.md"));
                self.filter.kinds.push(kind.ok_or_else(unknown)?);
            }
            "resource_prn" => self.filter.resources.push(named()),
            "actor_prn" => self.filter.actors.push(named()),
            "about_prn" => self.filter.about.push(named()),
            "product_prn" => self.filter.products.push(id(key, value)?),
            "cohort_prn" => self.filter.cohorts.push(id(key, value)?),
            _ => {}
        }
        Ok(())
    }
}

fn number(key: &str, value: &str, least: u64, most: u64) -> Result<u64, ApiError> {
    let number = value.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| bad_parameter(key, format!("it takes a whole number from {least} to {most}")))
}

/// Another organization's are not found among its own events.
fn id<R: Resource>(key: &str, value: &str) -> Result<Id<R>, ApiError> {
    let prn = value.parse::<Prn<R>>().map_err(|error| bad_parameter(key, error))?;
    Ok(prn.id)
}

/// An event of the feed, as it is shown.
pub(super) fn shown_fed(fed: FedEvent, cursor: String) -> Result<api::Event, ApiError> {
    let number = fed.number;
    Ok(api::Event { number: Some(number), cursor: Some(cursor), ..shown(fed.event)? })
}

/// Answers with what comes after the cursor, at once or as soon as there is something.
pub(super) async fn answer(
    app: &App,
    by: &Authorized<scope::EventRead>,
    caller: &StreamCaller,
    place: Option<&Place>,
    pairs: &Pairs,
) -> Result<Response, ApiError> {
    let Wanted { start, filter, limit, wait, .. } = Wanted::read(pairs, &OF_LISTS, by.organization)?;
    let mut start = start.unwrap_or(FeedStart::Beginning);
    let until = Instant::now() + wait;
    let mut waiting = None;
    loop {
        let page = feed::read(&app.ctx, by, start, &filter, limit).await?;
        let left = until.saturating_duration_since(Instant::now());
        let has_looked_at_all = page.cursor.number >= page.state.last_number;
        if !page.events.is_empty() || left.is_zero() || app.stages.told.is_cancelled() {
            return part(page);
        }
        start = FeedStart::After(page.cursor);
        if has_looked_at_all {
            if waiting.is_none() {
                waiting = Some(app.streams.take(by)?);
                // From now on the request only waits, so it gives its place back.
                if let Some(place) = place {
                    drop(place.leave());
                }
            }
            let stop = app.stages.told.clone();
            let grown = tail::wait_beyond(&app.ctx, by.organization, &page.cursor, left);
            stop.run_until_cancelled(grown).await.transpose()?;
            if !callers::is_unchanged(&app.ctx, caller).await? {
                return Err(Error::from(Unauthenticated::Changed).into());
            }
        }
    }
}

fn part(page: feed::FeedPage) -> Result<Response, ApiError> {
    let state = page.state;
    let events = page.events.into_iter().map(|fed| {
        let cursor = state.at(fed.number, fed.word).to_string();
        shown_fed(fed, cursor)
    });
    let list = api::EventList {
        events: events.collect::<Result<_, _>>()?,
        next_page: None,
        cursor: Some(page.cursor.to_string()),
        last_number: Some(state.last_number),
        complete_from: Some(state.complete_from),
    };
    Ok(axum::Json(list).into_response())
}
