//! Downloads for a device: a content that a manifest names, from the URL that came with it, checked against the keys that the
//! device itself holds. What the manifest says of keys is used to find signatures, never to trust one.

use std::path::Path;
use std::sync::atomic::AtomicU64;

use olivine_api::manifests::ManifestSignature;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::signing_keys::{KeyId, PublicKey};
use reqwest::Url;

use super::download::{Download, Source};
use super::error::Error;
use super::partial::Partial;
use super::signatures;
use crate::device::DeviceClient;

/// A key makes one signature over a content; a few more that claim to be its own are looked at, and no flood of them.
const SIGNATURES_PER_KEY: usize = 4;

/// A content that a manifest names.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Where it is.
    pub url: Url,
    /// Bytes.
    pub size: u64,
    /// Its hash.
    pub hash: Sha256Digest,
    /// What is said to be signatures over it.
    pub signatures: Vec<ManifestSignature>,
}

/// Takes a content to a file that is complete, checked and durable, or not there at all; returns the ids of the keys whose
/// signatures were found valid. `required` different keys of the `trusted` ones must have signed it, and at least one.
pub async fn download_wanted(
    device: &DeviceClient,
    wanted: &Wanted,
    target: &Path,
    trusted: &[PublicKey],
    required: usize,
) -> Result<Vec<KeyId>, Error> {
    let client = device.client();
    let source = Source::Url(wanted.url.clone());
    let (size, hash) = (wanted.size, wanted.hash);
    let download = Download { client, source, size, hash, arrived: AtomicU64::new(0) };
    let partial = if download.is_there(target).await? { None } else { Some(download.fetch(target).await?) };
    let path = partial.as_ref().map_or(target, Partial::path);
    match check(wanted, path, trusted, required).await {
        Ok(keyids) => {
            if let Some(partial) = partial {
                partial.publish(target).await?;
            }
            Ok(keyids)
        }
        Err(error) => {
            if let Some(partial) = partial {
                partial.discard();
            }
            Err(error)
        }
    }
}

async fn check(
    wanted: &Wanted,
    path: &Path,
    trusted: &[PublicKey],
    required: usize,
) -> Result<Vec<KeyId>, Error> {
    let mut valid: Vec<KeyId> = Vec::new();
    for key in trusted {
        let (keyid, text) = (key.keyid(), key.keyid().to_string());
        let own = wanted.signatures.iter().filter(|signature| signature.keyid.eq_ignore_ascii_case(&text));
        for signature in own.take(SIGNATURES_PER_KEY) {
            let is_new = !valid.contains(&keyid);
            if is_new && signatures::is_valid(key, &signature.signature, wanted.hash, path).await? {
                valid.push(keyid);
            }
        }
    }
    let required = required.max(1);
    if valid.len() >= required {
        return Ok(valid);
    }
    Err(Error::TooFewSignatures { valid: valid.len(), required, signatures: wanted.signatures.len() })
}
