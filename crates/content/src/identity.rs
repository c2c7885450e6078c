//! The identity of a storage: a small file or object that says which storage this is, wherever it is mounted and by whatever endpoint it is
//! reached. It is made once and must never change: records name the storage by it.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::error::Error;

/// The name of the file or object, at the top of the folder or directly below the prefix.
pub const IDENTITY_NAME: &str = ".olivine-storage-id";
/// More than a written identity ever has.
pub(crate) const MOST_BYTES: usize = 128;

/// Which storage this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StorageIdentity(Uuid);

impl StorageIdentity {
    /// The identity with that number, which must be random.
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// As it is written into storage.
    pub(crate) fn encode(self) -> String {
        format!("{self}\n")
    }

    /// Reads what is in storage.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= MOST_BYTES);
        text.and_then(|text| text.trim().parse().ok())
            .ok_or(Error::Corrupt { what: "the storage's identity (.olivine-storage-id) can't be read" })
    }
}

impl fmt::Display for StorageIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for StorageIdentity {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_damage_is_noticed() {
        let identity = StorageIdentity::new(Uuid::from_u128(7));
        assert_eq!(StorageIdentity::decode(identity.encode().as_bytes()).unwrap(), identity);
        for damaged in [&b""[..], b"\0\0\0", b"something else", &[b'0'; 1000]] {
            assert!(matches!(StorageIdentity::decode(damaged), Err(Error::Corrupt { .. })), "{damaged:?}");
        }
    }
}
