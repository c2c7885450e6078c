//! Events: the audit trail. Each change writes an event in its own transaction: who did what to which record, and from where.

use std::borrow::Cow;

use crate::cohorts::Cohort;
use crate::hash::Sha256Digest;
use crate::organizations::Organization;
use crate::permissions::{Identity, Origin, RecordedIdentity};
use crate::prn::{Id, Prn, Resource};
use crate::products::Product;
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::time::Timestamp;
use crate::users::{self, User};
use uuid::Uuid;

/// Declares all types of events.
macro_rules! event_types {
    ($($variant:ident = $name:literal, $class:ident;)*) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventType {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl EventType {
            /// All types.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The names of all types.
            pub const NAMES: &'static [&'static str] = &[$($name,)*];

            /// The name in the API and in storage.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Which events of this type are kept for how long.
            pub const fn retention_class(self) -> RetentionClass {
                match self { $(Self::$variant => RetentionClass::$class,)* }
            }
        }
    };
}

/// How events of a type are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionClass {
    /// What people and keys changed, and what the server did to records: kept for years, and never left out.
    Audit,
    /// Events that devices, unknown callers or downloads cause frequently: kept for weeks, and only counted beyond a budget.
    Frequent,
}

event_types! {
    ApiKeyCreated = "api_key.created", Audit;
    ApiKeyUpdated = "api_key.updated", Audit;
    ApiKeyRevoked = "api_key.revoked", Audit;
    ArtifactCreated = "artifact.created", Audit;
    ArtifactUpdated = "artifact.updated", Audit;
    ArtifactArchived = "artifact.archived", Audit;
    ArtifactUnarchived = "artifact.unarchived", Audit;
    ArtifactDeleted = "artifact.deleted", Audit;
    ArtifactVersionCreated = "artifact_version.created", Audit;
    ArtifactVersionUpdated = "artifact_version.updated", Audit;
    ArtifactVersionArchived = "artifact_version.archived", Audit;
    ArtifactVersionUnarchived = "artifact_version.unarchived", Audit;
    ArtifactVersionDeleted = "artifact_version.deleted", Audit;
    BinaryCreated = "binary.created", Audit;
    BinaryUpdated = "binary.updated", Audit;
    BinaryContentUploaded = "binary.content_uploaded", Audit;
    BinaryUploadCompleted = "binary.upload_completed", Audit;
    BinaryUploadExpired = "binary.upload_expired", Audit;
    BinaryVerificationStarted = "binary.verification_started", Audit;
    BinaryVerified = "binary.verified", Audit;
    BinaryVerificationFailed = "binary.verification_failed", Audit;
    BinarySigned = "binary.signed", Audit;
    BinarySignatureLost = "binary.signature_lost", Audit;
    BinaryReset = "binary.reset", Audit;
    BinaryDestroyed = "binary.destroyed", Audit;
    BinaryDeleted = "binary.deleted", Audit;
    BinaryDownloadIssued = "binary.download_issued", Frequent;
    BinaryDownloadFinished = "binary.download_finished", Frequent;
    BinaryReplicated = "binary.replicated", Audit;
    BinaryReplicationFailed = "binary.replication_failed", Audit;
    BinaryMoved = "binary.moved", Audit;
    BinaryContentDeleted = "binary.content_deleted", Audit;
    BinaryContentMissing = "binary.content_missing", Audit;
    BinaryPartCreated = "binary_part.created", Frequent;
    BinaryPartUploaded = "binary_part.uploaded", Frequent;
    BinaryPartRefused = "binary_part.refused", Frequent;
    BinarySignatureCreated = "binary_signature.created", Audit;
    BinarySignatureRefused = "binary_signature.refused", Frequent;
    BinarySignatureDeleted = "binary_signature.deleted", Audit;
    BulkOperationCreated = "bulk_operation.created", Audit;
    BulkOperationProgressed = "bulk_operation.progressed", Audit;
    BulkOperationFinished = "bulk_operation.finished", Audit;
    BundleCreated = "bundle.created", Audit;
    BundleUpdated = "bundle.updated", Audit;
    BundleArchived = "bundle.archived", Audit;
    BundleUnarchived = "bundle.unarchived", Audit;
    BundleDeleted = "bundle.deleted", Audit;
    BundleUndeliverable = "bundle.undeliverable", Audit;
    BundleOverrideCreated = "bundle_override.created", Audit;
    BundleOverrideUpdated = "bundle_override.updated", Audit;
    BundleOverrideDeleted = "bundle_override.deleted", Audit;
    CaCertificateCreated = "ca_certificate.created", Audit;
    CaCertificateUpdated = "ca_certificate.updated", Audit;
    CaCertificateDeleted = "ca_certificate.deleted", Audit;
    CohortCreated = "cohort.created", Audit;
    CohortUpdated = "cohort.updated", Audit;
    CohortArchived = "cohort.archived", Audit;
    CohortUnarchived = "cohort.unarchived", Audit;
    CohortDeleted = "cohort.deleted", Audit;
    DeviceCreated = "device.created", Audit;
    DeviceProvisioned = "device.provisioned", Audit;
    DevicesImported = "device.imported", Audit;
    DeviceUpdated = "device.updated", Audit;
    DeviceQuarantined = "device.quarantined", Audit;
    DeviceReleased = "device.quarantine_lifted", Audit;
    DeviceDeleted = "device.deleted", Audit;
    DeviceConnected = "device.connected", Frequent;
    DeviceAuthenticationFailed = "device.authentication_failed", Frequent;
    DeviceCertificateExpired = "device.certificate_expired", Frequent;
    DeviceCheckedForRelease = "device.checked_for_release", Frequent;
    DeviceClaimedRelease = "device.claimed_release", Frequent;
    DeviceReleaseChanged = "device.release_changed", Frequent;
    DeviceUpdateReported = "device.update_reported", Frequent;
    DeviceCertificateCreated = "device_certificate.created", Audit;
    DeviceCertificateDeleted = "device_certificate.deleted", Audit;
    DeviceCertificateProven = "device_certificate.proven", Audit;
    DeviceCertificateRenewed = "device_certificate.renewed", Audit;
    DeviceCertificateTakenOver = "device_certificate.taken_over", Audit;
    DeviceCertificateClaimEnded = "device_certificate.claim_ended", Audit;
    ProductCreated = "product.created", Audit;
    ProductUpdated = "product.updated", Audit;
    ProductArchived = "product.archived", Audit;
    ProductUnarchived = "product.unarchived", Audit;
    ProductDeleted = "product.deleted", Audit;
    ReleaseCreated = "release.created", Audit;
    ReleaseUpdated = "release.updated", Audit;
    ReleaseRelinked = "release.relinked", Audit;
    ReleaseRolledBack = "release.rolled_back", Audit;
    ReleaseArchived = "release.archived", Audit;
    ReleaseUnarchived = "release.unarchived", Audit;
    ReleaseDeleted = "release.deleted", Audit;
    UserCreated = "user.created", Audit;
    UserUpdated = "user.updated", Audit;
    UserDisabled = "user.disabled", Audit;
    UserEnabled = "user.enabled", Audit;
    UserDeleted = "user.deleted", Audit;
    UserSignedIn = "user.signed_in", Audit;
    UserSignInFailed = "user.sign_in_failed", Frequent;
    UserSignedOut = "user.signed_out", Audit;
    UserSessionRevoked = "user.session_revoked", Audit;
    UserPasswordChanged = "user.password_changed", Audit;
    UserPasswordResetRequested = "user.password_reset_requested", Audit;
    UserPasswordReset = "user.password_reset", Audit;
    UserSecondFactorAdded = "user.second_factor_added", Audit;
    UserSecondFactorRemoved = "user.second_factor_removed", Audit;
    UserRecoveryCodeUsed = "user.recovery_code_used", Audit;
    JobRetried = "job.retried", Audit;
    MembershipCreated = "membership.created", Audit;
    MembershipUpdated = "membership.updated", Audit;
    MembershipDeleted = "membership.deleted", Audit;
    InvitationCreated = "invitation.created", Audit;
    InvitationAccepted = "invitation.accepted", Audit;
    InvitationRevoked = "invitation.revoked", Audit;
    VerificationCodeCreated = "verification_code.created", Audit;
    ViewCreated = "view.created", Audit;
    ViewUpdated = "view.updated", Audit;
    ViewDeleted = "view.deleted", Audit;
    OrganizationCreated = "organization.created", Audit;
    OrganizationUpdated = "organization.updated", Audit;
    OrganizationStopped = "organization.stopped", Audit;
    OrganizationResumed = "organization.resumed", Audit;
    SigningKeyCreated = "signing_key.created", Audit;
    SigningKeyUpdated = "signing_key.updated", Audit;
    SigningKeyDisabled = "signing_key.disabled", Audit;
    SigningKeyEnabled = "signing_key.enabled", Audit;
    SigningKeyRevoked = "signing_key.revoked", Audit;
    SigningKeyDeleted = "signing_key.deleted", Audit;
    StorageBackendCreated = "storage_backend.created", Audit;
    StorageBackendUpdated = "storage_backend.updated", Audit;
    StorageBackendDeleted = "storage_backend.deleted", Audit;
}

