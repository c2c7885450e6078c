//! The parts of events' data that are not simply a record. Names of fields are the same in Rust and in JSON.

use std::collections::BTreeMap;

use olivine_domain::Timestamp;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::binaries::{Binary, VerificationErrorCode};
use olivine_domain::binary_signatures::Scheme;
use olivine_domain::bundle_overrides::BundleOverride;
use olivine_domain::bundles::Bundle;
use olivine_domain::ca_certificates::CaCertificate;
use olivine_domain::cohorts::Cohort;
use olivine_domain::device_certificates::DeviceCertificate;
use olivine_domain::devices::{Device, Identifier, Reported, UpdateStatus};
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::{Id, Prn};
use olivine_domain::products::Product;
use olivine_domain::releases::Release;
use olivine_domain::resolution::{Source, Status};
use olivine_domain::signing_keys::{KeyId, SigningKey};
use olivine_domain::target::Target;
use olivine_domain::text::VersionText;
use serde_json::Value;

use super::fields::{Data, Fact, Fingerprint, Payload, Storage};

/// Declares data that is not simply a record: the fields have the names that they have in JSON.
macro_rules! payloads {
    ($($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $of_field:literal])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Debug)]
            pub(crate) struct $name {
                $($(#[doc = $of_field])* pub(crate) $field: $type,)*
            }

            impl Payload for $name {
                fn add_to(self, data: &mut Data) {
                    let Self { $($field,)* } = self;
                    data.extend([$((stringify!($field).to_owned(), $field.value()),)*] as [(String, Value); _]);
                }
            }
        )*
    };
}

payloads! {
    /// Says nothing more.
    Nothing {}

    /// A browser was signed in.
    SignedIn {
        session_prn: String,
        /// Whether a second factor was shown.
        second_factor: bool,
    }

    /// A recovery code was used up.
    CodesLeft {
        codes_left: u64,
    }

    /// The content came in one request.
    ContentUploaded {
        size: u64,
        hash: Sha256Digest,
    }

    /// All parts are there.
    UploadCompleted {
        /// How many there are.
        parts: usize,
    }

    /// An upload that nobody went on with.
    UploadExpired {
        last_change: Timestamp,
    }

    /// The content is not what it should be.
    VerificationFailed {
        code: Option<VerificationErrorCode>,
        expected: Option<String>,
        actual: Option<String>,
    }

    /// How many signatures count, and how many the organization requires.
    SignatureCount {
        valid_signatures: usize,
        required_signatures: u8,
    }

    /// A URL was made.
    DownloadIssued {
        expires_at: Timestamp,
    }

    /// The last byte was served.
    DownloadFinished {
        via: &'static str,
    }

    /// A content in one storage.
    StoredContent {
        storage_backend_prn: Storage,
        /// Grows with each reset of the binary.
        generation: u32,
    }

    /// When something was noticed.
    Noticed {
        noticed: &'static str,
    }

    /// A content that could not be copied into a storage.
    ReplicationFailed {
        storage_backend_prn: Storage,
        error: String,
    }

    /// A signature, or an attempt at one.
    SignatureFacts {
        binary_prn: Prn<Binary>,
        hash: Sha256Digest,
        signing_key_prn: Prn<SigningKey>,
        keyid: KeyId,
        scheme: Option<Scheme>,
    }

    /// The reason, for people.
    Because {
        reason: String,
    }

    /// What is in a bundle.
    BundleContents {
        binary_prns: Vec<Prn<Binary>>,
    }

    /// Why a bundle can't be delivered.
    Undeliverable {
        reason: String,
        artifact_version_prn: Prn<ArtifactVersion>,
        target: Option<Target>,
    }

    /// By which authority and certificate a device was made.
    Provisioned {
        ca_certificate_prn: Prn<CaCertificate>,
        ca_fingerprint: Fingerprint,
        fingerprint: Fingerprint,
    }

    /// Which certificate a new one renews, and by which authority.
    RenewalFacts {
        /// The device's.
        identifier: Identifier,
        ca_fingerprint: Fingerprint,
        renewed_certificate_prn: Prn<DeviceCertificate>,
        renewed_fingerprint: Fingerprint,
        key_changed: bool,
    }

    /// How many devices an import made, changed and found as they are.
    Imported {
        created: u64,
        updated: u64,
        unchanged: u64,
    }

    /// A certificate that was refused. What it says of itself is a stranger's text.
    AuthenticationFailed {
        reason: &'static str,
        message: String,
        fingerprint: Fingerprint,
        subject: String,
        issuer: String,
        serial: String,
        not_after: Timestamp,
        notes: Vec<String>,
    }

    /// A device goes on with a certificate that is over.
    CertificateExpired {
        not_after: Timestamp,
    }

    /// Another answer than the last one.
    CheckedForRelease {
        status: Status,
        source_prn: Option<SourcePrn>,
    }

    /// A place in a numeric phase.
    ClaimedRelease {
        release_prn: Prn<Release>,
        /// How many devices have one, with this one.
        claims: u64,
        /// How many may have one.
        limit: Option<u64>,
    }

    /// A device runs something else. This shape is Peridio's.
    ReleaseChanged {
        from: Running,
        to: Running,
    }

    /// How an update went.
    UpdateReported {
        bundle_prn: Prn<Bundle>,
        release_prn: Option<Prn<Release>>,
        status: UpdateStatus,
        detail: Option<String>,
    }

    /// The device whose certificate it is.
    OfDevice {
        identifier: Identifier,
    }

    /// What a rollback did.
    RolledBack {
        name: String,
        cohort_prn: Prn<Cohort>,
        bundle_prn: Option<Prn<Bundle>>,
        added_release_prn: Option<Prn<Release>>,
        bundle_override_prn: Option<Prn<BundleOverride>>,
        /// How many devices were on the release.
        devices: u64,
    }

    /// An emergency stop: of a product, of a cohort, or of the whole organization where neither is named.
    StopFacts {
        product_prn: Option<Prn<Product>>,
        cohort_prn: Option<Prn<Cohort>>,
        reason: String,
        stopped_at: Timestamp,
    }

    /// A job that begins anew.
    JobFacts {
        kind: String,
        /// How often it was begun before.
        attempts: u32,
    }

    /// What is to be done to how many devices.
    BulkFacts {
        action: &'static str,
        cohort_prn: Option<Prn<Cohort>>,
        tags: Option<Vec<String>>,
        search: Option<String>,
        matched: u64,
    }

    /// What was done to which devices of one cohort.
    BulkBatch {
        action: &'static str,
        /// With a move: whether they left the cohort, or joined it.
        direction: Option<&'static str>,
        tags: Option<Vec<String>>,
        cohort_prn: Option<Prn<Cohort>>,
        device_prns: Vec<Prn<Device>>,
    }

    /// How it ended.
    BulkEnded {
        state: &'static str,
        stopped_because: Option<String>,
        changed: u64,
        unchanged: u64,
        refused: u64,
    }

    /// A code that proves that somebody has an authority's key.
    VerificationCodeCreated {
        expires_at: Timestamp,
    }
}

