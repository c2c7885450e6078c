//! What hardware a binary is for.

use std::fmt;
use std::str::FromStr;

use crate::text::{FromRecord, Offending, is_invisible};

/// 1–128 visible characters: a target triplet such as `arm-linux-gnueabihf`, any custom name, or `portable`.
///
/// `portable` and `universal` (the documents use both) are two spellings of one reserved value, "for every device":
/// kept and displayed as written, equal wherever targets are compared.
#[derive(Clone, Debug)]
pub struct Target(String);

/// The text can't be a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a target has 1 to {MAX_LENGTH} characters, without spaces or control characters; {problem}")]
pub struct InvalidTarget {
    problem: String,
}

/// The most characters that a target may have.
pub const MAX_LENGTH: usize = 128;

const PORTABLE: [&str; 2] = ["portable", "universal"];

impl Target {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the reserved value for every device.
    pub fn is_portable(&self) -> bool {
        PORTABLE.contains(&self.0.as_str())
    }

    /// The form in which targets are compared: two targets are the same if and only if their keys are.
    pub fn key(&self) -> &str {
        if self.is_portable() { PORTABLE[0] } else { &self.0 }
    }
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl Eq for Target {}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Target {
    type Err = InvalidTarget;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_forbidden = |c| is_no_letter(c) || is_invisible(c) || c == char::REPLACEMENT_CHARACTER;
        check(text, is_forbidden).map(|()| Self(text.to_owned())).map_err(|problem| InvalidTarget { problem })
    }
}

impl FromRecord for Target {
    fn from_record(text: &str) -> Option<Self> {
        check(text, is_no_letter).ok().map(|()| Self(text.to_owned()))
    }
}

fn is_no_letter(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

fn check(text: &str, is_forbidden: impl Fn(char) -> bool) -> Result<(), String> {
    let length = text.chars().count();
    if length == 0 {
        Err("it is empty".to_owned())
    } else if length > MAX_LENGTH {
        Err(format!("it has {length}"))
    } else {
        Offending::first(text, is_forbidden).map_or(Ok(()), |bad| Err(bad.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portable_and_universal_are_one() {
        let [portable, universal]: [Target; 2] = PORTABLE.map(|text| text.parse().unwrap());
        assert_eq!(portable, universal);
        assert_eq!(universal.to_string(), "universal");
        assert_ne!("Portable".parse::<Target>().unwrap(), portable);
    }

    #[test]
    fn keeps_to_its_limits() {
        assert!("é".repeat(128).parse::<Target>().is_ok());
        for bad in [String::new(), "x".repeat(129), "a b".to_owned(), "a\n".to_owned(), "a\0".to_owned()] {
            assert!(bad.parse::<Target>().is_err(), "{bad:?}");
            assert_eq!(Target::from_record(&bad), None, "{bad:?}");
        }
        let error = "arm\u{200b}".parse::<Target>().unwrap_err().to_string();
        assert!(
            error.ends_with("its character 4 is U+200B (a zero-width space, which can't be seen)"),
            "{error}"
        );
        assert!(Target::from_record("arm\u{200b}").is_some(), "it was accepted earlier");
    }
}
