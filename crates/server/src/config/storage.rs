//! Where contents are kept.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use olivine_content::cdn::{Cdn, CdnSettings};
use olivine_domain::storage_backends::StorageUrl;
use olivine_domain::text;

/// Where contents are kept.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Storage {
    /// The storage for the contents of new binaries, unless their organization has set another one: `file:///folder`, `s3://bucket/prefix`,
    /// `gs://bucket/prefix` or `az://container/prefix`. By default the folder `content` in the data folder. The credentials of an object
    /// store come from the cloud's own variables (`AWS_*`, `GOOGLE_*`, `AZURE_*`) or the machine's role. A change does not move existing
    /// contents; `olivine content move` does.
    #[config(env = "OLIVINE_STORAGE_URL")]
    pub url: Option<String>,

    /// The address of the storage, if it follows neither from the URL nor from the environment (`AWS_ENDPOINT_URL`).
    #[config(env = "OLIVINE_STORAGE_ENDPOINT")]
    pub endpoint: Option<String>,

    /// The cloud's name for the region of the storage, if it does not follow from the environment (`AWS_REGION`).
    #[config(env = "OLIVINE_STORAGE_REGION")]
    pub region: Option<String>,

    /// Whether an S3 store is asked to check each part against its SHA-256 (`x-amz-checksum-sha256`). Some stores don't know that header
    /// and refuse all requests with it: `false` leaves it out. The server hashes the whole content in any case.
    #[config(default = true, env = "OLIVINE_STORAGE_CHECKSUMS")]
    pub checksums: bool,

    /// A JSON file with the CDN in front of the storage and the key that signs its URLs: see docs/deployment.md, "A CDN in front".
    #[config(env = "OLIVINE_STORAGE_CDN_FILE")]
    pub cdn_file: Option<PathBuf>,

    /// Whether organizations may register storage backends without credentials, which are then opened with the server's own.
    #[config(default = false, env = "OLIVINE_STORAGE_LEND_CREDENTIALS")]
    pub lend_credentials: bool,

    /// Whether storage backends that organizations register may have private addresses. A user who registers one can then make the server
    /// connect to its internal network.
    #[config(default = false, env = "OLIVINE_STORAGE_ALLOW_PRIVATE_ENDPOINTS")]
    pub allow_private_endpoints: bool,
}

impl Storage {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.url()?;
        self.cdn()?;
        Ok(())
    }

    /// Where new contents go; `None` for the data folder.
    pub fn url(&self) -> anyhow::Result<Option<StorageUrl>> {
        let url = self.url.as_deref().map(str::parse).transpose();
        url.with_context(|| format!("storage.url '{}'", self.url.as_deref().unwrap_or_default()))
    }

    /// The CDN in front of it.
    pub fn cdn(&self) -> anyhow::Result<Option<Cdn>> {
        let Some(file) = &self.cdn_file else { return Ok(None) };
        if matches!(self.url()?, None | Some(StorageUrl::File(_))) {
            bail!(
                "storage.cdn_file is for object stores: a folder's contents are given out by the server itself"
            );
        }
        read(file).map(Some).with_context(|| format!("storage.cdn_file {}", file.display()))
    }
}

fn read(file: &Path) -> anyhow::Result<Cdn> {
    let settings: CdnSettings = serde_json::from_str(&text::decode(&std::fs::read(file)?)?)?;
    Ok(Cdn::try_from(settings)?)
}
