//! What somebody gives as a certificate or a key: PEM under each of its labels, DER, base64 of both, OpenSSH's lines, and the many other
//! things that are given by mistake. One reader for all of them, so that a file is called the same wherever it is given.
//!
//! A private key is recognized in each form. No error ever shows anything of a content.

mod blocks;
mod digits;
mod item;
mod kinds;
mod openssh;
mod private;

use std::borrow::Cow;

use base64::Engine as _;

use self::blocks::Block;
use self::digits::{BASE64, BASE64_URL};
pub(crate) use self::item::Item;
pub use self::kinds::Kind;
pub(crate) use self::kinds::{INTEGER, SEQUENCE, value};
pub(crate) use self::openssh::OpenSshKey;
pub use self::openssh::field as openssh_field;
use crate::certificates::invalid::InvalidCertificate;
use crate::text::{Undecodable, decode, unmarked, with_line_feeds};

/// How often a content can be wrapped in base64.
const MOST_WRAPPINGS: usize = 2;

/// What is in a content.
#[derive(Default)]
pub(crate) struct Contents {
    /// In the order in which they are there. Private keys are left out.
    pub(crate) items: Vec<Item>,
    /// Whether there is a private key, too.
    pub(crate) has_private_key: bool,
    /// The text, if it is PEM as it was given.
    pub(crate) pem: Option<String>,
}

/// Why nothing can be said of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotRead {
    /// It begins as PEM does, but its end is missing, or what is between is no base64.
    Damaged,
    /// It is no text, and no other form that is known.
    NotText(Undecodable),
    /// It is text, but nothing of what is known.
    Unknown,
}

/// What is said where a private key was given to a server, before what to do instead.
pub const LEAKED: &str = "It was not kept, but it has left your machine: if it is in use, replace it";

/// Reads a file or a field.
pub(crate) fn read(bytes: &[u8]) -> Result<Contents, NotRead> {
    read_wrapped(bytes, 0)
}

/// Whether a private key is in a content that is too long to be read.
pub(crate) fn shows_private_key(bytes: &[u8]) -> bool {
    private::is_armoured(&String::from_utf8_lossy(bytes))
}

/// The DER of each certificate in a file of authorities, or of a chain. What else is in the file is passed over.
pub fn certificates(bytes: &[u8]) -> Result<Vec<Vec<u8>>, InvalidCertificate> {
    let contents = read(bytes)?;
    let first = contents.items.first().map(Item::kind);
    let found = contents.items.into_iter().filter_map(|item| match item {
        Item::Certificate(der) => Some(der),
        _ => None,
    });
    let found: Vec<_> = found.collect();
    match first {
        _ if !found.is_empty() => Ok(found),
        Some(kind) => Err(InvalidCertificate::OtherFile(kind)),
        None => Err(InvalidCertificate::Malformed),
    }
}

/// A certificate as PEM.
pub fn certificate_pem(der: &[u8]) -> String {
    crate::pem::text("CERTIFICATE", der)
}

/// The text of a file that may be PEM, with line feeds between its lines and no blanks at their ends. Other bytes are an error.
pub fn pem_text(bytes: &[u8]) -> Result<String, Undecodable> {
    let text = with_line_feeds(&with_line_breaks(&decode(bytes)?));
    Ok(text.lines().flat_map(|line| [line.trim(), "\n"]).collect())
}

/// What a file is that holds no PEM, if it is known. Private keys have no kind.
pub fn kind_of(bytes: &[u8]) -> Option<Kind> {
    let contents = read(bytes).ok()?;
    contents.items.first().map(Item::kind)
}

/// Whether a file has a private key in it.
pub fn is_private_key(bytes: &[u8]) -> bool {
    read(bytes).is_ok_and(|contents| contents.has_private_key)
}

/// What a file is in which no private key in PEM was found, and what to do.
pub fn in_place_of_private_key(bytes: &[u8]) -> &'static str {
    if is_private_key(bytes) {
        return private::advice(bytes);
    }
    kind_of(bytes).unwrap_or(Kind::Unknown).in_place_of_private_key()
}

fn read_wrapped(bytes: &[u8], wrappings: usize) -> Result<Contents, NotRead> {
    if let Some(contents) = read_binary(bytes) {
        return Ok(contents);
    }
    match decode(bytes) {
        Ok(text) => read_text(unmarked(&text), wrappings),
        Err(_) if private::is_armoured(&String::from_utf8_lossy(bytes)) => Ok(Contents::private_key()),
        Err(error) => Err(NotRead::NotText(error)),
    }
}

/// Reads what is known by its bytes.
fn read_binary(bytes: &[u8]) -> Option<Contents> {
    if private::is_der(bytes) || bytes.starts_with(b"openssh-key-v1\0") {
        return Some(Contents::private_key());
    }
    kinds::of_binary(bytes).map(Contents::one)
}

fn read_text(text: &str, wrappings: usize) -> Result<Contents, NotRead> {
    if private::is_armoured(text) || private::is_other_text(text) {
        let mut contents = match blocks::read(&with_line_breaks(text)) {
            Some(Ok(blocks)) => Contents::of(blocks),
            _ => Contents::default(),
        };
        contents.has_private_key = true;
        return Ok(contents);
    }
    if let Some(key) = openssh::read(text) {
        return Ok(Contents::one(key.map_or_else(Item::Other, Item::OpenSsh)));
    }
    if let Some(kind) = kinds::of_text(text) {
        return Ok(Contents::one(Item::Other(kind)));
    }
    let lines = with_line_breaks(text);
    if let Some(blocks) = blocks::read(&lines) {
        let pem = matches!(lines, Cow::Borrowed(_)).then(|| text.to_owned());
        return Ok(Contents { pem, ..Contents::of(blocks.map_err(|()| NotRead::Damaged)?) });
    }
    let digits: String = text.split_whitespace().collect();
    let wrapped = BASE64.decode(&digits).or_else(|_| BASE64_URL.decode(&digits));
    match wrapped {
        Ok(bytes) if !bytes.is_empty() && wrappings < MOST_WRAPPINGS => {
            let contents = read_wrapped(&bytes, wrappings + 1);
            contents.or_else(|_| Ok(Contents::one(Item::Raw(bytes))))
        }
        _ => Err(NotRead::Unknown),
    }
}

/// PEM whose line breaks are the two characters `\n`, as in JSON and in environment variables, with real ones.
fn with_line_breaks(text: &str) -> Cow<'_, str> {
    if text.contains("-----BEGIN") && text.contains("\\n") {
        Cow::Owned(text.replace("\\r", "").replace("\\n", "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

impl Contents {
    fn private_key() -> Self {
        Self { has_private_key: true, ..Self::default() }
    }

    fn one(item: Item) -> Self {
        Self { items: vec![item], ..Self::default() }
    }

    fn of(blocks: Vec<Block>) -> Self {
        let has_private_key = blocks.iter().any(|block| matches!(block, Block::PrivateKey));
        let items = blocks.into_iter().filter_map(|block| match block {
            Block::PrivateKey => None,
            Block::Item(item) => Some(item),
        });
        Self { items: items.collect(), has_private_key, pem: None }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..80),
            "(-----BEGIN |-----END )?[A-Z ]{0,20}(-----)?[A-Za-z0-9+/=\n\\\\]{0,80}".prop_map(String::into_bytes),
            prop::collection::vec(0x30_u8..0x34, 0..12),
        ]) {
            if let Ok(contents) = read(&bytes) {
                prop_assert!(contents.has_private_key || !contents.items.is_empty());
            }
        }
    }
}
