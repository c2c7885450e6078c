//! `peridio artifact-versions`: the versions of artifacts.

use clap::{Args, Subcommand};
use olivine_api::artifact_versions::{ArtifactVersion, ArtifactVersionCreate, ArtifactVersionUpdate};
use olivine_client::Query;
use olivine_domain::artifact_versions::ArtifactVersion as Named;
use olivine_domain::artifacts::Artifact;
use olivine_domain::prn::Prn;

use crate::archiving;
use crate::custom_metadata;
use crate::failure::Failure;
use crate::lists::{Expand, ListOptions};
use crate::output::record;
use crate::session::Session;

record!(ArtifactVersion, "name:artifact.name/version", "description", "created:inserted_at"; expand "artifact");

/// The commands about artifact versions.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates a version of an artifact
    #[command(
        after_help = "Example:\n  peridio artifact-versions create --artifact main-firmware --version 1.0.0"
    )]
    Create(Create),
    /// Lists artifact versions
    #[command(
        after_help = "Example:\n  peridio artifact-versions list --artifact main-firmware --order desc"
    )]
    List(List),
    /// Shows an artifact version
    #[command(after_help = "Examples:\n  \
            peridio artifact-versions get main-firmware/1.0.0 --expand artifact\n  \
            peridio artifact-versions get --artifact main-firmware --version 1.0.0")]
    Get(Get),
    /// Changes an artifact version
    #[command(after_help = "Example:\n  \
            peridio artifact-versions update main-firmware/1.0.0 --description 'Fixes the fan'")]
    Update(Update),
    #[command(flatten)]
    Archiving(archiving::artifact_versions::Command),
    /// Deletes an artifact version that has no binaries
    #[command(after_help = "Example:\n  peridio artifact-versions delete main-firmware/1.0.0")]
    Delete(One),
}

/// A new version.
#[derive(Debug, Args)]
pub(crate) struct Create {
    #[command(flatten)]
    new: ArtifactVersionCreate,
    /// Custom metadata: a JSON object, or @ and the name of a file that contains one
    #[arg(long, value_name = "JSON|@FILE")]
    custom_metadata: Option<String>,
}

/// Which versions to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only versions of this artifact
    #[arg(long, value_name = "PRN")]
    artifact_prn: Option<Prn<Artifact>>,
    /// Only versions with this number, such as 1.0.0
    #[arg(long)]
    version: Option<String>,
    #[command(flatten)]
    expand: Expand,
    #[command(flatten)]
    archived: archiving::Listed,
    #[command(flatten)]
    options: ListOptions,
}

/// One version, with what to embed.
#[derive(Debug, Args)]
pub(crate) struct Get {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    expand: Expand,
}

/// One version.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The artifact version by its PRN or its name, instead of the first argument
    #[arg(long, visible_alias = "artifact-version-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// Changes to a version.
#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    change: ArtifactVersionUpdate,
    /// New custom metadata: a JSON object, or @ and the name of a file that contains one; null removes it
    #[arg(long, value_name = "JSON|@FILE")]
    custom_metadata: Option<String>,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => session.create::<ArtifactVersion>(&create.body()?).await,
            Self::List(list) => session.list::<ArtifactVersion>(&list.options, list.query()).await,
            Self::Get(Get { one, expand }) => session.get::<ArtifactVersion>(&one.prn, &expand.expand).await,
            Self::Update(update) => {
                let prn = update.one.prn;
                session.update::<ArtifactVersion>(&prn, &update.body()?).await
            }
            Self::Archiving(command) => command.run(session).await,
            Self::Delete(One { prn }) => session.delete::<ArtifactVersion>(&prn).await,
        }
    }
}

impl Create {
    fn body(self) -> Result<ArtifactVersionCreate, Failure> {
        let custom_metadata = custom_metadata::read_new(self.custom_metadata.as_ref())?;
        Ok(ArtifactVersionCreate { custom_metadata, ..self.new })
    }
}

impl List {
    fn query(&self) -> Query {
        let query =
            Query::default().with("artifact_prn", self.artifact_prn).with("version", self.version.as_ref());
        self.archived.apply(query.expand(&self.expand.expand))
    }
}

impl Update {
    fn body(self) -> Result<ArtifactVersionUpdate, Failure> {
        let custom_metadata = custom_metadata::read_change(self.custom_metadata.as_ref())?;
        Ok(ArtifactVersionUpdate { custom_metadata, ..self.change })
    }
}
