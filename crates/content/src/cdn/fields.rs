//! What the settings of all CDNs are made of, and what is wrong with one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text that `Debug` does not show.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text from being shown.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for those who need it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    /// Nothing of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// The longest name of a query argument.
pub(super) const LONGEST_NAME: usize = 64;

/// What is wrong with a CDN's settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidCdn {
    /// The field.
    pub field: &'static str,
    /// What is wrong with it and what it should be.
    pub problem: String,
}

impl InvalidCdn {
    pub(super) fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self { field, problem: problem.into() }
    }
}

/// The name of a query argument, or its default.
pub(super) fn argument(
    field: &'static str,
    given: Option<&str>,
    default: &str,
) -> Result<String, InvalidCdn> {
    name(field, given.unwrap_or(default), LONGEST_NAME)
}

/// Letters, digits, `_` and `-`: what needs no escaping wherever it is put.
pub(super) fn name(field: &'static str, given: &str, longest: usize) -> Result<String, InvalidCdn> {
    let plain = given.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if plain && (1..=longest).contains(&given.len()) {
        return Ok(given.to_owned());
    }
    Err(InvalidCdn::new(field, format!("use 1 to {longest} letters, digits, '_' and '-'")))
}

/// A secret that has to be repeated within quotes in the CDN's own configuration.
pub(super) fn quotable(field: &'static str, secret: &Secret) -> Result<String, InvalidCdn> {
    let secret = secret.expose();
    if secret.is_empty()
        || secret.contains(['"', '\'', '\\', '$'])
        || !secret.bytes().all(|byte| byte.is_ascii_graphic())
    {
        let problem =
            "use at least one visible ASCII character; quotes, '\\' and '$' mean something to the CDN";
        return Err(InvalidCdn::new(field, problem));
    }
    Ok(secret.to_owned())
}
