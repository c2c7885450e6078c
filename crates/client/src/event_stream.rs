//! The stream of events: server-sent events, read message by message. It sends the cursor to continue from, so that a client that loses the
//! connection misses nothing.

use std::collections::VecDeque;
use std::time::Duration;

use olivine_api::events::Event;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, Response};

use crate::connection::origin;
use crate::requests::{Response200, accept, read};
use crate::{Client, Error, Query};

/// The server says where it is every 15 seconds; a stream that says nothing for so long is a dead connection.
const SILENT_FOR: Duration = Duration::from_secs(45);
/// The most bytes of one message.
const LONGEST_MESSAGE: usize = 16 * 1024 * 1024;

/// A stream of events that is open.
#[derive(Debug)]
pub struct EventStream {
    response: Response,
    unread: Vec<u8>,
    messages: VecDeque<Message>,
}

/// One message of a stream.
#[derive(Clone, Debug)]
pub struct Message {
    /// Where the feed goes on after it.
    pub cursor: Option<String>,
    /// The event, unless the message only says where the feed is.
    pub event: Option<Event>,
}

impl Client {
    /// Follows the event feed from a place in it: a cursor, `0`, or `now`. `None` where the server has no such stream.
    pub async fn event_stream(&self, after: &str, query: &Query) -> Result<Option<EventStream>, Error> {
        let url = query.clone().with("after", Some(after)).apply(self.url("events/stream"));
        let origin = origin(&url);
        let request = self.api().request(Method::GET, url).header(ACCEPT, "text/event-stream");
        let sent = tokio::time::timeout(self.settings().patience, request.send()).await;
        let after = self.settings().patience;
        let response = sent.map_err(|_| Error::Timeout { origin: origin.clone(), after })?;
        let response = response.map_err(|error| Error::transport(origin, error))?;
        self.note_answer();
        let Response200 { response } = match accept(response).await {
            // An earlier version takes the word for the name of an event.
            Err(Error::Api { status: 400 | 404, .. }) => return Ok(None),
            other => other?,
        };
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_stream = kind.is_some_and(|kind| kind.starts_with("text/event-stream"));
        Ok(is_stream.then(|| EventStream { response, unread: Vec::new(), messages: VecDeque::new() }))
    }
}

impl EventStream {
    /// The next message; `None` when the stream is over.
    pub async fn next(&mut self) -> Result<Option<Message>, Error> {
        loop {
            if let Some(message) = self.messages.pop_front() {
                return Ok(Some(message));
            }
            let origin = || origin(self.response.url());
            let (place, status) = (origin(), self.response.status().as_u16());
            let piece = tokio::time::timeout(SILENT_FOR, self.response.chunk()).await;
            let piece = piece.map_err(|_| Error::Timeout { origin: place.clone(), after: SILENT_FOR })?;
            let piece = piece.map_err(|error| Error::transport(place.clone(), error))?;
            let Some(piece) = piece else { return Ok(None) };
            self.unread.extend_from_slice(&piece);
            while let Some(end) = find(&self.unread, b"\n\n") {
                let text: Vec<_> = self.unread.drain(..end + 2).collect();
                self.messages.extend(message(&text, &place)?);
            }
            if self.unread.len() > LONGEST_MESSAGE {
                return Err(Error::Unexpected { origin: place, status, retry_after: None });
            }
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// What a message says. That the feed was replaced is the error that asking for a part of it would be.
fn message(text: &[u8], origin: &str) -> Result<Option<Message>, Error> {
    let unexpected = || Error::Unexpected { origin: origin.to_owned(), status: 200, retry_after: None };
    let text = std::str::from_utf8(text).map_err(|_| unexpected())?;
    let field = |name: &str| {
        let values = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        values.map(|value| value.strip_prefix(' ').unwrap_or(value).to_owned()).next_back()
    };
    if field("event").as_deref() == Some("feed_replaced") {
        let error = field("data").ok_or_else(unexpected)?;
        let errors = vec![read(error.as_bytes(), origin.to_owned())?];
        return Err(Error::Api { status: 410, request_id: None, retry_after: None, errors });
    }
    let event = field("data").map(|data| read(data.as_bytes(), origin.to_owned())).transpose()?;
    let message = Message { cursor: field("id"), event };
    Ok((message.cursor.is_some() || message.event.is_some()).then_some(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_where_the_feed_goes_on() {
        let read = |text: &str| message(text.as_bytes(), "here").unwrap();
        assert!(read("retry: 1500\n\n").is_none());
        let bare = read("retry: 1500\nid: a:1:b\n\n").unwrap();
        assert_eq!((bare.cursor.as_deref(), bare.event.is_none()), (Some("a:1:b"), true));
        let replaced = "event: feed_replaced\ndata: {\"code\":\"feed_replaced\",\"message\":\"other\",\"context\":{}}\n\n";
        let error = message(replaced.as_bytes(), "here").unwrap_err();
        assert!(matches!(error, Error::Api { status: 410, .. }), "{error:?}");
        assert!(message(b"data: {\n\n", "here").is_err());
    }
}
