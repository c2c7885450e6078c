//! To which product and cohort an event belongs, so that lists, the feed and what a caller may see can go by it. A new type of events does
//! not compile without an answer.

use std::collections::{BTreeMap, HashMap};

use olivine_domain::bundle_overrides::{Audience, BundleOverride};
use olivine_domain::ca_certificates::CaCertificate;
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::events::{Event, Subject};
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_records::{Write, cohorts, devices};

use super::EventData;
use crate::Error;

/// The product and the cohort of an event, as far as the event's own data say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Belonging {
    /// All is known; both are `None` for what belongs to the organization.
    Known(Option<Id<Product>>, Option<Id<Cohort>>),
    /// Those of this cohort.
    OfCohort(Id<Cohort>),
    /// Those of this device.
    OfDevice(Id<Device>),
}

const NOWHERE: Belonging = Belonging::Known(None, None);

/// Where an event with these data, about `subject`, belongs.
#[expect(clippy::match_same_arms, reason = "one arm for each kind of record, so that each has its reason")]
#[expect(clippy::too_many_lines, reason = "one table of all types of events")]
pub(crate) fn belonging(data: &EventData<'_>, subject: &Subject) -> Belonging {
    use Belonging as B;
    use EventData as E;
    let this_device = || B::OfDevice(Id::new(subject.id));
    match data {
        E::ProductCreated(of) | E::ProductDeleted(of) => B::Known(Some(of.0.id), None),
        E::ProductUpdated(of) | E::ProductArchived(of) | E::ProductUnarchived(of) => {
            B::Known(Some(of.to.id), None)
        }
        E::CohortCreated(of) | E::CohortDeleted(of) => B::Known(Some(of.0.product), Some(of.0.id)),
        E::CohortUpdated(of) | E::CohortArchived(of) | E::CohortUnarchived(of) => {
            B::Known(Some(of.to.product), Some(of.to.id))
        }
        E::DeviceCreated(of) | E::DeviceDeleted(of) => of_device(of.0),
        E::DeviceProvisioned((of, _)) => of_device(of.0),
        E::DeviceUpdated(of) | E::DeviceQuarantined(of) | E::DeviceReleased(of) => of_device(of.to),
        E::DeviceConnected(_)
        | E::DeviceCertificateExpired(_)
        | E::DeviceCheckedForRelease(_)
        | E::DeviceClaimedRelease(_)
        | E::DeviceReleaseChanged(_)
        | E::DeviceUpdateReported(_) => this_device(),
        // Its subject is the device only where the certificate is known, else the organization, which is no device.
        E::DeviceAuthenticationFailed(_) | E::Omitted(..) => {
            if subject.is_a::<Device>() {
                this_device()
            } else {
                NOWHERE
            }
        }
        E::DeviceCertificateCreated((of, _)) => B::OfDevice(of.0.device),
        E::DeviceCertificateRenewed((of, _)) => B::OfDevice(of.0.device),
        E::DeviceCertificateClaimEnded((of, _)) => B::OfDevice(of.0.device),
        E::DeviceCertificateDeleted(of) | E::DeviceCertificateTakenOver(of) => B::OfDevice(of.0.device),
        E::DeviceCertificateProven((of, _)) => B::OfDevice(of.to.device),
        E::CaCertificateCreated(of) | E::CaCertificateDeleted(of) => of_authority(of.0),
        E::CaCertificateUpdated(of) => of_authority(of.to),
        E::ReleaseCreated(of) | E::ReleaseDeleted(of) => B::OfCohort(of.0.cohort),
        E::ReleaseUpdated(of)
        | E::ReleaseRelinked(of)
        | E::ReleaseArchived(of)
        | E::ReleaseUnarchived(of) => B::OfCohort(of.to.cohort),
        E::ReleaseRolledBack(of) => B::OfCohort(of.cohort_prn.id),
        E::BundleOverrideCreated(of) | E::BundleOverrideDeleted(of) => of_override(of.0),
        E::BundleOverrideUpdated(of) => of_override(of.to),
        E::OrganizationStopped(of) | E::OrganizationResumed(of) => match (&of.cohort_prn, &of.product_prn) {
            (Some(cohort), _) => B::OfCohort(cohort.id),
            (None, product) => B::Known(product.as_ref().map(|product| product.id), None),
        },
        // A batch says itself where its devices are.
        E::BulkOperationCreated(_) | E::BulkOperationProgressed(_) | E::BulkOperationFinished(_) => NOWHERE,
        // Devices of any product.
        E::DevicesImported(_) | E::VerificationCodeCreated(_) => NOWHERE,
        // Firmware, keys, storages, people and the organization itself are the whole organization's.
        E::ApiKeyCreated(_)
        | E::ApiKeyUpdated(_)
        | E::ApiKeyRevoked(_)
        | E::ArtifactCreated(_)
        | E::ArtifactUpdated(_)
        | E::ArtifactArchived(_)
        | E::ArtifactUnarchived(_)
        | E::ArtifactDeleted(_)
        | E::ArtifactVersionCreated(_)
        | E::ArtifactVersionUpdated(_)
        | E::ArtifactVersionArchived(_)
        | E::ArtifactVersionUnarchived(_)
        | E::ArtifactVersionDeleted(_)
        | E::BinaryCreated(_)
        | E::BinaryUpdated(_)
        | E::BinaryContentUploaded(_)
        | E::BinaryUploadCompleted(_)
        | E::BinaryUploadExpired(_)
        | E::BinaryVerificationStarted(_)
        | E::BinaryVerified(_)
        | E::BinaryVerificationFailed(_)
        | E::BinarySigned(_)
        | E::BinarySignatureLost(_)
        | E::BinaryReset(_)
        | E::BinaryDestroyed(_)
        | E::BinaryDeleted(_)
        | E::BinaryDownloadIssued(_)
        | E::BinaryDownloadFinished(_)
        | E::BinaryReplicated(_)
        | E::BinaryReplicationFailed(_)
        | E::BinaryMoved(_)
        | E::BinaryContentDeleted(_)
        | E::BinaryContentMissing(_)
        | E::BinaryPartCreated(_)
        | E::JobRetried(_)
        | E::BinaryPartUploaded(_)
        | E::BinaryPartRefused(_)
        | E::BinarySignatureCreated(_)
        | E::BinarySignatureRefused(_)
        | E::BinarySignatureDeleted(_)
        | E::BundleCreated(_)
        | E::BundleUpdated(_)
        | E::BundleArchived(_)
        | E::BundleUnarchived(_)
        | E::BundleDeleted(_)
        | E::BundleUndeliverable(_)
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
        | E::MembershipCreated(_)
        | E::MembershipUpdated(_)
        | E::MembershipDeleted(_)
        | E::InvitationCreated(_)
        | E::InvitationAccepted(_)
        | E::InvitationRevoked(_)
        | E::ViewCreated(_)
        | E::ViewUpdated(_)
        | E::ViewDeleted(_)
        | E::OrganizationCreated(_)
        | E::OrganizationUpdated(_)
        | E::SigningKeyCreated(_)
        | E::SigningKeyUpdated(_)
        | E::SigningKeyDisabled(_)
        | E::SigningKeyEnabled(_)
        | E::SigningKeyRevoked(_)
        | E::SigningKeyDeleted(_)
        | E::StorageBackendCreated(_)
        | E::StorageBackendUpdated(_)
        | E::StorageBackendDeleted(_) => NOWHERE,
    }
}

