//! What a CDN's signer is given, and what it makes of it.

/// What is signed: a URL without a query, and its path.
pub(super) struct Target {
    pub(super) url: String,
    pub(super) path: String,
    pub(super) now: i64,
}

/// The query that permits it, and until when (seconds since 1970).
pub(super) struct Signed {
    pub(super) query: String,
    pub(super) expires: i64,
}
