//! The data of all types of events: the one place where their shapes are defined. `docs/events.md` shows each of them.
//!
//! Webhooks and exports publish these shapes, so a shape only ever gets new fields.

use olivine_domain::api_keys::ApiKey;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::artifacts::Artifact;
use olivine_domain::binaries::Binary;
use olivine_domain::binary_parts::BinaryPart;
use olivine_domain::bundle_overrides::BundleOverride;
use olivine_domain::bundles::Bundle;
use olivine_domain::ca_certificates::CaCertificate;
use olivine_domain::cohorts::Cohort;
use olivine_domain::device_certificates::DeviceCertificate;
use olivine_domain::devices::Device;
use olivine_domain::events::EventType;
use olivine_domain::invitations::Invitation;
use olivine_domain::memberships::Membership;
use olivine_domain::organizations::Organization;
use olivine_domain::products::Product;
use olivine_domain::releases::Release;
use olivine_domain::signing_keys::SigningKey;
use olivine_domain::storage_backends::StorageBackend;
use olivine_domain::users::User;
use olivine_domain::views::View;
use serde_json::Value;

use super::fields::{Change, Data, Payload, Whole};
use super::payloads::{
    AuthenticationFailed, Because, BulkBatch, BulkEnded, BulkFacts, BundleContents, CertificateExpired,
    CheckedForRelease, ClaimedRelease, CodesLeft, ContentUploaded, DownloadFinished, DownloadIssued,
    Imported, JobFacts, Nothing, Noticed, OfDevice, Omissions, Provisioned, ReleaseChanged, RenewalFacts,
    ReplicationFailed, RolledBack, SignatureCount, SignatureFacts, SignedIn, StopFacts, StoredContent,
    Undeliverable, UpdateReported, UploadCompleted, UploadExpired, VerificationCodeCreated,
    VerificationFailed,
};

/// Declares what is in the data of each type of events.
macro_rules! event_data {
    ($($variant:ident($payload:ty);)*) => {
        /// What an event says besides its type, its subject and who caused it.
        #[derive(Debug)]
        pub(crate) enum EventData<'a> {
            $($variant($payload),)*
            /// How many events of a type, and of others, were left out.
            Omitted(EventType, Omissions),
        }

        impl EventData<'_> {
            /// The type of the event.
            pub(crate) const fn kind(&self) -> EventType {
                match self {
                    $(Self::$variant(_) => EventType::$variant,)*
                    Self::Omitted(kind, _) => *kind,
                }
            }

            /// The one way from data to JSON.
            pub(super) fn into_json(self) -> Value {
                let mut data = Data::new();
                match self {
                    $(Self::$variant(payload) => payload.add_to(&mut data),)*
                    Self::Omitted(_, payload) => payload.add_to(&mut data),
                }
                data.into()
            }
        }

        // A type of events without data does not compile.
        const _: fn(EventType) = |kind| match kind {
            $(EventType::$variant => {})*
        };
    };
}

