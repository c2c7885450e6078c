//! Creating a binary: only the record, or everything from a file to a signed binary.

use std::path::PathBuf;

use clap::Args;
use olivine_api::binaries::{Binary, BinaryCreate};
use olivine_api::errors::ErrorCode;
use olivine_api::json::Raw;
use olivine_client::files::{FileHashes, hash_whole_and_parts};
use olivine_client::{Client, Query};
use olivine_domain::Target;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::binaries::BinaryState;
use olivine_domain::binary_parts::part_size_for;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::prn::Prn;
use uuid::Uuid;

use crate::custom_metadata;
use crate::failure::{Failure, named};
use crate::session::Session;
use crate::signing::{Signer, SigningKeyFile};
use crate::uploads::UploadOptions;

/// A new binary.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The artifact version that the binary belongs to
    #[arg(long, value_name = "PRN", env = "PERIDIO_ARTIFACT_VERSION_PRN")]
    artifact_version_prn: Prn<ArtifactVersion>,
    /// The hardware that the binary is for: a target triplet, any name that your devices have, or 'portable' for every device
    #[arg(long, env = "PERIDIO_TARGET")]
    target: Target,
    /// The SHA-256 of the content in hexadecimal digits, with or without 'sha256:' in front
    #[arg(long, required_unless_present = "content_path")]
    hash: Option<Sha256Digest>,
    /// The size of the content in bytes; the server refuses an upload of another size
    #[arg(long, value_name = "BYTES")]
    size: Option<u64>,
    /// A description, for people
    #[arg(long)]
    description: Option<String>,
    /// Custom metadata: a JSON object, or @ and the name of a file that contains one
    #[arg(long, value_name = "JSON|@FILE")]
    custom_metadata: Option<String>,
    /// The UUID for the PRN of the binary [default: made by the server]
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
    /// The file with the content: hash it, create the binary, upload the file, wait for its verification, and sign it if --signing-key is given
    #[arg(long, value_name = "FILE")]
    content_path: Option<PathBuf>,
    #[command(flatten)]
    key: SigningKeyFile,
    #[command(flatten)]
    options: UploadOptions,
}

/// The binary that a command must produce.
pub(crate) struct Wanted {
    pub(crate) artifact_version: Prn<ArtifactVersion>,
    pub(crate) target: Target,
    pub(crate) id: Option<Uuid>,
    pub(crate) description: Option<String>,
    pub(crate) custom_metadata: Option<Raw>,
    pub(crate) file: PathBuf,
    pub(crate) hashes: FileHashes,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let binary = match self.content_path.clone() {
            Some(file) => self.whole_way(session, file).await?,
            None if self.key.signing_key.is_some() => {
                return Err(Failure::usage("--signing-key needs a content to sign: give --content-path too"));
            }
            None => session.client.create::<Binary>(&self.body()?).await?,
        };
        session.show(&binary).await
    }

    fn body(&self) -> Result<BinaryCreate, Failure> {
        Ok(BinaryCreate {
            id: self.id,
            artifact_version_prn: self.artifact_version_prn.to_string(),
            target: self.target.to_string(),
            hash: self.hash.map(|hash| hash.to_string()).unwrap_or_default(),
            size: self.size,
            description: self.description.clone(),
            custom_metadata: custom_metadata::read_new(self.custom_metadata.as_ref())?,
        })
    }

    async fn whole_way(self, session: &Session, file: PathBuf) -> Result<Binary, Failure> {
        let custom_metadata = custom_metadata::read_new(self.custom_metadata.as_ref())?;
        check_waits(&self.key, &self.options)?;
        let signer = self.key.signer(&session.client).await?;
        let hashes = hash(session, &file, &self.options).await?;
        if self.hash.is_some_and(|hash| hash != hashes.whole)
            || self.size.is_some_and(|size| size != hashes.size)
        {
            return Err(Failure::new(format!(
                "{} has {} bytes and the hash {}, which is not what --hash and --size say",
                file.display(),
                hashes.size,
                hashes.whole
            )));
        }
        let Self { artifact_version_prn: artifact_version, target, id, description, .. } = self;
        let wanted = Wanted { artifact_version, target, id, description, custom_metadata, file, hashes };
        wanted.bring_about(session, signer.as_ref(), &self.options).await
    }
}

