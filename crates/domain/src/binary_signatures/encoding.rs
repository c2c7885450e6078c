//! How signatures are written: base64 or hexadecimal. The length that the key calls for tells the two apart.
//!
//! Nothing is decided here about validity; but what can't be a signature by the key is refused with the reason,
//! because "does not verify" would not help a person who pasted the wrong file.

use std::fmt;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::key_files::{self, LEAKED};
use crate::signing_keys::KeyAlgorithm;
use crate::text::unmarked;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A signature as the bytes that the algorithm makes.
#[derive(Clone, PartialEq, Eq)]
pub struct SignatureBytes(Vec<u8>);

/// Why a text can't be a signature by the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedSignature {
    /// Nothing but space.
    #[error("the signature is empty; give it as base64, such as the output of 'base64 firmware.sig'")]
    Empty,
    /// The signature file itself, not a text.
    #[error("the signature is raw binary; give it as base64, such as the output of 'base64 firmware.sig'")]
    RawBinary,
    /// A private key, given by mistake.
    #[error("THIS IS A PRIVATE KEY. {LEAKED}. Give the signature that was made with it")]
    PrivateKey,
    /// A signature in a form of another program's.
    #[error(
        "this is a signature of OpenSSH, OpenPGP or minisign, which is over more than the content; 'peridio binaries sign' signs with a key \
         file, and so does 'openssl dgst -sign'"
    )]
    OtherProgram,
    /// PEM armour around it.
    #[error("the signature has PEM lines around it; give only the base64 between them")]
    Pem,
    /// Neither alphabet has this character.
    #[error(
        "the signature has {character:?} at position {position}, which neither base64 (standard alphabet) nor \
         hexadecimal has"
    )]
    Character {
        /// The offending character.
        character: char,
        /// The number of characters before it, spaces included.
        position: usize,
    },
    /// Only characters of base64, but not a sequence that base64 makes.
    #[error("the signature is not complete base64; its end is missing or damaged")]
    Base64,
    /// Encoded twice.
    #[error(
        "the signature was encoded twice: the base64 holds base64 or hexadecimal text; encode the raw file once"
    )]
    EncodedTwice,
    /// Not as long as the key's signatures are.
    #[error(
        "the signature has {found} bytes; {algorithm} makes {expected}: it is cut off, or by another kind of key"
    )]
    Length {
        /// How many bytes were given.
        found: usize,
        /// The key's.
        algorithm: KeyAlgorithm,
        /// How many bytes it makes, in words.
        expected: String,
    },
    /// ECDSA, but in no form that is known.
    #[error(
        "the signature is neither in the DER form of ECDSA P-256 signatures, as 'openssl dgst -sign' makes it, nor the 64 bytes of r and s"
    )]
    NotDer,
}

impl SignatureBytes {
    /// Reads a signature by a key of this algorithm.
    pub fn decode(text: &str, algorithm: KeyAlgorithm) -> Result<Self, MalformedSignature> {
        Self::decode_unmarked(unmarked(text), algorithm).map_err(|problem| {
            let is_private_key = key_files::is_private_key(text.as_bytes());
            if is_private_key { MalformedSignature::PrivateKey } else { problem }
        })
    }

    fn decode_unmarked(text: &str, algorithm: KeyAlgorithm) -> Result<Self, MalformedSignature> {
        let digits: String = text.split_ascii_whitespace().collect();
        if digits.is_empty() {
            return Err(MalformedSignature::Empty);
        }
        check_characters(text)?;
        let from_hex = hex::decode(&digits).ok().map(|bytes| fit(bytes, algorithm));
        let from_base64 = BASE64.decode(&digits).ok().map(|bytes| fit(bytes, algorithm));
        match (from_hex, from_base64) {
            (Some(Ok(signature)), _) | (_, Some(Ok(signature))) => Ok(signature),
            (None, Some(Err(_))) if is_encoded_twice(&digits, algorithm) => {
                Err(MalformedSignature::EncodedTwice)
            }
            (Some(Err(problem)), _) | (None, Some(Err(problem))) => Err(problem),
            (None, None) => Err(MalformedSignature::Base64),
        }
    }

    /// Bytes that come from storage or straight from a signer; what does not fit the key never verifies.
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for SignatureBytes {
    /// Base64 with the standard alphabet and padding.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(&self.0))
    }
}

