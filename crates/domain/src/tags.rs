//! Tags: the words by which devices are chosen, for phases of releases and for overrides.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::text::{Offending, is_invisible};

/// The most tags that a set may have.
pub const MAX_TAGS: usize = 64;
/// The most characters that a tag may have.
pub const MAX_LENGTH: usize = 64;

/// A sorted set of at most [`MAX_TAGS`] tags. Each device of a fleet holds one: a clone shares it, and an empty set
/// takes no memory beyond itself.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Tags(
    /// The sorted tags with a comma between them (a tag has none); never an empty text.
    Option<Arc<str>>,
);

/// The texts can't be a set of tags.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTags {
    /// More than [`MAX_TAGS`] different ones.
    #[error("at most {MAX_TAGS} different tags are allowed; remove some")]
    TooMany,
    /// One of them can't be a tag.
    #[error(
        "{given:?} can't be a tag: a tag has 1 to {MAX_LENGTH} visible characters, without spaces and commas; {problem}"
    )]
    Tag {
        /// The text, cut at 200 characters.
        given: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Tags {
    /// The set of these tags, in whatever order and however often each is named.
    pub fn new<'a>(tags: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidTags> {
        Self::collect(tags, |c| is_no_letter(c) || is_invisible(c) || c == char::REPLACEMENT_CHARACTER)
    }

    /// The set that a record holds: also what was accepted by earlier, wider rules.
    pub fn from_record<'a>(tags: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        Self::collect(tags, is_no_letter).ok()
    }

    fn collect<'a>(
        tags: impl IntoIterator<Item = &'a str>,
        is_forbidden: impl Fn(char) -> bool,
    ) -> Result<Self, InvalidTags> {
        let mut set = BTreeSet::new();
        for tag in tags {
            check(tag, &is_forbidden)?;
            set.insert(tag);
            if set.len() > MAX_TAGS {
                return Err(InvalidTags::TooMany);
            }
        }
        if set.is_empty() {
            return Ok(Self(None));
        }
        let joined = set.into_iter().collect::<Vec<_>>().join(",");
        Ok(Self(Some(joined.into())))
    }

    /// The tags, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|tags| tags.split(','))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether `tag` is one of them.
    pub fn contains(&self, tag: &str) -> bool {
        self.iter().any(|own| own == tag)
    }

    /// Whether any tag is in both sets.
    pub fn shares_any_with(&self, other: &Self) -> bool {
        !other.is_empty() && self.iter().any(|tag| other.contains(tag))
    }
}

fn check(tag: &str, is_forbidden: impl Fn(char) -> bool) -> Result<(), InvalidTags> {
    let length = tag.chars().count();
    let problem = if length == 0 {
        "it is empty".to_owned()
    } else if length > MAX_LENGTH {
        format!("it has {length}")
    } else if let Some(bad) = Offending::first(tag, is_forbidden) {
        bad.to_string()
    } else {
        return Ok(());
    };
    Err(InvalidTags::Tag { given: tag.chars().take(200).collect(), problem })
}

fn is_no_letter(c: char) -> bool {
    c == ',' || c.is_whitespace() || c.is_control()
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl fmt::Display for Tags {
    /// With a comma and a space between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, tag) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{tag}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_a_sorted_set() {
        let tags = Tags::new(["eu", "beta", "eu", "größe-9"]).unwrap();
        assert_eq!(tags.iter().collect::<Vec<_>>(), ["beta", "eu", "größe-9"]);
        assert!(tags.contains("eu") && !tags.contains("e") && !tags.contains("beta,eu"));
        assert!(tags.shares_any_with(&Tags::new(["x", "eu"]).unwrap()));
        assert!(!tags.shares_any_with(&Tags::new(["x"]).unwrap()));
        assert_eq!(tags.to_string(), "beta, eu, größe-9");
    }

    #[test]
    fn none_share_nothing_and_hold_nothing() {
        let none = Tags::new([]).unwrap();
        assert_eq!((none.iter().count(), none.is_empty(), none.contains("")), (0, true, false));
        assert!(!none.shares_any_with(&none));
        assert_eq!(size_of::<Tags>(), 16);
    }

    #[test]
    fn keep_to_their_limits() {
        let many: Vec<String> = (0..65).map(|number| format!("t{number}")).collect();
        assert!(Tags::new(many[..64].iter().map(String::as_str)).is_ok());
        assert_eq!(Tags::new(many.iter().map(String::as_str)), Err(InvalidTags::TooMany));
        assert!(Tags::new(["é".repeat(64).as_str()]).is_ok());
        for bad in ["", "a b", "a,b", "a\n", "a\0", "a\u{200b}", "\u{a0}", "x".repeat(65).as_str()] {
            assert!(Tags::new(["ok", bad]).is_err(), "{bad:?}");
        }
        let error = Tags::new(["a b"]).unwrap_err().to_string();
        assert!(error.ends_with("without spaces and commas; its character 2 is ' '"), "{error}");
        assert!(Tags::from_record(["a\u{200b}", "b\u{61c}"]).is_some(), "a record may be older than a rule");
        assert!(Tags::new(["b\u{61c}"]).is_err() && Tags::from_record(["a b"]).is_none());
    }
}
