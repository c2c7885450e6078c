//! Finding a record by a PRN, a hash, the id of a key, a fingerprint, or the beginning of a name.

use std::str::FromStr;

use crate::hash::Sha256Digest;

/// The most records of one kind that are found.
pub const MOST_OF_A_KIND: u64 = 5;
/// The most characters that are looked up.
const MOST_CHARACTERS: usize = 300;

/// A text that records are looked up by, without blanks around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupText(String);

/// Not a text that anything can be looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it takes 1 to {MOST_CHARACTERS} characters without control characters: a PRN, a hash, a key id, a fingerprint, or the beginning of a name"
)]
pub struct InvalidLookup;

impl FromStr for LookupText {
    type Err = InvalidLookup;

    fn from_str(text: &str) -> Result<Self, InvalidLookup> {
        let text = text.trim();
        let is_good = !text.is_empty()
            && text.chars().count() <= MOST_CHARACTERS
            && !text.chars().any(char::is_control);
        is_good.then(|| Self(text.to_owned())).ok_or(InvalidLookup)
    }
}

impl LookupText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is meant as a PRN, which names one record and begins no name.
    pub fn is_prn(&self) -> bool {
        self.0.starts_with("prn:")
    }

    /// The digest that it may be, also with colons between its bytes, as openssl prints fingerprints.
    pub fn digest(&self) -> Option<Sha256Digest> {
        let digits = self.0.strip_prefix("sha256:").unwrap_or(&self.0).replace(':', "");
        digits.parse().ok()
    }

    /// Names begin with this text if they are not before it and before this end; `None` where nothing comes after them. In the order of
    /// code points, which is that of both databases.
    pub fn end(&self) -> Option<String> {
        let mut all: Vec<char> = self.0.chars().collect();
        while let Some(last) = all.pop() {
            let after = u32::from(last) + 1;
            // The surrogates are no characters.
            let after = if after == 0xD800 { 0xE000 } else { after };
            if let Some(after) = char::from_u32(after) {
                all.push(after);
                return Some(all.into_iter().collect());
            }
        }
        None
    }
}

/// What of a record was looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchedBy {
    /// Its PRN.
    Prn,
    /// The hash of its content.
    Hash,
    /// The id of its key.
    KeyId,
    /// The fingerprint of its certificate.
    Fingerprint,
    /// Its name, or the beginning of it.
    Name,
    /// Its identifier, or the beginning of it.
    Identifier,
    /// Its version, or the beginning of it.
    Version,
}

impl MatchedBy {
    /// Its word in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prn => "prn",
            Self::Hash => "hash",
            Self::KeyId => "keyid",
            Self::Fingerprint => "fingerprint",
            Self::Name => "name",
            Self::Identifier => "identifier",
            Self::Version => "version",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> LookupText {
        text.parse().unwrap()
    }

    #[test]
    fn texts_are_read_as_people_paste_them() {
        assert_eq!(text("  gateway ").as_str(), "gateway");
        for bad in ["", "   ", "a\0b", "two\nlines", &"x".repeat(301)] {
            assert_eq!(bad.parse::<LookupText>(), Err(InvalidLookup), "{bad:?}");
        }
        let hex = "ab".repeat(32);
        let colons = vec!["AB"; 32].join(":");
        for digest in [hex.clone(), format!("sha256:{hex}"), hex.to_uppercase(), colons] {
            assert_eq!(text(&digest).digest().unwrap().to_hex(), hex, "{digest}");
        }
        assert_eq!(text("gateway").digest(), None);
        assert_eq!(text("ab\u{10FFFF}").end().unwrap(), "ac");
        assert_eq!(text("\u{10FFFF}").end(), None);
    }

    proptest! {
        #[test]
        fn the_end_is_after_all_that_begin_with_the_text(begin in "[^\\p{C}\\s]{1,4}", more in "\\PC{0,4}", other in "\\PC{1,6}") {
            let text = text(&begin);
            let end = text.end();
            let is_within = |name: &str| name >= begin.as_str() && end.as_deref().is_none_or(|end| name < end);
            prop_assert!(is_within(&format!("{begin}{more}")), "in code points, as bytes of UTF-8 are");
            prop_assert_eq!(is_within(&other), other.starts_with(&begin));
        }
    }
}
