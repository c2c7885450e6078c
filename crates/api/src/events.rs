//! Events: the audit trail.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::json::Raw;

/// One entry of the audit trail.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Its name everywhere.
    pub prn: String,
    /// The organization in which it happened.
    pub organization_prn: String,
    /// What happened.
    #[serde(rename = "type")]
    #[schema(example = "binary.signed")]
    pub kind: String,
    /// Who did it: an API key's or a device's PRN, or `system`.
    pub actor: String,
    /// To which record.
    pub resource_prn: String,
    /// What changed.
    #[schema(value_type = Object)]
    pub data: Raw,
    /// The id that the server gave the request that did it. It is in the answer to that request (`x-request-id`), and in the log.
    pub request_id: Option<String>,
    /// The id that the caller gave its request (`x-request-id`), cut to 64 characters. Callers choose it freely: it proves nothing.
    #[serde(default)]
    pub caller_request_id: Option<String>,
    /// The address that it came from.
    pub address: Option<String>,
    /// When.
    pub inserted_at: String,
}

crate::envelopes!(Event, EventEnvelope { event }, EventList { events });
