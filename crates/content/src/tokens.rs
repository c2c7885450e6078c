//! Signed, time-limited permissions inside of the server's own content URLs.
//!
//! A token says everything itself (which content, for what, until when), so that any process with the same secret can check it
//! without a database. It must never be accepted altered in a single bit, for another purpose, or from its expiry on.
//!
//! Layout, integers big-endian: version 1 byte, purpose 1, organization 16, content 16, generation 4, expiry 8 (microseconds
//! since 1970); then for an upload: index 2, size 8, SHA-256 32; for a download: the file name; then HMAC-SHA256 over all that,
//! 32 bytes. The whole is written in URL-safe base64 without padding.

mod short;

use std::fmt;

use aws_lc_rs::{hkdf, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use olivine_domain::binary_parts::PartIndex;
use olivine_domain::contents::Generation;
use olivine_domain::refusals::{Meaning, Refusal};
use olivine_domain::{Id, Sha256Digest, Timestamp};
use uuid::Uuid;

pub use short::{ShortGrant, ShortMode};

use crate::downloads::Download;
use crate::filename::Filename;
use crate::uploads::PartPlan;
use olivine_domain::contents::ContentKey;

const VERSION: u8 = 1;
const DOWNLOAD: u8 = 1;
const UPLOAD: u8 = 2;
const MAC_LENGTH: usize = 32;
/// Longer than any token: all fields and the longest file name.
const MAX_TOKEN_LENGTH: usize = 512;

/// The keys that tokens are signed with.
#[derive(Clone)]
pub struct TokenKey {
    long: hmac::Key,
    short: hmac::Key,
}

/// Permission to download (`GET`, `HEAD`) one content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloadGrant {
    /// The content.
    pub key: ContentKey,
    /// The name for the client to save it under, and when the permission ends.
    pub download: Download,
}

/// Permission to upload (`PUT`) one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadGrant {
    /// The content that it is a part of.
    pub key: ContentKey,
    /// The part, exactly.
    pub part: PartPlan,
    /// When the permission ends.
    pub expires_at: Timestamp,
}

/// Why a token permits nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not made by this server, or altered.
    #[error("this URL is not valid: ask the Admin API for a new one")]
    Invalid,
    /// Its time is over.
    #[error("this URL has expired: ask the Admin API for a new one")]
    Expired,
    /// Made for downloading and used for uploading, or the other way round.
    #[error("this URL is for another method: download URLs take GET and HEAD, upload URLs take PUT")]
    WrongPurpose,
}

impl Refusal for TokenError {
    fn meaning(&self) -> Meaning {
        Meaning::Forbidden
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Expired => "link_expired",
            Self::Invalid | Self::WrongPurpose => "link_invalid",
        }
    }
}

impl TokenKey {
    /// Derives the keys from the server's secret (HKDF-SHA256), so that the same secret may serve other purposes too.
    pub fn derive(secret: &[u8]) -> Self {
        Self {
            long: derived(secret, b"olivine content tokens 1"),
            short: derived(secret, b"olivine short tokens 1"),
        }
    }

    /// Permits to download `key`.
    pub fn download_token(&self, key: &ContentKey, download: &Download) -> String {
        let mut payload = head(DOWNLOAD, key, download.expires_at);
        payload.extend_from_slice(download.filename.as_str().as_bytes());
        self.signed(payload)
    }

    /// Permits to upload `part` of `key` until `expires_at`.
    pub fn upload_token(&self, key: &ContentKey, part: &PartPlan, expires_at: Timestamp) -> String {
        let mut payload = head(UPLOAD, key, expires_at);
        payload.extend_from_slice(&part.index.get().to_be_bytes());
        payload.extend_from_slice(&part.size.to_be_bytes());
        payload.extend_from_slice(part.sha256.as_bytes());
        self.signed(payload)
    }

    /// What `token` permits to download at the moment `now`.
    pub fn verify_download(&self, token: &str, now: Timestamp) -> Result<DownloadGrant, TokenError> {
        let (head, rest) = self.verified(token, DOWNLOAD, now)?;
        let filename = str::from_utf8(&rest).ok().and_then(Filename::parse).ok_or(TokenError::Invalid)?;
        Ok(DownloadGrant { key: head.key, download: Download { filename, expires_at: head.expires_at } })
    }