impl fmt::Debug for SignatureBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Refuses characters that neither encoding has, by what they give away about the mistake.
fn check_characters(text: &str) -> Result<(), MalformedSignature> {
    let belongs =
        |c: char| c.is_ascii_alphanumeric() || c.is_ascii_whitespace() || matches!(c, '+' | '/' | '=');
    let binary = |c: char| c == '\u{fffd}' || (c.is_control() && !c.is_ascii_whitespace());
    if text.contains(binary) {
        Err(MalformedSignature::RawBinary)
    } else if ["-----BEGIN SSH ", "-----BEGIN PGP ", "untrusted comment:"]
        .iter()
        .any(|start| text.contains(start))
    {
        Err(MalformedSignature::OtherProgram)
    } else if text.contains("-----BEGIN ") {
        Err(MalformedSignature::Pem)
    } else if let Some((position, character)) = text.chars().enumerate().find(|(_, c)| !belongs(*c)) {
        Err(MalformedSignature::Character { character, position })
    } else {
        Ok(())
    }
}

/// Takes bytes that have the form of a signature by such a key.
fn fit(bytes: Vec<u8>, algorithm: KeyAlgorithm) -> Result<SignatureBytes, MalformedSignature> {
    let found = bytes.len();
    let wrong_length = |expected: String| Err(MalformedSignature::Length { found, algorithm, expected });
    match algorithm {
        KeyAlgorithm::Ed25519 if found != 64 => wrong_length("64".to_owned()),
        KeyAlgorithm::Rsa { bits } if found != usize::from(bits.div_ceil(8)) => {
            wrong_length(bits.div_ceil(8).to_string())
        }
        KeyAlgorithm::EcdsaP256 if !is_ecdsa_der(&bytes) => match bytes.as_slice() {
            // r can begin with these bytes as well, but hardly ever with the header of an integer behind them.
            [0x30, length @ 6..=70, 0x02, 1..=33, ..] if found < usize::from(*length) + 2 => {
                wrong_length((length + 2).to_string())
            }
            raw if (8..=72).contains(&found) => {
                der_of_raw(raw).map(SignatureBytes).ok_or(MalformedSignature::NotDer)
            }
            _ => wrong_length("8 to 72".to_owned()),
        },
        _ => Ok(SignatureBytes(bytes)),
    }
}

/// Whether the base64 holds text that is itself an encoded signature.
fn is_encoded_twice(digits: &str, algorithm: KeyAlgorithm) -> bool {
    let inner: Vec<u8> = BASE64
        .decode(digits)
        .unwrap_or_default()
        .into_iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let fits = |bytes: Vec<u8>| fit(bytes, algorithm).is_ok();
    hex::decode(&inner).is_ok_and(fits) || BASE64.decode(&inner).is_ok_and(fits)
}

/// The DER of r and s as they are (IEEE P1363): 32 bytes each, as `PKCS#11`, `WebCrypto` and many chips make them. Text of the same length
/// is no signature.
fn der_of_raw(bytes: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = <&[u8; 64]>::try_from(bytes).ok()?.split_at(32);
    let integer = |digits: &[u8]| {
        let digits = &digits[digits.iter().position(|digit| *digit != 0)?..];
        let sign: &[u8] = if digits[0] < 0x80 { &[] } else { &[0] };
        Some(key_files::value(key_files::INTEGER, &[sign, digits].concat()))
    };
    let integers = [integer(r)?, integer(s)?].concat();
    let is_text = bytes.iter().all(u8::is_ascii_graphic);
    (!is_text).then(|| key_files::value(key_files::SEQUENCE, &integers))
}

/// Whether it is a DER sequence of two positive integers of at most 256 bits (RFC 3279, 2.2.3).
fn is_ecdsa_der(bytes: &[u8]) -> bool {
    let [0x30, length, integers @ ..] = bytes else { return false };
    usize::from(*length) == integers.len()
        && after_integer(integers).and_then(after_integer).is_some_and(<[u8]>::is_empty)
}

