//! Why an upload did not succeed.

use std::path::PathBuf;
use std::time::Duration;

use olivine_api::binaries::VerificationError;

/// An upload that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A request failed.
    #[error(transparent)]
    Client(#[from] crate::Error),
    /// The file is not the one that the record promises.
    #[error(
        "{} has {actual} bytes, but this binary was created for a file of {expected} bytes: it is another file",
        .file.display()
    )]
    OtherSize {
        /// The file.
        file: PathBuf,
        /// The record's size in bytes.
        expected: u64,
        /// The file's.
        actual: u64,
    },
    /// The file is not the one that the record promises.
    #[error(
        "{} has the hash {actual}, but this binary was created for {expected}: it is another file, or has changed since",
        .file.display()
    )]
    OtherHash {
        /// The file.
        file: PathBuf,
        /// The record's hash.
        expected: String,
        /// The file's.
        actual: String,
    },
    /// The content is complete, and the server found it to be something else.
    #[error("the server's verification failed ({}): {}", .0.code, explain(.0))]
    VerificationFailed(VerificationError),
    /// The file was changed while it was read.
    #[error("{} changed while it was being uploaded: run the upload again when nobody writes to it", .file.display())]
    Changed {
        /// The file.
        file: PathBuf,
        /// What the server said of a part.
        source: crate::Error,
    },
    /// There are parts that the file has no room for, and nobody can remove them.
    #[error(
        "part {index} is there already, but {} has only {size} bytes and needs fewer parts: parts of another file were \
         uploaded; delete this binary and create it again",
        .file.display()
    )]
    StrayPart {
        /// The part's place.
        index: u16,
        /// The file.
        file: PathBuf,
        /// The file's size in bytes.
        size: u64,
    },
    /// More bytes than a binary can have.
    #[error("{} has {size} bytes, more than a binary can have", .file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// Its size in bytes.
        size: u64,
    },
    /// Its content is gone for good.
    #[error("this binary is destroyed and takes no content any more: create a new one")]
    Destroyed,
    /// Somebody else asked for the upload to begin anew.
    #[error("somebody reset this binary during its upload: run the upload again")]
    Reset,
    /// The verification takes longer than one wanted to wait.
    #[error(
        "the content is complete, but its verification was not finished after {} seconds: run the upload again to go on waiting",
        .after.as_secs()
    )]
    StillVerifying {
        /// How long was waited.
        after: Duration,
    },
    /// The server uses a word that this client does not know.
    #[error("the server says that the binary is '{state}', which this version does not know: update it")]
    UnknownState {
        /// The word.
        state: String,
    },
}

fn explain(error: &VerificationError) -> String {
    match (error.code.as_str(), &error.expected, &error.actual) {
        ("hash_mismatch" | "size_mismatch", Some(expected), Some(actual)) => format!(
            "the uploaded content is {actual}, but the binary was created for {expected}: this is another file; run the \
             upload again with the right one"
        ),
        _ => "the server could not read the content back from its storage; run the upload again".to_owned(),
    }
}
