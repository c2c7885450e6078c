//! SHA-256 digests: how they are written, and how they are computed over a stream.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;

/// A SHA-256 digest. Accepted as `sha256:<hex>` or bare hex in any case; always displayed as `sha256:<lowercase hex>`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256Digest([u8; 32]);

/// The text is not a SHA-256 digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a SHA-256 digest: it takes 64 hexadecimal digits, with or without 'sha256:' before them; got {got}"
)]
pub struct InvalidDigest {
    /// What was wrong with it, in words.
    got: String,
}

impl Sha256Digest {
    /// A digest that was computed elsewhere.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest of bytes that are in memory.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Sha256Hasher::new();
        hasher.update(bytes);
        hasher.finish()
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 lowercase hexadecimal digits, without prefix: what Ed25519 keys sign.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }
}

impl fmt::Display for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.to_hex())
    }
}

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sha256Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let prefixed = text.get(..7).is_some_and(|prefix| prefix.eq_ignore_ascii_case("sha256:"));
        let digits = if prefixed { &text[7..] } else { text };
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|error| InvalidDigest {
            got: match error {
                hex::FromHexError::InvalidHexCharacter { c, index } => format!("'{c}' at position {index}"),
                _ => format!("{} characters", digits.chars().count()),
            },
        })?;
        Ok(Self(bytes))
    }
}

/// SHA-256 over bytes that arrive piece by piece.
#[derive(Clone)]
pub struct Sha256Hasher(digest::Context);

impl Sha256Hasher {
    /// Nothing hashed yet.
    pub fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all that was added.
    pub fn finish(self) -> Sha256Digest {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.finish().as_ref());
        Sha256Digest(bytes)
    }
}

impl Default for Sha256Hasher {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Sha256Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sha256Hasher")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn reads_each_spelling_and_writes_one() {
        let expected = format!("sha256:{HEX}");
        for text in
            [HEX.to_owned(), HEX.to_uppercase(), expected.clone(), format!("SHA256:{}", HEX.to_uppercase())]
        {
            assert_eq!(text.parse::<Sha256Digest>().unwrap().to_string(), expected);
        }
        assert_eq!(Sha256Digest::of(b"").to_string(), expected);
    }

    #[test]
    fn says_what_is_wrong() {
        let error = |text: &str| text.parse::<Sha256Digest>().unwrap_err().to_string();
        assert!(error("abc").ends_with("got 3 characters"));
        assert!(error(&HEX.replace('e', "g")).ends_with("got 'g' at position 0"));
        assert!(error("").ends_with("got 0 characters"));
        assert!(error("sha256:€").contains("got"));
    }
}
