//! The kinds of files that are given as certificates and keys, and what to do with each. Each command that is named here is run in
//! the crate's `tests/key_files.rs` on the very file that it is named for.

use super::item::Item;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An X.509 certificate.
    Certificate,
    /// A public key.
    PublicKey,
    /// A certificate with its private key, in one file.
    Pkcs12,
    /// The same for Java.
    JavaKeystore,
    /// Certificates, wrapped.
    Pkcs7,
    /// PKCS#7 without PEM around it.
    Pkcs7Der,
    /// What an authority makes a certificate of.
    Request,
    /// The same without PEM around it.
    RequestDer,
    /// Certificates that are no longer good.
    RevocationList,
    /// The parameters of keys, without a key.
    Parameters,
    /// A public key as OpenSSH writes it.
    OpenSshKey,
    /// A certificate of OpenSSH, which is not X.509.
    OpenSshCertificate,
    /// A public key whose private half is in a security key.
    SecurityKey,
    /// A key as JSON.
    Jwk,
    /// A key of `OpenPGP`.
    Pgp,
    /// A key of minisign or signify.
    Minisign,
    /// A signature.
    Signature,
    /// None of these.
    Unknown,
}

/// What to do with files that hold a private key besides what is wanted.
const PKCS12: &str = "this is a PKCS#12 file (.p12, .pfx), which usually holds a private key, too: if the file has left your machine, replace \
                      that key. 'openssl pkcs12 -in FILE -clcerts -nokeys -out cert.pem' takes the certificate out of it (with -legacy, if it \
                      is old)";
const JAVA_KEYSTORE: &str = "this is a Java keystore, which usually holds a private key, too: if the file has left your machine, replace that \
                             key. Export the certificate from it as PEM";

impl Kind {
    /// What it is, and what to do, where a certificate is wanted.
    pub const fn in_place_of_certificate(self) -> &'static str {
        match self {
            Self::Pkcs12 => PKCS12,
            Self::JavaKeystore => JAVA_KEYSTORE,
            Self::Pkcs7 => {
                "this is PKCS#7 (.p7b): 'openssl pkcs7 -in FILE -print_certs' prints the certificates in it"
            }
            Self::Pkcs7Der => {
                "this is PKCS#7 in binary form (.p7b): 'openssl pkcs7 -inform der -in FILE -print_certs' prints the certificates in it"
            }
            Self::Request | Self::RequestDer => {
                "this is a certificate request, not a certificate: have an authority sign it, and give what that makes of it"
            }
            Self::PublicKey => {
                "this is a public key, not a certificate: give the certificate that was made for it"
            }
            Self::OpenSshKey | Self::SecurityKey => "this is an OpenSSH public key, not an X.509 certificate",
            Self::OpenSshCertificate => "this is an OpenSSH certificate, which is not an X.509 certificate",
            Self::RevocationList => "this is a revocation list (CRL), not a certificate",
            Self::Parameters => "these are only the parameters of a key, not a certificate",
            Self::Jwk => "this is a key as JSON (JWK), not a certificate",
            Self::Pgp => "this is an OpenPGP key, not an X.509 certificate",
            Self::Minisign => "this is a key of minisign or signify, not a certificate",
            Self::Signature => "this is a signature, not a certificate",
            Self::Certificate | Self::Unknown => {
                "it is not an X.509 certificate: give it as PEM (-----BEGIN CERTIFICATE-----), or as base64 of PEM"
            }
        }
    }

    /// What it is, and what to do, where the private key of a certificate is wanted.
    pub const fn in_place_of_private_key(self) -> &'static str {
        match self {
            Self::Certificate => "this is a certificate: give the private key that belongs to it",
            Self::PublicKey | Self::OpenSshKey | Self::SecurityKey => {
                "this is a public key: give the private key that belongs to it"
            }
            Self::Pkcs12 => {
                "this is a PKCS#12 file (.p12, .pfx): 'openssl pkcs12 -in FILE -nocerts -nodes -out key.pem' takes the private key out of it \
                 (with -legacy, if it is old)"
            }
            Self::JavaKeystore => "this is a Java keystore: export the private key from it as PEM",
            Self::Pkcs7 | Self::Pkcs7Der => {
                "this is PKCS#7 (.p7b), which holds certificates: give the private key"
            }
            Self::Request | Self::RequestDer => {
                "this is a certificate request: give the private key that it was made with"
            }
            Self::OpenSshCertificate => "this is an OpenSSH certificate, not a private key",
            Self::RevocationList => "this is a revocation list (CRL), not a private key",
            Self::Parameters => "these are only the parameters of a key: give the key itself",
            Self::Jwk | Self::Pgp | Self::Minisign => {
                "this is another program's key: give a private key as PEM"
            }
            Self::Signature => "this is a signature, not a private key",
            Self::Unknown => "it has no private key: give it as PEM (-----BEGIN PRIVATE KEY-----)",
        }
    }

    /// What it is, and what to do, where a public key is wanted.
    pub const fn in_place_of_key(self) -> &'static str {
        match self {
            Self::Pkcs12 => PKCS12,
            Self::JavaKeystore => JAVA_KEYSTORE,
            Self::Pkcs7 => {
                "this is PKCS#7 (.p7b): 'openssl pkcs7 -in FILE -print_certs' prints the certificates in it; give the signer's"
            }
            Self::Pkcs7Der => {
                "this is PKCS#7 in binary form (.p7b): 'openssl pkcs7 -inform der -in FILE -print_certs' prints the certificates in it; \
                 give the signer's"
            }
            Self::Request => {
                "this is a certificate request: 'openssl req -in FILE -pubkey -noout' prints its public key"
            }
            Self::RequestDer => {
                "this is a certificate request in binary form: 'openssl req -inform der -in FILE -pubkey -noout' prints its public key"
            }
            Self::SecurityKey => {
                "this is the OpenSSH key of a security key (FIDO), whose signatures are over more than the content: it can't sign here"
            }
            Self::OpenSshCertificate => {
                "this is an OpenSSH certificate: give the public key that it was made for (the file without '-cert')"
            }
            Self::RevocationList => "this is a revocation list (CRL), not a public key",
            Self::Parameters => {
                "these are only the parameters of a key: 'openssl pkey -in private_key.pem -pubout' prints a public key"
            }
            Self::Jwk => "this is a key as JSON (JWK): give it as PEM ('-----BEGIN PUBLIC KEY-----')",
            Self::Pgp => {
                "this is an OpenPGP key, whose signatures have a form of their own: it can't sign here"
            }
            Self::Minisign => {
                "this is a key of minisign or signify, whose signatures have a form of their own: it can't sign here"
            }
            Self::Signature => "this is a signature, not a public key",
            Self::Certificate | Self::PublicKey | Self::OpenSshKey | Self::Unknown => {
                "no public key found; give a PEM public key ('-----BEGIN PUBLIC KEY-----'), a PEM certificate, or the base64 of a raw \
                 32-byte Ed25519 key"
            }
        }
    }
}

