//! What can go wrong with records, by meaning. The database's own words are the source, never part of the message.

use sea_orm::DbErr;

use crate::dialect;
use crate::reason::Reason;

/// Why a record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such record in the organization.
    #[error("there is no such record in '{table}'")]
    NotFound {
        /// The table that was looked into.
        table: &'static str,
    },
    /// The caller may see the record, but not change it.
    #[error("the record is outside of what may be changed")]
    OutsideReach,
    /// Another record has the same name, key or place.
    #[error("another record has the same {}", .0.what())]
    Duplicate(Constraint),
    /// The record can't be deleted while others belong to it.
    #[error("other records still belong to this one of '{table}'")]
    StillReferenced {
        /// The table of the record that can't be deleted.
        table: &'static str,
    },
    /// The record that this one should belong to is not there (any more), or is another organization's.
    #[error("the record that this one belongs to does not exist in the organization")]
    ParentMissing,
    /// Another transaction and this one waited for each other, or saw records that can't both be: the database undid this one, and
    /// nothing speaks against doing all of it again.
    #[error("the transaction was undone because another one waited for the same records: do it again")]
    Deadlock,
    /// Somebody else changed the record in between: read it again.
    #[error("the record was changed by another request in the meantime: read it again and retry")]
    Conflict,
    /// A stored value can't be what was once written.
    #[error("the record {id} in '{table}' is corrupt: its '{column}' can't be read")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The record's key.
        id: String,
    },
    /// The number is larger than a database can hold.
    #[error("'{column}' may be at most {}; got {value}", i64::MAX)]
    TooLarge {
        /// The column.
        column: &'static str,
        /// The number.
        value: u64,
    },
    /// A search or filter names a field that this list does not have, or compares it in a way that it can't be.
    #[error("'{field}' can't be searched in this way here")]
    Unsearchable {
        /// The field.
        field: String,
    },
    /// A search had to look through more records than it had time for.
    #[error(
        "the search was broken off after {seconds} s, because it has to look through too many records: {}",
        self.how_to_narrow()
    )]
    TooBroad {
        /// How long it ran.
        seconds: u64,
        /// The fields for which there is an index.
        indexed: &'static [&'static str],
    },
    /// A search in the order of identifiers had to look through more records than it had time for.
    #[error(
        "the search was broken off after {seconds} s, because it has to look through too many records to sort them: leave out sort, \
         or ask for one identifier"
    )]
    TooManyToSort {
        /// How long it ran.
        seconds: u64,
    },
    /// There are more devices than could be counted in time.
    #[error(
        "counting was broken off after {seconds} s, because there are too many devices: count those of one product or one cohort"
    )]
    TooManyToCount {
        /// How long it ran.
        seconds: u64,
    },
    /// The caller has another scan running, or all connections for scans are in use.
    #[error(
        "another search of this API key is still running, or the server is busy with searches of others: run one search at a time, and try \
         again in a moment"
    )]
    ScanInProgress,
    /// The database's disk is full.
    #[error("the database's disk is full: free some space, then retry; nothing was lost")]
    StorageFull,
    /// The database does not answer, or not in time, or can't be written at the moment.
    #[error("the database is not available at the moment{}", .trouble.in_words())]
    Unavailable {
        /// What is wrong with it, as far as that is known.
        trouble: Trouble,
        /// What it said.
        source: Reason,
    },
    /// The database was made by a later version of Olivine.
    #[error("the database was made by a later version of Olivine: use that version, or a backup of before")]
    SchemaTooNew,
    /// The database's address can't be understood; it may hold a password, so it is not repeated.
    #[error("the database URL can't be used: {0}")]
    InvalidUrl(String),
    /// The database does not let this server in, and will not as long as nobody changes something.
    #[error("the database does not let this server in: {hint}")]
    NotLetIn {
        /// What to do.
        hint: &'static str,
        /// What it said.
        source: Reason,
    },
    /// The database's file can't be made or opened.
    #[error("the database file can't be opened")]
    File {
        /// Why.
        source: std::io::Error,
    },
    /// An embedded database's file is damaged, or is no database.
    #[error(
        "the database's file is damaged: stop all that uses it, keep a copy of it, and restore it from a backup (`olivine restore`); \
         without one, sqlite3's .recover saves what can still be read"
    )]
    Damaged {
        /// What SQLite said.
        source: Reason,
    },
    /// Anything else that the database says: a defect.
    #[error("the database refused a statement")]
    Database {
        /// What it said.
        source: Reason,
    },
}

/// Why a database is not available. All of these pass, or can be ended without this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It can only be read: a standby, or a failover that is not complete.
    ReadOnly,
    /// Its disk is full.
    DiskFull,
    /// It has no free connection.
    Crowded,
    /// It is starting or stopping.
    Stopping,
    /// It did not answer in time, or somebody held a lock for too long.
    Slow,
    /// Anything else, such as a network that is down.
    Other,
}

impl Trouble {
    const fn in_words(self) -> &'static str {
        match self {
            Self::ReadOnly => ": it is read-only",
            Self::DiskFull => ": its disk is full",
            Self::Crowded => ": it has no free connection",
            Self::Stopping => ": it is starting or stopping",
            Self::Slow => ": it did not answer in time",
            Self::Other => "",
        }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        dialect::classify(error)
    }
}