/// Why a device got the answer that it got.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SourcePrn(pub(crate) Source, pub(crate) Id<Organization>);

impl Fact for SourcePrn {
    fn value(&self) -> Value {
        match self.0 {
            Source::Release(id) => id.prn(self.1).value(),
            Source::BundleOverride(id) => id.prn(self.1).value(),
        }
    }
}

/// What a device says it runs.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    release: Option<Prn<Release>>,
    bundle: Option<Prn<Bundle>>,
    version: Option<VersionText>,
}

impl Running {
    pub(crate) fn new(reported: &Reported, organization: Id<Organization>) -> Self {
        Self {
            release: reported.release.map(|id| id.prn(organization)),
            bundle: reported.bundle.map(|id| id.prn(organization)),
            version: reported.version.clone(),
        }
    }
}

impl Fact for Running {
    fn value(&self) -> Value {
        let fields = [
            ("release_prn", self.release.value()),
            ("bundle_prn", self.bundle.value()),
            ("release_version", self.version.value()),
        ];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Data>().into()
    }
}

/// How many events were left out since a moment.
#[derive(Debug)]
pub(crate) struct Omissions {
    pub(crate) counts: Omitted,
    pub(crate) since: Option<Timestamp>,
}

/// What is counted.
#[derive(Debug)]
pub(crate) enum Omitted {
    /// Events of one caller.
    ByType(BTreeMap<&'static str, u64>),
    /// Refusals of certificates.
    ByReason(BTreeMap<&'static str, u64>),
}

impl Payload for Omissions {
    fn add_to(self, data: &mut Data) {
        let (name, counts) = match self.counts {
            Omitted::ByType(counts) => ("omitted_by_type", counts),
            Omitted::ByReason(counts) => ("omitted_by_reason", counts),
        };
        data.insert("omitted".to_owned(), counts.values().sum::<u64>().into());
        data.insert(name.to_owned(), counts.value());
        data.insert("since".to_owned(), self.since.value());
    }
}
