//! Texts that people give to records: names, descriptions, versions. Each knows its limits.

use std::fmt;

/// A text that is too short, too long or has characters that it may not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("takes {least} to {most} characters, {form}; {problem}")]
pub struct InvalidText {
    least: usize,
    most: usize,
    form: &'static str,
    problem: String,
}

/// Characters are counted as Unicode scalar values, as both databases do.
fn check(text: &str, least: usize, most: usize, lines: bool) -> Result<(), InvalidText> {
    let form = if lines {
        "without control characters except line breaks and tabs"
    } else {
        "on one line, without space around it"
    };
    let fail = |problem: String| Err(InvalidText { least, most, form, problem });
    let length = text.chars().count();
    let forbidden = |c: &char| c.is_control() && !(lines && matches!(c, '\n' | '\r' | '\t'));
    if length < least {
        fail(if length == 0 { "it is empty".to_owned() } else { format!("it has {length}") })
    } else if length > most {
        fail(format!("it has {length}"))
    } else if let Some(bad) = text.chars().find(forbidden) {
        fail(format!("it contains {bad:?}"))
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
                check(text, $least, $most, $lines).map(|()| Self(text.to_owned()))
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
    /// What people say of a record: up to 2,000 characters, with line breaks.
    Description, 0..=2000, lines: true
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
        assert!("one\n\ttwo".parse::<Description>().is_ok());
        assert!("\u{1b}[31m".parse::<Description>().is_err());
    }
}
