//! Private keys in the format of `ssh-keygen` (openssh-key-v1). Ed25519 keys without a passphrase are read, because no tool converts them.
//! For all other keys, the error names the command that converts them.

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use olivine_domain::key_files::openssh_field as field;
use pkcs8::der::zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN OPENSSH PRIVATE KEY-----";
const END: &str = "-----END OPENSSH PRIVATE KEY-----";

/// The key in a PEM text, or `None` if it is not an OpenSSH key.
pub(super) fn read(text: &str) -> Option<Result<Ed25519KeyPair, String>> {
    let (_, body) = text.split_once(BEGIN)?;
    let damaged = || "this OpenSSH key is damaged or incomplete".to_owned();
    let Some((body, _)) = body.split_once(END) else { return Some(Err(damaged())) };
    let digits: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
    let key = STANDARD.decode(digits.as_bytes()).ok().map(Zeroizing::new).and_then(|key| parse(&key));
    Some(key.unwrap_or_else(|| Err(damaged())))
}

fn parse(key: &[u8]) -> Option<Result<Ed25519KeyPair, String>> {
    let (cipher, rest) = field(key.strip_prefix(b"openssh-key-v1\0")?)?;
    let (_derivation, rest) = field(rest)?;
    let (_options, rest) = field(rest)?;
    let (_count, rest) = rest.split_first_chunk::<4>()?;
    let (public, rest) = field(rest)?;
    let (private, _) = field(rest)?;
    let (kind, _) = field(public)?;
    if kind != b"ssh-ed25519" {
        return Some(Err("this is an OpenSSH key: 'ssh-keygen -p -m PKCS8 -f COPY' converts a copy of an RSA or ECDSA key to PEM".to_owned()));
    } else if cipher != b"none" {
        return Some(Err("this OpenSSH key has a passphrase, and only those without one are read: 'ssh-keygen -p -N \"\" -f COPY' takes it \
                         off a copy of the key, which you delete afterwards"
            .to_owned()));
    }
    let (_checks, rest) = private.split_first_chunk::<8>()?;
    let (_kind, rest) = field(rest)?;
    let (_public, rest) = field(rest)?;
    let (pair, _) = field(rest)?;
    let (seed, public) = pair.split_first_chunk::<32>()?;
    Some(Ed25519KeyPair::from_seed_and_public_key(seed, public).map_err(|_| super::damaged("Ed25519")))
}
