//! Custom metadata: any JSON object of the user's, kept exactly as given.

use std::fmt;

use crate::nesting::{DEEPEST, is_deeper_than};

/// The most bytes that one custom metadata object may have: 1 MB.
pub const MAX_BYTES: usize = 1_000_000;

/// A JSON object of at most [`MAX_BYTES`], byte for byte as it was given.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomMetadata(String);

/// The JSON text can't be custom metadata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMetadata {
    /// Valid JSON, but not an object.
    #[error("custom_metadata must be a JSON object, such as {{\"git_commit\": \"abc123\"}}")]
    NotAnObject,
    /// Larger than the limit.
    #[error("custom_metadata may have at most {MAX_BYTES} bytes; this one has {0}")]
    TooLarge(usize),
    /// Nested more deeply than the limit.
    #[error("custom_metadata may have at most {DEEPEST} levels of objects and lists, one in the other")]
    TooDeep,
}

impl CustomMetadata {
    /// Takes a text that is known to be valid JSON (parsing it is the edge's work) and checks that it is an object
    /// within the limits.
    pub fn from_json(text: &str) -> Result<Self, InvalidMetadata> {
        let json = Self::from_record(text)?;
        if is_deeper_than(DEEPEST, json.0.as_bytes()) { Err(InvalidMetadata::TooDeep) } else { Ok(json) }
    }

    /// The same of a text that is on record. It may be older than the limit of levels.
    pub fn from_record(text: &str) -> Result<Self, InvalidMetadata> {
        let text = text.trim_ascii();
        if !text.starts_with('{') {
            Err(InvalidMetadata::NotAnObject)
        } else if text.len() > MAX_BYTES {
            Err(InvalidMetadata::TooLarge(text.len()))
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The JSON text.
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CustomMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CustomMetadata({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_objects_up_to_one_megabyte() {
        let of_size = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
        assert!(CustomMetadata::from_json(&of_size(MAX_BYTES)).is_ok());
        let too_large = CustomMetadata::from_json(&of_size(MAX_BYTES + 1));
        assert_eq!(too_large, Err(InvalidMetadata::TooLarge(MAX_BYTES + 1)));
        for other in ["[]", "null", "1", "\"{}\""] {
            assert_eq!(CustomMetadata::from_json(other), Err(InvalidMetadata::NotAnObject), "{other}");
        }
        let nested = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
        assert!(CustomMetadata::from_json(&nested(DEEPEST)).is_ok());
        assert_eq!(CustomMetadata::from_json(&nested(DEEPEST + 1)), Err(InvalidMetadata::TooDeep));
        assert!(CustomMetadata::from_record(&nested(1000)).is_ok());
        assert_eq!(
            CustomMetadata::from_json(" {\"b\": 1e400,\"a\":1} ").unwrap().as_json(),
            "{\"b\": 1e400,\"a\":1}"
        );
    }
}
