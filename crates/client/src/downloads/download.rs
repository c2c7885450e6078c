//! One download: what is to come, and from where.

use std::path::Path;
use std::sync::atomic::AtomicU64;

use olivine_domain::binaries::Binary;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::prn::Prn;
use reqwest::Url;

use super::error::Error;
use crate::{Client, Notice, Step, files};

/// One download.
pub(super) struct Download<'a> {
    pub(super) client: &'a Client,
    pub(super) source: Source,
    pub(super) size: u64,
    pub(super) hash: Sha256Digest,
    /// How many bytes arrived since it began.
    pub(super) arrived: AtomicU64,
}

/// Where the bytes come from.
pub(super) enum Source {
    /// A URL that the server makes for this binary, each time anew: an old one may have expired.
    Binary(Prn<Binary>),
    /// This very URL.
    Url(Url),
}

impl Download<'_> {
    /// Whether the file is there already, with the right content.
    pub(super) async fn is_there(&self, target: &Path) -> Result<bool, Error> {
        if !std::fs::metadata(target).is_ok_and(|metadata| metadata.is_file() && metadata.len() == self.size)
        {
            return Ok(false);
        }
        self.client.notify(Notice::Began(Step::Checking, self.size));
        let observer = self.client.settings().observer.clone();
        Ok(files::hash(target, 0..self.size, Some(observer)).await? == self.hash)
    }
}
