//! Events: the audit trail.

use olivine_api::events::{Event, EventEnvelope, EventList};
use olivine_domain::events::Event as Named;

use crate::resource::resource;

resource!(Event, "events", Named, EventEnvelope { event }, EventList);
