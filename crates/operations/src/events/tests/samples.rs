//! Records for the examples: each as it was, and as it is after a change.

mod people;

use olivine_domain::Timestamp;
use olivine_domain::api_keys::ApiKey;
use olivine_domain::archiving::Archivable;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::artifacts::Artifact;
use olivine_domain::binaries::{Binary, BinaryState};
use olivine_domain::binary_parts::{BinaryPart, PartIndex, PartState};
use olivine_domain::binary_signatures::Scheme;
use olivine_domain::bundle_overrides::{Audience, BundleOverride};
use olivine_domain::bundles::Bundle;
use olivine_domain::ca_certificates::{CaCertificate, Jitp, Renewals};
use olivine_domain::certificates::{Certificate, IdentifierSource};
use olivine_domain::cohorts::Cohort;
use olivine_domain::contents::Generation;
use olivine_domain::device_certificates::{DeviceCertificate, Proof};
use olivine_domain::devices::{Device, Reported};
use olivine_domain::hash::Sha256Digest;
use olivine_domain::metadata::CustomMetadata;
use olivine_domain::organizations::{DownloadUrlStyle, Organization, Revision, SignaturePolicy};
use olivine_domain::permissions::{Grants, Role};
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::releases::{Phase, PhaseValue, Release};
use olivine_domain::signing_keys::{KeyMaterial, KeyStatus, SigningKey};
use olivine_domain::storage_backends::{Sealed, StorageBackend};
use olivine_domain::tags::Tags;
use uuid::Uuid;

use super::super::{Change, OfDevice, SignatureFacts, Storage, StoredContent};

/// Records that were archived.
pub(super) struct ArchivedSamples {
    pub(super) artifact: (Artifact, Artifact),
    pub(super) version: (ArtifactVersion, ArtifactVersion),
    pub(super) bundle: (Bundle, Bundle),
    pub(super) cohort: (Cohort, Cohort),
    pub(super) product: (Product, Product),
}

fn archived<R: Archivable>(record: R) -> (R, R) {
    let archived = record.with_archived_at(Some(at(5)), at(5));
    (record, archived)
}

pub(super) use self::people::PeopleSamples;

pub(super) struct Samples {
    pub(super) archived: ArchivedSamples,
    pub(super) people: PeopleSamples,
    pub(super) organization: Organization,
    pub(super) strict: Organization,
    pub(super) api_key: (ApiKey, ApiKey),
    pub(super) revoked_key: (ApiKey, ApiKey),
    pub(super) artifact: (Artifact, Artifact),
    pub(super) version: (ArtifactVersion, ArtifactVersion),
    binaries: Vec<Binary>,
    pub(super) described_binary: (Binary, Binary),
    pub(super) expired_binary: (Binary, Binary),
    pub(super) moved_binary: (Binary, Binary),
    parts: Vec<BinaryPart>,
    pub(super) bundle: (Bundle, Bundle),
    pub(super) bundle_override: (BundleOverride, BundleOverride),
    pub(super) ca_certificate: (CaCertificate, CaCertificate),
    pub(super) cohort: (Cohort, Cohort),
    pub(super) device: (Device, Device),
    pub(super) quarantined_device: (Device, Device),
    pub(super) device_certificate: (DeviceCertificate, DeviceCertificate),
    pub(super) product: (Product, Product),
    pub(super) release: (Release, Release),
    pub(super) relinked_release: (Release, Release),
    pub(super) archived_release: (Release, Release),
    pub(super) signing_key: (SigningKey, SigningKey),
    pub(super) disabled_key: (SigningKey, SigningKey),
    pub(super) revoked_signing_key: (SigningKey, SigningKey),
    pub(super) storage_backend: (StorageBackend, StorageBackend),
}

pub(super) fn at(hour: u8) -> Timestamp {
    format!("2026-01-01T{hour:02}:00:00Z").parse().unwrap()
}

fn id<R>(number: u128) -> Id<R> {
    // A UUIDv7.
    Id::new(Uuid::from_u128(0x019b_0000_0000_7000_8000_0000_0000_0000 + number))
}

