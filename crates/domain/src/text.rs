//! Texts that people give to records: names, descriptions, versions. Each knows its limits.

mod characters;
mod decoding;

use std::fmt;

pub use self::characters::{Offending, is_invisible};
pub use self::decoding::{Decoder, Encoding, Undecodable, decode, unmarked, with_line_feeds};

/// A text that is too short, too long or has characters that it may not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("takes {least} to {most} characters, {form}; {problem}")]
pub struct InvalidText {
    least: usize,
    most: usize,
    form: &'static str,
    problem: String,
}

/// What a record holds. It may be older than a rule for what is new: so it is read by the first and widest one, and never refused for
/// a reason that came later.
pub trait FromRecord: Sized {
    /// Reads what a record holds; `None` where that never was a value of this type.
    fn from_record(text: &str) -> Option<Self>;
}

/// Which rule a text is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// Somebody gives it now.
    Given,
    /// It was accepted earlier.
    Record,
}

/// Characters are counted as Unicode scalar values, as both databases do.
fn check(text: &str, least: usize, most: usize, lines: bool, origin: Origin) -> Result<(), InvalidText> {
    let form = if lines {
        "without control characters except line breaks and tabs"
    } else {
        "on one line, without space around it"
    };
    let fail = |problem: String| Err(InvalidText { least, most, form, problem });
    let length = text.chars().count();
    let forbidden = |c: char| match origin {
        _ if lines && matches!(c, '\n' | '\r' | '\t') => false,
        Origin::Given if !lines => characters::is_misleading(c),
        _ => c.is_control(),
    };
    if length < least {
        fail(if length == 0 { "it is empty".to_owned() } else { format!("it has {length}") })
    } else if length > most {
        fail(format!("it has {length}"))
    } else if let Some(bad) = Offending::first(text, forbidden) {
        fail(bad.to_string())
    } else if !lines && text.trim() != text {
        fail("it begins or ends with space".to_owned())
    } else {
        Ok(())
    }
}

/// Declares a text type with its limits.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $least:literal..=$most:literal, lines: $lines:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidText;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                check(text, $least, $most, $lines, Origin::Given).map(|()| Self(text.to_owned()))
            }
        }

        impl FromRecord for $name {
            fn from_record(text: &str) -> Option<Self> {
                check(text, $least, $most, $lines, Origin::Record).ok().map(|()| Self(text.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text!(
    /// The name of a record: 1–128 characters on one line.
    Name, 1..=128, lines: false
);
text!(
    /// Notes about a record: up to 2,000 characters, with line breaks.
    Description, 0..=2000, lines: true
);
text!(
    /// A reason that a person gives: 1–500 characters on one line.
    Reason, 1..=500, lines: false
);
text!(
    /// The version of an artifact: free text of 1–128 characters (SemVer, dates, git describe are all in use).
    VersionText, 1..=128, lines: false
);

/// Whether a character is not seen where it stands, but changes what a terminal shows or does: control characters (C0 and C1, which
/// terminals take for escape sequences), and those that reverse the direction of a text or break its lines.
pub const fn is_deceptive(c: char) -> bool {
    let is_control = matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}');
    let is_direction =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    is_control || is_direction || matches!(c, '\u{2028}' | '\u{2029}')
}

/// A text of somebody else's as it can be shown on a terminal. Its lines and tabs stay.
pub fn harmless(text: &str) -> String {
    let keep = |c: char| matches!(c, '\n' | '\t') || !is_deceptive(c);
    text.chars().map(|c| if keep(c) { c } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_to_the_limits() {
        assert!("ü".repeat(128).parse::<Name>().is_ok());
        for bad in ["", " a", "a ", "a\nb", "a\0b", &"x".repeat(129)] {
            assert!(bad.parse::<Name>().is_err(), "{bad:?}");
        }
        assert!("../../etc/passwd".parse::<Name>().is_ok(), "names never become paths");
        assert!("main firmware 固件\u{3000}1 ❤\u{fe0f}".parse::<Name>().is_ok());
        assert!("one\n\ttwo".parse::<Description>().is_ok());
        assert!("\u{1b}[31m".parse::<Description>().is_err());
    }

    #[test]
    fn what_nobody_sees_is_refused_by_name_and_place() {
        for (given, problem) in [
            ("SN-2\u{200b}", "its character 5 is U+200B (a zero-width space, which can't be seen)"),
            ("\u{feff}SN", "its character 1 is U+FEFF (a byte-order mark, which can't be seen)"),
            ("SN\u{a0}2", "its character 3 is U+00A0 (a no-break space)"),
            (
                "x\u{202e}gnp",
                "its character 2 is U+202E (a mark that changes the direction of text, which can't be seen)",
            ),
            ("a\u{3164}", "its character 2 is U+3164, which can't be seen"),
            ("a\u{2003}b", "its character 2 is U+2003, which can't be seen"),
            (
                "Ger\u{fffd}t",
                "its character 4 is U+FFFD (the sign for a character that was lost: save the text as UTF-8)",
            ),
            ("a\tb", "its character 2 is '\\t'"),
        ] {
            let error = given.parse::<Name>().unwrap_err().to_string();
            assert!(error.ends_with(problem), "{given:?}: {error}");
            assert!(given.parse::<VersionText>().is_err());
        }
        assert!("שלום\u{200f}".parse::<Description>().is_ok(), "a description is free text");
    }

    #[test]
    fn a_record_is_read_that_was_accepted_earlier() {
        for text in ["SN-2\u{200b}", "\u{feff}SN", "SN\u{a0}2"] {
            assert_eq!(Name::from_record(text).unwrap().as_str(), text);
            assert_eq!(VersionText::from_record(text).unwrap().as_str(), text);
        }
        for never in ["", " a", "a\0b"] {
            assert_eq!(Name::from_record(never), None, "{never:?}");
        }
    }
}
