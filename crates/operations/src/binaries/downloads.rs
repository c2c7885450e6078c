//! Issuing download URLs. Each one is an event, and is counted.

use std::collections::BTreeMap;

use olivine_content::SignedUrl;
use olivine_domain::binaries::{Action, Binary, decide};
use olivine_domain::events::Subject;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::tags::Tags;
use olivine_records::download_counts::{self, DownloadCount, DownloadKind};
use olivine_records::{organizations, replicas};

use super::view::head;
use crate::content::kinds::filename_of;
use crate::events::{DownloadIssued, EventData};
use crate::links::{LinkPolicy, Located, copies, direct, in_order};
use crate::{Context, Error};

/// Issues a URL that downloads the content of a verified binary.
pub async fn download_url(
    ctx: &Context,
    by: &Authorized<scope::BinaryDownload>,
    id: Id<Binary>,
) -> Result<SignedUrl, Error> {
    let head = head(ctx, by.organization, id).await?;
    decide(head.state, false, Action::Download)?;
    let now = ctx.now();
    let policy = LinkPolicy::of(&organizations::get(ctx.db(), by.organization).await?);
    let expires_at = policy.expires_at(ctx);
    let filename = filename_of(&head);
    let key = head.content_key();
    let replicas = replicas::list_for(ctx.db(), by.organization, &[key.content]).await?;
    let located = Located { key, filename, copies: copies(ctx, head.storage, &key, &replicas).await? };
    // People and CI follow redirects, and their buffers hold any URL.
    let storages = in_order(&located.copies, None, &Tags::default());
    let url = direct(ctx, &located, storages, expires_at).await?;

    let mut w = ctx.work().await?;
    let data = EventData::BinaryDownloadIssued(DownloadIssued { expires_at });
    w.event(by, Subject::of(id), data);
    download_counts::add(&w, by.organization, id, &now.day(), DownloadKind::Issued, 1).await?;
    w.commit().await?;
    Ok(url)
}

/// The downloads of one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayOfDownloads {
    /// The day in UTC, as `YYYY-MM-DD`.
    pub day: String,
    /// How many download URLs were issued.
    pub issued: u64,
    /// How many downloads the server sent to the last byte.
    pub finished: u64,
}

/// How often a binary was downloaded, day by day.
pub async fn count_downloads(
    ctx: &Context,
    by: &Authorized<scope::BinaryRead>,
    id: Id<Binary>,
) -> Result<Vec<DayOfDownloads>, Error> {
    head(ctx, by.organization, id).await?;
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
