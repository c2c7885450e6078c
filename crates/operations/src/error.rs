//! Why an operation did not happen, by meaning. The protocol that sends the error decides which status and code a meaning has.
//!
//! A rule that forbids something is not named here: its error implements [`Refusal`] beside the rule, and becomes [`Error::Refused`].

use olivine_content::tokens::TokenError;
use olivine_domain::api_keys::KeyRejected;
use olivine_domain::binaries::LifecycleRefusal;
use olivine_domain::binary_parts::{Incomplete, PartMisfit};
use olivine_domain::organizations::QuotaExceeded;
use olivine_domain::permissions::{MissingScope, NotAuthorized, OutsideReach, Stale};
use olivine_domain::prn::{Id, Resource};
use olivine_domain::refusals::Refusal;
use olivine_domain::releases::graph::GraphRefusal;
use olivine_domain::releases::phases::PhaseMisfit;
use olivine_domain::releases::rollback::{PlanError, RollbackRefusal};
use olivine_domain::signing_keys::KeyRefusal;
use olivine_records::Trouble;

/// Why an operation did not happen. Nothing was changed, except for an event where one is due.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such record in the caller's organization.
    #[error("there is no {what} '{named}'")]
    NotFound {
        /// The kind of record, without its article.
        what: &'static str,
        /// How it was named.
        named: String,
    },
    /// No key, or none that is known.
    #[error("{0}")]
    Unauthenticated(#[from] Unauthenticated),
    /// The caller lacks a scope.
    #[error("{0}: {remedy}", remedy = .0.remedy())]
    Forbidden(#[from] MissingScope),
    /// A field's value is not possible.
    #[error("{field}: {problem}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with its value.
        problem: String,
    },
    /// Something unique exists already.
    #[error("{message}")]
    Taken {
        /// What is taken.
        what: Taken,
        /// Which record has it, in words.
        message: String,
        /// That record's PRN.
        by: Option<String>,
    },
    /// Other records depend on this one.
    #[error("{0}")]
    InUse(String),
    /// A rule forbids it. What the caller has to do, the code and the facts are the refusal's.
    #[error("{0}")]
    Refused(Box<dyn Refusal>),
    /// The record was changed since the caller read it.
    #[error("the record was changed since you read it (If-Match does not fit): read it again, then decide")]
    PreconditionFailed,
    /// Somebody else was faster.
    #[error("{0}")]
    Conflict(&'static str),
    /// The database undid the change because another one waited for the same records. The change may be repeated: see `deadlocks`.
    #[error(
        "the server was changing the same records for others at the same moment; nothing was changed: try again"
    )]
    Deadlock,
    /// Too much for one request.
    #[error("at most {limit} bytes are taken in one request: upload larger content in parts")]
    TooLarge {
        /// In bytes.
        limit: u64,
    },
    /// The client broke off.
    #[error("the upload broke off; nothing was kept, so send it again")]
    Interrupted(#[source] olivine_content::uploads::BodyError),
    /// There is no room on the disk.
    #[error(
        "the server's storage is full; nothing was changed. Free some space on the server, then try again"
    )]
    StorageFull,
    /// The content that a URL was made for is no longer there.
    #[error("the content that this URL was made for is gone: it was reset, replaced, deleted or destroyed")]
    ContentGone,
    /// A content is damaged in all storages that should have it.
    #[error(
        "this content is damaged in the server's storage, so it can't be downloaded now; the server's operator finds it with `olivine content \
         audit`, and --repair brings it back where there is a copy"
    )]
    ContentDamaged(#[source] olivine_content::Error),
    /// The bytes that were asked for are not in the content.
    #[error("the content has {total} bytes; the range that was asked for is not among them")]
    OutOfRange {
        /// In bytes.
        total: u64,
    },
    /// This process may have missed changes that other processes made, so it offers nothing to devices.
    #[error(
        "this server has not heard of the latest changes for some seconds, so it offers no update now: ask again in a moment, or ask \
         another server"
    )]
    Stale,
    /// A storage is not the one that the records mean.
    #[error(transparent)]
    WrongStorage(#[from] crate::storages::wrong::WrongStorage),
    /// A search would have to look through too many records.
    #[error("{0}")]
    SearchTooBroad(String),
    /// The caller's last search is not over, or others' searches fill all places for searches.
    #[error("{0}")]
    SearchInProgress(String),
    /// The caller has tried too often, or too many people try at once.
    #[error("{what}")]
    TooMany {
        /// What is too much, and what to do.
        what: String,
        /// When the next try makes sense.
        wait: std::time::Duration,
    },
    /// Something that the server depends on is down.
    #[error("the server can't reach its {what} right now: try again in a few seconds")]
    Unavailable {
        /// What is down.
        what: &'static str,
        /// For the log.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Something that the server depends on answers, and refuses for a reason that does not pass by itself.
    #[error(
        "the server's {what} refuses to work with it: {why}. Trying again does not help before the server's operator has changed that"
    )]
    Misconfigured {
        /// What refuses.
        what: &'static str,
        /// The cause, and what to do about it.
        why: String,
        /// For the log.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A fault of ours or of the stored data.
    #[error("the server met an internal error; its log has the details under this request's id")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Lets `?` turn these refusals into errors. Others go through [`Error::refused`].
macro_rules! refusals {
    ($($refusal:ty),+ $(,)?) => {
        $(impl From<$refusal> for Error {
            fn from(refusal: $refusal) -> Self {
                Self::refused(refusal)
            }
        })+
    };
}

refusals!(
    GraphRefusal,
    Incomplete,
    KeyRefusal,
    LifecycleRefusal,
    OutsideReach,
    PartMisfit,
    QuotaExceeded,
    RollbackRefusal,
    Stale,
    TokenError,
);

impl From<NotAuthorized> for Error {
    fn from(refused: NotAuthorized) -> Self {
        match refused {
            NotAuthorized::MissingScope(missing) => missing.into(),
            NotAuthorized::OutsideReach(outside) => outside.into(),
            NotAuthorized::Stale(stale) => stale.into(),
        }
    }
}

impl From<PlanError> for Error {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Refused(refusal) => refusal.into(),
            PlanError::Broken(broken) => Self::internal(broken),
        }
    }
}

