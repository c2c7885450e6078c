//! Writing an object whose bytes come as a stream: nothing of it is visible until it is finished.

use bytes::Bytes;
use object_store::multipart::PartId;
use object_store::path::Path;
use object_store::{MultipartId, PutOptions, PutPayload};
use tokio::task::JoinSet;

use super::bucket::ObjectStores;
use super::told::{meaning, trouble};
use crate::error::Error;

/// How many chunks are on their way while the next one is collected.
const ON_THE_WAY: usize = 2;
/// The most bytes of chunks that are in memory.
const MEMORY: u64 = 64 * 1024 * 1024;

/// An object that is being written; what was sent is dropped unless it is finished. [`Writer::abort`] waits for that.
pub(super) struct Writer {
    store: ObjectStores,
    path: Path,
    chunk: u64,
    buffer: Vec<Bytes>,
    buffered: u64,
    upload: Option<MultipartId>,
    /// How many chunks were sent.
    sent: usize,
    done: Vec<(usize, PartId)>,
    sending: JoinSet<Result<(usize, PartId), Error>>,
}

impl Writer {
    /// An object at `path`, sent in chunks of `chunk` bytes.
    pub(super) fn new(store: &ObjectStores, path: Path, chunk: u64) -> Self {
        Self {
            store: store.clone(),
            path,
            chunk,
            buffer: Vec::new(),
            buffered: 0,
            upload: None,
            sent: 0,
            done: Vec::new(),
            sending: JoinSet::new(),
        }
    }

    /// Takes the next bytes.
    pub(super) async fn write(&mut self, mut piece: Bytes) -> Result<(), Error> {
        while self.buffered + piece.len() as u64 > self.chunk {
            let room = usize::try_from(self.chunk - self.buffered).unwrap_or(usize::MAX);
            self.buffer.push(piece.split_to(room));
            self.send().await?;
        }
        if !piece.is_empty() {
            self.buffered += piece.len() as u64;
            self.buffer.push(piece);
        }
        Ok(())
    }

    /// Sends what is collected as the next part.
    async fn send(&mut self) -> Result<(), Error> {
        let id = if let Some(id) = &self.upload {
            id.clone()
        } else {
            let id = self.store.multipart.create_multipart(&self.path).await;
            self.upload.insert(id.map_err(|error| trouble(&error))?).clone()
        };
        let on_the_way = if self.chunk * (ON_THE_WAY as u64 + 1) > MEMORY { 1 } else { ON_THE_WAY };
        while self.sending.len() >= on_the_way {
            self.next_sent().await?;
        }
        let payload = self.take();
        let (store, path, number) = (self.store.clone(), self.path.clone(), self.sent);
        self.sent += 1;
        self.sending.spawn(async move {
            let part = store.multipart.put_part(&path, &id, number, payload).await;
            part.map(|part| (number, part)).map_err(|error| trouble(&error))
        });
        Ok(())
    }

    async fn next_sent(&mut self) -> Result<(), Error> {
        if let Some(sent) = self.sending.join_next().await {
            self.done.push(sent.map_err(Error::unavailable)??);
        }
        Ok(())
    }

    fn take(&mut self) -> PutPayload {
        self.buffered = 0;
        std::mem::take(&mut self.buffer).into_iter().collect()
    }

    /// Sends the rest, and makes the object visible.
    pub(super) async fn finish(mut self) -> Result<(), Error> {
        let finished = self.send_rest().await;
        if finished.is_err() {
            self.abort().await;
        }
        finished
    }

    async fn send_rest(&mut self) -> Result<(), Error> {
        if self.upload.is_none() {
            let payload = self.take();
            let put = self.store.objects.put_opts(&self.path, payload, PutOptions::default()).await;
            return put.map(drop).map_err(|error| trouble(&error));
        }
        if self.buffered > 0 {
            self.send().await?;
        }
        while !self.sending.is_empty() {
            self.next_sent().await?;
        }
        self.done.sort_by_key(|(number, _)| *number);
        let parts = self.done.drain(..).map(|(_, part)| part).collect();
        let id = self.upload.clone().unwrap_or_default();
        let completed = self.store.multipart.complete_multipart(&self.path, &id, parts).await;
        completed.map_err(|error| match meaning(&error) {
            // Someone removed it on the way.
            Error::NotFound => Error::SessionGone,
            other => other,
        })?;
        self.upload = None;
        Ok(())
    }

    /// Drops what was sent.
    pub(super) async fn abort(mut self) {
        self.sending.shutdown().await;
        if let Some(id) = self.upload.take() {
            abort(&self.store, &self.path, &id).await;
        }
    }
}

impl Drop for Writer {
    /// Nobody waits any more: a client went away.
    fn drop(&mut self) {
        if let (Some(id), Ok(runtime)) = (self.upload.take(), tokio::runtime::Handle::try_current()) {
            let (store, path) = (self.store.clone(), self.path.clone());
            let mut sending = std::mem::take(&mut self.sending);
            runtime.spawn(async move {
                sending.shutdown().await;
                abort(&store, &path, &id).await;
            });
        }
    }
}

async fn abort(store: &ObjectStores, path: &Path, id: &MultipartId) {
    if let Err(error) = store.multipart.abort_multipart(path, id).await {
        let error = trouble(&error);
        tracing::warn!(%error, "an unfinished upload could not be dropped; the next deletion will");
    }
}
