//! The state of the S3 server: buckets, objects and uploads are in memory, and their bytes in files. An object appears in one step.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// The state of the whole server.
#[derive(Debug)]
pub(super) struct State {
    pub(super) folder: PathBuf,
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

/// One bucket.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    pub(super) objects: BTreeMap<String, Object>,
    pub(super) uploads: BTreeMap<String, Upload>,
}

/// A complete object.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) pieces: Vec<Arc<Piece>>,
    pub(super) e_tag: String,
    pub(super) modified: SystemTime,
    pub(super) content_type: Option<String>,
}

impl Object {
    /// Its size in bytes.
    pub(super) fn size(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.size).sum()
    }
}

/// An open multipart upload.
#[derive(Clone, Debug)]
pub(super) struct Upload {
    pub(super) key: String,
    pub(super) begun: SystemTime,
    /// Whether every part must come with its SHA-256.
    pub(super) checked: bool,
    pub(super) parts: BTreeMap<i32, Arc<Piece>>,
}

/// Bytes in a file. The file is removed with the last reference to it.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) path: PathBuf,
    pub(super) size: u64,
    pub(super) sha256: [u8; 32],
}

impl Piece {
    /// Its SHA-256 in the form of S3.
    pub(super) fn checksum(&self) -> String {
        BASE64_STANDARD.encode(self.sha256)
    }

    /// Its `ETag`: any name that changes with the bytes.
    pub(super) fn e_tag(&self) -> String {
        hex::encode(&self.sha256[..16])
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        // The whole folder may be gone already.
        let _ = fs::remove_file(&self.path);
    }
}

impl State {
    pub(super) fn new(folder: &Path) -> Self {
        fs::create_dir_all(folder).expect("the S3 server's folder can be made");
        Self { folder: folder.to_owned(), buckets: Mutex::default() }
    }

    /// All buckets, locked.
    pub(super) fn buckets(&self) -> MutexGuard<'_, BTreeMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add_bucket(&self, name: &str) {
        self.buckets().entry(name.to_owned()).or_default();
    }

    pub(super) fn names(&self, bucket: &str) -> Vec<String> {
        self.buckets().get(bucket).map(|bucket| bucket.objects.keys().cloned().collect()).unwrap_or_default()
    }

    pub(super) fn remove(&self, bucket: &str, name: &str) {
        let mut buckets = self.buckets();
        let removed = buckets.get_mut(bucket).and_then(|bucket| bucket.objects.remove(name));
        assert!(removed.is_some(), "there is no {name}");
    }

    pub(super) fn replace(&self, bucket: &str, name: &str, bytes: &[u8]) {
        let path = self.folder.join(format!("replaced-{}", hex::encode(digest(&SHA256, name.as_bytes()))));
        fs::write(&path, bytes).expect("the S3 server's folder can be written");
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(digest(&SHA256, bytes).as_ref());
        let piece = Arc::new(Piece { path, size: bytes.len() as u64, sha256 });
        let (e_tag, modified) = (piece.e_tag(), now());
        let object = Object { pieces: vec![piece], e_tag, modified, content_type: None };
        let mut buckets = self.buckets();
        buckets.entry(bucket.to_owned()).or_default().objects.insert(name.to_owned(), object);
    }

    pub(super) fn open_uploads(&self, bucket: &str) -> Vec<String> {
        let buckets = self.buckets();
        let uploads = buckets.get(bucket).map(|bucket| bucket.uploads.values());
        uploads.into_iter().flatten().map(|upload| upload.key.clone()).collect()
    }
}

/// The clock of the simulated server.
pub(super) fn now() -> SystemTime {
    #[expect(clippy::disallowed_methods, reason = "a store has a clock of its own")]
    SystemTime::now()
}
