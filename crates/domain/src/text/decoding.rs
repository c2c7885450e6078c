//! Text from other systems as bytes: UTF-8 with or without a byte-order mark, and UTF-16 with one.
//!
//! An encoding is never guessed: text that could be read in two ways is refused.

/// The mark that Windows' programs put before UTF-8.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// How the characters of a text are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16 with the less significant byte first, as Windows writes it.
    Utf16LittleEndian,
    /// UTF-16 with the more significant byte first.
    Utf16BigEndian,
}

/// Why bytes are not text that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    /// Its marks are missing.
    #[error("it is UTF-16 without a byte-order mark: save it as UTF-8")]
    Unmarked,
    /// Nobody writes it.
    #[error("it is UTF-32: save it as UTF-8")]
    Utf32,
    /// Not in pairs of bytes, or with half a character.
    #[error("it is UTF-16, but damaged: save it as UTF-8")]
    Utf16,
    /// Something else.
    #[error("it is not text in UTF-8 (see its byte {position}): save it as UTF-8")]
    NotUtf8 {
        /// The place of the first byte that is wrong, from 1.
        position: usize,
    },
}

impl Encoding {
    /// The encoding of a text by its byte-order mark, and the number of the mark's bytes. Without a mark it is UTF-8.
    pub fn of(beginning: &[u8]) -> (Self, usize) {
        match beginning {
            [0xff, 0xfe, ..] => (Self::Utf16LittleEndian, 2),
            [0xfe, 0xff, ..] => (Self::Utf16BigEndian, 2),
            [0xef, 0xbb, 0xbf, ..] => (Self::Utf8, UTF8_MARK.len()),
            _ => (Self::Utf8, 0),
        }
    }
}

/// Makes UTF-8 of a text that comes in pieces.
#[derive(Debug)]
pub struct Decoder {
    encoding: Encoding,
    /// The first byte of a UTF-16 unit whose second one is still to come.
    half: Option<u8>,
    /// The first unit of a pair of surrogates.
    high: Option<u16>,
}

impl Decoder {
    /// A decoder of a text whose mark has been taken off.
    pub const fn new(encoding: Encoding) -> Self {
        Self { encoding, half: None, high: None }
    }

    /// Appends what the bytes are in UTF-8. UTF-8 is passed on as it is; half a character of UTF-16 becomes U+FFFD.
    pub fn push(&mut self, bytes: &[u8], text: &mut Vec<u8>) {
        if self.encoding == Encoding::Utf8 {
            return text.extend_from_slice(bytes);
        }
        for byte in bytes {
            let Some(first) = self.half.take() else {
                self.half = Some(*byte);
                continue;
            };
            let unit = match self.encoding {
                Encoding::Utf16BigEndian => u16::from_be_bytes([first, *byte]),
                _ => u16::from_le_bytes([first, *byte]),
            };
            self.unit(unit, text);
        }
    }

    /// Appends what is left when the text is over.
    pub fn finish(&mut self, text: &mut Vec<u8>) {
        if self.half.take().is_some() | self.high.take().is_some() {
            append(char::REPLACEMENT_CHARACTER, text);
        }
    }

    fn unit(&mut self, unit: u16, text: &mut Vec<u8>) {
        if matches!(unit, 0xd800..=0xdbff) {
            if self.high.replace(unit).is_some() {
                append(char::REPLACEMENT_CHARACTER, text);
            }
            return;
        }
        for character in char::decode_utf16(self.high.take().into_iter().chain([unit])) {
            append(character.unwrap_or(char::REPLACEMENT_CHARACTER), text);
        }
    }
}

fn append(character: char, text: &mut Vec<u8>) {
    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Reads a text that is here as a whole. Its byte-order mark is taken off; its line ends stay.
pub fn decode(bytes: &[u8]) -> Result<String, Undecodable> {
    if matches!(bytes, [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..]) {
        return Err(Undecodable::Utf32);
    }
    let (encoding, mark) = Encoding::of(bytes);
    let rest = &bytes[mark..];
    if encoding != Encoding::Utf8 {
        let mut text = Vec::with_capacity(rest.len());
        let mut decoder = Decoder::new(encoding);
        decoder.push(rest, &mut text);
        decoder.finish(&mut text);
        let text = String::from_utf8(text).map_err(|_| Undecodable::Utf16)?;
        return if text.contains(char::REPLACEMENT_CHARACTER) { Err(Undecodable::Utf16) } else { Ok(text) };
    }
    match std::str::from_utf8(rest) {
        _ if is_unmarked_utf16(rest) => Err(Undecodable::Unmarked),
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(Undecodable::NotUtf8 { position: mark + error.valid_up_to() + 1 }),
    }
}

/// Whether ASCII stands in every other byte, and zeros in between.
fn is_unmarked_utf16(bytes: &[u8]) -> bool {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let begins = pairs.get(..pairs.len().min(32)).unwrap_or_default();
    rest.is_empty()
        && begins.len() > 1
        && (begins.iter().all(|[first, second]| first.is_ascii() && *first != 0 && *second == 0)
            || begins.iter().all(|[first, second]| *first == 0 && second.is_ascii() && *second != 0))
}

/// A text without a byte-order mark before it.
pub fn unmarked(text: &str) -> &str {
    text.trim_start_matches('\u{feff}')
}

/// A text whose lines end as those of old Macs, of Windows or of Unix do, with line feeds alone.
pub fn with_line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn a_text_is_read_in_each_encoding() {
        let text = "Gerät 🚀\r\n";
        let marked = format!("\u{feff}{text}");
        for bytes in [
            text.as_bytes().to_vec(),
            marked.as_bytes().to_vec(),
            utf16(&marked, u16::to_le_bytes),
            utf16(&marked, u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Ok(text), "{bytes:?}");
        }
        assert_eq!(decode(b""), Ok(String::new()));
    }

    #[test]
    fn what_is_no_text_is_named() {
        assert_eq!(decode(b"Ger\xe4t"), Err(Undecodable::NotUtf8 { position: 4 }));
        assert_eq!(decode(b"\xef\xbb\xbfGer\xe4t"), Err(Undecodable::NotUtf8 { position: 7 }));
        assert_eq!(decode(&utf16("abc", u16::to_le_bytes)), Err(Undecodable::Unmarked));
        assert_eq!(decode(&utf16("abc", u16::to_be_bytes)), Err(Undecodable::Unmarked));
        assert_eq!(decode(b"\xff\xfea\0b"), Err(Undecodable::Utf16));
        assert_eq!(decode(b"\xff\xfe\x00\xd8a\0"), Err(Undecodable::Utf16));
        assert_eq!(decode(b"\xff\xfe\0\0a\0\0\0"), Err(Undecodable::Utf32));
    }

    #[test]
    fn a_text_in_pieces_is_the_same_as_the_whole() {
        let bytes = utf16("a🚀ü🚀", u16::to_le_bytes);
        for size in 1..=bytes.len() {
            let (mut decoder, mut text) = (Decoder::new(Encoding::Utf16LittleEndian), Vec::new());
            bytes.chunks(size).for_each(|piece| decoder.push(piece, &mut text));
            decoder.finish(&mut text);
            assert_eq!(text, "a🚀ü🚀".as_bytes(), "{size}");
        }
    }
}
