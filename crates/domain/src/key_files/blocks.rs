//! The blocks of PEM: a label, base64, and the label again. Line ends, blanks and what stands around the blocks do not matter.

use base64::Engine as _;

use super::digits::BASE64;
use super::item::Item;
use super::kinds::{self, Kind};
use super::private;

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

/// What a block holds.
pub(super) enum Block {
    /// A private key. Nothing of it is kept.
    PrivateKey,
    /// Something else.
    Item(Item),
}

/// The blocks of a text: `None` if there are none, an error if one is damaged.
pub(super) fn read(text: &str) -> Option<Result<Vec<Block>, ()>> {
    let mut rest = &text[text.find(BEGIN)?..];
    let mut blocks = Vec::new();
    while let Some(start) = rest.find(BEGIN) {
        let Some((block, after)) = split(&rest[start + BEGIN.len()..]) else { return Some(Err(())) };
        blocks.push(block);
        rest = after;
    }
    Some(Ok(blocks))
}

/// The block whose label the text begins with, and what follows it.
fn split(text: &str) -> Option<(Block, &str)> {
    let (label, text) = text.split_once(DASHES)?;
    let (body, rest) = text.split_once(&format!("-----END {label}-----"))?;
    let known = Label::of(label.trim());
    if matches!(known, Label::PrivateKey) {
        return Some((Block::PrivateKey, rest));
    }
    if let Label::Other(kind) = known {
        return Some((Block::Item(Item::Other(kind)), rest));
    }
    // A line such as "Comment: …" is no base64.
    let digits: String =
        body.lines().filter(|line| !line.contains(':')).flat_map(str::split_whitespace).collect();
    let der = BASE64.decode(digits).ok()?;
    if private::is_der(&der) {
        return Some((Block::PrivateKey, rest));
    }
    let item = match known {
        Label::Certificate => Item::Certificate(der),
        Label::TrustedCertificate => Item::Certificate(kinds::without_trust(&der)?.to_vec()),
        Label::PublicKey => Item::PublicKey(der),
        Label::RsaPublicKey => Item::RsaPublicKey(der),
        Label::PrivateKey | Label::Other(_) => return None,
    };
    Some((Block::Item(item), rest))
}

/// What a label says of its block.
enum Label {
    Certificate,
    /// With settings of OpenSSL behind it, or without.
    TrustedCertificate,
    PublicKey,
    RsaPublicKey,
    PrivateKey,
    Other(Kind),
}

impl Label {
    /// The one list of labels.
    fn of(label: &str) -> Self {
        match label {
            "CERTIFICATE" | "X509 CERTIFICATE" => Self::Certificate,
            "TRUSTED CERTIFICATE" => Self::TrustedCertificate,
            "PUBLIC KEY" => Self::PublicKey,
            "RSA PUBLIC KEY" => Self::RsaPublicKey,
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Self::Other(Kind::Request),
            "PKCS7" | "PKCS #7 SIGNED DATA" | "CMS" => Self::Other(Kind::Pkcs7),
            "X509 CRL" => Self::Other(Kind::RevocationList),
            "SSH SIGNATURE" | "SIGNATURE" | "PGP SIGNATURE" => Self::Other(Kind::Signature),
            "PGP PUBLIC KEY BLOCK" => Self::Other(Kind::Pgp),
            label if label.contains("PRIVATE KEY") => Self::PrivateKey,
            label if label.ends_with("PARAMETERS") => Self::Other(Kind::Parameters),
            _ => Self::Other(Kind::Unknown),
        }
    }
}
