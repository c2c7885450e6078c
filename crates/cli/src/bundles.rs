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

/// What can be done with bundles.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates a bundle of all signed binaries of artifact versions, or of single binaries; it can't be changed afterwards
    #[command(
        after_help = "Examples:\n  peridio bundles create --name spring --artifact-version-prn $VERSION_PRN\n  peridio bundles create \
                            --binary-prn $BINARY_PRN --binary-prn $OTHER_BINARY_PRN"
    )]
    Create(Create),
    /// Lists bundles
    #[command(after_help = "Example:\n  peridio bundles list --search \"name~'spring'\"")]
    List(List),
    /// Shows a bundle with its binaries
    #[command(after_help = "Example:\n  peridio bundles get --prn $BUNDLE_PRN")]
    Get(One),
    /// Renames a bundle
    #[command(after_help = "Example:\n  peridio bundles update --prn $BUNDLE_PRN --name summer")]
    Update(Update),
    #[command(flatten)]
    Archiving(archiving::bundles::Command),
    /// Deletes a bundle that no release and no override uses
    #[command(after_help = "Example:\n  peridio bundles delete --prn $BUNDLE_PRN")]
    Delete(One),
}

/// A new bundle.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("content").required(true)))]
pub(crate) struct Create {
    /// Unique in the organization
    #[arg(long)]
    name: Option<String>,
    /// All signed binaries that this version has now; may be given several times, the order is kept
    #[arg(long = "artifact-version-prn", alias = "artifact-version-prns", value_name = "PRN", num_args = 1.., value_delimiter = ',', group = "content")]
    artifact_version_prns: Vec<Prn<ArtifactVersion>>,
    /// A signed binary; may be given several times, the order is kept
    #[arg(long = "binary-prn", alias = "binary-prns", value_name = "PRN", num_args = 1.., value_delimiter = ',', group = "content")]
    binary_prns: Vec<Prn<Binary>>,
    #[arg(
        help = "Binaries with metadata of this bundle: a JSON array of {prn, custom_metadata}, or @ and the name of a file with one",
        long,
        value_name = "JSON|@FILE",
        group = "content"
    )]
    binaries: Option<String>,
    /// The UUID of its PRN; made by the server where it is not given
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
}

/// Which bundles to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only the one of this name
    #[arg(long)]
    name: Option<String>,
    /// Only those with this hash
    #[arg(long)]
    hash: Option<String>,
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
    /// Its PRN
    #[arg(long, visible_alias = "bundle-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// Changes to a bundle: its name, and nothing else.
#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    /// 1–128 characters, unique in the organization
    #[arg(long, value_parser = removable::<String>)]
    name: Removable<String>,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => session.create::<Bundle>(&create.body()?).await,
            Self::List(List { name, hash, expand, archived, options }) => {
                let query = Query::default().with("name", name).with("hash", hash);
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