const fn of_device(device: &Device) -> Belonging {
    Belonging::Known(Some(device.product), device.cohort)
}

fn of_authority(authority: &CaCertificate) -> Belonging {
    let jitp = authority.jitp.as_ref();
    jitp.map_or(NOWHERE, |jitp| Belonging::Known(Some(jitp.product), jitp.cohort))
}

/// An override of several devices, or of tags, may concern any cohort: it belongs to the whole organization.
fn of_override(of: &BundleOverride) -> Belonging {
    match &of.audience {
        Audience::Cohort(cohort) => Belonging::OfCohort(*cohort),
        Audience::Devices(devices) if devices.len() == 1 => Belonging::OfDevice(devices[0]),
        Audience::Devices(_) | Audience::Tags(_) => NOWHERE,
    }
}

/// Fills in what has to be looked up, in the transaction in which the events are written. If a record is deleted by then, its product and
/// cohort stay unknown: only callers that see the whole organization see such an event.
pub(crate) async fn look_up(
    write: &Write,
    events: &mut [Event],
    open: &[(usize, Belonging)],
) -> Result<(), Error> {
    let mut by_organization: BTreeMap<_, Wanted> = BTreeMap::new();
    for (place, belonging) in open {
        let organization = events[*place].organization;
        match belonging {
            Belonging::Known(product, cohort) => {
                (events[*place].product, events[*place].cohort) = (*product, *cohort);
            }
            Belonging::OfCohort(id) => {
                events[*place].cohort = Some(*id);
                by_organization.entry(organization).or_default().cohorts.push((*place, *id));
            }
            Belonging::OfDevice(id) => {
                by_organization.entry(organization).or_default().devices.push((*place, *id));
            }
        }
    }
    for (organization, wanted) in by_organization {
        wanted.fill_in(write, organization, events).await?;
    }
    Ok(())
}

/// What is looked up in one organization, and for which events.
#[derive(Default)]
struct Wanted {
    devices: Vec<(usize, Id<Device>)>,
    cohorts: Vec<(usize, Id<Cohort>)>,
}

impl Wanted {
    async fn fill_in(
        self,
        write: &Write,
        organization: Id<Organization>,
        events: &mut [Event],
    ) -> Result<(), Error> {
        if !self.devices.is_empty() {
            let ids: Vec<_> = self.devices.iter().map(|(_, id)| *id).collect();
            let found = devices::get_many(write, &Tenancy::of_server(organization), &ids).await?;
            let found: HashMap<_, _> = found.into_iter().map(|device| (device.id, device)).collect();
            for (place, id) in &self.devices {
                if let Some(device) = found.get(id) {
                    (events[*place].product, events[*place].cohort) = (Some(device.product), device.cohort);
                }
            }
        }
        if !self.cohorts.is_empty() {
            let ids: Vec<_> = self.cohorts.iter().map(|(_, id)| *id).collect();
            let found = cohorts::get_many(write, &Tenancy::of_server(organization), &ids).await?;
            let found: HashMap<_, _> = found.into_iter().map(|cohort| (cohort.id, cohort.product)).collect();
            for (place, id) in &self.cohorts {
                events[*place].product = found.get(id).copied();
            }
        }
        Ok(())
    }
}
