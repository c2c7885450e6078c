//! Events: the audit trail. Each change writes one in its own transaction: who, what, which record, from where.

use crate::organizations::Organization;
use crate::permissions::{Identity, Origin};
use crate::prn::{Id, Prn, Resource};
use crate::search::{Field, FieldKind, FieldTable};
use crate::time::Timestamp;
use uuid::Uuid;

/// Declares all types of events.
macro_rules! event_types {
    ($($variant:ident = $name:literal;)*) => {
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
        }
    };
}

event_types! {
    ApiKeyCreated = "api_key.created";
    ApiKeyUpdated = "api_key.updated";
    ApiKeyRevoked = "api_key.revoked";
    ArtifactCreated = "artifact.created";
    ArtifactUpdated = "artifact.updated";
    ArtifactDeleted = "artifact.deleted";
    ArtifactVersionCreated = "artifact_version.created";
    ArtifactVersionUpdated = "artifact_version.updated";
    ArtifactVersionDeleted = "artifact_version.deleted";
    BinaryCreated = "binary.created";
    BinaryUpdated = "binary.updated";
    BinaryContentUploaded = "binary.content_uploaded";
    BinaryUploadCompleted = "binary.upload_completed";
    BinaryUploadExpired = "binary.upload_expired";
    BinaryVerificationStarted = "binary.verification_started";
    BinaryVerified = "binary.verified";
    BinaryVerificationFailed = "binary.verification_failed";
    BinarySigned = "binary.signed";
    BinarySignatureLost = "binary.signature_lost";
    BinaryReset = "binary.reset";
    BinaryDestroyed = "binary.destroyed";
    BinaryDeleted = "binary.deleted";
    BinaryDownloadIssued = "binary.download_issued";
    BinaryDownloadFinished = "binary.download_finished";
    BinaryReplicated = "binary.replicated";
    BinaryReplicationFailed = "binary.replication_failed";
    BinaryMoved = "binary.moved";
    BinaryContentDeleted = "binary.content_deleted";
    BinaryContentMissing = "binary.content_missing";
    BinaryPartCreated = "binary_part.created";
    BinaryPartUploaded = "binary_part.uploaded";
    BinaryPartRefused = "binary_part.refused";
    BinarySignatureCreated = "binary_signature.created";
    BinarySignatureRefused = "binary_signature.refused";
    BinarySignatureDeleted = "binary_signature.deleted";
    BundleCreated = "bundle.created";
    BundleUpdated = "bundle.updated";
    BundleDeleted = "bundle.deleted";
    BundleUndeliverable = "bundle.undeliverable";
    BundleOverrideCreated = "bundle_override.created";
    BundleOverrideUpdated = "bundle_override.updated";
    BundleOverrideDeleted = "bundle_override.deleted";
    CaCertificateCreated = "ca_certificate.created";
    CaCertificateUpdated = "ca_certificate.updated";
    CaCertificateDeleted = "ca_certificate.deleted";
    CohortCreated = "cohort.created";
    CohortUpdated = "cohort.updated";
    CohortDeleted = "cohort.deleted";
    DeviceCreated = "device.created";
    DeviceProvisioned = "device.provisioned";
    DevicesImported = "device.imported";
    DeviceUpdated = "device.updated";
    DeviceQuarantined = "device.quarantined";
    DeviceReleased = "device.quarantine_lifted";
    DeviceDeleted = "device.deleted";
    DeviceConnected = "device.connected";
    DeviceAuthenticationFailed = "device.authentication_failed";
    DeviceCertificateExpired = "device.certificate_expired";
    DeviceCheckedForRelease = "device.checked_for_release";
    DeviceClaimedRelease = "device.claimed_release";
    DeviceReleaseChanged = "device.release_changed";
    DeviceUpdateReported = "device.update_reported";
    DeviceCertificateCreated = "device_certificate.created";
    DeviceCertificateDeleted = "device_certificate.deleted";
    ProductCreated = "product.created";
    ProductUpdated = "product.updated";
    ProductDeleted = "product.deleted";
    ReleaseCreated = "release.created";
    ReleaseUpdated = "release.updated";
    ReleaseRelinked = "release.relinked";
    ReleaseRolledBack = "release.rolled_back";
    ReleaseDeleted = "release.deleted";
    VerificationCodeCreated = "verification_code.created";
    OrganizationCreated = "organization.created";
    OrganizationUpdated = "organization.updated";
    SigningKeyCreated = "signing_key.created";
    SigningKeyUpdated = "signing_key.updated";
    SigningKeyDisabled = "signing_key.disabled";
    SigningKeyEnabled = "signing_key.enabled";
    SigningKeyRevoked = "signing_key.revoked";
    SigningKeyDeleted = "signing_key.deleted";
    StorageBackendCreated = "storage_backend.created";
    StorageBackendUpdated = "storage_backend.updated";
    StorageBackendDeleted = "storage_backend.deleted";
}

impl EventType {
    /// The type of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }
}

/// What lists of events can be searched by.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "type", kind: FieldKind::Enum(EventType::NAMES) },
    Field { name: "resource_prn", kind: FieldKind::Prn },
    Field { name: "actor_prn", kind: FieldKind::Prn },
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
    pub kind: EventType,
    /// Who did it.
    pub identity: Identity,
    /// To which record.
    pub subject: Subject,
    /// What changed, as a JSON object; never a secret.
    pub data: String,
    /// Where the request came from.
    pub origin: Origin,
    /// When.
    pub inserted_at: Timestamp,
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

    /// Its full name, in `organization`.
    pub fn prn(&self, organization: Id<Organization>) -> String {
        match &self.kind {
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
    }
}
