//! The binaries of a database: ten per version, a hundred versions per artifact, twenty targets. Each can be computed from its number.

use std::time::Instant;

use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::artifacts::Artifact;
use olivine_domain::binaries::{Binary, BinaryState};
use olivine_domain::contents::Generation;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_records::{Database, Options, Write, artifact_versions, artifacts, binaries};
use uuid::Uuid;

use crate::numbered::{self, moment};
use crate::table::say;

pub(super) const PER_VERSION: u64 = 10;
const VERSIONS_PER_ARTIFACT: u64 = 100;
const TARGETS: u64 = 20;
/// The number of binaries in one transaction.
const AT_ONCE: u64 = 10_000;

/// `count` binaries of one organization.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binaries {
    pub(super) organization: Id<Organization>,
    pub(super) count: u64,
}

/// The type of the record that a UUID belongs to. It is written into the last bits of the UUID.
#[derive(Clone, Copy)]
enum Kind {
    Artifact,
    Version,
    Binary,
}

impl Binaries {
    /// Inserts all records.
    pub(super) async fn insert(&self, url: &str) -> anyhow::Result<()> {
        let began = Instant::now();
        let database = Database::open(url, Options::default()).await?;
        for start in (0..self.count).step_by(usize::try_from(AT_ONCE)?) {
            let write = database.write().await?;
            for number in start..self.count.min(start + AT_ONCE) {
                self.insert_one(&write, number).await?;
            }
            write.commit().await?;
        }
        database.close().await;
        say(format!("  {} binaries inserted in {:.1?}", self.count, began.elapsed()));
        Ok(())
    }

    async fn insert_one(&self, write: &Write, number: u64) -> anyhow::Result<()> {
        if number.is_multiple_of(PER_VERSION * VERSIONS_PER_ARTIFACT) {
            artifacts::insert(write, &self.artifact(number)?).await?;
        }
        if number.is_multiple_of(PER_VERSION) {
            artifact_versions::insert(write, &self.artifact_version(number)?).await?;
        }
        Ok(binaries::insert(write, &self.binary(number)?).await?)
    }

    fn artifact(&self, number: u64) -> anyhow::Result<Artifact> {
        Ok(Artifact {
            id: Id::new(uuid(Kind::Artifact, number)),
            organization: self.organization,
            name: format!("artifact-{}", number / (PER_VERSION * VERSIONS_PER_ARTIFACT)).parse()?,
            description: None,
            custom_metadata: None,
            archived_at: None,
            revision: Revision::FIRST,
            inserted_at: moment(number),
            updated_at: moment(number),
        })
    }

    fn artifact_version(&self, number: u64) -> anyhow::Result<ArtifactVersion> {
        let first = number - number % (PER_VERSION * VERSIONS_PER_ARTIFACT);
        Ok(ArtifactVersion {
            id: self.version(number),
            organization: self.organization,
            artifact: Id::new(uuid(Kind::Artifact, first)),
            version: format!("1.{}.0", number / PER_VERSION % VERSIONS_PER_ARTIFACT).parse()?,
            description: None,
            custom_metadata: None,
            archived_at: None,
            revision: Revision::FIRST,
            inserted_at: moment(number),
            updated_at: moment(number),
        })
    }

    fn binary(&self, number: u64) -> anyhow::Result<Binary> {
        let state = self.state(number);
        let size = 1_000_000 + number;
        let at_rest = state != BinaryState::Uploadable;
        Ok(Binary {
            id: self.id(number),
            organization: self.organization,
            artifact_version: self.version(number),
            target: self.target(number).parse()?,
            hash: self.hash(number),
            size: Some(size),
            size_declared: true,
            state,
            description: Some(format!("nightly build {number}").parse()?),
            custom_metadata: None,
            bytes_uploaded: if at_rest { size } else { 0 },
            generation: Generation::FIRST,
            storage: StorageBackend::DATA_FOLDER,
            upload_session: at_rest.then(|| "local".to_owned()),
            ever_signed: state == BinaryState::Signed,
            verification_error: None,
            revision: Revision::FIRST,
            inserted_at: moment(number),
            updated_at: moment(number),
        })
    }

    pub(super) fn id(&self, number: u64) -> Id<Binary> {
        Id::new(uuid(Kind::Binary, number % self.count))
    }

    /// The version that a binary belongs to.
    pub(super) fn version(&self, number: u64) -> Id<ArtifactVersion> {
        let number = number % self.count;
        Id::new(uuid(Kind::Version, number - number % PER_VERSION))
    }

    pub(super) fn target(&self, number: u64) -> String {
        format!("target-{:02}", (number % self.count) % TARGETS)
    }

    pub(super) fn hash(&self, number: u64) -> Sha256Digest {
        Sha256Digest::of(&(number % self.count).to_be_bytes())
    }

    /// One binary in a hundred waits for its upload, one in ten for its signature.
    fn state(&self, number: u64) -> BinaryState {
        match number % self.count % 100 {
            99 => BinaryState::Uploadable,
            rest if rest % 10 == 0 => BinaryState::Signable,
            _ => BinaryState::Signed,
        }
    }
}

fn uuid(kind: Kind, number: u64) -> Uuid {
    numbered::uuid(kind as u8, number)
}
