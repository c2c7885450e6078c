//! Which cache entries an event invalidates. A new type of event does not compile without an answer.

use olivine_domain::binaries::Binary;
use olivine_domain::device_certificates::DeviceCertificate;
use olivine_domain::events::Subject;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;

use crate::distribution::changes::{Change, Changes};
use crate::events::EventData;

/// Adds the cache entries that an event with `data` about `subject` invalidates.
#[expect(clippy::match_same_arms, reason = "one arm for each kind of record, so that each has its reason")]
#[expect(clippy::too_many_lines, reason = "one table of all types of events")]
pub(super) fn concern(
    data: &EventData<'_>,
    subject: &Subject,
    organization: Id<Organization>,
    changes: &mut Changes,
) {
    use EventData as E;
    let mut forget = |change| changes.add(organization, change);
    let certificate = |own: &DeviceCertificate| Change::certificate(&own.certificate.facts().fingerprint);
    match data {
        // What is served of a bundle follows from the states, places and signatures of its binaries.
        E::BinaryUploadCompleted((of, _)) => changes.add_binary(of.to),
        E::BinaryUploadExpired((of, _)) => changes.add_binary(of.to),
        E::BinaryVerificationFailed((of, _)) => changes.add_binary(of.to),
        E::BinarySigned((of, _)) | E::BinarySignatureLost((of, _)) => changes.add_binary(of.to),
        E::BinaryVerificationStarted(of)
        | E::BinaryVerified(of)
        | E::BinaryReset(of)
        | E::BinaryDestroyed(of)
        | E::BinaryMoved(of) => changes.add_binary(of.to),
        E::BinaryReplicated(_) => changes.add_binary_of(organization, Id::<Binary>::new(subject.id)),
        E::BinarySignatureCreated(facts) | E::BinarySignatureDeleted(facts) => {
            changes.add_binary_of(organization, facts.binary_prn.id);
        }
        // Devices are shown bundles, too.
        E::SigningKeyRevoked(_) | E::BundleUpdated(_) | E::BundleArchived(_) | E::BundleUnarchived(_) => {
            forget(Change::Manifests(organization));
        }
        // A bundle is deleted only where nothing offers it; nothing remembers a new one.
        E::BundleCreated(_) | E::BundleDeleted(_) | E::BundleUndeliverable(_) => {}
        // A description is not served, and neither is what is not verified yet, or gone.
        E::BinaryCreated(_)
        | E::BinaryUpdated(_)
        | E::BinaryContentUploaded(_)
        | E::BinaryDeleted(_)
        | E::BinaryDownloadIssued(_)
        | E::BinaryDownloadFinished(_)
        | E::BinaryReplicationFailed(_)
        | E::BinaryContentDeleted(_)
        | E::BinaryContentMissing(_)
        | E::BinaryPartCreated(_)
        | E::BinaryPartUploaded(_)
        | E::BinaryPartRefused(_)
        | E::BinarySignatureRefused(_) => {}

        E::DeviceUpdated(of) | E::DeviceQuarantined(of) | E::DeviceReleased(of) => {
            forget(Change::Device(of.to.id));
        }
        E::DeviceDeleted(device) => forget(Change::Device(device.0.id)),
        E::DeviceClaimedRelease(_) | E::DeviceReleaseChanged(_) => {
            forget(Change::Device(Id::new(subject.id)));
        }
        // Just as if each had been changed by itself.
        E::BulkOperationProgressed(of) => {
            for device in &of.device_prns {
                forget(Change::Device(device.id));
            }
        }
        E::BulkOperationCreated(_) | E::BulkOperationFinished(_) => {}
        // A device that is new is not remembered. What a report changes of a device, the report says.
        E::DeviceCreated(_)
        | E::DeviceProvisioned(_)
        | E::DevicesImported(_)
        | E::DeviceConnected(_)
        | E::DeviceAuthenticationFailed(_)
        | E::DeviceCertificateExpired(_)
        | E::DeviceCheckedForRelease(_)
        | E::DeviceUpdateReported(_) => {}
        // Also where it is new: somebody may have shown it before.
        E::DeviceCertificateCreated((own, _)) => forget(certificate(own.0)),
        E::DeviceCertificateRenewed((own, _)) => forget(certificate(own.0)),
        E::DeviceCertificateClaimEnded((own, _)) => forget(certificate(own.0)),
        E::DeviceCertificateDeleted(own) | E::DeviceCertificateTakenOver(own) => forget(certificate(own.0)),
        E::DeviceCertificateProven((of, _)) => forget(certificate(of.to)),
        // It may end what others claim.
        E::CaCertificateCreated(_) => forget(Change::Authorities(organization)),
        // Devices are known by their own certificates once they are registered.
        E::CaCertificateUpdated(_) | E::CaCertificateDeleted(_) | E::VerificationCodeCreated(_) => {}

        E::ReleaseCreated(release) | E::ReleaseDeleted(release) => {
            forget(Change::ReleaseGraph(release.0.cohort));
        }
        E::ReleaseUpdated(of)
        | E::ReleaseRelinked(of)
        | E::ReleaseArchived(of)
        | E::ReleaseUnarchived(of) => forget(Change::ReleaseGraph(of.to.cohort)),
        // Each release and override that it changes has an event of its own.
        E::ReleaseRolledBack(_) => {}
        E::BundleOverrideCreated(_) | E::BundleOverrideUpdated(_) | E::BundleOverrideDeleted(_) => {
            forget(Change::Organization(organization));
        }
        E::OrganizationUpdated(_) | E::OrganizationStopped(_) | E::OrganizationResumed(_) => {
            forget(Change::Organization(organization));
        }
        E::ProductUpdated(of) => {
            forget(Change::Product(of.to.id));
            // Its target is that of all its devices which have none of their own. Servers of the version before know only this change.
            forget(Change::Organization(organization));
        }
        // Nothing is remembered of a new product or cohort, and one with devices is neither deleted nor archived; a cohort's name is not
        // remembered.
        E::ProductCreated(_)
        | E::ProductArchived(_)
        | E::ProductUnarchived(_)
        | E::CohortArchived(_)
        | E::CohortUnarchived(_)
        | E::ProductDeleted(_)
        | E::CohortCreated(_)
        | E::CohortUpdated(_)
        | E::CohortDeleted(_)
        | E::OrganizationCreated(_) => {}
        E::StorageBackendUpdated(of) => forget(Change::Storage(of.to.id)),
        E::StorageBackendDeleted(backend) => forget(Change::Storage(backend.0.id)),
        E::StorageBackendCreated(_) => {}
        // Nothing of these is remembered.
        E::ApiKeyCreated(_)
        | E::UserCreated(_)
        | E::UserUpdated(_)
        | E::UserDisabled(_)
        | E::UserEnabled(_)
        | E::UserDeleted(_)
        | E::UserSignedIn(_)
        | E::UserSignInFailed(_)
        | E::UserSignedOut(_)
        | E::UserSessionRevoked(_)
        | E::UserPasswordChanged(_)
        | E::UserPasswordResetRequested(_)
        | E::UserPasswordReset(_)
        | E::UserSecondFactorAdded(_)
        | E::UserSecondFactorRemoved(_)
        | E::UserRecoveryCodeUsed(_)
        | E::JobRetried(_)
        | E::MembershipCreated(_)
        | E::MembershipUpdated(_)
        | E::MembershipDeleted(_)
        | E::InvitationCreated(_)
        | E::InvitationAccepted(_)
        | E::InvitationRevoked(_)
        | E::ViewCreated(_)
        | E::ViewUpdated(_)
        | E::ViewDeleted(_)
        | E::ApiKeyUpdated(_)
        | E::ApiKeyRevoked(_)
        | E::ArtifactCreated(_)
        | E::ArtifactUpdated(_)
        | E::ArtifactDeleted(_)
        | E::ArtifactArchived(_)
        | E::ArtifactUnarchived(_)
        | E::ArtifactVersionArchived(_)
        | E::ArtifactVersionUnarchived(_)
        | E::ArtifactVersionCreated(_)
        | E::ArtifactVersionUpdated(_)
        | E::ArtifactVersionDeleted(_)
        | E::SigningKeyCreated(_)
        | E::SigningKeyUpdated(_)
        | E::SigningKeyDisabled(_)
        | E::SigningKeyEnabled(_)
        | E::SigningKeyDeleted(_)
        | E::Omitted(..) => {}
    }
}