impl EventType {
    /// The type of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }
}

/// The type of an event on record. A later version may have written types that this one does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordedType {
    /// One of the types.
    Known(EventType),
    /// A type of another version, by its name.
    Other(String),
}

impl RecordedType {
    /// The type of that name.
    pub fn from_name(name: &str) -> Self {
        EventType::from_name(name).map_or_else(|| Self::Other(name.to_owned()), Self::Known)
    }

    /// The name in the API and in storage.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(kind) => kind.as_str(),
            Self::Other(name) => name,
        }
    }
}

impl From<EventType> for RecordedType {
    fn from(kind: EventType) -> Self {
        Self::Known(kind)
    }
}

/// The most characters of a text in an event that a stranger wrote, such as the subject of a certificate that nobody knows.
pub const LONGEST_OF_STRANGERS: usize = 256;
/// The same of a device or of the server itself, such as the detail of a failed update.
pub const LONGEST_OF_DEVICES: usize = 1_024;
/// The same of a person or an API key: no description is cut.
pub const LONGEST_OF_KEYS: usize = 2_048;

/// The most characters of a description, or of custom metadata as JSON, that an event shows. Of longer ones it says only that they changed.
pub const LONGEST_OF_CHANGES: usize = 200;

/// The most characters of a text in an event, by who caused the event.
pub const fn longest_text(identity: &Identity) -> usize {
    match identity {
        Identity::User(_) | Identity::ApiKey(_) => LONGEST_OF_KEYS,
        Identity::Device(_) | Identity::System => LONGEST_OF_DEVICES,
    }
}

