//! Custom metadata on the command line: JSON, or the name of a file with JSON. It is passed on byte for byte.

use olivine_api::json::Raw;
use serde_json::Value;

use crate::failure::Failure;

/// Reads the value of `--custom-metadata`; `None` for `null`, which removes it.
pub(crate) fn read(given: &str) -> Result<Option<Raw>, Failure> {
    let text = match given.strip_prefix('@') {
        Some(path) => crate::texts::read(&format!("--custom-metadata from {path}"), path)?,
        None => given.to_owned(),
    };
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::Null) => Ok(None),
        Ok(Value::Object(_)) => Ok(serde_json::from_str(text.trim()).ok()),
        Ok(_) => Err(Failure::usage(
            "--custom-metadata takes a JSON object, such as '{\"git_commit\": \"abc123\"}'",
        )),
        Err(error) => Err(Failure::usage(format!("--custom-metadata is not JSON: {error}"))),
    }
}

/// Custom metadata of a record that is created.
pub(crate) fn read_new(given: Option<&String>) -> Result<Option<Raw>, Failure> {
    given.map_or(Ok(None), |given| read(given))
}

/// Custom metadata of a record that is changed: without a value it stays, and null removes it.
#[expect(clippy::option_option, reason = "the wire tells absent from null")]
pub(crate) fn read_change(given: Option<&String>) -> Result<Option<Option<Raw>>, Failure> {
    given.map(|given| read(given)).transpose()
}

/// A description of a record that is changed: without a value it stays, and an empty text removes it.
#[expect(clippy::option_option, reason = "the wire tells absent from null")]
pub(crate) fn description_change(given: Option<String>) -> Option<Option<String>> {
    given.map(|text| Some(text).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_an_object_as_it_was_written() {
        let given = r#"{"b": 1.0, "a": [1,  2]}"#;
        assert_eq!(read(given).unwrap().unwrap().get(), given);
        assert!(read("null").unwrap().is_none());
        assert!(read("[1]").is_err() && read("{").is_err() && read("@/no/such/file").is_err());
    }

    #[test]
    fn reads_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("metadata.json");
        std::fs::write(&path, "{\"a\": 1}\n").unwrap();
        assert_eq!(read(&format!("@{}", path.display())).unwrap().unwrap().get(), "{\"a\": 1}");
    }
}