    /// What `token` permits to upload at the moment `now`.
    pub fn verify_upload(&self, token: &str, now: Timestamp) -> Result<UploadGrant, TokenError> {
        let (head, rest) = self.verified(token, UPLOAD, now)?;
        let part = read_part(&mut rest.as_slice()).ok_or(TokenError::Invalid)?;
        Ok(UploadGrant { key: head.key, part, expires_at: head.expires_at })
    }

    fn signed(&self, mut payload: Vec<u8>) -> String {
        let mac = hmac::sign(&self.long, &payload);
        payload.extend_from_slice(mac.as_ref());
        URL_SAFE_NO_PAD.encode(payload)
    }

    /// The head, and what follows it, of a token for `purpose`. Nothing is looked at before the signature is right.
    fn verified(&self, token: &str, purpose: u8, now: Timestamp) -> Result<(Head, Vec<u8>), TokenError> {
        if token.len() > MAX_TOKEN_LENGTH {
            return Err(TokenError::Invalid);
        }
        let mut bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| TokenError::Invalid)?;
        let split = bytes.len().checked_sub(MAC_LENGTH).ok_or(TokenError::Invalid)?;
        hmac::verify(&self.long, &bytes[..split], &bytes[split..]).map_err(|_| TokenError::Invalid)?;
        bytes.truncate(split);
        let mut rest = bytes.as_slice();
        let head = read_head(&mut rest).ok_or(TokenError::Invalid)?;
        let rest = rest.to_vec();
        match head {
            Head { purpose: made_for, .. } if made_for != purpose => Err(TokenError::WrongPurpose),
            Head { expires_at, .. } if expires_at <= now => Err(TokenError::Expired),
            head => Ok((head, rest)),
        }
    }
}

impl fmt::Debug for TokenKey {
    /// Shows nothing of the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey")
    }
}

fn derived(secret: &[u8], purpose: &[u8]) -> hmac::Key {
    let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(secret);
    let purpose = [purpose];
    let key = secret.expand(&purpose, hmac::HMAC_SHA256);
    hmac::Key::from(key.expect("one block of output is always possible"))
}

/// What every token begins with.
struct Head {
    purpose: u8,
    key: ContentKey,
    expires_at: Timestamp,
}

fn head(purpose: u8, key: &ContentKey, expires_at: Timestamp) -> Vec<u8> {
    let mut payload = Vec::with_capacity(MAX_TOKEN_LENGTH);
    payload.extend_from_slice(&[VERSION, purpose]);
    payload.extend_from_slice(key.organization.uuid().as_bytes());
    payload.extend_from_slice(key.content.uuid().as_bytes());
    payload.extend_from_slice(&key.generation.get().to_be_bytes());
    payload.extend_from_slice(&expires_at.as_micros().to_be_bytes());
    payload
}

fn read_head(rest: &mut &[u8]) -> Option<Head> {
    let [VERSION, purpose] = take(rest)? else { return None };
    let key = ContentKey {
        organization: Id::new(Uuid::from_bytes(take(rest)?)),
        content: Id::new(Uuid::from_bytes(take(rest)?)),
        generation: Generation::new(u32::from_be_bytes(take(rest)?)),
    };
    let expires_at = Timestamp::from_micros(i64::from_be_bytes(take(rest)?))?;
    Some(Head { purpose, key, expires_at })
}

fn read_part(rest: &mut &[u8]) -> Option<PartPlan> {
    let index = PartIndex::new(u64::from(u16::from_be_bytes(take(rest)?))).ok()?;
    let size = u64::from_be_bytes(take(rest)?);
    let sha256 = Sha256Digest::from_bytes(take(rest)?);
    rest.is_empty().then_some(PartPlan { index, size, sha256 })
}

/// Cuts the next `N` bytes off.
fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

#[cfg(test)]
mod tests;
