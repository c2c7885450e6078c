//! Values of fields that can be removed: on the command line an empty text says so.

use std::fmt;
use std::str::FromStr;

/// A value, or an empty text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OrNothing<T>(Option<T>);

impl<T: FromStr> FromStr for OrNothing<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() { Ok(Self(None)) } else { text.parse().map(|value| Self(Some(value))) }
    }
}

impl<T> OrNothing<T> {
    /// The value, if the text was not empty.
    pub(crate) fn into_inner(self) -> Option<T> {
        self.0
    }
}

/// A field of a change: absent stays, an empty text removes.
#[expect(clippy::option_option, reason = "the wire tells absent from null")]
pub(crate) fn change<T: fmt::Display>(given: Option<&OrNothing<T>>) -> Option<Option<String>> {
    given.map(|OrNothing(value)| value.as_ref().map(ToString::to_string))
}

/// All of something from now on; a single empty text is none of them.
pub(crate) fn all(given: Option<Vec<String>>) -> Option<Vec<String>> {
    given.map(|texts| texts.into_iter().filter(|text| !text.is_empty()).collect())
}

/// PRNs as they go over the wire; `None` where there are none.
pub(crate) fn texts<T: fmt::Display>(given: &[T]) -> Option<Vec<String>> {
    (!given.is_empty()).then(|| given.iter().map(ToString::to_string).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_text_removes_and_a_wrong_one_is_refused() {
        let parse = |text: &str| text.parse::<OrNothing<u8>>();
        assert_eq!(change::<u8>(None), None);
        assert_eq!(change(parse("").ok().as_ref()), Some(None));
        assert_eq!(change(parse("7").ok().as_ref()), Some(Some("7".to_owned())));
        assert!(parse("x").is_err());
        assert_eq!(all(None), None);
        assert_eq!(all(Some(vec![String::new()])), Some(Vec::new()));
    }
}
