//! Giving out download URLs, each an event and counted.

use std::collections::BTreeMap;

use olivine_content::{Download, Filename, SignedUrl};
use olivine_domain::binaries::{Action, Binary, decide};
use olivine_domain::events::{EventType, Subject};
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Id;
use olivine_records::download_counts::{self, DownloadCount, DownloadKind};
use olivine_records::{artifact_versions, artifacts, binaries};
use serde_json::json;

use super::content_key;
use crate::{Context, Error, events};

/// A download URL, and what it leads to.
#[derive(Debug)]
pub struct Issued {
    /// The URL.
    pub url: SignedUrl,
    /// The record.
    pub binary: Binary,
}

/// Issues a URL that downloads the content of a verified binary.
pub async fn download_url(
    ctx: &Context,
    by: &Authorized<scope::BinaryDownload>,
    id: Id<Binary>,
) -> Result<Issued, Error> {
    let binary = binaries::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))?;
    decide(binary.state, binary.ever_signed, Action::Download)?;
    let now = ctx.now();
    let expires_at = now.plus(ctx.settings().download_url_ttl);
    let download = Download { filename: filename(ctx, &binary).await?, expires_at };
    let url = ctx.content().download_target(&content_key(&binary), &download).await?;

    let w = ctx.db().write().await?;
    let data = json!({"expires_at": expires_at.to_string()});
    events::record(ctx, &w, by, EventType::BinaryDownloadIssued, Subject::of(id), data).await?;
    download_counts::add(&w, binary.organization, id, &now.day(), DownloadKind::Issued, 1).await?;
    w.commit().await?;
    Ok(Issued { url, binary })
}

/// "main-firmware-1.2.3-arm-linux-gnueabihf.bin"
async fn filename(ctx: &Context, binary: &Binary) -> Result<Filename, Error> {
    let (organization, version) = (binary.organization, binary.artifact_version);
    let version = artifact_versions::get(ctx.db(), organization, version).await?;
    let artifact = artifacts::get(ctx.db(), organization, version.artifact).await?;
    Ok(Filename::sanitized(&format!("{}-{}-{}.bin", artifact.name, version.version, binary.target)))
}

/// The downloads of one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayOfDownloads {
    /// The day in UTC, as `YYYY-MM-DD`.
    pub day: String,
    /// How many download URLs were issued.
    pub issued: u64,
    /// How many downloads the server saw through to the last byte.
    pub finished: u64,
}

/// How often a binary was downloaded, day by day.
pub async fn count_downloads(
    ctx: &Context,
    by: &Authorized<scope::BinaryRead>,
    id: Id<Binary>,
) -> Result<Vec<DayOfDownloads>, Error> {
    binaries::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))?;
    let counts = download_counts::list(ctx.db(), by.organization, id).await?;
    let mut days: BTreeMap<String, DayOfDownloads> = BTreeMap::new();
    for DownloadCount { day, kind, count } in counts {
        let entry = days.entry(day.clone()).or_insert(DayOfDownloads { day, ..DayOfDownloads::default() });
        match kind {
            DownloadKind::Issued => entry.issued += count,
            DownloadKind::Finished => entry.finished += count,
        }
    }
    Ok(days.into_values().collect())
}
