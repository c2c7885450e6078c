//! The name that a client saves a download under: made from user text, safe in a header and as a file name.

use std::fmt;

/// The most bytes of a name, well under what file systems take.
const MAX_BYTES: usize = 200;

/// A file name without path separators, control characters or quotes, and not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filename(String);

impl Filename {
    /// Makes a name of any text: what can't be in one becomes `_`, what is too long is cut, and nothing becomes `download`.
    pub fn sanitized(text: &str) -> Self {
        let mut name = String::with_capacity(text.len().min(MAX_BYTES));
        for character in text.trim_start().chars().map(replaced) {
            if name.len() + character.len_utf8() > MAX_BYTES {
                break;
            }
            name.push(character);
        }
        // Leading dots hide files or climb folders, trailing dots and blanks vanish on some systems.
        let name = name.trim_matches(|c: char| c == '.' || c.is_whitespace());
        Self(if name.is_empty() { "download".to_owned() } else { name.to_owned() })
    }

    /// The name if `text` is exactly one; `None` if it would have to be changed.
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self::sanitized(text)).filter(|name| name.0 == text)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value of a `Content-Disposition` header (RFC 6266): printable ASCII only, for every name.
    pub fn content_disposition(&self) -> String {
        if self.0.is_ascii() {
            return format!("attachment; filename=\"{}\"", self.0);
        }
        let plain: String = self.0.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
        format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", percent_encoded(&self.0))
    }
}

impl fmt::Display for Filename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The character itself, or `_` for one that is not safe in file names or would need quoting in a header. A percent sign is
/// taken for an escape by some browsers.
fn replaced(character: char) -> char {
    let unsafe_in_names =
        matches!(character, '/' | '\\' | '"' | '\'' | '<' | '>' | ':' | '|' | '?' | '*' | '%' | ';');
    // Marks that reverse the direction of writing can make an extension look like another.
    let invisible = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    if unsafe_in_names || invisible || character.is_control() { '_' } else { character }
}

/// RFC 8187: every byte that is not a letter, digit, `-`, `.` or `_` as `%XX`.
fn percent_encoded(text: &str) -> String {
    use fmt::Write as _;
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn makes_names_of_any_text() {
        for (text, name) in [
            ("main-firmware-v1.2.3.bin", "main-firmware-v1.2.3.bin"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("a\"; filename=\"b\r\nSet-Cookie: x", "a__ filename=_b__Set-Cookie_ x"),
            ("", "download"),
            ("...", "download"),
            (" .. .", "download"),
            ("trailing. ", "trailing"),
        ] {
            assert_eq!(Filename::sanitized(text).as_str(), name, "{text:?}");
        }
        assert_eq!(Filename::sanitized(&"é".repeat(300)).as_str().len(), MAX_BYTES);
    }

    #[test]
    fn writes_headers() {
        assert_eq!(
            Filename::sanitized("fw 1.bin").content_disposition(),
            "attachment; filename=\"fw 1.bin\""
        );
        assert_eq!(
            Filename::sanitized("größe.bin").content_disposition(),
            "attachment; filename=\"gr__e.bin\"; filename*=UTF-8''gr%C3%B6%C3%9Fe.bin"
        );
    }

    proptest! {
        #[test]
        fn every_name_is_stable_and_every_header_plain(text in any::<String>()) {
            let name = Filename::sanitized(&text);
            prop_assert_eq!(Filename::parse(name.as_str()), Some(name.clone()));
            let header = name.content_disposition();
            prop_assert!(header.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            prop_assert_eq!(header.matches('"').count(), 2);
        }
    }
}
