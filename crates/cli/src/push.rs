//! `peridio push`: from files to signed binaries in one step, and to a release if asked for. It is safe to run it twice, or at the same
//! time as somebody else.

mod ahead;
mod files;
mod release;

use clap::Args;
use olivine_api::artifact_versions::{ArtifactVersion, ArtifactVersionCreate};
use olivine_api::artifacts::{Artifact, ArtifactCreate};
use olivine_api::errors::ErrorCode;
use olivine_client::{Client, Create, Query};
use olivine_domain::Target;
use olivine_domain::prn::Prn;
use olivine_domain::text::{Description, Name, VersionText};

use crate::binaries::{Wanted, check_waits, hash};
use crate::custom_metadata;
use crate::failure::{Failure, named};
use crate::messages;
use crate::output::visible;
use crate::session::Session;
use crate::signing::SigningKeyFile;
use crate::uploads::UploadOptions;
use files::Content;
use release::ReleaseOptions;

/// Files to push.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
        peridio push firmware.bin --artifact main-firmware --version 1.1.0 \\\n    \
        --target arm-linux-gnueabihf --signing-key private_key.pem\n  \
        peridio push arm-linux-gnueabihf=fw-arm.bin aarch64-linux-gnu=fw-a64.bin \\\n    \
        --artifact main-firmware --version 1.2.0 --signing-key private_key.pem \\\n    \
        --bundle main-1.2.0 --cohort gateway/daily --release-version 1.2.0 --phase-value 10%\n\n\
        The command checks everything that it can before it creates or sends anything.")]
pub(crate) struct Push {
    /// The file with the content; for several targets, each as TARGET=FILE
    #[arg(value_name = "FILE|TARGET=FILE", required = true)]
    files: Vec<String>,
    /// The name of the artifact; it is created if it does not exist
    #[arg(long, value_name = "NAME")]
    artifact: Name,
    /// The version of the artifact; it is created if it does not exist
    #[arg(long)]
    version: VersionText,
    /// The target of a single file: a target triplet, any target name of your devices, or 'portable' for every device
    #[arg(long, env = "PERIDIO_TARGET")]
    target: Option<Target>,
    /// A description of the binaries, for people
    #[arg(long)]
    description: Option<Description>,
    /// Custom metadata of the binaries: a JSON object, or @ and the name of a file that contains one
    #[arg(long, value_name = "JSON|@FILE")]
    custom_metadata: Option<String>,
    #[command(flatten)]
    key: SigningKeyFile,
    #[command(flatten)]
    options: UploadOptions,
    #[command(flatten)]
    release: ReleaseOptions,
}

impl Push {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        let custom_metadata = custom_metadata::read_new(self.custom_metadata.as_ref())?;
        check_waits(&self.key, &self.options)?;
        self.release.check(&self.options)?;
        let contents = files::contents(&self.files, self.target.as_ref())?;
        let signer = self.key.signer(&session.client).await?;
        let found = self.look_ahead(&session.client, signer.as_ref(), &contents).await?;
        let mut hashes = Vec::new();
        for content in &contents {
            hashes.push(hash(session, &content.file, &self.options).await?);
        }
        found.check_hashes(&hashes)?;
        let artifact = artifact(&session.client, self.artifact.as_str()).await?;
        let version = version(&session.client, artifact, self.version.as_str()).await?;
        let artifact_version: Prn<_> = named(&version.prn)?;
        let Self { description, options, release, .. } = self;
        let description = description.map(|description| description.to_string());
        let mut binaries = Vec::new();
        for (Content { target, file, .. }, hashes) in contents.into_iter().zip(hashes) {
            let (description, custom_metadata) = (description.clone(), custom_metadata.clone());
            let wanted =
                Wanted { artifact_version, target, id: None, description, custom_metadata, file, hashes };
            binaries.push(wanted.bring_about(session, signer.as_ref(), &options).await?);
        }
        release.bring_about(&session.client, &version, &binaries).await?;
        match binaries.as_slice() {
            [binary] => session.show(binary).await,
            binaries => session.printer.all(binaries),
        }
    }
}

async fn artifact(client: &Client, name: &str) -> Result<Artifact, Failure> {
    let query = Query::default().with("name", Some(name));
    let new = ArtifactCreate { name: name.to_owned(), ..ArtifactCreate::default() };
    find_or_create(client, &query, &new, ErrorCode::NameTaken, &format!("the artifact '{name}'")).await
}

async fn version(client: &Client, artifact: Artifact, version: &str) -> Result<ArtifactVersion, Failure> {
    let what = format!("the artifact version '{}/{version}'", artifact.name);
    let artifact_prn = artifact.prn;
    let query = Query::default().with("artifact_prn", Some(&artifact_prn)).with("version", Some(version));
    let new = ArtifactVersionCreate {
        artifact_prn,
        version: version.to_owned(),
        ..ArtifactVersionCreate::default()
    };
    find_or_create(client, &query, &new, ErrorCode::VersionTaken, &what).await
}

/// The only record that the query finds. If there is none, it is created; another client may do so at the same time. `what` is its name for
/// people.
async fn find_or_create<R: Create>(
    client: &Client,
    query: &Query,
    new: &R::New,
    taken: ErrorCode,
    what: &str,
) -> Result<R, Failure> {
    if let Some(found) = find(client, query).await? {
        return Ok(found);
    }
    match client.create::<R>(new).await {
        Ok(record) => {
            messages::note(&format!("created {}", visible(what)));
            Ok(record)
        }
        Err(error) if error.is(taken) => find(client, query).await?.ok_or_else(|| error.into()),
        Err(error) => Err(error.into()),
    }
}

async fn find<R: Create>(client: &Client, query: &Query) -> Result<Option<R>, Failure> {
    Ok(client.list::<R>(&query.clone().limit(Some(1))).all().await?.into_iter().next())
}
