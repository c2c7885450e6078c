//! Checking the signatures of a content that has the record's hash, with the domain's one rule.

use std::path::{Path, PathBuf};

use olivine_api::binaries::Binary;
use olivine_api::binary_signatures::EmbeddedSignature;
use olivine_api::signing_keys::SigningKey;
use olivine_domain::binary_signatures::{SignatureBytes, Verdict, verify};
use olivine_domain::hash::Sha256Digest;
use olivine_domain::signing_keys::{KeyMaterial, PublicKey};
use tokio::task::spawn_blocking;

use super::error::Error;
use crate::{Client, Error as ClientError, files};

/// Checks what the record says of signatures; returns the ids of the keys with a valid one.
pub(super) async fn check(
    client: &Client,
    binary: &Binary,
    digest: Sha256Digest,
    path: &Path,
    trusted: &[PublicKey],
) -> Result<Vec<String>, Error> {
    let mut valid = Vec::new();
    for signature in &binary.signatures {
        let key = match trusted.iter().find(|key| key.keyid().to_string() == signature.keyid) {
            Some(key) => key.clone(),
            None if trusted.is_empty() && signature.valid => registered(client, signature).await?,
            None => continue,
        };
        if is_valid(&key, &signature.signature, digest, path).await? {
            valid.push(signature.keyid.clone());
        } else if trusted.is_empty() {
            return Err(Error::InvalidSignature { keyid: signature.keyid.clone() });
        }
    }
    if valid.is_empty() && !trusted.is_empty() {
        return Err(Error::NotSignedByTrusted { signatures: binary.signatures.len() });
    }
    Ok(valid)
}

/// The key as the server has it. Its id is that of the signature, or it is not this signature's key.
async fn registered(client: &Client, signature: &EmbeddedSignature) -> Result<PublicKey, Error> {
    let invalid = || Error::InvalidSignature { keyid: signature.keyid.clone() };
    let prn = signature.signing_key_prn.parse().map_err(|_| invalid())?;
    let key = client.get::<SigningKey>(&prn).await?;
    let material = KeyMaterial::parse(&key.public_value).map_err(|_| invalid())?;
    let public_key = material.public_key().clone();
    if public_key.keyid().to_string() == signature.keyid { Ok(public_key) } else { Err(invalid()) }
}

/// Whether it is a signature by this key over the content in this file, which has this digest.
pub(super) async fn is_valid(
    key: &PublicKey,
    signature: &str,
    digest: Sha256Digest,
    path: &Path,
) -> Result<bool, Error> {
    let Ok(bytes) = SignatureBytes::decode(signature, key.algorithm()) else { return Ok(false) };
    match verify(key, &bytes, &digest) {
        Verdict::Valid(_) => Ok(true),
        Verdict::Invalid => Ok(false),
        Verdict::NeedsContent(mut verifier) => {
            let path: PathBuf = path.to_owned();
            let failed = path.clone();
            let reading = spawn_blocking(move || {
                files::read_blocks(&path, |block| verifier.update(block)).map(|()| verifier.finish().is_ok())
            });
            let read = reading.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
            Ok(read.map_err(|source| ClientError::File { action: "read", path: failed, source })?)
        }
    }
}
