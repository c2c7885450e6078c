//! The downloads that this process serves itself. They end when their content is destroyed, even if their client reads nothing.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context as Waker, Poll};

use axum::body::Bytes;
use futures_util::{Stream, StreamExt as _};
use olivine_content::ContentReader;
use olivine_domain::Sha256Digest;
use olivine_domain::contents::ContentKey;
use olivine_domain::permissions::Origin;
use olivine_operations::Context;
use olivine_operations::content::Served;
use tokio::time::Duration;

use crate::http::transfers::Ticket;

/// How often to check whether the contents of running downloads may still be served.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// All downloads of this process. Cheap to clone.
#[derive(Clone, Default)]
pub struct Downloads {
    running: Arc<Mutex<HashMap<ContentKey, Weak<Watched>>>>,
}

impl fmt::Debug for Downloads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Downloads")
    }
}

impl Downloads {
    fn running(&self) -> MutexGuard<'_, HashMap<ContentKey, Weak<Watched>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes of a download that begins.
    pub fn begin(
        &self,
        ticket: Ticket<Sha256Digest>,
        ctx: Context,
        served: Served,
        origin: Origin,
        reader: ContentReader,
    ) -> Download {
        let served = Arc::new(served);
        let watched = self.watch(&ctx, &served);
        let (left, total) = (reader.range().end - reader.range().start, reader.total());
        let ends_content = reader.range().end == total;
        let reader = watched.add(reader);
        Download { reader, ctx, served, origin, left, ends_content, _ticket: ticket }
    }

    /// What all downloads of one content have in common.
    fn watch(&self, ctx: &Context, served: &Arc<Served>) -> Arc<Watched> {
        let mut running = self.running();
        let key = served.content();
        if let Some(watched) = running.get(&key).and_then(Weak::upgrade) {
            return watched;
        }
        let watched = Arc::new(Watched::default());
        running.insert(key, Arc::downgrade(&watched));
        let watch = watch(self.clone(), Arc::downgrade(&watched), ctx.clone(), Arc::clone(served));
        tokio::spawn(watch);
        watched
    }
}

/// Ends the downloads of one content when it is destroyed; ends itself with the last of them.
async fn watch(downloads: Downloads, watched: Weak<Watched>, ctx: Context, served: Arc<Served>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let is_current = served.is_current(&ctx).await.unwrap_or(true);
        match watched.upgrade() {
            Some(_) if is_current => {}
            ended => {
                let mut running = downloads.running();
                // Another download of it may have begun meanwhile.
                if running.get(&served.content()).is_some_and(|entry| entry.ptr_eq(&watched)) {
                    running.remove(&served.content());
                }
                drop(running);
                if let Some(watched) = ended {
                    watched.end();
                }
                return;
            }
        }
    }
}

/// The readers of one content.
#[derive(Default)]
struct Watched(Mutex<Readers>);

#[derive(Default)]
struct Readers {
    next: u64,
    open: HashMap<u64, Arc<Slot>>,
    is_ended: bool,
}

/// A reader, until its content is destroyed: then its files are closed, whether or not the client takes its bytes.
type Slot = Mutex<Option<ContentReader>>;

impl Watched {
    fn readers(&self) -> MutexGuard<'_, Readers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(self: &Arc<Self>, reader: ContentReader) -> Reader {
        let mut readers = self.readers();
        let id = readers.next;
        readers.next += 1;
        let slot = Arc::new(Mutex::new((!readers.is_ended).then_some(reader)));
        readers.open.insert(id, Arc::clone(&slot));
        drop(readers);
        Reader { id, slot, watched: Arc::clone(self) }
    }

    fn end(&self) {
        let mut readers = self.readers();
        readers.is_ended = true;
        for slot in readers.open.values() {
            drop(slot.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }
}

/// A reader that others can close.
struct Reader {
    id: u64,
    slot: Arc<Slot>,
    watched: Arc<Watched>,
}

impl Reader {
    /// The next bytes; an error if the content was destroyed.
    fn poll_next(&self, cx: &mut Waker<'_>) -> Poll<Result<Option<Bytes>, BrokenOff>> {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(reader) = &mut *slot else { return Poll::Ready(Err(BrokenOff)) };
        reader.poll_next_unpin(cx).map(|next| {
            next.transpose().map_err(|error| {
                tracing::error!(error = &error as &dyn std::error::Error, "a download broke off");
                BrokenOff
            })
        })
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.watched.readers().open.remove(&self.id);
    }
}

/// A running download: broken off when its content is destroyed meanwhile, put on record when its last byte is served.
pub struct Download {
    reader: Reader,
    ctx: Context,
    served: Arc<Served>,
    origin: Origin,
    /// How many bytes are still to come.
    left: u64,
    /// Whether the last of them is the content's last one.
    ends_content: bool,
    _ticket: Ticket<Sha256Digest>,
}

impl Download {
    /// Its bytes. A range without any is at its end before it begins.
    pub async fn into_stream(self) -> impl Stream<Item = Result<Bytes, BrokenOff>> {
        if self.is_at_end() {
            self.note_end().await;
        }
        futures_util::stream::try_unfold(self, Self::next)
    }

    async fn next(mut self) -> Result<Option<(Bytes, Self)>, BrokenOff> {
        let Some(bytes) = std::future::poll_fn(|cx| self.reader.poll_next(cx)).await? else {
            return Ok(None);
        };
        self.left = self.left.saturating_sub(bytes.len() as u64);
        // Not after it: once a body has the announced length, nobody asks it for more.
        if self.is_at_end() {
            self.note_end().await;
        }
        Ok(Some((bytes, self)))
    }

    /// Whether the content's last byte is out.
    const fn is_at_end(&self) -> bool {
        self.left == 0 && self.ends_content
    }

    async fn note_end(&self) {
        if let Err(error) = self.served.finished(&self.ctx, self.origin.clone()).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a finished download was not recorded");
        }
    }
}

/// A download that can't go on.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the content is not served any more")]
pub struct BrokenOff;
