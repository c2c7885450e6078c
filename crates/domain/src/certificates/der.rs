//! The distinguished encoding (X.690): one value has one form. Outside of its signed part, a certificate in any other form can be changed
//! by anybody into one that is equally signed and has another fingerprint.

use super::unfit::Unfit;

/// How deep values may be nested. Certificates have about ten levels.
const MOST_LEVELS: usize = 32;

const BOOLEAN: u8 = 1;
const INTEGER: u8 = 2;
const BIT_STRING: u8 = 3;
const NULL: u8 = 5;
const OBJECT_IDENTIFIER: u8 = 6;
const ENUMERATED: u8 = 10;
const SEQUENCE: u8 = 16;
const SET: u8 = 17;

/// The two places of a certificate that name the algorithm of its signature, each with its header.
pub(super) struct Parts<'a> {
    /// Outside of what is signed.
    pub(super) outer_algorithm: &'a [u8],
    /// Inside.
    pub(super) inner_algorithm: &'a [u8],
}

/// Takes a certificate apart that is DER from its first byte to its last.
pub(super) fn parts(certificate: &[u8]) -> Result<Parts<'_>, Unfit> {
    let not_certificate = Unfit::NotDer("it has not the parts of a certificate");
    let (outer, rest) = Element::read(certificate)?;
    if !rest.is_empty() {
        return Err(Unfit::NotDer("something follows it"));
    }
    check(certificate, 0)?;
    let (signed, rest) = Element::read(outer.content)?;
    let (outer_algorithm, rest) = Element::read(rest)?;
    let (signature, rest) = Element::read(rest)?;
    if !rest.is_empty() || signature.header != BIT_STRING {
        return Err(not_certificate);
    }
    let (mut first, mut after) = Element::read(signed.content)?;
    if first.header == 0xa0 {
        // The version; version 1 has none.
        (first, after) = Element::read(after)?;
    }
    if first.header != INTEGER {
        return Err(not_certificate);
    }
    let (inner_algorithm, _) = Element::read(after)?;
    Ok(Parts { outer_algorithm: outer_algorithm.raw, inner_algorithm: inner_algorithm.raw })
}

/// One value.
struct Element<'a> {
    /// The first byte: class, form and number.
    header: u8,
    content: &'a [u8],
    /// All of it.
    raw: &'a [u8],
}

impl<'a> Element<'a> {
    /// Reads the first value, and returns what follows it.
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), Unfit> {
        let cut_off = || Unfit::NotDer("it is cut off");
        let [header, length, after @ ..] = bytes else { return Err(cut_off()) };
        if header & 0x1f == 0x1f {
            return Err(Unfit::NotDer("it has a tag of more than one byte"));
        }
        let (length, after) = match *length {
            short @ 0..0x80 => (usize::from(short), after),
            0x80 => return Err(Unfit::NotDer("a length is indefinite")),
            long => {
                let (digits, after) = after.split_at_checked(usize::from(long & 0x7f)).ok_or_else(cut_off)?;
                (length_of(digits)?, after)
            }
        };
        let (content, rest) = after.split_at_checked(length).ok_or_else(cut_off)?;
        let raw = bytes.split_at(bytes.len() - rest.len()).0;
        Ok((Self { header: *header, content, raw }, rest))
    }
}

/// A length that is written in several bytes. Each has to be needed.
fn length_of(digits: &[u8]) -> Result<usize, Unfit> {
    let value = digits
        .iter()
        .try_fold(0_usize, |sum, digit| sum.checked_mul(256).map(|shifted| shifted | usize::from(*digit)));
    match value {
        Some(value) if value >= 0x80 && digits.first() != Some(&0) => Ok(value),
        _ => Err(Unfit::NotDer("a length is written with more bytes than it takes")),
    }
}

