//! The example of each type of events.

use olivine_domain::binaries::{BinaryState, VerificationErrorCode};
use olivine_domain::binary_parts::PartState;
use olivine_domain::devices::{Reported, UpdateStatus};
use olivine_domain::hash::Sha256Digest;
use olivine_domain::resolution::{Source, Status};

use super::samples::at;
use super::*;

/// The example of a type. The match is exhaustive, so a new type of events needs an example.
#[expect(clippy::too_many_lines, reason = "a table: one example for each type of events")]
pub(super) fn example(of: &Samples, kind: EventType) -> EventData<'_> {
    use EventData as D;
    use EventType as E;
    let organization = of.organization.id;
    match kind {
        E::ApiKeyCreated => D::ApiKeyCreated(Whole(&of.api_key.0)),
        E::ApiKeyUpdated => D::ApiKeyUpdated(change(&of.api_key)),
        E::ApiKeyRevoked => D::ApiKeyRevoked(change(&of.revoked_key)),
        E::ArtifactCreated => D::ArtifactCreated(Whole(&of.artifact.0)),
        E::ArtifactUpdated => D::ArtifactUpdated(change(&of.artifact)),
        E::ArtifactArchived => D::ArtifactArchived(change(&of.archived.artifact)),
        E::ArtifactUnarchived => D::ArtifactUnarchived(back(&of.archived.artifact)),
        E::ArtifactDeleted => D::ArtifactDeleted(Whole(&of.artifact.1)),
        E::ArtifactVersionCreated => D::ArtifactVersionCreated(Whole(&of.version.0)),
        E::ArtifactVersionUpdated => D::ArtifactVersionUpdated(change(&of.version)),
        E::ArtifactVersionArchived => D::ArtifactVersionArchived(change(&of.archived.version)),
        E::ArtifactVersionUnarchived => D::ArtifactVersionUnarchived(back(&of.archived.version)),
        E::ArtifactVersionDeleted => D::ArtifactVersionDeleted(Whole(&of.version.1)),
        E::BinaryCreated => D::BinaryCreated(Whole(of.binary(BinaryState::Uploadable))),
        E::BinaryUpdated => D::BinaryUpdated(change(&of.described_binary)),
        E::BinaryContentUploaded => {
            D::BinaryContentUploaded(ContentUploaded { size: 1_048_576, hash: of.hash() })
        }
        E::BinaryUploadCompleted => D::BinaryUploadCompleted((
            of.step(BinaryState::Uploadable, BinaryState::Hashable),
            UploadCompleted { parts: 1 },
        )),
        E::BinaryUploadExpired => {
            D::BinaryUploadExpired((change(&of.expired_binary), UploadExpired { last_change: at(0) }))
        }
        E::BinaryVerificationStarted => {
            D::BinaryVerificationStarted(of.step(BinaryState::Hashable, BinaryState::Hashing))
        }
        E::BinaryVerified => D::BinaryVerified(of.step(BinaryState::Hashing, BinaryState::Signable)),
        E::BinaryVerificationFailed => D::BinaryVerificationFailed((
            of.step(BinaryState::Hashing, BinaryState::Hashable),
            VerificationFailed {
                code: Some(VerificationErrorCode::HashMismatch),
                expected: Some(of.hash().to_string()),
                actual: Some(Sha256Digest::of(b"damaged").to_string()),
            },
        )),
        E::BinarySigned => D::BinarySigned((
            of.step(BinaryState::Signable, BinaryState::Signed),
            SignatureCount { valid_signatures: 1, required_signatures: 1 },
        )),
        E::BinarySignatureLost => D::BinarySignatureLost((
            of.step(BinaryState::Signed, BinaryState::Signable),
            SignatureCount { valid_signatures: 0, required_signatures: 1 },
        )),
        E::BinaryReset => D::BinaryReset(of.step(BinaryState::Hashable, BinaryState::Uploadable)),
        E::BinaryDestroyed => D::BinaryDestroyed(of.step(BinaryState::Signed, BinaryState::Destroyed)),
        E::BinaryDeleted => D::BinaryDeleted(Whole(of.binary(BinaryState::Signable))),
        E::BinaryDownloadIssued => D::BinaryDownloadIssued(DownloadIssued { expires_at: at(1) }),
        E::BinaryDownloadFinished => D::BinaryDownloadFinished(DownloadFinished { via: "download_url" }),
        E::BinaryReplicated => D::BinaryReplicated(of.stored()),
        E::BinaryReplicationFailed => D::BinaryReplicationFailed(ReplicationFailed {
            storage_backend_prn: of.stored().storage_backend_prn,
            error: "the storage does not answer".to_owned(),
        }),
        E::BinaryMoved => D::BinaryMoved(change(&of.moved_binary)),
        E::BinaryContentDeleted => D::BinaryContentDeleted(of.stored()),
        E::BinaryContentMissing => {
            D::BinaryContentMissing((of.stored(), Noticed { noticed: "when it was downloaded" }))
        }
        E::BinaryPartCreated => D::BinaryPartCreated(Whole(of.part(PartState::Uploadable))),
        E::BinaryPartUploaded => D::BinaryPartUploaded(Whole(of.part(PartState::Valid))),
        E::BinaryPartRefused => D::BinaryPartRefused(Whole(of.part(PartState::InvalidHash))),
        E::BinarySignatureCreated => D::BinarySignatureCreated(of.signature()),
        E::BinarySignatureRefused => D::BinarySignatureRefused((
            SignatureFacts { scheme: None, ..of.signature() },
            Because { reason: "the signature does not verify".to_owned() },
        )),
        E::BinarySignatureDeleted => D::BinarySignatureDeleted(of.signature()),
        E::BulkOperationCreated => D::BulkOperationCreated(BulkFacts {
            action: "move",
            cohort_prn: Some(of.cohort.0.id.prn(organization)),
            tags: None,
            search: Some("tag:'beta'".to_owned()),
            matched: 2,
        }),
        E::BulkOperationProgressed => D::BulkOperationProgressed(BulkBatch {
            action: "move",
            direction: Some("joined"),
            tags: None,
            cohort_prn: Some(of.cohort.0.id.prn(organization)),
            device_prns: vec![of.device.0.id.prn(organization)],
        }),
        E::BulkOperationFinished => D::BulkOperationFinished(BulkEnded {
            state: "finished",
            stopped_because: None,
            changed: 2,
            unchanged: 0,
            refused: 0,
        }),
        E::BundleCreated => D::BundleCreated((
            Whole(&of.bundle.0),
            BundleContents { binary_prns: vec![of.binary(BinaryState::Signed).id.prn(organization)] },
        )),
        E::BundleUpdated => D::BundleUpdated(change(&of.bundle)),
        E::BundleArchived => D::BundleArchived(change(&of.archived.bundle)),
        E::BundleUnarchived => D::BundleUnarchived(back(&of.archived.bundle)),
        E::BundleDeleted => D::BundleDeleted(Whole(&of.bundle.1)),
        E::BundleUndeliverable => D::BundleUndeliverable(Undeliverable {
            reason: "the artifact version … has no signed binary for the target 'arm64', and no signed portable one"
                .to_owned(),
            artifact_version_prn: of.version.0.id.prn(organization),
            target: Some("arm64".parse().unwrap()),
        }),
        E::BundleOverrideCreated => D::BundleOverrideCreated(Whole(&of.bundle_override.0)),
        E::BundleOverrideUpdated => D::BundleOverrideUpdated(change(&of.bundle_override)),
        E::BundleOverrideDeleted => D::BundleOverrideDeleted(Whole(&of.bundle_override.1)),
        E::CaCertificateCreated => D::CaCertificateCreated(Whole(&of.ca_certificate.0)),
        E::CaCertificateUpdated => D::CaCertificateUpdated(change(&of.ca_certificate)),
        E::CaCertificateDeleted => D::CaCertificateDeleted(Whole(&of.ca_certificate.1)),
        E::CohortCreated => D::CohortCreated(Whole(&of.cohort.0)),
        E::CohortUpdated => D::CohortUpdated(change(&of.cohort)),
        E::CohortArchived => D::CohortArchived(change(&of.archived.cohort)),
        E::CohortUnarchived => D::CohortUnarchived(back(&of.archived.cohort)),
        E::CohortDeleted => D::CohortDeleted(Whole(&of.cohort.1)),
        E::DeviceCreated => D::DeviceCreated(Whole(&of.device.0)),
        E::DeviceProvisioned => D::DeviceProvisioned((
            Whole(&of.device.0),
            Provisioned {
                ca_certificate_prn: of.ca_certificate.0.id.prn(organization),
                ca_fingerprint: Fingerprint(Sha256Digest::of(b"authority")),
                fingerprint: Fingerprint(Sha256Digest::of(b"certificate")),
            },
        )),
        E::DevicesImported => D::DevicesImported(Imported { created: 2, updated: 1, unchanged: 0 }),
        E::DeviceUpdated => D::DeviceUpdated(change(&of.device)),
        E::DeviceQuarantined => D::DeviceQuarantined(change(&of.quarantined_device)),
        E::DeviceReleased => {
            let (from, to) = &of.quarantined_device;
            D::DeviceReleased(Change { from: to, to: from })
        }
        E::DeviceDeleted => D::DeviceDeleted(Whole(&of.device.1)),
        E::DeviceConnected => D::DeviceConnected(Nothing {}),
        E::DeviceAuthenticationFailed => D::DeviceAuthenticationFailed(AuthenticationFailed {
            reason: "unknown_certificate",
            message: "no device and no authority is known by this certificate".to_owned(),
            fingerprint: Fingerprint(Sha256Digest::of(b"certificate")),
            subject: "CN=device-7".to_owned(),
            issuer: "CN=Factory".to_owned(),
            serial: "01".to_owned(),
            not_after: at(9),
            notes: Vec::new(),
        }),
        E::DeviceCertificateExpired => D::DeviceCertificateExpired(CertificateExpired { not_after: at(9) }),
        E::DeviceCheckedForRelease => D::DeviceCheckedForRelease(CheckedForRelease {
            status: Status::Update,
            source_prn: Some(SourcePrn(Source::Release(of.release.0.id), organization)),
        }),
        E::DeviceClaimedRelease => D::DeviceClaimedRelease(ClaimedRelease {
            release_prn: of.release.0.id.prn(organization),
            claims: 3,
            limit: Some(10),
        }),
        E::DeviceReleaseChanged => {
            let reported = Reported {
                release: Some(of.release.0.id),
                bundle: Some(of.bundle.0.id),
                version: Some("1.1.0".parse().unwrap()),
            };
            D::DeviceReleaseChanged(ReleaseChanged {
                from: Running::new(&Reported::default(), organization),
                to: Running::new(&reported, organization),
            })
        }
        E::DeviceUpdateReported => D::DeviceUpdateReported(UpdateReported {
            bundle_prn: of.bundle.0.id.prn(organization),
            release_prn: Some(of.release.0.id.prn(organization)),
            status: UpdateStatus::ALL[0],
            detail: None,
        }),
        E::DeviceCertificateCreated => {
            D::DeviceCertificateCreated((Whole(&of.device_certificate.0), of.of_device()))
        }
        E::DeviceCertificateDeleted => D::DeviceCertificateDeleted(Whole(&of.device_certificate.1)),
        E::DeviceCertificateProven => {
            D::DeviceCertificateProven((change(&of.device_certificate), of.of_device()))
        }
        E::DeviceCertificateRenewed => D::DeviceCertificateRenewed((
            Whole(&of.device_certificate.1),
            RenewalFacts {
                identifier: of.of_device().identifier,
                ca_fingerprint: Fingerprint(Sha256Digest::of(b"authority")),
                renewed_certificate_prn: Id::new(Uuid::from_u128(0x54)).prn(organization),
                renewed_fingerprint: Fingerprint(Sha256Digest::of(b"last year's certificate")),
                key_changed: false,
            },
        )),
        E::DeviceCertificateTakenOver => D::DeviceCertificateTakenOver(Whole(&of.device_certificate.1)),
        E::DeviceCertificateClaimEnded => D::DeviceCertificateClaimEnded((
            Whole(&of.device_certificate.0),
            Because {
                reason: "another organization proved that this certificate is one of its devices'".to_owned(),
            },
        )),
        E::ProductCreated => D::ProductCreated(Whole(&of.product.0)),
        E::ProductUpdated => D::ProductUpdated(change(&of.product)),
        E::ProductArchived => D::ProductArchived(change(&of.archived.product)),
        E::ProductUnarchived => D::ProductUnarchived(back(&of.archived.product)),
        E::ProductDeleted => D::ProductDeleted(Whole(&of.product.1)),
        E::ReleaseCreated => D::ReleaseCreated(Whole(&of.release.0)),
        E::ReleaseUpdated => D::ReleaseUpdated(change(&of.release)),
        E::ReleaseRelinked => D::ReleaseRelinked(change(&of.relinked_release)),
        E::ReleaseRolledBack => D::ReleaseRolledBack(RolledBack {
            name: of.release.0.name.to_string(),
            cohort_prn: of.cohort.0.id.prn(organization),
            bundle_prn: Some(of.bundle.0.id.prn(organization)),
            added_release_prn: Some(Id::new(Uuid::from_u128(0x99)).prn(organization)),
            bundle_override_prn: None,
            devices: 40,
        }),
        E::ReleaseArchived => D::ReleaseArchived(change(&of.archived_release)),
        E::ReleaseUnarchived => D::ReleaseUnarchived(back(&of.archived_release)),
        E::ReleaseDeleted => D::ReleaseDeleted(Whole(&of.release.1)),
        E::UserCreated => D::UserCreated(Whole(&of.people.user.0)),
        E::UserUpdated => D::UserUpdated(change(&of.people.user)),
        E::UserDisabled => D::UserDisabled(change(&of.people.disabled)),
        E::UserEnabled => D::UserEnabled(back(&of.people.disabled)),
        E::UserDeleted => D::UserDeleted(Whole(&of.people.user.1)),
        E::UserSignedIn => D::UserSignedIn(SignedIn {
            session_prn: "prn:1:user_session:019b0000-0000-7000-8000-000000000084".to_owned(),
            second_factor: true,
        }),
        E::UserSignInFailed => D::UserSignInFailed(Nothing {}),
        E::UserSignedOut => D::UserSignedOut(Nothing {}),
        E::UserSessionRevoked => D::UserSessionRevoked(Nothing {}),
        E::UserPasswordChanged => D::UserPasswordChanged(Nothing {}),
        E::UserPasswordResetRequested => D::UserPasswordResetRequested(Nothing {}),
        E::UserPasswordReset => D::UserPasswordReset(Nothing {}),
        E::UserSecondFactorAdded => D::UserSecondFactorAdded(Nothing {}),
        E::UserSecondFactorRemoved => D::UserSecondFactorRemoved(Nothing {}),
        E::UserRecoveryCodeUsed => D::UserRecoveryCodeUsed(CodesLeft { codes_left: 9 }),
        E::JobRetried => D::JobRetried(JobFacts { kind: "replicate".to_owned(), attempts: 8 }),
        E::MembershipCreated => D::MembershipCreated(Whole(&of.people.membership.0)),
        E::MembershipUpdated => D::MembershipUpdated(change(&of.people.membership)),
        E::MembershipDeleted => D::MembershipDeleted(Whole(&of.people.membership.1)),
        E::InvitationCreated => D::InvitationCreated(Whole(&of.people.accepted.0)),
        E::InvitationAccepted => D::InvitationAccepted(change(&of.people.accepted)),
        E::InvitationRevoked => D::InvitationRevoked(change(&of.people.revoked)),
        E::ViewCreated => D::ViewCreated(Whole(&of.people.view.0)),
        E::ViewUpdated => D::ViewUpdated(change(&of.people.view)),
        E::ViewDeleted => D::ViewDeleted(Whole(&of.people.view.1)),
        E::VerificationCodeCreated => {
            D::VerificationCodeCreated(VerificationCodeCreated { expires_at: at(1) })
        }
        E::OrganizationCreated => D::OrganizationCreated(Whole(&of.organization)),
        E::OrganizationUpdated => D::OrganizationUpdated(Change { from: &of.organization, to: &of.strict }),
        E::OrganizationStopped => D::OrganizationStopped(StopFacts {
            product_prn: None,
            cohort_prn: Some(of.cohort.0.id.prn(organization)),
            reason: "Devices do not come back after the update".to_owned(),
            stopped_at: at(1),
        }),
        E::OrganizationResumed => D::OrganizationResumed(StopFacts {
            product_prn: None,
            cohort_prn: None,
            reason: "Devices do not come back after the update".to_owned(),
            stopped_at: at(1),
        }),
        E::SigningKeyCreated => D::SigningKeyCreated(Whole(&of.signing_key.0)),
        E::SigningKeyUpdated => D::SigningKeyUpdated(change(&of.signing_key)),
        E::SigningKeyDisabled => D::SigningKeyDisabled(change(&of.disabled_key)),
        E::SigningKeyEnabled => {
            let (from, to) = &of.disabled_key;
            D::SigningKeyEnabled(Change { from: to, to: from })
        }
        E::SigningKeyRevoked => D::SigningKeyRevoked(change(&of.revoked_signing_key)),
        E::SigningKeyDeleted => D::SigningKeyDeleted(Whole(&of.signing_key.1)),
        E::StorageBackendCreated => D::StorageBackendCreated(Whole(&of.storage_backend.0)),
        E::StorageBackendUpdated => D::StorageBackendUpdated(change(&of.storage_backend)),
        E::StorageBackendDeleted => D::StorageBackendDeleted(Whole(&of.storage_backend.1)),
    }
}

pub(super) fn change<R>(of: &(R, R)) -> Change<'_, R> {
    Change { from: &of.0, to: &of.1 }
}

/// Like `change`, in the opposite direction.
fn back<R>(of: &(R, R)) -> Change<'_, R> {
    Change { from: &of.1, to: &of.0 }
}
