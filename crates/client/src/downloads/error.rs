//! Why a download did not succeed.

use std::path::PathBuf;

/// A download that did not succeed. The file that was asked for is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A request or a file failed.
    #[error(transparent)]
    Client(#[from] crate::Error),
    /// There is no content yet.
    #[error("this binary is '{state}' and has no verified content yet: upload it first")]
    NothingThere {
        /// The binary's state.
        state: String,
    },
    /// Its content is gone for good.
    #[error("this binary is destroyed: its content is gone for good")]
    Destroyed,
    /// Another process downloads to the same place.
    #[error("another download to {} is running", .path.display())]
    Busy {
        /// Where it keeps what arrived so far.
        path: PathBuf,
    },
    /// Fewer bytes arrived than the least rate asks for.
    #[error(
        "fewer than {bytes_per_second} bytes a second arrived from {origin} for {} seconds; what arrived is kept, and continued later",
        .window.as_secs()
    )]
    TooSlow {
        /// Where from.
        origin: String,
        /// The least rate.
        bytes_per_second: u64,
        /// Over this time.
        window: std::time::Duration,
    },
    /// More bytes than the record says.
    #[error("the content is longer than the {expected} bytes that the record says; nothing was kept")]
    TooLong {
        /// The record's size in bytes.
        expected: u64,
    },
    /// Fewer bytes than the record says.
    #[error("the content ends after {received} bytes, but the record says {expected}")]
    TooShort {
        /// The record's size in bytes.
        expected: u64,
        /// How many arrived.
        received: u64,
    },
    /// Other bytes than the record says.
    #[error("what arrived has the hash {actual}, but the record says {expected}; nothing was kept")]
    OtherHash {
        /// The record's.
        expected: String,
        /// What arrived.
        actual: String,
    },
    /// No signature by a key that the user trusts.
    #[error(
        "none of the binary's {signatures} signatures is a valid one by a key that you named; nothing was kept"
    )]
    NotSignedByTrusted {
        /// How many signatures the record has.
        signatures: usize,
    },
    /// Not enough of the keys that a device trusts have signed it.
    #[error(
        "{valid} of the {required} required signatures by trusted keys found among the {signatures} that it has; nothing \
         was kept"
    )]
    TooFewSignatures {
        /// By how many trusted keys there is a valid one.
        valid: usize,
        /// How many there must be.
        required: usize,
        /// How many there are in all.
        signatures: usize,
    },
    /// A signature that does not belong to this content.
    #[error("the signature by key {keyid} is not valid for this content; nothing was kept")]
    InvalidSignature {
        /// The key.
        keyid: String,
    },
}