/// Whether a row of values is DER, with all that is in them.
fn check(mut bytes: &[u8], level: usize) -> Result<(), Unfit> {
    if level > MOST_LEVELS {
        return Err(Unfit::NotDer("it is nested too deeply"));
    }
    while !bytes.is_empty() {
        let (element, rest) = Element::read(bytes)?;
        let (is_universal, is_constructed) = (element.header & 0xc0 == 0, element.header & 0x20 != 0);
        if is_universal {
            let number = element.header & 0x1f;
            if is_constructed != matches!(number, SEQUENCE | SET) {
                return Err(Unfit::NotDer("a value is in pieces"));
            }
            check_simple(number, element.content)?;
        }
        if is_constructed {
            check(element.content, level + 1)?;
        }
        bytes = rest;
    }
    Ok(())
}

/// Whether the content of a simple value is in its one form.
fn check_simple(number: u8, content: &[u8]) -> Result<(), Unfit> {
    let is_distinguished = match (number, content) {
        (BOOLEAN, [value]) => matches!(value, 0 | 0xff),
        (INTEGER | ENUMERATED, [first, second, ..]) => {
            !(*first == 0 && second & 0x80 == 0 || *first == 0xff && second & 0x80 != 0)
        }
        (INTEGER | ENUMERATED, one) => !one.is_empty(),
        (BIT_STRING, [0]) => true,
        (BIT_STRING, [unused @ 0..8, .., last]) => last.trailing_zeros() >= u32::from(*unused),
        (BOOLEAN | BIT_STRING, _) => false,
        (NULL, content) => content.is_empty(),
        (OBJECT_IDENTIFIER, content) => is_identifier(content),
        _ => true,
    };
    if is_distinguished { Ok(()) } else { Err(Unfit::NotDer("a value is not in the one form that it has")) }
}

/// Whether each arc is written with no more bytes than it takes, and the last one is complete.
fn is_identifier(content: &[u8]) -> bool {
    let mut begins = true;
    for byte in content {
        if begins && *byte == 0x80 {
            return false;
        }
        begins = byte & 0x80 == 0;
    }
    begins && !content.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_form() {
        let good: [&[u8]; 9] = [
            &[0x30, 0x00],
            &[0x30, 0x03, 0x01, 0x01, 0xff],
            &[0x02, 0x01, 0x00],
            &[0x02, 0x02, 0x00, 0x80],
            &[0x03, 0x01, 0x00],
            &[0x03, 0x02, 0x07, 0x80],
            &[0x05, 0x00],
            &[0x06, 0x03, 0x2b, 0x65, 0x70],
            &[0xa0, 0x03, 0x02, 0x01, 0x02],
        ];
        for der in good {
            assert_eq!(check(der, 0), Ok(()), "{der:02x?}");
        }
        let bad: [&[u8]; 17] = [
            &[0x30],
            &[0x30, 0x01],
            &[0x30, 0x80, 0x00, 0x00],
            &[0x30, 0x81, 0x00],
            &[0x30, 0x82, 0x00, 0x00],
            &[0x1f, 0x00],
            &[0x01, 0x01, 0x01],
            &[0x01, 0x00],
            &[0x02, 0x00],
            &[0x02, 0x02, 0x00, 0x7f],
            &[0x02, 0x02, 0xff, 0x80],
            &[0x03, 0x00],
            &[0x03, 0x02, 0x07, 0x81],
            &[0x23, 0x03, 0x03, 0x01, 0x00],
            &[0x05, 0x01, 0x00],
            &[0x06, 0x02, 0x80, 0x01],
            &[0x06, 0x01, 0x81],
        ];
        for ber in bad {
            assert!(check(ber, 0).is_err(), "{ber:02x?}");
        }
        let deep = (0..MOST_LEVELS).fold(Vec::new(), |inner: Vec<u8>, _| {
            let length = u8::try_from(inner.len()).unwrap();
            [&[0x30, length][..], &inner].concat()
        });
        assert_eq!(check(&deep, 0), Ok(()));
        let length = u8::try_from(deep.len()).unwrap();
        assert!(check(&[&[0x30, length][..], &deep].concat(), 0).is_err());
    }
}
