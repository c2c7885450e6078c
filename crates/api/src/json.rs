//! Pieces of JSON that need care: metadata that must stay as given, and fields that tell "absent" from "null".

use serde::{Deserialize, Deserializer};
pub use serde_json::value::RawValue;

/// A JSON value, byte for byte as it was sent.
pub type Raw = Box<RawValue>;

/// For a field of a PATCH: absent is `None`, null is `Some(None)`.
pub fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
