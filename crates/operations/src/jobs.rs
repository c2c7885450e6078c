//! Jobs: what has to happen after a change was committed, whatever becomes of the process that made it.
//!
//! An [`Order`] is written in the transaction that causes it. Runners of all processes claim orders with a lease; each order can be
//! carried out twice without harm, because a runner may die at any line.

mod check_contents;
mod delete_content;
mod expire_events;
mod expire_uploads;
mod purge;
mod replicate;
mod runner;
mod spread;
mod verify_binary;

pub(crate) use runner::KINDS;
pub use runner::run;

use olivine_domain::binaries::{Binary, Generation};
use olivine_domain::bundles::Bundle;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_records::Write;
use olivine_records::jobs::{self, Job, JobId, NewJob};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Context, Error};

/// Something to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Complete an upload in storage, read its content back and compare it with the record.
    VerifyBinary {
        /// The binary.
        binary: Id<Binary>,
        /// The attempt at uploading.
        generation: Generation,
    },
    /// Delete a content and whatever was uploaded for it.
    DeleteContent {
        /// The binary.
        binary: Id<Binary>,
        /// The attempt at uploading.
        generation: Generation,
        /// Where; `None` in orders of the version that knew one place only.
        storage: Option<Id<StorageBackend>>,
        /// What is to be found there.
        held: Held,
    },
    /// Copy a verified content to another storage.
    Replicate {
        /// The binary.
        binary: Id<Binary>,
        /// The attempt at uploading.
        generation: Generation,
        /// Where to.
        storage: Id<StorageBackend>,
    },
    /// Look whether the contents of a bundle are still where they should be, because a device could not install it.
    CheckContents {
        /// The bundle.
        bundle: Id<Bundle>,
    },
    /// Order the copies that are missing, and the deletion of those that should be gone. Comes back by itself.
    Spread,
    /// Drop the parts of uploads that were abandoned. Comes back by itself.
    ExpireUploads,
    /// Delete events whose time is over. Comes back by itself.
    ExpireEvents,
    /// Forget what is kept for a time only. Comes back by itself.
    Purge,
}

/// What a storage has, by the records, of a content that is to be deleted there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// The complete content: if it is not there, it was lost.
    Complete,
    /// Perhaps a part of it, perhaps nothing.
    Anything,
}

const COMPLETE: &str = "complete";
const VERIFY_BINARY: &str = "verify_binary";
const DELETE_CONTENT: &str = "delete_content";
const REPLICATE: &str = "replicate";
const CHECK_CONTENTS: &str = "check_contents";
const SPREAD: &str = "spread";
const EXPIRE_UPLOADS: &str = "expire_uploads";
const EXPIRE_EVENTS: &str = "expire_events";
const PURGE: &str = "purge";

