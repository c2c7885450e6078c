//! `peridio binaries`: records, contents, lifecycle.

mod create;
mod destroy;
mod download;
mod one;
mod prune;
mod sign;
mod upload;

use clap::{Args, Subcommand};
use olivine_api::binaries::{Binary, BinaryUpdate, DownloadCount, Replica};
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

impl Record for DownloadCount {
    const COLUMNS: &'static [&'static str] = &["day", "issued", "finished"];

    fn prn(&self) -> Option<&str> {
        None
    }
}

/// What can be done with binaries.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates a binary; with --content-path also uploads, waits for verification and signs
    #[command(
        after_help = "Examples:\n  peridio binaries create --artifact-version-prn $VERSION_PRN --target arm-linux-gnueabihf \\\n    \
                            --hash $(sha256sum firmware.bin | cut -d' ' -f1) --size $(stat -c%s firmware.bin)\n  peridio binaries create \
                            --artifact-version-prn $VERSION_PRN --target arm-linux-gnueabihf \\\n    --content-path firmware.bin \
                            --signing-key private_key.pem"
    )]
    Create(Box<create::Create>),
    /// Uploads a file as a binary's content and waits until it is verified; carries on after an interruption
    #[command(
        after_help = "Example:\n  peridio binaries upload --binary-prn $BINARY_PRN --file firmware.bin"
    )]
    Upload(upload::Upload),
    /// Changes a binary, or asks for its next state
    #[command(
        after_help = "Examples:\n  peridio binaries update --prn $BINARY_PRN --state hashable      # the upload is complete\n  peridio \
                            binaries update --prn $BINARY_PRN --state uploadable    # begin the upload anew"
    )]
    Update(Update),
    /// Destroys a binary's content for good; the record stays
    #[command(after_help = "Example:\n  peridio binaries destroy --prn $BINARY_PRN")]
    Destroy(destroy::Destroy),
    /// Frees space: takes away the binaries of an artifact's older versions that no release and no override has
    #[command(
        after_help = "Examples:\n  peridio binaries prune --artifact main-firmware --keep 5 --dry-run     # only says what would be done\n  \
                      peridio binaries prune --artifact main-firmware --keep 5 --yes"
    )]
    Prune(prune::Prune),
    /// Deletes the record of a binary that never was signed
    #[command(after_help = "Example:\n  peridio binaries delete --prn $BINARY_PRN")]
    Delete(One),
    /// Shows a binary
    #[command(
        after_help = "Example:\n  peridio binaries get --prn $BINARY_PRN --expand artifact_version.artifact"
    )]
    Get(Get),
    /// Lists binaries
    #[command(
        after_help = "Example:\n  peridio binaries list --artifact-version-prn $VERSION_PRN --target arm-linux-gnueabihf"
    )]
    List(List),
    /// Signs a verified binary with a local private key
    #[command(
        after_help = "Example:\n  peridio binaries sign --prn $BINARY_PRN --signing-key private_key.pem"
    )]
    Sign(sign::Sign),
    /// Downloads a binary's content and verifies hash and signatures; carries on after an interruption
    #[command(
        after_help = "Example:\n  peridio binaries download --prn $BINARY_PRN -o firmware.bin --signing-key public_key.pem"
    )]
    Download(download::Download),
    /// Shows how often a binary was downloaded, day by day
    #[command(after_help = "Example:\n  peridio binaries downloads --prn $BINARY_PRN --output table")]
    Downloads(One),
    /// Shows the copies of a binary in other storages
    #[command(after_help = "Example:\n  peridio binaries replicas --prn $BINARY_PRN --output table")]
    Replicas(One),
    /// Lists the releases whose bundles have a binary in them
    #[command(after_help = "Example:\n  peridio binaries releases --prn $BINARY_PRN")]
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
    /// hashable (the upload is complete), hashing (verify again), uploadable (begin the upload anew) or destroyed
    #[arg(long, value_parser = BinaryState::NAMES)]
    state: Option<String>,
    /// What people say of it; empty removes it
    #[arg(long)]
    description: Option<String>,
    /// A JSON object, or @ and the name of a file with one; null removes it
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
    /// Only those of this artifact version
    #[arg(long, value_name = "PRN")]
    artifact_version_prn: Option<Prn<ArtifactVersion>>,
    /// Only those for this target
    #[arg(long)]
    target: Option<Target>,
    /// Only those in this state
    #[arg(long, value_parser = BinaryState::NAMES)]
    state: Option<String>,
    /// Only those with this hash
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
    let counts = session.client.download_counts(&one.prn).await?;
    let mut list = session.printer.list();
    counts.iter().try_for_each(|count| list.add(count))?;
    list.finish()
}

async fn replicas(session: &Session, one: One) -> Result<(), Failure> {
    let replicas = session.client.replicas(&one.prn).await?;
    let mut list = session.printer.list();
    replicas.iter().try_for_each(|replica| list.add(replica))?;
    list.finish()
}

async fn releases(session: &Session, one: One, options: &ListOptions) -> Result<(), Failure> {
    let query = Query::default().expand(&session.printer.expansions::<Release>());
    let pages = session.client.releases_of(&one.prn, &options.apply(query));
    session.print_pages(pages, options).await
}
