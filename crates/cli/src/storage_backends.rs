//! `peridio storage-backends`: the storage services that store the organization's content.

use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand};
use olivine_api::json::{Raw, RawValue};
use olivine_api::storage_backends::{
    StorageBackend, StorageBackendCheck, StorageBackendCreate, StorageBackendUpdate, StorageCredentials,
};
use olivine_client::Query;
use olivine_domain::prn::Prn;
use olivine_domain::storage_backends::{StorageBackend as Named, StorageUrl};
use olivine_domain::text::decode;
use uuid::Uuid;

use crate::changes::all;
use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::output::{Record, record};
use crate::session::Session;

record!(StorageBackend, "name", "url", "region", "replicates", "position");

impl Record for StorageBackendCheck {
    const COLUMNS: &'static [&'static str] = &[];

    fn prn(&self) -> Option<&str> {
        None
    }
}

/// The commands about storage backends.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Registers a storage backend; the server tests it first
    #[command(after_help = "Example:\n  \
            peridio storage-backends create --name frankfurt --url s3://acme-firmware/olivine \\\n    \
            --region eu-central-1 --credentials-file credentials.json --replicates --near-tag eu\n\n\
            The file with the credentials is JSON, one of\n  \
            {\"type\": \"s3\", \"access_key_id\": \"…\", \"secret_access_key\": \"…\"}\n  \
            {\"type\": \"gcs\", \"service_account_key\": \"…\"}\n  \
            {\"type\": \"azure\", \"account\": \"…\", \"access_key\": \"…\"}")]
    Create(Box<Create>),
    /// Lists storage backends
    #[command(after_help = "Example:\n  peridio storage-backends list --output table")]
    List(List),
    /// Shows a storage backend (without its credentials)
    #[command(after_help = "Example:\n  peridio storage-backends get frankfurt")]
    Get(One),
    /// Changes a storage backend
    #[command(after_help = "Examples:\n  \
            peridio storage-backends update frankfurt --credentials-file new-credentials.json\n  \
            peridio storage-backends update frankfurt --replicates false")]
    Update(Update),
    /// Tests everything that the server does in a storage backend, and whether browsers may upload to it
    #[command(after_help = "Example:\n  peridio storage-backends check frankfurt")]
    Check(One),
    /// Removes a storage backend that contains nothing
    #[command(after_help = "Example:\n  peridio storage-backends delete frankfurt")]
    Delete(One),
}

/// A new storage backend.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The name of the storage backend, unique in the organization
    #[arg(long)]
    name: String,
    /// The place of the content: `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX` or `az://CONTAINER/PREFIX`
    #[arg(long)]
    url: StorageUrl,
    /// The address of the storage service [default: the address of the cloud that the URL names]
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// The region of the bucket, such as eu-central-1
    #[arg(long)]
    region: Option<String>,
    /// The JSON file with the credentials
    #[arg(long, value_name = "FILE")]
    credentials_file: Option<PathBuf>,
    /// The JSON file with the settings of the CDN in front of the storage, and how its URLs are signed
    #[arg(long, value_name = "FILE")]
    cdn_file: Option<PathBuf>,
    /// Devices with this tag download from here if the content is here; can be repeated
    #[arg(long = "near-tag", value_name = "TAG", value_delimiter = ',')]
    near_tags: Vec<String>,
    /// Store a replica of all the organization's verified content here
    #[arg(long)]
    replicates: bool,
    /// The rank of the backend: devices without a near backend download from the one with the lowest position
    #[arg(long, default_value_t = 0)]
    position: u16,
    /// Whether the storage service checks the parts of an upload itself. Use `false` for an S3-compatible service that refuses
    /// `x-amz-checksum-sha256`
    #[arg(long, value_name = "BOOLEAN", action = ArgAction::Set)]
    checksums: Option<bool>,
    /// The UUID for the PRN of the storage backend [default: made by the server]
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
}

/// Which storage backends to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only the storage backend with this name
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    options: ListOptions,
}

/// One storage backend.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The storage backend by its PRN or its name, instead of the first argument
    #[arg(long, visible_alias = "storage-backend-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// Changes to a storage backend.
#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    /// The name of the storage backend, unique in the organization
    #[arg(long)]
    name: Option<String>,
    /// The JSON file with the credentials
    #[arg(long, value_name = "FILE")]
    credentials_file: Option<PathBuf>,
    /// The JSON file with the settings of the CDN in front of the storage
    #[arg(long, value_name = "FILE", conflicts_with = "no_cdn")]
    cdn_file: Option<PathBuf>,
    /// There is no longer a CDN in front of the storage
    #[arg(long)]
    no_cdn: bool,
    /// Devices with this tag download from here if the content is here; can be repeated, and an empty value removes all tags
    #[arg(long = "near-tag", value_name = "TAG", value_delimiter = ',')]
    near_tags: Option<Vec<String>>,
    /// Store a replica of all the organization's verified content here
    #[arg(long, value_name = "BOOLEAN", action = ArgAction::Set)]
    replicates: Option<bool>,
    /// The rank of the backend: devices without a near backend download from the one with the lowest position
    #[arg(long)]
    position: Option<u16>,
    /// Whether the storage service checks the parts of an upload itself. Use `false` for an S3-compatible service that refuses
    /// `x-amz-checksum-sha256`
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
            Self::Check(One { prn }) => {
                session.printer.one(&session.client.check_storage_backend(&prn).await?)
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

/// Secrets come from files, so that they appear in no process list and in no shell history.
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