/// What follows the positive integer, in its shortest form, that `bytes` begin with.
fn after_integer(bytes: &[u8]) -> Option<&[u8]> {
    let [0x02, length @ 1..=33, rest @ ..] = bytes else { return None };
    let (integer, rest) = rest.split_at_checked(usize::from(*length))?;
    match integer {
        [0] | [0, 0..=0x7f, ..] | [0x80..=0xff, ..] => None,
        _ => Some(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RSA: KeyAlgorithm = KeyAlgorithm::Rsa { bits: 2048 };

    #[test]
    fn ecdsa_signatures_are_strict_der() {
        assert!(is_ecdsa_der(&[0x30, 6, 2, 1, 1, 2, 1, 1]));
        for bad in [
            &[0x30, 6, 2, 1, 1, 2, 1, 1, 0][..],
            &[0x30, 7, 2, 1, 1, 2, 1, 1, 0],
            &[0x30, 6, 2, 1, 0, 2, 1, 1],
            &[0x30, 6, 2, 1, 0x80, 2, 1, 1],
            &[0x30, 7, 2, 2, 0, 1, 2, 1, 1],
            &[0x30, 3, 2, 1, 1],
            &[0x30, 0x81, 6, 2, 1, 1, 2, 1, 1],
            &[0x31, 6, 2, 1, 1, 2, 1, 1],
            &[0x30, 6, 2, 1, 1, 2, 2, 1],
            &[],
        ] {
            assert!(!is_ecdsa_der(bad), "{bad:?}");
        }
    }

    /// Writes base64 or hexadecimal as different tools do.
    fn spellings(bytes: &[u8]) -> [String; 6] {
        let base64 = BASE64.encode(bytes);
        let lines: Vec<&str> =
            (0..base64.len()).step_by(76).map(|at| &base64[at..base64.len().min(at + 76)]).collect();
        [
            base64.trim_end_matches('=').to_owned(),
            lines.join("\n"),
            format!(" {}\r\n", lines.join(" ")),
            hex::encode(bytes),
            hex::encode_upper(bytes),
            base64,
        ]
    }

    #[test]
    fn raw_integers_become_der() {
        let raw = |r: &[u8], s: &[u8]| {
            let mut bytes = [0; 64];
            bytes[32 - r.len()..32].copy_from_slice(r);
            bytes[64 - s.len()..].copy_from_slice(s);
            SignatureBytes::decode(&BASE64.encode(bytes), KeyAlgorithm::EcdsaP256)
                .map(|signature| signature.0)
        };
        assert_eq!(raw(&[1], &[0x7f]), Ok(vec![0x30, 6, 2, 1, 1, 2, 1, 0x7f]));
        assert_eq!(raw(&[0x80], &[1, 0]), Ok(vec![0x30, 8, 2, 2, 0, 0x80, 2, 2, 1, 0]));
        assert_eq!(raw(&[0xff; 32], &[0xff; 32]).unwrap().len(), 72);
        assert!(raw(&[[0x30, 0x45].as_slice(), &[7; 30]].concat(), &[1]).is_ok(), "not cut off");
        assert_eq!(raw(&[], &[1]), Err(MalformedSignature::NotDer), "r is positive");
        assert_eq!(raw(&[1], &[]), Err(MalformedSignature::NotDer), "s is positive");
        assert_eq!(raw(&[b'a'; 32], &[b'0'; 32]), Err(MalformedSignature::NotDer), "that is text");
    }

    fn ecdsa() -> impl Strategy<Value = Vec<u8>> {
        let integer = || prop::collection::vec(1_u8..=0x7f, 1..=32);
        (integer(), integer()).prop_map(|(r, s)| {
            let body =
                [&[2, u8::try_from(r.len()).unwrap()], &r[..], &[2, u8::try_from(s.len()).unwrap()], &s]
                    .concat();
            [&[0x30, u8::try_from(body.len()).unwrap()], &body[..]].concat()
        })
    }

    proptest! {
        #[test]
        fn each_spelling_is_read(ed25519: [[u8; 32]; 2], rsa in prop::collection::vec(any::<u8>(), 256), ecdsa in ecdsa()) {
            for (bytes, algorithm) in [
                (ed25519.concat(), KeyAlgorithm::Ed25519),
                (rsa, RSA),
                (ecdsa, KeyAlgorithm::EcdsaP256),
            ] {
                for text in spellings(&bytes) {
                    prop_assert_eq!(SignatureBytes::decode(&text, algorithm), Ok(SignatureBytes(bytes.clone())));
                }
            }
        }

        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,40}|[A-Za-z0-9+/= \n]{0,360}|[0-9a-f]{0,140}") {
            for algorithm in [KeyAlgorithm::Ed25519, RSA, KeyAlgorithm::EcdsaP256] {
                if let Ok(signature) = SignatureBytes::decode(&text, algorithm) {
                    prop_assert!(fit(signature.0, algorithm).is_ok());
                }
            }
        }
    }
}