/// A text as an event has it: as it is if it has at most `most` characters, else its beginning with its length and its SHA-256, by which it
/// can be told from others. Control characters become U+FFFD, so that no character takes more than four bytes, also in JSON.
pub fn cut_text(text: &str, most: usize) -> Cow<'_, str> {
    let is_odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    let length = text.chars().count();
    if length <= most && !text.contains(is_odd) {
        return Cow::Borrowed(text);
    }
    let plain = text.chars().map(|c| if is_odd(c) { char::REPLACEMENT_CHARACTER } else { c });
    if length <= most {
        return Cow::Owned(plain.collect());
    }
    let hash = Sha256Digest::of(text.as_bytes()).to_hex();
    let end = format!("… ({length} characters, SHA-256 {hash})");
    let room = most.saturating_sub(end.chars().count());
    Cow::Owned(plain.take(room).chain(end.chars()).collect())
}

/// The fields by which lists of events can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "type", kind: FieldKind::Enum(EventType::NAMES) },
    Field { name: "resource_prn", kind: FieldKind::Prn },
    Field { name: "actor_prn", kind: FieldKind::Prn },
    Field { name: "about_prn", kind: FieldKind::Prn },
    Field { name: "product_prn", kind: FieldKind::Prn },
    Field { name: "cohort_prn", kind: FieldKind::Prn },
    Field { name: "request_id", kind: FieldKind::Text },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
];