impl Error {
    /// How a search that was too broad becomes one that is not.
    fn how_to_narrow(&self) -> String {
        let Self::TooBroad { indexed, .. } = self else { return String::new() };
        format!(
            "narrow it to a range of time, as in inserted_at>='2026-01-31T00:00:00Z', or ask for one value of a field that has an index \
             ({})",
            indexed.join(", ")
        )
    }

    /// What a broken reference means when `table`'s record was to be deleted.
    pub(crate) fn on_delete(self, table: &'static str) -> Self {
        if matches!(self, Self::ParentMissing) { Self::StillReferenced { table } } else { self }
    }
}

/// Something that must be unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Constraint {
    /// Organizations by name.
    OrganizationName,
    /// API keys by the hash of their secret.
    ApiKeyHash,
    /// Artifacts by name, in an organization.
    ArtifactName,
    /// Versions of one artifact.
    ArtifactVersion,
    /// Binaries that are not destroyed, by artifact version and target.
    BinaryTarget,
    /// Parts of one upload.
    BinaryPartIndex,
    /// Signing keys by keyid, in an organization.
    SigningKeyId,
    /// Signing keys by name, in an organization.
    SigningKeyName,
    /// Signatures of one binary by one key.
    BinarySignature,
    /// Jobs that are not done, by what they are about.
    JobDedup,
    /// Bundles by name, in an organization.
    BundleName,
    /// Binaries of one bundle.
    BundleBinary,
    /// Products by name, in an organization.
    ProductName,
    /// Cohorts by name, in a product.
    CohortName,
    /// Devices by identifier, in an organization.
    DeviceIdentifier,
    /// CA certificates by fingerprint, on the server.
    CaFingerprint,
    /// Device certificates by fingerprint, in an organization.
    DeviceFingerprint,
    /// Releases by name, in a cohort.
    ReleaseName,
    /// Releases without a next one, in a cohort.
    ReleaseSink,
    /// Claims of one release by one device.
    ReleaseClaim,
    /// Bundle overrides by name, in an organization.
    BundleOverrideName,
    /// Storage backends by name, in an organization.
    StorageBackendName,
    /// The server's own storage backends by URL.
    StorageBackendServer,
    /// Users by e-mail address.
    UserEmail,
    /// Memberships by user and organization.
    MembershipUser,
    /// Views by name, of an owner in an organization.
    ViewName,
    /// The key of any record: the caller supplied an id that is taken.
    PrimaryKey,
    /// One that this version does not know.
    Other,
}

impl Constraint {
    /// All that have a name in the databases.
    pub(crate) const NAMED: [Self; 26] = [
        Self::OrganizationName,
        Self::ApiKeyHash,
        Self::ArtifactName,
        Self::ArtifactVersion,
        Self::BinaryTarget,
        Self::BinaryPartIndex,
        Self::SigningKeyId,
        Self::SigningKeyName,
        Self::BinarySignature,
        Self::JobDedup,
        Self::BundleName,
        Self::BundleBinary,
        Self::ProductName,
        Self::CohortName,
        Self::DeviceIdentifier,
        Self::CaFingerprint,
        Self::DeviceFingerprint,
        Self::ReleaseName,
        Self::ReleaseSink,
        Self::ReleaseClaim,
        Self::BundleOverrideName,
        Self::StorageBackendName,
        Self::StorageBackendServer,
        Self::UserEmail,
        Self::MembershipUser,
        Self::ViewName,
    ];

    /// What is the same, in words.
    pub const fn what(self) -> &'static str {
        match self {
            Self::OrganizationName => "name of an organization",
            Self::ApiKeyHash => "API key",
            Self::ArtifactName => "name of an artifact",
            Self::ArtifactVersion => "version of this artifact",
            Self::BinaryTarget => "target in this artifact version",
            Self::BinaryPartIndex => "index in this binary",
            Self::SigningKeyId => "keyid",
            Self::SigningKeyName => "name of a signing key",
            Self::BinarySignature => "key's signature of this binary",
            Self::JobDedup => "job",
            Self::BundleName => "name of a bundle",
            Self::BundleBinary => "binary in this bundle",
            Self::ProductName => "name of a product",
            Self::CohortName => "name of a cohort of this product",
            Self::DeviceIdentifier => "identifier of a device",
            Self::CaFingerprint => "CA certificate",
            Self::DeviceFingerprint => "device certificate",
            Self::ReleaseName => "name of a release of this cohort",
            Self::ReleaseSink => "latest release of a cohort",
            Self::ReleaseClaim => "claim",
            Self::BundleOverrideName => "name of a bundle override",
            Self::StorageBackendName => "name of a storage backend",
            Self::StorageBackendServer => "storage of the server",
            Self::UserEmail => "e-mail address of a user",
            Self::MembershipUser => "membership of a user in an organization",
            Self::ViewName => "name of a view of this owner",
            Self::PrimaryKey => "id",
            Self::Other => "unique value",
        }
    }
}