fn tags(tags: &[&'static str]) -> Tags {
    Tags::new(tags.iter().copied()).unwrap()
}

const ORGANIZATION: u128 = 1;

impl Samples {
    pub(super) fn new() -> Self {
        let organization = organization();
        let strict = Organization { strict_certificate_expiry: true, ..organization.clone() };
        let api_key = api_key();
        let renamed = ApiKey { name: "CI, new".parse().unwrap(), expires_at: Some(at(9)), ..api_key.clone() };
        let revoked = ApiKey { revoked_at: Some(at(3)), ..api_key.clone() };
        let states = [
            BinaryState::Uploadable,
            BinaryState::Hashable,
            BinaryState::Hashing,
            BinaryState::Signable,
            BinaryState::Signed,
            BinaryState::Destroyed,
        ];
        let signed = binary(BinaryState::Signed);
        let described = Binary { description: Some("for the field test".parse().unwrap()), ..signed.clone() };
        let begun = Binary { bytes_uploaded: 4_096, ..binary(BinaryState::Uploadable) };
        let moved = Binary { storage: id(0x71), ..signed.clone() };
        let device = device();
        let updated = Device { cohort: Some(id(0x42)), tags: tags(&["canary"]), ..device.clone() };
        let quarantined = Device { quarantined: true, ..device.clone() };
        let release = release();
        let paused = Release { disabled: true, phase: Phase::EVERYONE, ..release.clone() };
        let relinked = Release { next: Some(id(0x62)), ..release.clone() };
        let key = signing_key();
        let renamed_key = SigningKey { name: "release 2026".parse().unwrap(), ..key.clone() };
        let disabled = SigningKey { status: KeyStatus::Disabled, ..key.clone() };
        let revoked_key = SigningKey { status: KeyStatus::Revoked, ..key.clone() };
        Self {
            people: PeopleSamples::new(),
            strict,
            revoked_key: (api_key.clone(), revoked),
            api_key: (api_key, renamed),
            artifact: artifact(),
            version: version(),
            binaries: states.into_iter().map(binary).collect(),
            described_binary: (signed.clone(), described),
            expired_binary: (begun, binary(BinaryState::Uploadable)),
            moved_binary: (signed, moved),
            parts: [PartState::Uploadable, PartState::Valid, PartState::InvalidHash]
                .into_iter()
                .map(part)
                .collect(),
            bundle: bundle(),
            bundle_override: bundle_override(),
            ca_certificate: ca_certificate(),
            cohort: cohort(),
            quarantined_device: (device.clone(), quarantined),
            device: (device, updated),
            device_certificate: device_certificate(),
            product: product(),
            relinked_release: (release.clone(), relinked),
            archived: ArchivedSamples {
                artifact: archived(artifact().0),
                version: archived(version().0),
                bundle: archived(bundle().0),
                cohort: archived(cohort().0),
                product: archived(product().0),
            },
            archived_release: archived(release.clone()),
            release: (release, paused),
            disabled_key: (key.clone(), disabled),
            revoked_signing_key: (key.clone(), revoked_key),
            signing_key: (key, renamed_key),
            storage_backend: storage_backend(),
            organization,
        }
    }

    pub(super) fn binary(&self, state: BinaryState) -> &Binary {
        self.binaries.iter().find(|binary| binary.state == state).unwrap()
    }

    pub(super) fn step(&self, from: BinaryState, to: BinaryState) -> Change<'_, Binary> {
        Change { from: self.binary(from), to: self.binary(to) }
    }

    pub(super) fn part(&self, state: PartState) -> &BinaryPart {
        self.parts.iter().find(|part| part.state == state).unwrap()
    }

    pub(super) fn hash(&self) -> Sha256Digest {
        self.binaries[0].hash
    }

    pub(super) fn stored(&self) -> StoredContent {
        StoredContent {
            storage_backend_prn: Storage(self.storage_backend.0.id, self.organization.id),
            generation: 1,
        }
    }

    pub(super) fn signature(&self) -> SignatureFacts {
        SignatureFacts {
            binary_prn: self.binaries[0].id.prn(self.organization.id),
            hash: self.hash(),
            signing_key_prn: self.signing_key.0.id.prn(self.organization.id),
            keyid: self.signing_key.0.keyid(),
            scheme: Some(Scheme::ALL[0]),
        }
    }

    pub(super) fn of_device(&self) -> OfDevice {
        OfDevice { identifier: self.device.0.identifier.clone() }
    }
}

