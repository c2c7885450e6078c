//! Every test of records, on SQLite and on PostgreSQL. The samples here are the smallest valid records.

mod announcements;
mod bulk;
mod constraints;
mod copying;
mod dialects;
mod failover;
mod feed;
mod fleet;
mod insights;
mod lists;
mod migrations;
mod outcomes;
mod people;
mod plans;
mod queue;
mod races;
mod release_graphs;
mod roundtrips;
mod scans;
mod silence;
mod uses;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use olivine_domain::api_keys::ApiKey;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::artifacts::Artifact;
use olivine_domain::binaries::{Binary, BinaryState};
use olivine_domain::binary_parts::{BinaryPart, PartIndex, PartState};
use olivine_domain::binary_signatures::{BinarySignature, Scheme, SignatureBytes};
use olivine_domain::contents::Generation;
use olivine_domain::events::{Event, EventType, Subject};
use olivine_domain::organizations::{DownloadUrlStyle, Organization, Revision, SignaturePolicy};
use olivine_domain::permissions::{Grants, Identity, Origin, Role};
use olivine_domain::prn::Id;
use olivine_domain::signing_keys::{KeyMaterial, KeyStatus, SigningKey};
use olivine_domain::storage_backends::StorageBackend;
use olivine_domain::text::FromRecord;
use olivine_domain::{Sha256Digest, Timestamp};
use uuid::Uuid;

use crate::{Database, Write};

/// Each test twice: once per database.
macro_rules! on_both {
    ($(async fn $name:ident($database:ident) $body:block)*) => {
        $(mod $name {
            use super::*;

            async fn check($database: crate::testing::TestDatabase) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                check(crate::testing::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                check(crate::testing::postgres().await).await;
            }
        })*
    };
}
use on_both;

/// Ids that grow, as those of records do.
fn fresh<R>() -> Id<R> {
    Id::new(fresh_uuid())
}

fn fresh_uuid() -> Uuid {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u128(u128::from(COUNT.fetch_add(1, Ordering::Relaxed)) << 32)
}

/// Lists as somebody reads them who has no other scan running.
fn reads(database: &Database) -> crate::CallerReads<'_> {
    database.on_behalf_of(fresh_uuid())
}

/// That many microseconds after the beginning of 2026.
fn at(micros: u64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap().plus(Duration::from_micros(micros))
}

/// A text that was accepted before characters that nobody sees were refused: each record must still be read.
fn earlier<T: FromRecord>(text: &str) -> T {
    T::from_record(&format!("{text}\u{200b}")).unwrap()
}

fn organization() -> Organization {
    let id = fresh();
    Organization {
        id,
        name: earlier(&format!("organization {id}")),
        signature_policy: SignaturePolicy::default(),
        storage_quota: None,
        storage_used: 0,
        strict_certificate_expiry: false,
        require_second_factor: false,
        storage: None,
        archive_storage: None,
        download_url_seconds: None,
        download_url_style: DownloadUrlStyle::default(),
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

fn api_key(organization: &Organization) -> ApiKey {
    ApiKey {
        id: fresh(),
        organization: organization.id,
        name: earlier("CI"),
        hint: "olv_abcdefgh".to_owned(),
        grants: Grants::of_role(Role::Writer),
        owner: None,
        created_by: None,
        expires_at: None,
        revoked_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

fn artifact(organization: &Organization) -> Artifact {
    let id = fresh();
    Artifact {
        id,
        organization: organization.id,
        name: earlier(&format!("artifact {id}")),
        description: None,
        custom_metadata: None,
        archived_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

fn version(artifact: &Artifact) -> ArtifactVersion {
    let id = fresh();
    ArtifactVersion {
        id,
        organization: artifact.organization,
        artifact: artifact.id,
        version: earlier(&id.to_string()),
        description: None,
        custom_metadata: None,
        archived_at: None,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

fn binary(version: &ArtifactVersion) -> Binary {
    let id: Id<Binary> = fresh();
    Binary {
        id,
        organization: version.organization,
        artifact_version: version.id,
        target: earlier(&format!("target-{id}")),
        hash: Sha256Digest::of(id.to_string().as_bytes()),
        size: None,
        size_declared: false,
        state: BinaryState::Uploadable,
        description: None,
        custom_metadata: None,
        bytes_uploaded: 0,
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

fn part(binary: &Binary, index: u64) -> BinaryPart {
    BinaryPart {
        id: fresh(),
        organization: binary.organization,
        content: binary.content_id(),
        generation: binary.generation,
        index: PartIndex::new(index).unwrap(),
        size: 10,
        hash: Sha256Digest::of(b"part"),
        state: PartState::Uploadable,
        inserted_at: at(index),
        updated_at: at(index),
    }
}

/// Raw Ed25519 public keys: the base points of RFC 8032's first tests.
const KEYS: [&str; 3] = [
    "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=",
    "/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=",
];

fn signing_key(organization: &Organization, number: usize) -> SigningKey {
    SigningKey {
        id: fresh(),
        organization: organization.id,
        name: earlier(&format!("production {number}")),
        material: KeyMaterial::parse(KEYS[number]).unwrap(),
        status: KeyStatus::Active,
        revision: Revision::FIRST,
        inserted_at: at(0),
        updated_at: at(0),
    }
}

fn signature(binary: &Binary, key: &SigningKey) -> BinarySignature {
    BinarySignature {
        id: fresh(),
        organization: binary.organization,
        binary: binary.id,
        signing_key: key.id,
        scheme: Scheme::Ed25519HexDigest,
        signature: SignatureBytes::from_bytes(vec![0, 255, 7]),
        inserted_at: at(0),
    }
}

fn event(organization: &Organization) -> Event {
    Event {
        id: fresh(),
        organization: organization.id,
        kind: EventType::OrganizationUpdated.into(),
        identity: Identity::System.into(),
        person: None,
        subject: Subject::of(organization.id),
        product: None,
        cohort: None,
        data: "{}".to_owned(),
        origin: Origin::default(),
        inserted_at: at(0),
    }
}

fn is_conflict<T>(outcome: &Result<T, crate::Error>) -> bool {
    matches!(outcome, Err(crate::Error::Conflict))
}

/// Does something in a transaction of its own.
macro_rules! commit {
    ($database:expr, |$write:ident| $work:expr) => {{
        let $write = $database.write().await.unwrap();
        let outcome = $work;
        if outcome.is_ok() {
            $write.commit().await.unwrap();
        }
        outcome
    }};
}
use commit;

/// An organization with one artifact of one version.
struct Frame {
    organization: Organization,
    artifact: Artifact,
    version: ArtifactVersion,
}

async fn frame(database: &Database) -> Frame {
    let organization = organization();
    let artifact = artifact(&organization);
    let version = version(&artifact);
    let write = database.write().await.unwrap();
    insert_frame(&write, &organization, &artifact, &version).await;
    write.commit().await.unwrap();
    Frame { organization, artifact, version }
}

async fn insert_frame(
    write: &Write,
    organization: &Organization,
    artifact: &Artifact,
    version: &ArtifactVersion,
) {
    crate::organizations::insert(write, organization).await.unwrap();
    crate::artifacts::insert(write, artifact).await.unwrap();
    crate::artifact_versions::insert(write, version).await.unwrap();
}
