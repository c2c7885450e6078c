//! The PEM forms of private keys.

use olivine_domain::key_files::{Kind, is_private_key, kind_of};
use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::SecretDocument;

/// The form of the private key in a PEM block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// PKCS#8.
    Pkcs8,
    /// PKCS#8, encrypted.
    Encrypted,
    /// PKCS#1: RSA.
    Pkcs1,
    /// SEC 1: elliptic curves.
    Sec1,
}

const FORMS: [(&str, Form); 4] = [
    ("PRIVATE KEY", Form::Pkcs8),
    ("ENCRYPTED PRIVATE KEY", Form::Encrypted),
    ("RSA PRIVATE KEY", Form::Pkcs1),
    ("EC PRIVATE KEY", Form::Sec1),
];

/// Finds the private key in a PEM text. `openssl` may write parameters or a certificate before it. `bytes` is the whole file; if it
/// contains no private key, the error says what it is instead.
pub(super) fn read(text: &str, bytes: &[u8]) -> Result<(Form, SecretDocument), String> {
    let (form, block) = FORMS
        .into_iter()
        .find_map(|(label, form)| block(text, label).map(|block| (form, block)))
        .ok_or_else(|| not_found(bytes))?;
    if block.contains("Proc-Type:") {
        return Err("this key is encrypted in a form that is no longer safe; convert it with \
                    'openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW'"
            .to_owned());
    }
    let damaged = |_| "the PEM text of this key is damaged or incomplete".to_owned();
    SecretDocument::from_pem(block).map(|(_, document)| (form, document)).map_err(damaged)
}

fn block<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let start = text.find(&begin)?;
    let length = text[start..].find(&end)? + end.len();
    Some(&text[start..start + length])
}

/// Describes a file without a private key in PEM form, and how to get one from it.
fn not_found(bytes: &[u8]) -> String {
    let problem = match kind_of(bytes) {
        Some(Kind::Certificate | Kind::PublicKey | Kind::OpenSshKey) => {
            "this is only the public half; signing takes the private key"
        }
        Some(Kind::Pkcs12) => {
            "this is a PKCS#12 file (.p12, .pfx): 'openssl pkcs12 -in FILE -nocerts -aes256 -out key.pem' takes the private key out of it (with \
             -legacy, if it is old)"
        }
        None if bytes.first() == Some(&0x30) && is_private_key(bytes) => {
            "this is a private key in binary form (DER): 'openssl pkey -inform der -in FILE -out key.pem' makes PEM of it"
        }
        _ => "there is no private key in PEM form ('-----BEGIN PRIVATE KEY-----') in this file",
    };
    problem.to_owned()
}

/// Opens an encrypted PKCS#8 key (PBES2).
pub(super) fn decrypt(der: &[u8], passphrase: &str) -> Result<SecretDocument, String> {
    let info = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_| {
        "this key is encrypted in a way that is not supported; convert it with 'openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW'"
            .to_owned()
    })?;
    info.decrypt(passphrase)
        .map_err(|_| "the passphrase is not the one that this key was encrypted with".to_owned())
}
