//! Private keys, recognized in whatever form they are given by mistake. Nothing here returns any part of one.

use super::kinds::{INTEGER, OCTET_STRING, OID, SEQUENCE, any, element};

/// The OIDs of encryption with a password: PKCS#5 and PKCS#12 (1.2.840.113549.1.5, 1.2.840.113549.1.12).
const ENCRYPTIONS: [&[u8]; 2] =
    [&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05], &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c]];

/// Whether a text has the lines of a private key around it, also where its blanks, dashes or line breaks were lost on the way.
pub(super) fn is_armoured(text: &str) -> bool {
    const LONGEST: usize = 16;
    if !text.contains("PRIVATE") && !text.contains('\0') {
        return false;
    }
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    letters.match_indices("PRIVATEKEY").any(|(place, _)| {
        let before = &letters[place.saturating_sub(LONGEST)..place];
        before.contains("BEGIN") || before.contains("END")
    })
}

/// What to do with a private key that is in no form that programs read.
pub(super) fn advice(bytes: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(bytes);
    if text.contains("ENCRYPTED") {
        "this private key is encrypted: 'openssl pkey -in FILE -out key.pem' asks for its passphrase and writes it without"
    } else if text.contains("OPENSSH") || text.starts_with("openssh-key-v1") {
        "this is a private key in OpenSSH's form: make a key with openssl, and have a certificate issued for it"
    } else if bytes.first() == Some(&SEQUENCE) {
        "this is a private key in binary form (DER) that can't be used: 'openssl pkey -inform der -in FILE -out key.pem' makes PEM of it"
    } else {
        "this private key is in a form that can't be used: give it as PEM (-----BEGIN PRIVATE KEY-----)"
    }
}

/// Whether a text is a private key of `PuTTY`, of minisign, or as JSON.
pub(super) fn is_other_text(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("PuTTY-User-Key-File")
        || (text.starts_with("untrusted comment:") && text.contains("secret key"))
        || (text.starts_with('{') && text.contains("\"kty\"") && text.contains("\"d\""))
}

/// Whether it is the DER of a private key. PKCS#8, PKCS#1 and SEC1 are a sequence that begins with the version 0 or 1, which no public form
/// does; an encrypted one begins with the algorithm of its encryption.
pub(super) fn is_der(der: &[u8]) -> bool {
    let Some((content, [])) = element(der, SEQUENCE) else { return false };
    match any(content) {
        Some((INTEGER, [0 | 1], rest)) => {
            matches!(any(rest), Some((INTEGER | OCTET_STRING, ..)))
                || element(rest, SEQUENCE).is_some_and(|(algorithm, rest)| {
                    element(algorithm, OID).is_some() && element(rest, OCTET_STRING).is_some()
                })
        }
        Some((SEQUENCE, algorithm, rest)) => {
            let oid = element(algorithm, OID).map(|(oid, _)| oid);
            element(rest, OCTET_STRING).is_some_and(|(_, rest)| rest.is_empty())
                && oid.is_some_and(|oid| ENCRYPTIONS.iter().any(|known| oid.starts_with(known)))
        }
        _ => false,
    }
}
