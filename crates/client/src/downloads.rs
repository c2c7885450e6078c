//! Downloading: takes a binary's content to a local file that is complete, checked, and durable, or not there at all.
//!
//! The bytes come from a signed URL, wherever it leads, and are trusted for nothing: size, hash and signatures are checked
//! against the record and the keys before the file gets its name.

mod download;
mod entries;
mod error;
mod fetch;
mod partial;
mod signatures;

pub use entries::{Wanted, download_wanted};
pub use error::Error;

use std::path::PathBuf;
use std::sync::atomic::AtomicU64;

use olivine_api::binaries::Binary;
use olivine_domain::binaries::{Binary as Named, BinaryState};
use olivine_domain::prn::Prn;
use olivine_domain::signing_keys::PublicKey;

use crate::Client;
use download::{Download, Source};
use partial::Partial;

/// What came of a download.
#[derive(Clone, Debug)]
pub struct Downloaded {
    /// The binary.
    pub binary: Binary,
    /// Whether the file was there before, with the right content.
    pub was_there: bool,
    /// The ids of the keys whose signatures were found valid.
    pub keyids: Vec<String>,
}

/// Downloads a binary's content into a file. With `trusted` keys, a valid signature by one of them is required; without,
/// each signature on the record must be valid for the key that the server names.
pub async fn download(
    client: &Client,
    prn: Prn<Named>,
    target: PathBuf,
    trusted: &[PublicKey],
) -> Result<Downloaded, Error> {
    let binary = client.get::<Binary>(&prn).await?;
    if binary.state == BinaryState::Destroyed.as_str() {
        return Err(Error::Destroyed);
    }
    let (Some(size), Ok(hash)) = (binary.size, binary.hash.parse()) else {
        return Err(Error::NothingThere { state: binary.state });
    };
    let download = Download { client, source: Source::Binary(prn), size, hash, arrived: AtomicU64::new(0) };
    let was_there = download.is_there(&target).await?;
    let partial = if was_there { None } else { Some(download.fetch(&target).await?) };
    let path = partial.as_ref().map_or(target.as_path(), Partial::path);
    let keyids = signatures::check(client, &binary, hash, path, trusted).await?;
    if let Some(partial) = partial {
        partial.publish(&target).await?;
    }
    Ok(Downloaded { binary, was_there, keyids })
}
