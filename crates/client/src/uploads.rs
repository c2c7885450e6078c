//! Uploading: takes a local file to a verified binary, in whatever state an earlier attempt left it.
//!
//! Safe to run any number of times, also after either side was killed: what arrived is kept, what is missing is sent. A file
//! that is not the one the record promises must never be accepted in silence.

mod content;
mod error;
mod plan;
mod verification;

pub use error::Error;

use std::path::PathBuf;
use std::time::Duration;

use olivine_api::binaries::{Binary, VerificationError};
use olivine_domain::binaries::{Binary as Named, BinaryState, VerificationErrorCode};
use olivine_domain::hash::Sha256Digest;
use olivine_domain::prn::Prn;

use crate::files::{self, FileHashes};
use crate::{Client, Notice, Step};

/// How to upload.
#[derive(Clone, Debug)]
pub struct Options {
    /// Contents of at most this many bytes go in one request.
    pub direct_limit: u64,
    /// The size of a part, unless there would be too many parts.
    pub part_size: u64,
    /// How many parts are on their way at a time.
    pub parallel: usize,
    /// How long to wait for the verification; `None` to not wait at all.
    pub wait: Option<Duration>,
    /// The file's hashes, where the caller computed them just now.
    pub hashes: Option<FileHashes>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            direct_limit: 100_000_000,
            part_size: 16 * 1024 * 1024,
            parallel: 4,
            wait: Some(Duration::from_hours(12)),
            hashes: None,
        }
    }
}

/// What came of an upload.
#[derive(Clone, Debug)]
pub struct Uploaded {
    /// The binary afterwards.
    pub binary: Binary,
    /// Whether its content was complete before, so that nothing was sent.
    pub was_there: bool,
}

/// One upload.
struct Upload<'a> {
    client: &'a Client,
    prn: Prn<Named>,
    file: PathBuf,
    size: u64,
    options: Options,
}

/// Uploads a file as the content of a binary and waits until the server has verified it.
pub async fn upload(
    client: &Client,
    prn: Prn<Named>,
    file: PathBuf,
    options: Options,
) -> Result<Uploaded, Error> {
    let size = files::size(&file)?;
    Upload { client, prn, file, size, options }.run().await
}

impl Upload<'_> {
    async fn run(&self) -> Result<Uploaded, Error> {
        let binary = self.client.get::<Binary>(&self.prn).await?;
        // Of what did not pass its verification, the size may be wrong as well; the hash is looked at then.
        if binary.verification_error.is_none() {
            self.check_size(&binary)?;
        }
        match (verification::state(&binary)?, &binary.verification_error) {
            (BinaryState::Destroyed, _) => Err(Error::Destroyed),
            (BinaryState::Uploadable, _) => self.send(&binary).await,
            (BinaryState::Hashable, Some(error)) => self.repair(&binary, error).await,
            _ => self.wait_for_earlier(binary).await,
        }
    }

    async fn send(&self, binary: &Binary) -> Result<Uploaded, Error> {
        self.send_content(binary).await?;
        let binary = self.complete().await?;
        self.finish(binary, false, None).await
    }

    /// Somebody completed the upload before. If it turns out that they sent something else, this file takes its place.
    async fn wait_for_earlier(&self, binary: Binary) -> Result<Uploaded, Error> {
        self.check_hash(&binary).await?;
        match self.finish(binary, true, None).await {
            Err(Error::VerificationFailed(error)) => {
                let binary = self.client.get::<Binary>(&self.prn).await?;
                self.repair(&binary, &error).await
            }
            result => result,
        }
    }

    /// What is there did not pass its verification: other bytes begin anew, unreadable ones are read once more.
    async fn repair(&self, binary: &Binary, error: &VerificationError) -> Result<Uploaded, Error> {
        self.check_hash(binary).await?;
        if error.code == VerificationErrorCode::StorageFailed.as_str() {
            let binary = self.client.ask(&self.prn, BinaryState::Hashing).await?;
            self.finish(binary, true, Some(error)).await
        } else {
            self.client.notify(Notice::Reset);
            let binary = self.client.ask(&self.prn, BinaryState::Uploadable).await?;
            self.check_size(&binary)?;
            self.send(&binary).await
        }
    }

    fn check_size(&self, binary: &Binary) -> Result<(), Error> {
        match binary.size {
            Some(expected) if expected != self.size => {
                Err(Error::OtherSize { file: self.file.clone(), expected, actual: self.size })
            }
            _ => Ok(()),
        }
    }

    /// Compares the file with the record's promise. Reads all of it, unless that was done before.
    async fn check_hash(&self, binary: &Binary) -> Result<Sha256Digest, Error> {
        if let Some(hashes) = &self.options.hashes {
            return self.compare(binary, hashes.whole);
        }
        self.client.notify(Notice::Began(Step::Hashing, self.size));
        let observer = self.client.settings().observer.clone();
        let actual = files::hash(&self.file, 0..self.size, Some(observer)).await?;
        self.compare(binary, actual)
    }

    fn compare(&self, binary: &Binary, actual: Sha256Digest) -> Result<Sha256Digest, Error> {
        if binary.hash.parse() == Ok(actual) {
            Ok(actual)
        } else {
            let (file, expected) = (self.file.clone(), binary.hash.clone());
            Err(Error::OtherHash { file, expected, actual: actual.to_string() })
        }
    }
}
