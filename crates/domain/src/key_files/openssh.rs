//! Public keys as OpenSSH writes them: a line of `ssh-keygen`, or the form of RFC 4716.

use base64::Engine as _;

use super::digits::BASE64;
use super::kinds::{INTEGER, Kind, SEQUENCE, value};

/// A public key of OpenSSH, in the form that its algorithm has elsewhere.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum OpenSshKey {
    /// The 32 bytes.
    Ed25519(Vec<u8>),
    /// The DER of an `RSAPublicKey`.
    Rsa(Vec<u8>),
    /// The point.
    P256(Vec<u8>),
    /// One that can't sign here, by what people call it.
    Unsupported(&'static str),
}

/// The key that a text is: `None` if it is none of OpenSSH's, its kind if it is something else of OpenSSH's or damaged.
pub(super) fn read(text: &str) -> Option<Result<OpenSshKey, Kind>> {
    let text = text.trim_start();
    let digits: String = if let Some(rest) = text.strip_prefix("---- BEGIN SSH2 PUBLIC KEY ----") {
        let lines = rest.lines().take_while(|line| !line.starts_with("----"));
        lines.filter(|line| !line.contains(':')).collect()
    } else {
        let mut words = text.split_ascii_whitespace();
        let kind = words.next()?;
        if !["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"].iter().any(|start| kind.starts_with(start)) {
            return None;
        }
        words.next().unwrap_or_default().to_owned()
    };
    Some(BASE64.decode(digits.trim()).ok().and_then(|blob| key(&blob)).unwrap_or(Err(Kind::Unknown)))
}

fn key(blob: &[u8]) -> Option<Result<OpenSshKey, Kind>> {
    let (kind, rest) = field(blob)?;
    let kind = std::str::from_utf8(kind).ok()?;
    if kind.contains("-cert-v") {
        return Some(Err(Kind::OpenSshCertificate));
    } else if kind.starts_with("sk-") {
        return Some(Err(Kind::SecurityKey));
    }
    let (first, rest) = field(rest)?;
    Some(Ok(match kind {
        "ssh-ed25519" if rest.is_empty() => OpenSshKey::Ed25519(first.to_vec()),
        "ssh-rsa" => {
            let (modulus, rest) = field(rest)?;
            rest.is_empty().then(|| OpenSshKey::Rsa(rsa(modulus, first)))?
        }
        "ecdsa-sha2-nistp256" => OpenSshKey::P256(field(rest)?.0.to_vec()),
        "ecdsa-sha2-nistp384" => OpenSshKey::Unsupported("ECDSA P-384"),
        "ecdsa-sha2-nistp521" => OpenSshKey::Unsupported("ECDSA P-521"),
        "ssh-dss" => OpenSshKey::Unsupported("DSA"),
        _ => return None,
    }))
}

/// A field of OpenSSH's, its length in four bytes and its content (RFC 4251, 5), and what follows it.
pub fn field(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

/// The DER of an `RSAPublicKey`. Both write integers in the same way.
fn rsa(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    value(SEQUENCE, &[value(INTEGER, modulus), value(INTEGER, exponent)].concat())
}
