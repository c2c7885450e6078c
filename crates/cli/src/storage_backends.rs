//! `peridio storage-backends`: where the organization keeps its contents.

use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand};
use olivine_api::json::{Raw, RawValue};
use olivine_api::storage_backends::{
    StorageBackend, StorageBackendCreate, StorageBackendUpdate, StorageCredentials,
};
use olivine_client::Query;
use olivine_domain::prn::Prn;
use olivine_domain::storage_backends::{StorageBackend as Named, StorageUrl};
use olivine_domain::text::decode;
use uuid::Uuid;

use crate::changes::all;
use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::output::record;
use crate::session::Session;

record!(StorageBackend, "name", "url", "region", "replicates", "position");

/// What can be done with storage backends.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Registers a storage backend, after the server has tried it
    #[command(
        after_help = "Example:\n  peridio storage-backends create --name frankfurt --url s3://acme-firmware/olivine \
                            --region eu-central-1 \\\n    --credentials-file credentials.json --replicates --near-tag eu\n\n\
                            The file with the credentials is JSON, one of\n  \
                            {\"type\": \"s3\", \"access_key_id\": \"…\", \"secret_access_key\": \"…\"}\n  \
                            {\"type\": \"gcs\", \"service_account_key\": \"…\"}\n  \
                            {\"type\": \"azure\", \"account\": \"…\", \"access_key\": \"…\"}"
    )]
    Create(Box<Create>),
    /// Lists storage backends
    #[command(after_help = "Example:\n  peridio storage-backends list --output table")]
    List(List),
    /// Shows a storage backend; never its secrets
    #[command(after_help = "Example:\n  peridio storage-backends get --prn $STORAGE_BACKEND_PRN")]
    Get(One),
    /// Changes a storage backend
    #[command(
        after_help = "Examples:\n  peridio storage-backends update --prn $STORAGE_BACKEND_PRN --credentials-file new.json\n  \
                            peridio storage-backends update --prn $STORAGE_BACKEND_PRN --replicates false"
    )]
    Update(Update),
    /// Removes a storage backend that holds nothing
    #[command(after_help = "Example:\n  peridio storage-backends delete --prn $STORAGE_BACKEND_PRN")]
    Delete(One),
}

/// A new storage backend.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Unique in the organization
    #[arg(long)]
    name: String,
    /// `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX` or `az://CONTAINER/PREFIX`
    #[arg(long)]
    url: StorageUrl,
    /// Where it answers, if that does not follow from the URL
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// The cloud's name for the region that it is in
    #[arg(long)]
    region: Option<String>,
    /// A JSON file with what opens it
    #[arg(long, value_name = "FILE")]
    credentials_file: Option<PathBuf>,
    /// A JSON file that says which CDN is in front of it, and how that wants its URLs signed
    #[arg(long, value_name = "FILE")]
    cdn_file: Option<PathBuf>,
    /// Devices with this tag are sent here if the content is here; can be repeated
    #[arg(long = "near-tag", value_name = "TAG", value_delimiter = ',')]
    near_tags: Vec<String>,
    /// Copy every verified content of the organization here
    #[arg(long)]
    replicates: bool,
    /// Devices that no backend is near to are sent to the least
    #[arg(long, default_value_t = 0)]
    position: u16,
    /// Whether the storage is asked to check parts itself; `false` for a store with S3's interface that refuses `x-amz-checksum-sha256`
    #[arg(long, value_name = "BOOLEAN", action = ArgAction::Set)]
    checksums: Option<bool>,
    /// The UUID of its PRN; made by the server where it is not given
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
}

/// Which storage backends to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only the one of this name
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    options: ListOptions,
}

/// One storage backend.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// Its PRN
    #[arg(long, visible_alias = "storage-backend-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// Changes to a storage backend.
#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    /// Unique in the organization
    #[arg(long)]
    name: Option<String>,
    /// A JSON file with what opens it
    #[arg(long, value_name = "FILE")]
    credentials_file: Option<PathBuf>,
    /// A JSON file that says which CDN is in front of it
    #[arg(long, value_name = "FILE", conflicts_with = "no_cdn")]
    cdn_file: Option<PathBuf>,
    /// No CDN is in front of it any more
    #[arg(long)]
    no_cdn: bool,
    /// Devices with this tag are sent here if the content is here; can be repeated, empty for none
    #[arg(long = "near-tag", value_name = "TAG", value_delimiter = ',')]
    near_tags: Option<Vec<String>>,
    /// Copy every verified content of the organization here
    #[arg(long, value_name = "BOOLEAN", action = ArgAction::Set)]
    replicates: Option<bool>,
    /// Devices that no backend is near to are sent to the least
    #[arg(long)]
    position: Option<u16>,
    /// Whether the storage is asked to check parts itself; `false` for a store with S3's interface that refuses `x-amz-checksum-sha256`
    #[arg(long, value_name = "BOOLEAN", action = ArgAction::Set)]
    checksums: Option<bool>,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => session.create::<StorageBackend>(&create.body()?).await,
            Self::List(List { name, options }) => {
                session.list::<StorageBackend>(&options, Query::default().with("name", name)).await
            }
            Self::Get(One { prn }) => session.get::<StorageBackend>(&prn, &[]).await,
            Self::Update(update) => {
                let (prn, body) = update.body()?;
                session.update::<StorageBackend>(&prn, &body).await
            }
            Self::Delete(One { prn }) => session.delete::<StorageBackend>(&prn).await,
        }
    }
}

impl Create {
    fn body(self) -> Result<StorageBackendCreate, Failure> {
        Ok(StorageBackendCreate {
            id: self.id,
            name: self.name,
            url: self.url.to_string(),
            endpoint: self.endpoint,
            region: self.region,
            credentials: credentials(self.credentials_file)?,
            cdn: cdn(self.cdn_file)?,
            near_tags: self.near_tags,
            replicates: self.replicates,
            position: self.position,
            checksums: self.checksums,
        })
    }
}

impl Update {
    fn body(self) -> Result<(Prn<Named>, StorageBackendUpdate), Failure> {
        let cdn = cdn(self.cdn_file)?.map(Some).or(self.no_cdn.then_some(None));
        let body = StorageBackendUpdate {
            name: self.name,
            credentials: credentials(self.credentials_file)?,
            cdn,
            near_tags: all(self.near_tags),
            replicates: self.replicates,
            position: self.position,
            checksums: self.checksums,
        };
        Ok((self.one.prn, body))
    }
}

/// Secrets come from files, so that no process list and no shell history has them.
fn credentials(file: Option<PathBuf>) -> Result<Option<StorageCredentials>, Failure> {
    file.map(|file| {
        let text = read(&file)?;
        serde_json::from_str(&text)
            .map_err(|error| Failure::usage(format!("{} has no credentials: {error}", file.display())))
    })
    .transpose()
}

fn cdn(file: Option<PathBuf>) -> Result<Option<Raw>, Failure> {
    file.map(|file| {
        RawValue::from_string(read(&file)?.trim().to_owned())
            .map_err(|error| Failure::usage(format!("{} is not JSON: {error}", file.display())))
    })
    .transpose()
}

fn read(file: &std::path::Path) -> Result<String, Failure> {
    let bytes = std::fs::read(file)
        .map_err(|error| Failure::usage(format!("{} can't be read: {error}", file.display())))?;
    decode(&bytes).map_err(|problem| Failure::usage(format!("{} can't be read: {problem}", file.display())))
}