impl From<PhaseMisfit> for Error {
    fn from(misfit: PhaseMisfit) -> Self {
        Self::Invalid { field: misfit.field(), problem: misfit.to_string() }
    }
}

/// Why a caller is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// There was no key.
    #[error("no API key: send it as 'Authorization: Bearer <key>'")]
    Missing,
    /// It does not have the form of a key, or nobody has it.
    #[error("this API key is not known: check that it was copied whole, and that it is for this server")]
    Unknown,
    /// It once was good.
    #[error(transparent)]
    Rejected(#[from] KeyRejected),
    /// It was good when the request began.
    #[error("what you may do was changed while this request waited: send it again")]
    Changed,
}

/// What can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// A name.
    Name,
    /// A version of an artifact.
    Version,
    /// A target of an artifact version.
    Target,
    /// A signing key.
    Key,
    /// What a device is called.
    Identifier,
    /// A certificate.
    Certificate,
    /// An id that the caller chose.
    Id,
}

impl Error {
    /// There is no `R` of this id in the caller's organization.
    pub fn not_found<R: Resource>(id: Id<R>) -> Self {
        let what = R::A_NAME.split_once(' ').map_or(R::A_NAME, |(_, name)| name);
        Self::NotFound { what, named: id.to_string() }
    }

    /// Whether it says only that something can't be asked, and nothing about what was asked.
    pub const fn is_of_dependency(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Misconfigured { .. } | Self::WrongStorage(_))
    }

    /// A rule forbids it.
    pub fn refused(refusal: impl Refusal + 'static) -> Self {
        Self::Refused(Box::new(refusal))
    }

    /// A fault of ours.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }
}

impl From<olivine_content::Error> for Error {
    fn from(error: olivine_content::Error) -> Self {
        use olivine_content::Error as Content;
        match error {
            Content::StorageFull { .. } => Self::StorageFull,
            Content::NotFound | Content::SessionGone => Self::ContentGone,
            Content::OutOfRange { total } => Self::OutOfRange { total },
            Content::Unavailable { .. } => {
                Self::Unavailable { what: "content storage", source: Box::new(error) }
            }
            Content::Refused { reason, .. } => Self::Misconfigured {
                what: "content storage",
                why: reason.to_string(),
                source: Box::new(error),
            },
            Content::MissingPart { .. }
            | Content::AlreadyComplete
            | Content::Corrupt { .. }
            | Content::Cancelled => Self::internal(error),
        }
    }
}

impl Error {
    /// Adds to the error of a missing record how it was named; leaves other errors as they are.
    pub(crate) fn missing<R: Resource>(id: Id<R>) -> impl FnOnce(olivine_records::Error) -> Self {
        move |error| match error {
            olivine_records::Error::NotFound { .. } => Self::not_found(id),
            olivine_records::Error::OutsideReach => OutsideReach::Record.into(),
            other => other.into(),
        }
    }
}

impl From<olivine_records::Error> for Error {
    fn from(error: olivine_records::Error) -> Self {
        use olivine_records::{Constraint, Error as Records};
        match error {
            Records::Duplicate(Constraint::PrimaryKey) => Self::Taken {
                what: Taken::Id,
                message: "a record with this id exists already: choose another id, or leave it out"
                    .to_owned(),
                by: None,
            },
            Records::Conflict => {
                Self::Conflict("the record was changed at the same moment: read it again and retry")
            }
            Records::Deadlock => Self::Deadlock,
            Records::OutsideReach => OutsideReach::Record.into(),
            Records::TooBroad { .. } | Records::TooManyToSort { .. } | Records::TooManyToCount { .. } => {
                Self::SearchTooBroad(error.to_string())
            }
            Records::ScanInProgress => Self::SearchInProgress(error.to_string()),
            Records::StorageFull => Self::StorageFull,
            Records::Unavailable { trouble, .. } => {
                Self::Unavailable { what: database(trouble), source: Box::new(error) }
            }
            Records::NotLetIn { hint, .. } => {
                Self::Misconfigured { what: "database", why: hint.to_owned(), source: Box::new(error) }
            }
            Records::TooLarge { column, value } => Self::Invalid {
                field: column,
                problem: format!("at most {} is possible; got {value}", i64::MAX),
            },
            other => Self::internal(other),
        }
    }
}

/// The database, and what is wrong with it where that is known.
const fn database(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::ReadOnly => "database for writing (it is read-only)",
        Trouble::DiskFull => "database for writing (its disk is full)",
        Trouble::Crowded => "database (it has no free connection)",
        Trouble::Stopping => "database (it is starting or stopping)",
        Trouble::Slow => "database (it did not answer in time)",
        Trouble::Other => "database",
    }
}

impl From<olivine_records::organizations::ReserveError> for Error {
    fn from(error: olivine_records::organizations::ReserveError) -> Self {
        match error {
            olivine_records::organizations::ReserveError::Quota(exceeded) => exceeded.into(),
            olivine_records::organizations::ReserveError::Records(error) => error.into(),
        }
    }
}
