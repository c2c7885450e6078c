//! Events: the audit trail, and the feed of it that misses nothing.

use bytes::Bytes;
use olivine_api::events::{Event, EventEnvelope, EventList};
use olivine_domain::events::Event as Named;
use reqwest::{Method, Response, Url};

use crate::connection::origin;
use crate::requests::{Request, Response200, accept};
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
    /// All events of a time, as the query says: `format`, `since`, `until`, and the filters of the list.
    pub async fn export_events(&self, query: &Query) -> Result<EventExport, Error> {
        let url = query.apply(self.url("events/export"));
        let response = self.retrying(|| self.begin_export(&url)).await?;
        Ok(EventExport { client: self.clone(), response })
    }

    async fn begin_export(&self, url: &Url) -> Result<Response, Error> {
        let sent = within(self, url, self.api().get(url.clone()).send()).await?;
        self.note_answer();
        let Response200 { response } = accept(sent).await?;
        Ok(response)
    }
}

/// The answer to an export of events, as it arrives.
#[derive(Debug)]
pub struct EventExport {
    client: Client,
    response: Response,
}

impl EventExport {
    /// The next bytes; `None` at the end of a complete answer. An answer that the server broke off is an error.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let url = self.response.url().clone();
        within(&self.client, &url, self.response.chunk()).await
    }
}

/// Waits no longer than the client's patience for something to arrive.
async fn within<T>(
    client: &Client,
    url: &Url,
    arriving: impl Future<Output = Result<T, reqwest::Error>>,
) -> Result<T, Error> {
    let after = client.settings().patience;
    match tokio::time::timeout(after, arriving).await {
        Ok(arrived) => arrived.map_err(|error| Error::transport(origin(url), error)),
        Err(_) => Err(Error::Timeout { origin: origin(url), after }),
    }
}
