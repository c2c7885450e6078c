//! `peridio artifacts`: the types of binaries.

use clap::{Args, Subcommand};
use olivine_api::artifacts::{Artifact, ArtifactCreate, ArtifactUpdate};
use olivine_client::Query;
use olivine_domain::artifacts::Artifact as Named;
use olivine_domain::prn::Prn;

use crate::archiving;
use crate::custom_metadata;
use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::output::record;
use crate::session::Session;

record!(Artifact, "name", "description", "created:inserted_at");

/// The commands about artifacts.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates an artifact
    #[command(after_help = "Example:\n  \
            peridio artifacts create --name main-firmware --description 'The main board'")]
    Create(Create),
    /// Lists artifacts
    #[command(after_help = "Example:\n  peridio artifacts list --search \"name~'firmware'\"")]
    List(List),
    /// Shows an artifact
    #[command(after_help = "Example:\n  peridio artifacts get main-firmware")]
    Get(One),
    /// Changes an artifact
    #[command(after_help = "Example:\n  \
            peridio artifacts update main-firmware --description 'The main board, since 2026'")]
    Update(Update),
    #[command(flatten)]
    Archiving(archiving::artifacts::Command),
    /// Deletes an artifact that has no versions
    #[command(after_help = "Example:\n  peridio artifacts delete main-firmware")]
    Delete(One),
}

/// A new artifact.
#[derive(Debug, Args)]
pub(crate) struct Create {
    #[command(flatten)]
    new: ArtifactCreate,
    /// Custom metadata: a JSON object, or @ and the name of a file that contains one
    #[arg(long, value_name = "JSON|@FILE")]
    custom_metadata: Option<String>,
}

/// Which artifacts to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only the artifact with this name
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    archived: archiving::Listed,
    #[command(flatten)]
    options: ListOptions,
}

/// One artifact.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The artifact by its PRN or its name, instead of the first argument
    #[arg(long, visible_alias = "artifact-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// Changes to an artifact.
#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    change: ArtifactUpdate,
    /// New custom metadata: a JSON object, or @ and the name of a file that contains one; null removes it
    #[arg(long, value_name = "JSON|@FILE")]
    custom_metadata: Option<String>,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => session.create::<Artifact>(&create.body()?).await,
            Self::List(List { name, archived, options }) => {
                session.list::<Artifact>(&options, archived.apply(Query::default().with("name", name))).await
            }
            Self::Get(One { prn }) => session.get::<Artifact>(&prn, &[]).await,
            Self::Update(update) => {
                let prn = update.one.prn;
                session.update::<Artifact>(&prn, &update.body()?).await
            }
            Self::Archiving(command) => command.run(session).await,
            Self::Delete(One { prn }) => session.delete::<Artifact>(&prn).await,
        }
    }
}

impl Create {
    fn body(self) -> Result<ArtifactCreate, Failure> {
        let custom_metadata = custom_metadata::read_new(self.custom_metadata.as_ref())?;
        Ok(ArtifactCreate { custom_metadata, ..self.new })
    }
}

impl Update {
    fn body(self) -> Result<ArtifactUpdate, Failure> {
        let custom_metadata = custom_metadata::read_change(self.custom_metadata.as_ref())?;
        Ok(ArtifactUpdate { custom_metadata, ..self.change })
    }
}