impl Order {
    /// The kind's name in storage and metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::VerifyBinary { .. } => VERIFY_BINARY,
            Self::DeleteContent { .. } => DELETE_CONTENT,
            Self::Replicate { .. } => REPLICATE,
            Self::CheckContents { .. } => CHECK_CONTENTS,
            Self::Spread => SPREAD,
            Self::ExpireUploads => EXPIRE_UPLOADS,
            Self::ExpireEvents => EXPIRE_EVENTS,
            Self::Purge => PURGE,
        }
    }

    /// What two orders for the same thing have in common.
    fn dedup_key(&self) -> String {
        match self {
            Self::VerifyBinary { binary, generation }
            | Self::DeleteContent { binary, generation, storage: None, .. } => {
                format!("{}:{binary}:{generation}", self.kind())
            }
            Self::DeleteContent { binary, generation, storage: Some(storage), .. }
            | Self::Replicate { binary, generation, storage } => {
                format!("{}:{binary}:{generation}:{storage}", self.kind())
            }
            Self::CheckContents { bundle } => format!("{}:{bundle}", self.kind()),
            Self::ExpireUploads | Self::ExpireEvents | Self::Purge | Self::Spread => self.kind().to_owned(),
        }
    }

    fn payload(&self) -> Value {
        match self {
            Self::VerifyBinary { binary, generation }
            | Self::DeleteContent { binary, generation, storage: None, .. } => {
                json!({"binary": binary.to_string(), "generation": generation.get()})
            }
            Self::DeleteContent { binary, generation, storage: Some(storage), held: Held::Complete } => {
                json!({
                    "binary": binary.to_string(),
                    "generation": generation.get(),
                    "storage": storage.to_string(),
                    "held": COMPLETE,
                })
            }
            Self::DeleteContent { binary, generation, storage: Some(storage), held: Held::Anything }
            | Self::Replicate { binary, generation, storage } => {
                json!({"binary": binary.to_string(), "generation": generation.get(), "storage": storage.to_string()})
            }
            Self::CheckContents { bundle } => json!({"bundle": bundle.to_string()}),
            Self::ExpireUploads | Self::ExpireEvents | Self::Purge | Self::Spread => json!({}),
        }
    }

    /// The order that a stored job stands for; `None` if it is not one that this version knows.
    fn read(job: &Job) -> Option<Self> {
        let payload: Value = serde_json::from_str(&job.payload).ok()?;
        let uuid = |name: &str| payload[name].as_str().and_then(|text| Uuid::try_parse(text).ok());
        let content = || {
            let binary = uuid("binary")?;
            let generation = payload["generation"].as_u64().and_then(|number| u32::try_from(number).ok())?;
            Some((Id::new(binary), Generation::new(generation)))
        };
        let storage = || uuid("storage").map(Id::new);
        match job.kind.as_str() {
            VERIFY_BINARY => content().map(|(binary, generation)| Self::VerifyBinary { binary, generation }),
            DELETE_CONTENT => {
                let storage = storage();
                let held = if payload["held"] == COMPLETE { Held::Complete } else { Held::Anything };
                content().map(|(binary, generation)| Self::DeleteContent {
                    binary,
                    generation,
                    storage,
                    held,
                })
            }
            REPLICATE => {
                let ((binary, generation), storage) = content().zip(storage())?;
                Some(Self::Replicate { binary, generation, storage })
            }
            CHECK_CONTENTS => uuid("bundle").map(|bundle| Self::CheckContents { bundle: Id::new(bundle) }),
            SPREAD => Some(Self::Spread),
            EXPIRE_UPLOADS => Some(Self::ExpireUploads),
            EXPIRE_EVENTS => Some(Self::ExpireEvents),
            PURGE => Some(Self::Purge),
            _ => None,
        }
    }
}

/// Writes an order into the transaction that causes it, unless the same is waiting already. Ring the bell after the commit.
pub(crate) async fn enqueue(
    ctx: &Context,
    w: &Write,
    organization: Option<Id<Organization>>,
    order: &Order,
) -> Result<(), Error> {
    let job = NewJob {
        id: JobId(ctx.new_uuid()),
        kind: order.kind().to_owned(),
        organization,
        dedup_key: Some(order.dedup_key()),
        payload: order.payload().to_string(),
        run_at: ctx.now(),
        now: ctx.now(),
    };
    jobs::enqueue(w, job).await?;
    Ok(())
}

/// Makes sure that the orders that come back by themselves are there; for the start of a server.
pub async fn enqueue_recurring(ctx: &Context) -> Result<(), Error> {
    let w = ctx.db().write().await?;
    for order in [Order::ExpireUploads, Order::ExpireEvents, Order::Purge, Order::Spread] {
        enqueue(ctx, &w, None, &order).await?;
    }
    Ok(w.commit().await?)
}

/// Takes all running jobs from their runners: for a server that knows to be alone, because it holds its data folder's lock.
pub async fn take_over_all(ctx: &Context) -> Result<u64, Error> {
    Ok(jobs::release_leases_of_dead(ctx.db(), ctx.now()).await?)
}