event_data! {
    ApiKeyCreated(Whole<'a, ApiKey>);
    ApiKeyUpdated(Change<'a, ApiKey>);
    ApiKeyRevoked(Change<'a, ApiKey>);
    ArtifactCreated(Whole<'a, Artifact>);
    ArtifactUpdated(Change<'a, Artifact>);
    ArtifactArchived(Change<'a, Artifact>);
    ArtifactUnarchived(Change<'a, Artifact>);
    ArtifactDeleted(Whole<'a, Artifact>);
    ArtifactVersionCreated(Whole<'a, ArtifactVersion>);
    ArtifactVersionUpdated(Change<'a, ArtifactVersion>);
    ArtifactVersionArchived(Change<'a, ArtifactVersion>);
    ArtifactVersionUnarchived(Change<'a, ArtifactVersion>);
    ArtifactVersionDeleted(Whole<'a, ArtifactVersion>);
    BinaryCreated(Whole<'a, Binary>);
    BinaryUpdated(Change<'a, Binary>);
    BinaryContentUploaded(ContentUploaded);
    BinaryUploadCompleted((Change<'a, Binary>, UploadCompleted));
    BinaryUploadExpired((Change<'a, Binary>, UploadExpired));
    BinaryVerificationStarted(Change<'a, Binary>);
    BinaryVerified(Change<'a, Binary>);
    BinaryVerificationFailed((Change<'a, Binary>, VerificationFailed));
    BinarySigned((Change<'a, Binary>, SignatureCount));
    BinarySignatureLost((Change<'a, Binary>, SignatureCount));
    BinaryReset(Change<'a, Binary>);
    BinaryDestroyed(Change<'a, Binary>);
    BinaryDeleted(Whole<'a, Binary>);
    BinaryDownloadIssued(DownloadIssued);
    BinaryDownloadFinished(DownloadFinished);
    BinaryReplicated(StoredContent);
    BinaryReplicationFailed(ReplicationFailed);
    BinaryMoved(Change<'a, Binary>);
    BinaryContentDeleted(StoredContent);
    BinaryContentMissing((StoredContent, Noticed));
    BinaryPartCreated(Whole<'a, BinaryPart>);
    BinaryPartUploaded(Whole<'a, BinaryPart>);
    BinaryPartRefused(Whole<'a, BinaryPart>);
    BinarySignatureCreated(SignatureFacts);
    BinarySignatureRefused((SignatureFacts, Because));
    BinarySignatureDeleted(SignatureFacts);
    BulkOperationCreated(BulkFacts);
    BulkOperationProgressed(BulkBatch);
    BulkOperationFinished(BulkEnded);
    BundleCreated((Whole<'a, Bundle>, BundleContents));
    BundleUpdated(Change<'a, Bundle>);
    BundleArchived(Change<'a, Bundle>);
    BundleUnarchived(Change<'a, Bundle>);
    BundleDeleted(Whole<'a, Bundle>);
    BundleUndeliverable(Undeliverable);
    BundleOverrideCreated(Whole<'a, BundleOverride>);
    BundleOverrideUpdated(Change<'a, BundleOverride>);
    BundleOverrideDeleted(Whole<'a, BundleOverride>);
    CaCertificateCreated(Whole<'a, CaCertificate>);
    CaCertificateUpdated(Change<'a, CaCertificate>);
    CaCertificateDeleted(Whole<'a, CaCertificate>);
    CohortCreated(Whole<'a, Cohort>);
    CohortUpdated(Change<'a, Cohort>);
    CohortArchived(Change<'a, Cohort>);
    CohortUnarchived(Change<'a, Cohort>);
    CohortDeleted(Whole<'a, Cohort>);
    DeviceCreated(Whole<'a, Device>);
    DeviceProvisioned((Whole<'a, Device>, Provisioned));
    DevicesImported(Imported);
    DeviceUpdated(Change<'a, Device>);
    DeviceQuarantined(Change<'a, Device>);
    DeviceReleased(Change<'a, Device>);
    DeviceDeleted(Whole<'a, Device>);
    DeviceConnected(Nothing);
    DeviceAuthenticationFailed(AuthenticationFailed);
    DeviceCertificateExpired(CertificateExpired);
    DeviceCheckedForRelease(CheckedForRelease);
    DeviceClaimedRelease(ClaimedRelease);
    DeviceReleaseChanged(ReleaseChanged);
    DeviceUpdateReported(UpdateReported);
    DeviceCertificateCreated((Whole<'a, DeviceCertificate>, OfDevice));
    DeviceCertificateDeleted(Whole<'a, DeviceCertificate>);
    DeviceCertificateProven((Change<'a, DeviceCertificate>, OfDevice));
    DeviceCertificateRenewed((Whole<'a, DeviceCertificate>, RenewalFacts));
    DeviceCertificateTakenOver(Whole<'a, DeviceCertificate>);
    DeviceCertificateClaimEnded((Whole<'a, DeviceCertificate>, Because));
    ProductCreated(Whole<'a, Product>);
    ProductUpdated(Change<'a, Product>);
    ProductArchived(Change<'a, Product>);
    ProductUnarchived(Change<'a, Product>);
    ProductDeleted(Whole<'a, Product>);
    ReleaseCreated(Whole<'a, Release>);
    ReleaseUpdated(Change<'a, Release>);
    ReleaseRelinked(Change<'a, Release>);
    ReleaseRolledBack(RolledBack);
    ReleaseArchived(Change<'a, Release>);
    ReleaseUnarchived(Change<'a, Release>);
    ReleaseDeleted(Whole<'a, Release>);
    UserCreated(Whole<'a, User>);
    UserUpdated(Change<'a, User>);
    UserDisabled(Change<'a, User>);
    UserEnabled(Change<'a, User>);
    UserDeleted(Whole<'a, User>);
    UserSignedIn(SignedIn);
    UserSignInFailed(Nothing);
    UserSignedOut(Nothing);
    UserSessionRevoked(Nothing);
    UserPasswordChanged(Nothing);
    UserPasswordResetRequested(Nothing);
    UserPasswordReset(Nothing);
    UserSecondFactorAdded(Nothing);
    UserSecondFactorRemoved(Nothing);
    UserRecoveryCodeUsed(CodesLeft);
    JobRetried(JobFacts);
    MembershipCreated(Whole<'a, Membership>);
    MembershipUpdated(Change<'a, Membership>);
    MembershipDeleted(Whole<'a, Membership>);
    InvitationCreated(Whole<'a, Invitation>);
    InvitationAccepted(Change<'a, Invitation>);
    InvitationRevoked(Change<'a, Invitation>);
    VerificationCodeCreated(VerificationCodeCreated);
    ViewCreated(Whole<'a, View>);
    ViewUpdated(Change<'a, View>);
    ViewDeleted(Whole<'a, View>);
    OrganizationCreated(Whole<'a, Organization>);
    OrganizationUpdated(Change<'a, Organization>);
    OrganizationStopped(StopFacts);
    OrganizationResumed(StopFacts);
    SigningKeyCreated(Whole<'a, SigningKey>);
    SigningKeyUpdated(Change<'a, SigningKey>);
    SigningKeyDisabled(Change<'a, SigningKey>);
    SigningKeyEnabled(Change<'a, SigningKey>);
    SigningKeyRevoked(Change<'a, SigningKey>);
    SigningKeyDeleted(Whole<'a, SigningKey>);
    StorageBackendCreated(Whole<'a, StorageBackend>);
    StorageBackendUpdated(Change<'a, StorageBackend>);
    StorageBackendDeleted(Whole<'a, StorageBackend>);
}
