//! The storage: the bytes of contents, in a storage backend behind one trait.
//!
//! This crate does IO and nothing else: it knows no database, no permission and no lifecycle. It must never overwrite a
//! content in place, build a path from anything but UUIDs and numbers, hold more than a few chunks of a content in memory, or
//! acknowledge bytes that a power cut could still take away.

pub mod audit;
pub mod backend;
pub mod cdn;
pub mod conformance;
pub mod cors;
pub mod digest;
pub mod downloads;
pub mod error;
pub mod filename;
pub mod identity;
mod intake;
pub mod local;
mod object_stores;
pub mod open;
pub mod tokens;
pub mod uploads;

pub use audit::{ContentStat, PROBES, ProbeFailed, StoredContent, StoredKind};
pub use backend::Backend;
pub use cdn::{Cdn, CdnSettings, InvalidCdn};
pub use cors::CorsMissing;
pub use digest::{Digested, Progress};
pub use downloads::{ContentReader, Download, SignedUrl};
pub use error::{Error, Refusal, is_storage_full};
pub use filename::Filename;
pub use identity::{IDENTITY_NAME, StorageIdentity};
pub use local::{BackedUp, Local};
pub use open::{Credentials, Network, OpenError, Storage, open};
pub use tokens::TokenKey;
pub use uploads::{
    Body, BodyError, CompletedPart, PartPlan, PartTarget, ReceiveError, ReceivePart, ReceivedPart,
    UploadSession, UploadedPart,
};