fn organization() -> Organization {
    Organization {
        id: id(ORGANIZATION),
        name: "default".parse().unwrap(),
        signature_policy: SignaturePolicy::new(1).unwrap(),
        storage_quota: None,
        storage_used: 0,
        strict_certificate_expiry: false,
        require_second_factor: false,
        storage: None,
        archive_storage: None,
        download_url_seconds: None,
        download_url_style: DownloadUrlStyle::ALL[0],
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

fn api_key() -> ApiKey {
    ApiKey {
        id: id(0x11),
        organization: id(ORGANIZATION),
        name: "CI".parse().unwrap(),
        hint: "abcd".to_owned(),
        grants: Grants::of_role(Role::ALL[0]),
        owner: None,
        created_by: None,
        expires_at: None,
        revoked_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

fn artifact() -> (Artifact, Artifact) {
    let old = Artifact {
        id: id(0x21),
        organization: id(ORGANIZATION),
        name: "main-firmware".parse().unwrap(),
        description: None,
        custom_metadata: None,
        archived_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    };
    let new = Artifact {
        name: "gateway-firmware".parse().unwrap(),
        description: Some("of the gateway".parse().unwrap()),
        custom_metadata: Some(CustomMetadata::from_json(r#"{"team": "gateway"}"#).unwrap()),
        ..old.clone()
    };
    (old, new)
}

fn version() -> (ArtifactVersion, ArtifactVersion) {
    let old = ArtifactVersion {
        id: id(0x22),
        organization: id(ORGANIZATION),
        artifact: id(0x21),
        version: "1.1.0".parse().unwrap(),
        description: None,
        custom_metadata: None,
        archived_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    };
    let new = ArtifactVersion { description: Some("first of the year".parse().unwrap()), ..old.clone() };
    (old, new)
}

fn binary(state: BinaryState) -> Binary {
    let is_begun = !matches!(state, BinaryState::Uploadable | BinaryState::Destroyed);
    Binary {
        id: id(0x23),
        organization: id(ORGANIZATION),
        artifact_version: id(0x22),
        target: "arm64".parse().unwrap(),
        hash: Sha256Digest::of(b"firmware"),
        size: Some(1_048_576),
        size_declared: true,
        state,
        description: None,
        custom_metadata: None,
        bytes_uploaded: if is_begun { 1_048_576 } else { 0 },
        generation: Generation::FIRST,
        storage: StorageBackend::DATA_FOLDER,
        upload_session: None,
        ever_signed: false,
        verification_error: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

fn part(state: PartState) -> BinaryPart {
    BinaryPart {
        id: id(0x24),
        organization: id(ORGANIZATION),
        content: id(0x23),
        generation: Generation::FIRST,
        index: PartIndex::FIRST,
        size: 1_048_576,
        hash: Sha256Digest::of(b"firmware"),
        state,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

fn bundle() -> (Bundle, Bundle) {
    let old = Bundle {
        id: id(0x31),
        organization: id(ORGANIZATION),
        name: None,
        hash: Sha256Digest::of(b"bundle"),
        archived_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    };
    let new = Bundle { name: Some("1.1.0".parse().unwrap()), ..old.clone() };
    (old, new)
}

fn bundle_override() -> (BundleOverride, BundleOverride) {
    let old = BundleOverride {
        id: id(0x32),
        organization: id(ORGANIZATION),
        name: "field test".parse().unwrap(),
        description: None,
        bundle: id(0x31),
        starts_at: at(1),
        ends_at: None,
        audience: Audience::Devices(vec![id(0x51)]),
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    };
    let new = BundleOverride { ends_at: Some(at(5)), audience: Audience::Cohort(id(0x41)), ..old.clone() };
    (old, new)
}

fn certificate() -> Certificate {
    let text = include_str!("../../../../domain/tests/data/valid/p256.certificate.pem");
    Certificate::from_text(text).unwrap()
}

fn ca_certificate() -> (CaCertificate, CaCertificate) {
    let old = CaCertificate {
        id: id(0x52),
        organization: id(ORGANIZATION),
        certificate: certificate(),
        description: None,
        jitp: None,
        renewals: Renewals::Refuse,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    };
    let jitp = Jitp {
        product: id(0x40),
        cohort: Some(id(0x41)),
        tags: tags(&["new"]),
        target: None,
        description: None,
        identifier: IdentifierSource::CommonName,
    };
    let new = CaCertificate { jitp: Some(jitp), renewals: Renewals::SameKey, ..old.clone() };
    (old, new)
}

fn cohort() -> (Cohort, Cohort) {
    let old = Cohort {
        id: id(0x41),
        organization: id(ORGANIZATION),
        product: id(0x40),
        name: "field".parse().unwrap(),
        description: None,
        devices: 0,
        archived_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    };
    let new = Cohort { name: "customers".parse().unwrap(), ..old.clone() };
    (old, new)
}

fn product() -> (Product, Product) {
    let old = Product {
        id: id(0x40),
        organization: id(ORGANIZATION),
        name: "gateway".parse().unwrap(),
        description: None,
        target: None,
        archived_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    };
    let new = Product { target: Some("arm64".parse().unwrap()), ..old.clone() };
    (old, new)
}

fn device() -> Device {
    Device {
        id: id(0x51),
        organization: id(ORGANIZATION),
        product: id(0x40),
        cohort: Some(id(0x41)),
        identifier: "SN-0007".parse().unwrap(),
        description: None,
        tags: Tags::default(),
        target: None,
        quarantined: false,
        reported: Reported::default(),
        release: None,
        outcome: None,
        offer: None,
        last_connected_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

fn device_certificate() -> (DeviceCertificate, DeviceCertificate) {
    let old = DeviceCertificate {
        id: id(0x53),
        organization: id(ORGANIZATION),
        device: id(0x51),
        ca_certificate: None,
        proof: None,
        certificate: certificate(),
        inserted_at: at(0),
    };
    let new = DeviceCertificate { proof: Some(Proof::Key), ..old.clone() };
    (old, new)
}

fn release() -> Release {
    Release {
        id: id(0x61),
        organization: id(ORGANIZATION),
        cohort: id(0x41),
        bundle: id(0x31),
        next: None,
        name: "1.1.0".parse().unwrap(),
        description: None,
        version: Some("1.1.0".parse().unwrap()),
        version_requirement: Some(">=1.0.0".parse().unwrap()),
        required: false,
        disabled: false,
        schedule_date: None,
        phase: Phase::Numeric(PhaseValue::new(0.1).unwrap()),
        claims: 0,
        archived_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

fn signing_key() -> SigningKey {
    SigningKey {
        id: id(0x13),
        organization: id(ORGANIZATION),
        name: "release".parse().unwrap(),
        // The base point of RFC 8032's first test.
        material: KeyMaterial::parse("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=").unwrap(),
        status: KeyStatus::Active,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

fn storage_backend() -> (StorageBackend, StorageBackend) {
    let old = StorageBackend {
        id: id(0x70),
        organization: Some(id(ORGANIZATION)),
        name: "frankfurt".parse().unwrap(),
        url: "s3://firmware".parse().unwrap(),
        endpoint: None,
        region: Some("eu-central-1".to_owned()),
        sealed_credentials: Some(Sealed::new(b"sealed".to_vec())),
        sealed_cdn: None,
        near: Tags::default(),
        replicates: false,
        position: 0,
        checksums: true,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    };
    let new = StorageBackend {
        sealed_credentials: Some(Sealed::new(b"sealed anew".to_vec())),
        near: tags(&["europe"]),
        replicates: true,
        ..old.clone()
    };
    (old, new)
}
