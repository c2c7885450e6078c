//! What can go wrong with stored content, by meaning: callers match on what happened, logs get the backend's detail as source.

use std::io;
use std::sync::Arc;

use olivine_domain::binary_parts::PartIndex;

/// The backend's own error, for the log.
///
/// Shared, because one failure may be told to several waiting callers.
pub type Source = Arc<dyn std::error::Error + Send + Sync>;

/// Why storage did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// There is no complete content by this key.
    #[error("there is no such content in storage")]
    NotFound,
    /// The upload was completed, deleted or never begun, so nothing can be added to it.
    #[error("this upload is over: it was completed or deleted; begin a new one")]
    SessionGone,
    /// A part that the upload was to be completed with is not in storage.
    #[error("part {index} is not in storage: upload it again")]
    MissingPart {
        /// The first part that is missing.
        index: PartIndex,
    },
    /// The content was completed before, from other parts. It stays as it is.
    #[error("this content was already completed from other parts")]
    AlreadyComplete,
    /// The range does not lie within the content.
    #[error("the range reaches beyond the content, which has {total} bytes")]
    OutOfRange {
        /// The content's size in bytes.
        total: u64,
    },
    /// No space, inodes or quota left. Nothing was kept, and nothing that was there is lost.
    #[error("storage is full: free some space or add storage")]
    StorageFull {
        /// What the backend said.
        #[source]
        source: Source,
    },
    /// Storage can't be reached or does not work. Trying again later may help.
    #[error("storage is not available")]
    Unavailable {
        /// What the backend said.
        #[source]
        source: Source,
    },
    /// Storage answers, and refuses for a reason that does not pass by itself: trying again does not help.
    #[error("storage refuses to work: {reason}")]
    Refused {
        /// The cause, and what to do about it.
        reason: Refusal,
        /// What the backend said.
        #[source]
        source: Source,
    },
    /// What is stored is not what was acknowledged. Trying again does not help.
    #[error("stored content is damaged: {what}")]
    Corrupt {
        /// What is wrong, in words.
        what: &'static str,
    },
    /// The caller cancelled it.
    #[error("cancelled")]
    Cancelled,
}

/// Why a storage will refuse the next attempt, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It does not know the key, or the signature is wrong.
    #[error(
        "it does not accept the server's credentials; look at the access key and its secret, and whether they have expired"
    )]
    Credentials,
    /// The key may not do this.
    #[error(
        "the server's credentials lack a permission that is needed; the server's log says what was refused"
    )]
    Permission,
    /// Signatures carry the time.
    #[error("the server's clock differs too much from the storage's; set the server's clock")]
    Clock,
    /// There is no such bucket, container or account.
    #[error("there is no such bucket, container or account; look at the storage's URL")]
    Bucket,
    /// The bucket is in another region, or has another name.
    #[error(
        "the bucket is in another region or at another address; look at the storage's region and endpoint"
    )]
    Address,
    /// It does not know the headers by which S3 checks a part.
    #[error(
        "it does not take the headers x-amz-checksum-sha256 and x-amz-checksum-algorithm; they are left out by 'storage.checksums = false' for \
         the server's own storage, and by 'checksums: false' of the storage backend for an organization's (peridio storage-backends, \
         --checksums false)"
    )]
    Checksums,
    /// It lacks an operation.
    #[error("it lacks an operation that is needed; the server's log says which one")]
    Unsupported,
}

impl Error {
    /// Storage that does not work, for the reason `source`.
    pub fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable { source: Arc::from(source.into()) }
    }
}

/// Whether an error of the system says that there is no room for more bytes: on the disk, in a quota, or in a limit of file sizes.
pub const fn is_storage_full(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

impl From<io::Error> for Error {
    /// The error by its kind. A file that is not found has different meanings in different places, so callers handle that case before.
    fn from(error: io::Error) -> Self {
        if is_storage_full(error.kind()) {
            Self::StorageFull { source: Arc::new(error) }
        } else {
            Self::unavailable(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    #[test]
    fn full_storage_is_told_apart_and_the_source_stays_out_of_the_sentence() {
        for (kind, full) in [
            (io::ErrorKind::StorageFull, true),
            (io::ErrorKind::QuotaExceeded, true),
            (io::ErrorKind::FileTooLarge, true),
            (io::ErrorKind::PermissionDenied, false),
        ] {
            let error = Error::from(io::Error::new(kind, "detail"));
            assert_eq!(matches!(error, Error::StorageFull { .. }), full);
            assert!(!error.to_string().contains("detail"));
            assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("detail"));
        }
    }
}
