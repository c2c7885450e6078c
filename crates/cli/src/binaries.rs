//! `peridio binaries`: the records of binaries, their content, and their lifecycle.

mod create;
mod destroy;
mod download;
mod one;
mod prune;
mod sign;
mod upload;

use clap::{Args, Subcommand};
use olivine_api::binaries::{Binary, BinaryImpact, BinaryUpdate, DownloadCount, Replica};
use olivine_api::releases::Release;
use olivine_client::Query;
use olivine_domain::Target;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::binaries::BinaryState;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::prn::Prn;

use self::one::One;
use crate::custom_metadata;
use crate::failure::Failure;
use crate::lists::{Expand, ListOptions};
use crate::output::{Record, record};
use crate::session::Session;

pub(crate) use create::{Wanted, check_content, check_waits, hash};

record!(Binary, "name:artifact_version.artifact.name/artifact_version.version/target", "state", "size", "created:inserted_at"; expand "artifact_version.artifact");

impl Record for Replica {
    const COLUMNS: &'static [&'static str] =
        &["storage:storage_backend_prn", "state", "error", "updated:updated_at"];

    fn prn(&self) -> Option<&str> {
        None
    }
}

impl Record for BinaryImpact {
    const COLUMNS: &'static [&'static str] = &[];

    fn prn(&self) -> Option<&str> {
        None
    }
}

impl Record for DownloadCount {
    const COLUMNS: &'static [&'static str] = &["day", "issued", "finished"];

    fn prn(&self) -> Option<&str> {
        None
    }
}

/// The commands about binaries.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates a binary; with --content-path, also uploads the file, waits for its verification and signs it
    #[command(after_help = "Examples:\n  \
            peridio binaries create --artifact main-firmware --version 1.0.0 --target arm-linux-gnueabihf \\\n    \
            --hash $(sha256sum firmware.bin | cut -d' ' -f1) --size $(stat -c%s firmware.bin)\n  \
            peridio binaries create --artifact main-firmware --version 1.1.0 --target arm-linux-gnueabihf \\\n    \
            --content-path firmware.bin --signing-key private_key.pem")]
    Create(Box<create::Create>),
    /// Uploads the content of a binary and waits until the server has verified it; run it again to continue an interrupted upload
    #[command(after_help = "Example:\n  \
            peridio binaries upload main-firmware/1.0.0/arm-linux-gnueabihf --file firmware.bin")]
    Upload(upload::Upload),
    /// Changes a binary or its state
    #[command(after_help = "Examples:\n  \
            peridio binaries update main-firmware/1.0.0 --description 'Built on 3 December'\n  \
            peridio binaries update main-firmware/1.0.0 --state uploadable    # starts the upload again")]
    Update(Update),
    /// Destroys the content of a binary, which cannot be undone; the record of the binary stays
    #[command(
        after_help = "Example:\n  peridio binaries destroy main-firmware/1.0.0/arm-linux-gnueabihf --yes"
    )]
    Destroy(destroy::Destroy),
    /// Frees space: removes the binaries of older versions of an artifact, except those in a release or in an override
    #[command(after_help = "Examples:\n  \
            peridio binaries prune --artifact main-firmware --keep 5 --dry-run    # only shows the plan\n  \
            peridio binaries prune --artifact main-firmware --keep 5 --yes")]
    Prune(prune::Prune),
    /// Deletes a binary that was never signed
    #[command(after_help = "Example:\n  peridio binaries delete main-firmware/1.0.0/arm-linux-gnueabihf")]
    Delete(One),
    /// Shows a binary
    #[command(
        after_help = "Example:\n  peridio binaries get main-firmware/1.0.0 --expand artifact_version.artifact"
    )]
    Get(Get),
    /// Lists binaries
    #[command(after_help = "Example:\n  \
            peridio binaries list --artifact main-firmware --version 1.0.0 --target arm-linux-gnueabihf")]
    List(List),
    /// Signs a verified binary with a private key on this machine
    #[command(
        after_help = "Example:\n  peridio binaries sign main-firmware/1.0.0 --signing-key private_key.pem"
    )]
    Sign(sign::Sign),
    /// Downloads the content of a binary and verifies its hash and signatures; run it again to continue an interrupted download
    #[command(after_help = "Example:\n  \
            peridio binaries download main-firmware/1.0.0 -o downloaded.bin --signing-key public_key.pem")]
    Download(download::Download),
    /// Shows how often a binary was downloaded on each day
    #[command(after_help = "Example:\n  peridio binaries downloads main-firmware/1.0.0 --output table")]
    Downloads(One),
    /// Shows the replicas of a binary in other storage backends
    #[command(after_help = "Example:\n  peridio binaries replicas main-firmware/1.0.0 --output table")]
    Replicas(One),
    /// Shows what destroying a binary would do: releases, devices and overrides that depend on it
    #[command(after_help = "Example:\n  peridio binaries impact main-firmware/1.0.0")]
    Impact(One),
    /// Lists the releases whose bundles contain a binary
    #[command(after_help = "Example:\n  peridio binaries releases main-firmware/1.0.0")]
    Releases(Releases),
}