/// What bytes are that are no text.
pub(super) fn of_binary(bytes: &[u8]) -> Option<Item> {
    if bytes.starts_with(b"\xfe\xed\xfe\xed") {
        return Some(Item::Other(Kind::JavaKeystore));
    }
    let (content, []) = element(bytes, SEQUENCE)? else { return None };
    let (header, first, rest) = any(content)?;
    match header {
        // A version, and the OID of data or of signed data in a sequence.
        INTEGER if first == [3] => Some(Item::Other(Kind::Pkcs12)),
        // The modulus and the exponent.
        INTEGER => element(rest, INTEGER)
            .filter(|(_, rest)| rest.is_empty())
            .map(|_| Item::RsaPublicKey(bytes.to_vec())),
        OID if first.starts_with(PKCS7) => Some(Item::Other(Kind::Pkcs7Der)),
        SEQUENCE => of_sequences(bytes, first, rest),
        _ => None,
    }
}

/// What a sequence is that begins with a sequence: what is signed, or an algorithm.
fn of_sequences(bytes: &[u8], first: &[u8], rest: &[u8]) -> Option<Item> {
    match (any(first), any(rest)) {
        (Some((OID, ..)), Some((BIT_STRING, _, []))) => Some(Item::PublicKey(bytes.to_vec())),
        (Some((INTEGER, [0], after)), _) if is_request(after) => Some(Item::Other(Kind::RequestDer)),
        (Some((INTEGER | EXPLICIT_0, ..)), Some((SEQUENCE, ..))) => Some(Item::Certificate(bytes.to_vec())),
        _ => None,
    }
}

/// Whether a name and then a public key follow the version. In a certificate an algorithm is in between.
fn is_request(after: &[u8]) -> bool {
    let key = any(after).and_then(|(_, _, after)| any(after));
    key.and_then(|(_, key, _)| any(key)).is_some_and(|(header, algorithm, _)| {
        header == SEQUENCE && any(algorithm).is_some_and(|(header, ..)| header == OID)
    })
}

/// What a text is that is no PEM and no base64.
pub(super) fn of_text(text: &str) -> Option<Kind> {
    let text = text.trim_start();
    if text.starts_with('{') && text.contains("\"kty\"") {
        Some(Kind::Jwk)
    } else if text.starts_with("untrusted comment:") {
        Some(Kind::Minisign)
    } else {
        None
    }
}

/// The certificate, without the settings that OpenSSL writes behind a trusted one.
pub(super) fn without_trust(der: &[u8]) -> Option<&[u8]> {
    let (_, settings) = element(der, SEQUENCE)?;
    let is_over = settings.is_empty() || element(settings, SEQUENCE).is_some_and(|(_, rest)| rest.is_empty());
    is_over.then(|| &der[..der.len() - settings.len()])
}

pub(crate) const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
const EXPLICIT_0: u8 = 0xa0;
/// 1.2.840.113549.1.7
const PKCS7: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];

/// The content of the value that DER (or BER) begins with, if it has this header; and what follows.
pub(super) fn element(bytes: &[u8], header: u8) -> Option<(&[u8], &[u8])> {
    any(bytes).filter(|(found, ..)| *found == header).map(|(_, content, rest)| (content, rest))
}

/// A value of DER: its header, its length and its content.
pub(crate) fn value(header: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let digits: Vec<u8> = length.into_iter().skip_while(|digit| *digit == 0).collect();
    let length = match digits.as_slice() {
        [] => vec![0],
        [short @ ..0x80] => vec![*short],
        // A length has at most eight digits.
        long => [&[0x80 | u8::try_from(long.len()).unwrap_or(8)], long].concat(),
    };
    [&[header], &length[..], content].concat()
}

/// The header and the content of the value that bytes begin with, and what follows.
pub(super) fn any(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [header, length, after @ ..] = bytes else { return None };
    let (length, after) = match usize::from(*length) {
        // Of indefinite length: to the end, as .p7b and .p12 files sometimes are.
        0x80 => (after.len(), after),
        short @ ..0x80 => (short, after),
        long => {
            let (digits, after) = after.split_at_checked(long & 0x7f)?;
            let add = |length: usize, digit: &u8| length.checked_mul(256)?.checked_add(usize::from(*digit));
            (digits.iter().try_fold(0, add)?, after)
        }
    };
    let (content, rest) = after.split_at_checked(length)?;
    Some((*header, content, rest))
}
