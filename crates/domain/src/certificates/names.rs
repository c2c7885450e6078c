//! Text in certificates, in each of the encodings that OpenSSL reads. Text that can't be read is an error: it is not absent.

use std::fmt::Write as _;

use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::oid_registry::OID_X509_SERIALNUMBER;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// A value of a certificate is not text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its {what} is not text in an encoding that is known (ASN.1 tag {tag})")]
pub struct UnreadableText {
    what: &'static str,
    tag: u32,
}

/// The common name of a subject.
pub(super) fn common_name(subject: &X509Name<'_>) -> Result<Option<String>, UnreadableText> {
    first("common name", subject.iter_common_name())
}

/// The serial number of a subject.
pub(super) fn serial_number(subject: &X509Name<'_>) -> Result<Option<String>, UnreadableText> {
    first("serial number", subject.iter_by_oid(&OID_X509_SERIALNUMBER))
}

fn first<'a>(
    what: &'static str,
    mut values: impl Iterator<Item = &'a AttributeTypeAndValue<'a>>,
) -> Result<Option<String>, UnreadableText> {
    let Some(value) = values.next().map(AttributeTypeAndValue::attr_value) else { return Ok(None) };
    text(value).map(Some).ok_or(UnreadableText { what, tag: value.tag().0 })
}

/// A name for people, as `CN=…, O=…`. What is not text is shown as `#` and hexadecimal digits.
pub(super) fn printed(name: &X509Name<'_>) -> String {
    let mut printed = String::new();
    for part in name.iter() {
        for (place, attribute) in part.iter().enumerate() {
            let between = if place > 0 { " + " } else { ", " };
            printed.push_str(if printed.is_empty() { "" } else { between });
            let kind = attribute.attr_type();
            match oid2abbrev(kind, oid_registry()) {
                Ok(known) => printed.push_str(known),
                Err(_) => printed.push_str(&kind.to_id_string()),
            }
            let value = attribute.attr_value();
            let value = text(value).unwrap_or_else(|| format!("#{}", hex::encode(value.data)));
            // Writing to a string can't fail.
            let _ = write!(printed, "={value}");
        }
    }
    printed
}

/// The text of a value, if it is text.
fn text(value: &Any<'_>) -> Option<String> {
    let bytes = value.data;
    match value.tag() {
        Tag::Utf8String => std::str::from_utf8(bytes).ok().map(str::to_owned),
        // Meant for ASCII; some authorities write UTF-8.
        Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            Some(std::str::from_utf8(bytes).map_or_else(|_| latin1(bytes), str::to_owned))
        }
        // T.61 in name, Latin-1 in practice; OpenSSL reads it so.
        Tag::TeletexString => Some(latin1(bytes)),
        Tag::BmpString => {
            let (units, rest) = bytes.as_chunks::<2>();
            let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
            char::decode_utf16(units).collect::<Result<_, _>>().ok().filter(|_| rest.is_empty())
        }
        Tag::UniversalString => {
            let (letters, rest) = bytes.as_chunks::<4>();
            let letters = letters.iter().map(|letter| char::from_u32(u32::from_be_bytes(*letter)));
            letters.collect::<Option<_>>().filter(|_| rest.is_empty())
        }
        _ => None,
    }
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_in_each_encoding() {
        let read = |tag, bytes: &[u8]| text(&Any::from_tag_and_data(tag, bytes));
        assert_eq!(read(Tag::Utf8String, "Gerät".as_bytes()).as_deref(), Some("Gerät"));
        assert_eq!(read(Tag::Utf8String, b"Ger\xe4t"), None);
        for tag in [Tag::PrintableString, Tag::Ia5String, Tag::VisibleString, Tag::NumericString] {
            assert_eq!(read(tag, b"42").as_deref(), Some("42"), "{tag:?}");
        }
        assert_eq!(read(Tag::TeletexString, b"Ger\xe4t").as_deref(), Some("Gerät"));
        assert_eq!(read(Tag::BmpString, b"\0S\0N\0-\x004").as_deref(), Some("SN-4"));
        assert_eq!(read(Tag::BmpString, b"\0S\0"), None);
        assert_eq!(read(Tag::BmpString, b"\xd8\0\0S"), None);
        assert_eq!(read(Tag::UniversalString, b"\0\0\0S\0\x01\xf6\x80").as_deref(), Some("S🚀"));
        assert_eq!(read(Tag::UniversalString, b"\0\0\0S\0"), None);
        assert_eq!(read(Tag::OctetString, b"SN"), None);
    }
}