/// One entry of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its key.
    pub id: Id<Event>,
    /// The organization in which it happened.
    pub organization: Id<Organization>,
    /// What happened.
    pub kind: RecordedType,
    /// Who did it.
    pub identity: RecordedIdentity,
    /// The person behind it: who did it, or the owner of the API key that did it.
    pub person: Option<Id<User>>,
    /// To which record.
    pub subject: Subject,
    /// The product that the record is, or belongs to.
    pub product: Option<Id<Product>>,
    /// The cohort that the record is, or belongs to.
    pub cohort: Option<Id<Cohort>>,
    /// What changed, as a JSON object; never a secret.
    pub data: String,
    /// Where the request came from.
    pub origin: Origin,
    /// When.
    pub inserted_at: Timestamp,
}

impl Resource for Event {
    const TYPE: Option<&'static str> = Some("event");
    const A_NAME: &'static str = "an event";
}

impl Searchable for Event {
    const FIELDS: FieldTable = SEARCH;
}

/// The record that an event is about, of whatever type. It may be gone by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The type's name as in PRNs; `None` for the organization itself.
    pub kind: Option<String>,
    /// Its key.
    pub id: Uuid,
}

impl Subject {
    /// The record `id`.
    pub fn of<R: Resource>(id: Id<R>) -> Self {
        Self { kind: R::TYPE.map(str::to_owned), id: id.uuid() }
    }

    /// Whether it is an `R`.
    pub fn is_a<R: Resource>(&self) -> bool {
        self.kind.as_deref() == R::TYPE
    }

    /// Its full name, in `organization`.
    pub fn prn(&self, organization: Id<Organization>) -> String {
        match &self.kind {
            Some(kind) if users::is_of_installation(kind) => format!("prn:1:{kind}:{}", self.id),
            Some(kind) => format!("prn:1:{organization}:{kind}:{}", self.id),
            None => format!("prn:1:{organization}"),
        }
    }
}

impl<R: Resource> From<Prn<R>> for Subject {
    fn from(prn: Prn<R>) -> Self {
        Self::of(prn.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_its_name() {
        for (kind, name) in EventType::ALL.iter().zip(EventType::NAMES) {
            assert_eq!(EventType::from_name(name), Some(*kind));
        }
        assert_eq!(EventType::from_name("binary"), None);
        assert_eq!(RecordedType::from_name("binary.signed"), EventType::BinarySigned.into());
        assert_eq!(RecordedType::from_name("from.tomorrow").as_str(), "from.tomorrow");
    }

    #[test]
    fn a_text_keeps_its_length_or_is_cut_with_a_hash() {
        assert_eq!(cut_text("short\n", 256), "short\n");
        assert_eq!(cut_text("a\u{1b}[31m", 256), "a\u{fffd}[31m");
        for long in ["x".repeat(257), "\u{1}".repeat(16_000), "ü".repeat(300)] {
            let cut = cut_text(&long, 256);
            assert_eq!(cut.chars().count(), 256, "{cut}");
            assert!(cut.contains(&Sha256Digest::of(long.as_bytes()).to_hex()), "{cut}");
            assert!(!cut.contains(char::is_control));
        }
        let (one, other) = ("x".repeat(257), "x".repeat(258));
        assert_ne!(cut_text(&one, 256), cut_text(&other, 256));
    }

    #[test]
    fn what_people_change_is_audit_and_what_devices_say_is_frequent() {
        let class = |kind: EventType| kind.retention_class();
        for kind in [EventType::BinarySigned, EventType::ApiKeyRevoked, EventType::DeviceProvisioned] {
            assert_eq!(class(kind), RetentionClass::Audit);
        }
        for kind in [EventType::DeviceUpdateReported, EventType::DeviceAuthenticationFailed] {
            assert_eq!(class(kind), RetentionClass::Frequent);
        }
    }
}
