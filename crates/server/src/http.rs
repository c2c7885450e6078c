//! What both APIs need of HTTP: bodies and headers read within limits, errors in their form, shares of callers, and the headers of proxies.
//!
//! Nothing here knows a resource, an API, the configuration or [`App`](crate::app::App); those know this.

pub mod addresses;
pub mod answers;
pub mod body;
pub mod browsers;
pub mod content_types;
pub mod dry_runs;
pub mod error;
pub mod fields;
pub mod forwarded;
pub mod limits;
pub mod lines;
pub mod listing;
pub mod places;
pub mod proxies;
pub mod rates;
pub mod reading;
pub mod revisions;
pub mod room;
pub mod screening;
pub mod steady;
pub mod streams;
pub mod this_machine;
pub mod transfers;
pub mod unread;
pub mod words;
