//! Fetching bytes: from where the last attempt ended, again and again while it gets on.

use std::path::Path;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use olivine_domain::hash::Sha256Hasher;
use reqwest::header::{IF_RANGE, RANGE};
use reqwest::{Response, StatusCode};

use super::download::{Download, Source};
use super::error::Error;
use super::partial::{Appender, Partial};
use crate::connection::{Pace, origin};
use crate::requests::{Response200, accept};
use crate::{Error as ClientError, Notice, Step, files};

impl Download<'_> {
    /// Fetches all that is missing, and checks size and hash; gives up if it is slower than the client's settings allow.
    pub(super) async fn fetch(&self, target: &Path) -> Result<Partial, Error> {
        let Some(pace) = self.client.settings().pace else { return self.fetch_missing(target).await };
        tokio::select! {
            biased;
            fetched = self.fetch_missing(target) => fetched,
            too_slow = self.fall_behind(pace) => Err(too_slow),
        }
    }

    /// Ends when fewer bytes arrived than the pace asks for. Waiting counts as well, whatever it is for: connections, answers, bytes.
    async fn fall_behind(&self, pace: Pace) -> Error {
        let least = pace.bytes_per_second.saturating_mul(pace.window.as_secs());
        loop {
            let before = self.arrived.load(Ordering::Relaxed);
            tokio::time::sleep(pace.window).await;
            if self.arrived.load(Ordering::Relaxed) - before < least {
                let origin = match &self.source {
                    Source::Binary(_) => origin(self.client.base_url()),
                    Source::Url(url) => origin(url),
                };
                let Pace { bytes_per_second, window } = pace;
                return Error::TooSlow { origin, bytes_per_second, window };
            }
        }
    }

    async fn fetch_missing(&self, target: &Path) -> Result<Partial, Error> {
        let partial = Partial::open(target, &self.hash)?;
        let resumed = partial.length()? > 0;
        match self.fill(&partial).await {
            // What an earlier attempt left may have been damaged since: it gets a second chance without it.
            Err(Error::OtherHash { .. } | Error::TooLong { .. }) if resumed => {
                partial.append(0, Sha256Hasher::new())?.finish().await?;
            }
            Err(error @ (Error::OtherHash { .. } | Error::TooLong { .. })) => {
                partial.discard();
                return Err(error);
            }
            result => return result.map(|()| partial),
        }
        match self.fill(&partial).await {
            Ok(()) => Ok(partial),
            Err(error) => {
                partial.discard();
                Err(error)
            }
        }
    }

    async fn fill(&self, partial: &Partial) -> Result<(), Error> {
        let mut at = partial.length()?;
        if at > self.size {
            return Err(Error::TooLong { expected: self.size });
        }
        self.client.notify(Notice::Began(Step::Downloading, self.size));
        self.client.notify(Notice::AlreadyThere(at));
        let mut hasher = files::hasher_after(partial.path(), at).await?;
        let (mut furthest, mut in_vain) = (at, 0);
        while at < self.size {
            // Each round gets on by some bytes, or fails after the usual number of tries.
            let response = self.client.retrying(|| self.request(at)).await?;
            if response.status() != StatusCode::PARTIAL_CONTENT && at > 0 {
                self.client.notify(Notice::Undone(at));
                (at, hasher) = (0, Sha256Hasher::new());
            }
            let appender = partial.append(at, hasher)?;
            at = self.receive(response, &appender, at).await?;
            hasher = appender.finish().await?;
            // A server that can't continue, and ends too early each time, gets nowhere.
            (furthest, in_vain) = if at > furthest { (at, 0) } else { (furthest, in_vain + 1) };
            if in_vain > self.client.settings().retries {
                return Err(Error::TooShort { expected: self.size, received: furthest });
            }
        }
        let actual = hasher.finish();
        if actual == self.hash {
            Ok(())
        } else {
            Err(Error::OtherHash { expected: self.hash.to_string(), actual: actual.to_string() })
        }
    }

    /// Asks for the bytes from `at` on. Nobody is told the key.
    async fn request(&self, at: u64) -> Result<Response, ClientError> {
        let url = match &self.source {
            Source::Binary(prn) => self.client.download_url_once(prn).await?,
            Source::Url(url) => url.clone(),
        };
        let from = origin(&url);
        let mut request = self.client.content().get(url);
        if at > 0 {
            let etag = format!("\"{}\"", self.hash.to_hex());
            request = request.header(RANGE, format!("bytes={at}-")).header(IF_RANGE, etag);
        }
        let patience = self.client.settings().patience;
        match tokio::time::timeout(patience, request.send()).await {
            // A signed URL leads to the content; one that leads on to somewhere else is none.
            Ok(Ok(response)) if response.status().is_redirection() => Err(ClientError::Unexpected {
                origin: from,
                status: response.status().as_u16(),
                retry_after: None,
            }),
            Ok(Ok(response)) => accept(response).await.map(|Response200 { response }| response),
            Ok(Err(error)) => Err(ClientError::transport(from, error)),
            Err(_) => Err(ClientError::Timeout { origin: from, after: patience }),
        }
    }

    /// Takes what comes until the end, or until the connection breaks; says how far it got. A connection that broke after it
    /// brought something is no reason to give up.
    async fn receive(&self, mut response: Response, appender: &Appender, start: u64) -> Result<u64, Error> {
        let mut at = start;
        while at < self.size {
            let piece = match self.next_piece(&mut response).await {
                Ok(piece) => piece,
                Err(_) if at > start => break,
                Err(ClientError::Unexpected { .. }) => {
                    return Err(Error::TooShort { expected: self.size, received: at });
                }
                Err(error) => return Err(error.into()),
            };
            at += piece.len() as u64;
            if at > self.size {
                return Err(Error::TooLong { expected: self.size });
            }
            self.arrived.fetch_add(piece.len() as u64, Ordering::Relaxed);
            self.client.notify(Notice::Advanced(piece.len() as u64));
            if !appender.add(piece).await {
                break;
            }
        }
        Ok(at)
    }

    async fn next_piece(&self, response: &mut Response) -> Result<Bytes, ClientError> {
        let from = origin(response.url());
        let patience = self.client.settings().patience;
        match tokio::time::timeout(patience, response.chunk()).await {
            Ok(Ok(Some(piece))) => Ok(piece),
            // It ends in good order, but too early: a proxy may do that.
            Ok(Ok(None)) => Err(ClientError::Unexpected { origin: from, status: 200, retry_after: None }),
            Ok(Err(error)) => Err(ClientError::transport(from, error)),
            Err(_) => Err(ClientError::Timeout { origin: from, after: patience }),
        }
    }
}