/// Which releases to list.
#[derive(Debug, Args)]
pub(crate) struct Releases {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    options: ListOptions,
}

/// Changes to a binary.
#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    /// The new state: hashable (the upload is complete), hashing (verify again), uploadable (start the upload again) or destroyed
    #[arg(long, value_parser = BinaryState::NAMES)]
    state: Option<String>,
    /// A new description, for people; empty removes it
    #[arg(long)]
    description: Option<String>,
    /// New custom metadata: a JSON object, or @ and the name of a file that contains one; null removes it
    #[arg(long, value_name = "JSON|@FILE")]
    custom_metadata: Option<String>,
}

/// One binary, with what to embed.
#[derive(Debug, Args)]
pub(crate) struct Get {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    expand: Expand,
}

/// Which binaries to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only binaries of this artifact version
    #[arg(long, value_name = "PRN")]
    artifact_version_prn: Option<Prn<ArtifactVersion>>,
    /// Only binaries for this target
    #[arg(long)]
    target: Option<Target>,
    /// Only binaries in this state
    #[arg(long, value_parser = BinaryState::NAMES)]
    state: Option<String>,
    /// Only binaries whose content has this SHA-256
    #[arg(long)]
    hash: Option<Sha256Digest>,
    #[command(flatten)]
    expand: Expand,
    #[command(flatten)]
    options: ListOptions,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(session).await,
            Self::Upload(upload) => upload.run(session).await,
            Self::Update(update) => update.run(session).await,
            Self::Prune(prune) => prune.run(session).await,
            Self::Destroy(destroy) => destroy.run(session).await,
            Self::Delete(One { prn }) => session.delete::<Binary>(&prn).await,
            Self::Get(Get { one, expand }) => session.get::<Binary>(&one.prn, &expand.expand).await,
            Self::List(list) => session.list::<Binary>(&list.options, list.query()).await,
            Self::Sign(sign) => sign.run(session).await,
            Self::Download(download) => download.run(session).await,
            Self::Impact(One { prn }) => session.show(&session.client.binary_impact(&prn).await?).await,
            Self::Replicas(one) => replicas(session, one).await,
            Self::Downloads(one) => downloads(session, one).await,
            Self::Releases(Releases { one, options }) => releases(session, one, &options).await,
        }
    }
}

impl Update {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let change = BinaryUpdate {
            state: self.state,
            description: custom_metadata::description_change(self.description),
            custom_metadata: custom_metadata::read_change(self.custom_metadata.as_ref())?,
        };
        session.update::<Binary>(&self.one.prn, &change).await
    }
}

impl List {
    fn query(&self) -> Query {
        let query = Query::default().with("artifact_version_prn", self.artifact_version_prn);
        let query = query.with("target", self.target.as_ref()).with("state", self.state.as_ref());
        query.with("hash", self.hash).expand(&self.expand.expand)
    }
}

async fn downloads(session: &Session, one: One) -> Result<(), Failure> {
    session.printer.all(&session.client.download_counts(&one.prn).await?)
}

async fn replicas(session: &Session, one: One) -> Result<(), Failure> {
    session.printer.all(&session.client.replicas(&one.prn).await?)
}

async fn releases(session: &Session, one: One, options: &ListOptions) -> Result<(), Failure> {
    let query = Query::default().expand(&session.printer.expansions::<Release>());
    let pages = session.client.releases_of(&one.prn, &options.apply(query));
    session.print_pages(pages, options).await
}
