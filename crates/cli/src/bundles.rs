//! `peridio bundles`: immutable, ordered sets of binaries.

use clap::{Args, Subcommand};
use olivine_api::bundles::{Bundle, BundleBinaryCreate, BundleCreate, BundleUpdate};
use olivine_api::flags::{Removable, removable};
use olivine_client::Query;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::binaries::Binary;
use olivine_domain::bundles::Bundle as Named;
use olivine_domain::prn::Prn;
use uuid::Uuid;

use crate::archiving;
use crate::changes::texts;
use crate::failure::Failure;
use crate::lists::{Expand, ListOptions};
use crate::output::record;
use crate::session::Session;

record!(Bundle, "name", "hash", "created:inserted_at");

/// The commands about bundles.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates a bundle from all signed binaries of artifact versions, or from single binaries; its content cannot be changed later
    #[command(after_help = "Examples:\n  \
            peridio bundles create --name spring --artifact-version main-firmware/1.0.0\n  \
            peridio bundles create --name summer --binary main-firmware/1.1.0/arm-linux-gnueabihf")]
    Create(Create),
    /// Lists bundles
    #[command(after_help = "Example:\n  peridio bundles list --search \"name~'spring'\"")]
    List(List),
    /// Shows a bundle and its binaries
    #[command(after_help = "Example:\n  peridio bundles get spring")]
    Get(One),
    /// Renames a bundle
    #[command(after_help = "Example:\n  peridio bundles update summer --name autumn")]
    Update(Update),
    #[command(flatten)]
    Archiving(archiving::bundles::Command),
    /// Deletes a bundle that no release and no override uses
    #[command(after_help = "Example:\n  peridio bundles delete spring")]
    Delete(One),
}

/// A new bundle.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("content").required(true)))]
pub(crate) struct Create {
    /// The name of the bundle, unique in the organization
    #[arg(long)]
    name: Option<String>,
    /// Add all signed binaries of this artifact version; can be repeated, and the order is kept
    #[arg(long = "artifact-version-prn", alias = "artifact-version-prns", value_name = "PRN", num_args = 1.., value_delimiter = ',', group = "content")]
    artifact_version_prns: Vec<Prn<ArtifactVersion>>,
    /// Add this signed binary; can be repeated, and the order is kept
    #[arg(long = "binary-prn", alias = "binary-prns", value_name = "PRN", num_args = 1.., value_delimiter = ',', group = "content")]
    binary_prns: Vec<Prn<Binary>>,
    #[arg(
        help = "Add binaries with custom metadata for this bundle: a JSON array of {prn, custom_metadata}, or @ and the name of a file that contains one",
        long,
        value_name = "JSON|@FILE",
        group = "content"
    )]
    binaries: Option<String>,
    /// The UUID for the PRN of the bundle [default: made by the server]
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
}

/// Which bundles to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only the bundle with this name
    #[arg(long)]
    name: Option<String>,
    /// Only bundles with this hash
    #[arg(long)]
    hash: Option<String>,
    /// Only bundles with this binary
    #[arg(long, value_name = "PRN")]
    binary_prn: Option<Prn<Binary>>,
    /// Only bundles with a binary of this artifact version
    #[arg(long, value_name = "PRN")]
    artifact_version_prn: Option<Prn<ArtifactVersion>>,
    #[command(flatten)]
    expand: Expand,
    #[command(flatten)]
    archived: archiving::Listed,
    #[command(flatten)]
    options: ListOptions,
}

/// One bundle.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The bundle by its PRN or its name, instead of the first argument
    #[arg(long, visible_alias = "bundle-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// A change of a bundle. Only its name can be changed.
#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    /// The new name of the bundle: 1 to 128 characters, unique in the organization
    #[arg(long, value_parser = removable::<String>)]
    name: Removable<String>,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => session.create::<Bundle>(&create.body()?).await,
            Self::List(List { name, hash, binary_prn, artifact_version_prn, expand, archived, options }) => {
                let query = Query::default().with("name", name).with("hash", hash);
                let query = query.with("binary_prn", binary_prn);
                let query = query.with("artifact_version_prn", artifact_version_prn);
                session.list::<Bundle>(&options, archived.apply(query.expand(&expand.expand))).await
            }
            Self::Get(One { prn }) => session.get::<Bundle>(&prn, &[]).await,
            Self::Update(Update { one, name }) => {
                session.update::<Bundle>(&one.prn, &BundleUpdate { name: Some(name) }).await
            }
            Self::Archiving(command) => command.run(session).await,
            Self::Delete(One { prn }) => session.delete::<Bundle>(&prn).await,
        }
    }
}

impl Create {
    fn body(self) -> Result<BundleCreate, Failure> {
        let binaries = match &self.binaries {
            Some(given) => Some(read_binaries(given)?),
            None => texts(&self.binary_prns).map(|prns| prns.into_iter().map(without_metadata).collect()),
        };
        let artifact_version_prns = texts(&self.artifact_version_prns);
        Ok(BundleCreate { id: self.id, name: self.name, artifact_version_prns, binaries })
    }
}

fn without_metadata(prn: String) -> BundleBinaryCreate {
    BundleBinaryCreate { prn, custom_metadata: None }
}

fn read_binaries(given: &str) -> Result<Vec<BundleBinaryCreate>, Failure> {
    let text = match given.strip_prefix('@') {
        Some(path) => crate::texts::read(&format!("--binaries from {path}"), path)?,
        None => given.to_owned(),
    };
    serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format!(
            "--binaries takes a JSON array such as '[{{\"prn\": \"prn:1:…\", \"custom_metadata\": {{}}}}]': {error}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binaries_with_metadata_keep_order_and_bytes() {
        let given = r#"[{"prn": "b", "custom_metadata": {"b": 1.0, "a": [1,  2]}}, {"prn": "a"}]"#;
        let binaries = read_binaries(given).unwrap();
        assert_eq!(binaries.iter().map(|binary| binary.prn.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(binaries[0].custom_metadata.as_ref().unwrap().get(), r#"{"b": 1.0, "a": [1,  2]}"#);
        for wrong in ["{}", "[1]", r#"[{"prn": "a", "metadata": {}}]"#, "@/no/such/file"] {
            assert!(read_binaries(wrong).is_err(), "{wrong}");
        }
    }
}
