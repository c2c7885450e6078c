//! Why a storage must not be used: it is not the one that the records mean.

/// Why a storage must not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongStorage {
    /// Its identity is not the one on record.
    #[error(
        "the storage '{named}' is not the one in which its contents are: it has another identity than the database remembers, or none. It \
         may not be mounted, or be the folder of another process, or be another bucket of the same name. See docs/operations.md, \
         \"Sharing storage\""
    )]
    Other {
        /// What it is called.
        named: String,
    },
    /// It has no identity, and none of the contents that should be in it.
    #[error(
        "the storage '{named}' has none of the contents that it should have: it may not be mounted, or be another folder or bucket. See \
         docs/operations.md, \"Sharing storage\""
    )]
    Empty {
        /// What it is called.
        named: String,
    },
    /// The other processes of this installation keep contents elsewhere.
    #[error(
        "other processes on this database keep contents in {url}, but this one would keep them in a folder of its own, where no other \
         process finds them. See docs/operations.md, \"Sharing storage\""
    )]
    NotShared {
        /// Where the others keep contents.
        url: String,
    },
}
