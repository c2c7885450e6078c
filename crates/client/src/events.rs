//! Events: the audit trail, and the feed of it that misses nothing.

use olivine_api::events::{Event, EventEnvelope, EventList};
use olivine_domain::events::Event as Named;
use reqwest::Method;

use crate::requests::Request;
use crate::resource::resource;
use crate::{Client, Error, Query};

resource!(Event, "events", Named, EventEnvelope { event }, EventList);

impl Client {
    /// A part of the event feed after a place in it: a cursor, `0`, or `now`. With `wait` in the query the answer comes when there is an event,
    /// or after so many seconds.
    pub async fn events_after(&self, after: &str, query: &Query) -> Result<EventList, Error> {
        let url = query.clone().with("after", Some(after)).apply(self.url("events"));
        self.send(&Request::new(Method::GET, url)).await
    }
}