/// Signing needs a verified binary, so it can't be combined with not waiting for the verification.
pub(crate) fn check_waits(key: &SigningKeyFile, options: &UploadOptions) -> Result<(), Failure> {
    if key.signing_key.is_some() && !options.waits() {
        return Err(Failure::usage(
            "--signing-key signs what is verified, so it can't be used with --no-wait",
        ));
    }
    Ok(())
}

/// Hashes a file, and its parts on another core at the same time.
pub(crate) async fn hash(
    session: &Session,
    file: &std::path::Path,
    options: &UploadOptions,
) -> Result<FileHashes, Failure> {
    let size = olivine_client::files::size(file)?;
    let part_size = part_size_for(size, options.part_size());
    let hashes = hash_whole_and_parts(file, part_size, &session.progress.observer()).await;
    session.progress.clear();
    Ok(hashes?)
}

impl Wanted {
    /// Creates the record, uploads, waits for the verification, and signs. Skips the steps that are already done.
    pub(crate) async fn bring_about(
        self,
        session: &Session,
        signer: Option<&Signer>,
        options: &UploadOptions,
    ) -> Result<Binary, Failure> {
        let binary = find_or_create(&session.client, &self).await?;
        let prn = named(&binary.prn)?;
        let binary = options.upload(session, prn, self.file, Some(self.hashes)).await?;
        match signer {
            Some(signer) => signer.sign(&session.client, binary).await,
            None => Ok(binary),
        }
    }

    fn body(&self) -> BinaryCreate {
        BinaryCreate {
            id: self.id,
            artifact_version_prn: self.artifact_version.to_string(),
            target: self.target.to_string(),
            hash: self.hashes.whole.to_string(),
            size: Some(self.hashes.size),
            description: self.description.clone(),
            custom_metadata: self.custom_metadata.clone(),
        }
    }
}

/// The binary of this version and target. Another client may create it at the same time.
async fn find_or_create(client: &Client, wanted: &Wanted) -> Result<Binary, Failure> {
    if let Some(binary) = find(client, wanted).await? {
        return Ok(binary);
    }
    match client.create::<Binary>(&wanted.body()).await {
        Err(error) if error.is(ErrorCode::TargetTaken) => match find(client, wanted).await? {
            Some(binary) => Ok(binary),
            None => Err(error.into()),
        },
        result => Ok(result?),
    }
}

async fn find(client: &Client, wanted: &Wanted) -> Result<Option<Binary>, Failure> {
    let query = Query::default()
        .with("artifact_version_prn", Some(wanted.artifact_version))
        .with("target", Some(wanted.target.as_str()));
    let binaries = client.list::<Binary>(&query).all().await?;
    let Some(binary) = binaries.into_iter().find(|binary| binary.state != BinaryState::Destroyed.as_str())
    else {
        return Ok(None);
    };
    check_content(&binary, &wanted.hashes)?;
    Ok(Some(binary))
}

/// Checks that an existing binary has this content. The error says how to make room for another content.
pub(crate) fn check_content(binary: &Binary, hashes: &FileHashes) -> Result<(), Failure> {
    if binary.hash.parse() == Ok(hashes.whole) {
        return Ok(());
    }
    let remove = if binary.state == BinaryState::Signed.as_str() { "destroy" } else { "delete" };
    Err(Failure::new(format!(
        "this version has a binary for '{}' already, with another content ({}). Push a new version, or take that binary away first:\n  \
         peridio binaries {remove} {}",
        binary.target, binary.hash, binary.prn
    )))
}
