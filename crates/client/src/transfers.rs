//! Bytes of a file on their way to a server: streamed, counted, and given up on when nothing moves any more.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Body, RequestBuilder};

use crate::connection::origin;
use crate::requests::{Response200, accept, bounded};
use crate::{Client, Error, Notice, files};

impl Client {
    /// Sends a range of a file as the body of a request. Never holds more than a chunk of it.
    pub(crate) async fn send_file(
        &self,
        request: RequestBuilder,
        file: &Path,
        range: &Range<u64>,
    ) -> Result<(), Error> {
        self.send_file_within(request, file, range, self.settings().patience).await.map(drop)
    }

    /// The same for an answer that says something, by a server that may take as long as `patience` for it.
    pub(crate) async fn send_file_for_answer(
        &self,
        request: RequestBuilder,
        file: &Path,
        range: &Range<u64>,
        patience: Duration,
    ) -> Result<Bytes, Error> {
        let Response200 { response } = self.send_file_within(request, file, range, patience).await?;
        let origin = origin(response.url());
        let answer = tokio::time::timeout(self.settings().patience, bounded(response)).await;
        answer.unwrap_or(Err(Error::Timeout { origin, after: self.settings().patience }))
    }

    async fn send_file_within(
        &self,
        request: RequestBuilder,
        file: &Path,
        range: &Range<u64>,
        patience: Duration,
    ) -> Result<Response200, Error> {
        let sent = Arc::new(AtomicU64::new(0));
        let (counter, observer) = (sent.clone(), self.settings().observer.clone());
        let chunks = files::chunks(file.to_owned(), range.clone()).inspect_ok(move |chunk| {
            let length = chunk.len() as u64;
            counter.fetch_add(length, Ordering::Relaxed);
            observer(Notice::Advanced(length));
        });
        let request = request.header(CONTENT_LENGTH, range.end - range.start).body(Body::wrap_stream(chunks));
        let result = self.deliver(request, &sent, patience).await;
        if result.is_err() {
            self.notify(Notice::Undone(sent.load(Ordering::Relaxed)));
        }
        result
    }

    async fn deliver(
        &self,
        request: RequestBuilder,
        sent: &AtomicU64,
        patience: Duration,
    ) -> Result<Response200, Error> {
        let (client, request) = request.build_split();
        let request = request.map_err(|error| Error::transport(origin(self.base_url()), error))?;
        let origin = origin(request.url());
        let answer = async {
            let response = client.execute(request).await;
            accept(response.map_err(|error| Error::transport(origin.clone(), error))?).await
        };
        tokio::select! {
            result = answer => result,
            () = standstill(sent, patience) => Err(Error::Timeout { origin: origin.clone(), after: patience }),
        }
    }
}

/// Comes back when the counter did not move for as long as that.
async fn standstill(counter: &AtomicU64, patience: Duration) {
    let mut before = None;
    loop {
        let now = counter.load(Ordering::Relaxed);
        if before == Some(now) {
            return;
        }
        before = Some(now);
        tokio::time::sleep(patience).await;
    }
}
