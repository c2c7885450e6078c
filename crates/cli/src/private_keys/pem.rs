//! The PEM forms that private keys come in.

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::SecretDocument;

/// What a PEM block holds.
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

/// Finds the private key in a PEM text; `openssl` may write parameters or a certificate before it.
pub(super) fn read(text: &str) -> Result<(Form, SecretDocument), String> {
    let (form, block) = FORMS
        .into_iter()
        .find_map(|(label, form)| block(text, label).map(|block| (form, block)))
        .ok_or_else(|| not_found(text))?;
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

fn not_found(text: &str) -> String {
    let problem = if text.contains("BEGIN OPENSSH PRIVATE KEY") {
        "this is an OpenSSH key; 'ssh-keygen -p -m PKCS8 -f KEY' converts RSA and ECDSA keys"
    } else if text.contains("BEGIN PUBLIC KEY") || text.contains("BEGIN CERTIFICATE") {
        "this is only the public half; signing takes the private key"
    } else {
        "there is no private key in PEM form ('-----BEGIN PRIVATE KEY-----') in this file"
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
