//! Events: the audit trail.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::json::Raw;

/// One entry of the audit trail: a change, or a download. Events never change.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// The resource name (PRN) of this event. Use it wherever the API asks for an event: `prn:1:<organization>:event:<uuid>`.
    pub prn: String,
    /// The PRN of the organization in which it happened.
    pub organization_prn: String,
    /// What happened: the kind of record and the change. `docs/events.md` lists all types.
    #[serde(rename = "type")]
    #[schema(example = "binary.signed")]
    pub kind: String,
    /// Who did it: the PRN of a user, an API key or a device, or `system` for the server itself.
    pub actor: String,
    /// The PRN of the record that it happened to.
    pub resource_prn: String,
    /// The details, which depend on `type`: for a change, the values before and after.
    #[schema(value_type = Object)]
    pub data: Raw,
    /// The id that the server gave the request. The answer to that request (`x-request-id`) and the server's log have the same id. Null:
    /// no request caused the event.
    pub request_id: Option<String>,
    /// The id that the caller gave its request (`x-request-id`), cut to 64 characters. Callers choose it freely, so it proves nothing.
    #[serde(default)]
    pub caller_request_id: Option<String>,
    /// The IP address that the request came from. Null: no request caused the event.
    pub address: Option<String>,
    /// When it happened, in UTC (RFC 3339).
    pub inserted_at: String,
    /// The number of the event in the feed of its organization: 1, 2, 3 and so on. Only in answers of the feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// The place in the feed after this event: send it as the parameter `after` to go on from here. Only in answers of the feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// One record, under `event`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventEnvelope {
    /// The event that was asked for, as it was written.
    pub event: Event,
}

/// A page of records, or a part of the feed, under `events`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventList {
    /// The events of this page, in the order that was asked for; of the feed, in the order of their numbers.
    pub events: Vec<Event>,
    /// The cursor of the next page of events: send it as the parameter `page`. Null: this is the last page, or a part of the feed.
    pub next_page: Option<String>,
    /// The place in the feed up to which it was read: send it as the parameter `after` to go on. Only in answers of the feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The number of the newest event of the organization at that moment, 0 if there is none. Only in answers of the feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_number: Option<u64>,
    /// From this number on no event has been deleted because of its age. Only in answers of the feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete_from: Option<u64>,
}

impl crate::lists::List for EventList {
    type Item = Event;

    fn into_page(self) -> (Vec<Event>, Option<String>) {
        (self.events, self.next_page)
    }
}
