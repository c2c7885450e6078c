//! Bytes that are not those that were announced.

use olivine_domain::Sha256Digest;
use olivine_domain::refusals::{Facts, Meaning, Refusal};

/// More or fewer bytes came than were announced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{actual} came, but {expected} bytes were announced: send exactly the announced bytes")]
pub struct SizeMismatch {
    /// In bytes.
    pub expected: u64,
    /// In words: how many bytes came.
    pub actual: String,
}

impl Refusal for SizeMismatch {
    fn meaning(&self) -> Meaning {
        Meaning::Invalid
    }

    fn code(&self) -> &'static str {
        "size_mismatch"
    }

    fn facts(&self) -> Facts {
        vec![("expected", self.expected.into())]
    }
}

/// Other bytes came than were announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes that arrived have the hash {actual}, but {expected} was announced; nothing was kept")]
pub struct HashMismatch {
    /// What was announced.
    pub expected: Sha256Digest,
    /// What came.
    pub actual: Sha256Digest,
}

impl Refusal for HashMismatch {
    fn meaning(&self) -> Meaning {
        Meaning::Invalid
    }

    fn code(&self) -> &'static str {
        "hash_mismatch"
    }

    fn facts(&self) -> Facts {
        vec![("expected", self.expected.to_string().into()), ("actual", self.actual.to_string().into())]
    }
}
