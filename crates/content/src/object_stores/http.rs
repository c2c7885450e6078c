//! Requests that `object_store` has no call for, made through signed URLs; and the URLs that clients are given.
//!
//! The only place that reads the clock: the life of a signature begins when it is made.

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use object_store::path::Path;
use object_store::signer::SignedUrlOptions;
use olivine_domain::Timestamp;
use olivine_egress::Request;
use url::Url;

use super::bucket::{Dialect, ObjectStores};
use super::told::{self, meaning};
use crate::error::Error;

/// How long our own signed requests are valid.
const OURS: Duration = Duration::from_mins(1);
/// No cloud takes a signature for longer.
const LONGEST: Duration = Duration::from_hours(7 * 24);
/// How often a request is made in all.
const ATTEMPTS: u32 = 4;
/// After so long it is not made again.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a request with signed query parameters and headers has.
#[derive(Clone, Debug, Default)]
pub(super) struct Extras {
    /// What is added to the URL.
    pub(super) query: Vec<(&'static str, String)>,
    /// What the request must have.
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Extras {
    /// Only these query parameters.
    pub(super) fn query(query: impl Into<Vec<(&'static str, String)>>) -> Self {
        Self { query: query.into(), headers: Vec::new() }
    }
}

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

impl Answer {
    /// Its body as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What it says, as words for the log.
    pub(super) fn told(&self) -> String {
        told::answer(&self.status.to_string(), &self.text())
    }

    /// What it means if it is no success.
    pub(super) fn failure(&self) -> Error {
        told::failure(self.told())
    }
}

/// How long from now until `moment`: at least a second, at most what clouds take; and when that ends.
pub(super) fn life(moment: Timestamp) -> (Duration, Timestamp) {
    #[expect(
        clippy::disallowed_methods,
        reason = "a cloud counts a signature's life from the moment of signing"
    )]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = Timestamp::EPOCH.plus(now);
    let seconds = u64::try_from(moment.as_seconds().saturating_sub(now.as_seconds())).unwrap_or(0);
    let life = Duration::from_secs(seconds).clamp(Duration::from_secs(1), LONGEST);
    (life, now.plus(life).min(moment))
}

impl ObjectStores {
    /// A URL for one request.
    pub(super) async fn sign(
        &self,
        method: Method,
        path: &Path,
        life: Duration,
        extras: &Extras,
    ) -> Result<Url, Error> {
        let signed = match self.dialect {
            Dialect::S3 | Dialect::Gcs => {
                let mut options = SignedUrlOptions::default().with_query(extras.query.iter().cloned());
                for (name, value) in &extras.headers {
                    let value = HeaderValue::from_str(value).map_err(Error::unavailable)?;
                    options = options.with_signed_header(HeaderName::from_static(name), value);
                }
                self.signer.signed_url_opts(method, path, life, &options).await
            }
            // What it may be used for is signed, not how.
            Dialect::Azure => self.signer.signed_url(method, path, life).await.map(|mut url| {
                if !extras.query.is_empty() {
                    url.query_pairs_mut().extend_pairs(&extras.query);
                }
                url
            }),
        };
        signed.map_err(|error| meaning(&error))
    }

    /// Asks the store, as often as is sensible, for what is small.
    pub(super) async fn get(&self, path: &Path, query: &[(&'static str, String)]) -> Result<Answer, Error> {
        let extras = Extras::query(query);
        let start = Instant::now();
        let mut pause = Duration::from_millis(200);
        for attempt in 1.. {
            let url = self.sign(Method::GET, path, OURS, &extras).await?;
            let answer = self.once(Method::GET, url, &[], Bytes::new()).await;
            let again = match &answer {
                Ok(answer) => {
                    answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS
                }
                Err(_) => true,
            };
            if !again || attempt == ATTEMPTS || start.elapsed() > PATIENCE {
                return answer;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        unreachable!("the last attempt returns")
    }

    /// One request, and all of its answer.
    pub(super) async fn once(
        &self,
        method: Method,
        url: Url,
        headers: &[(String, String)],
        body: Bytes,
    ) -> Result<Answer, Error> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().map_err(Error::unavailable)?;
            map.insert(name, value.parse().map_err(Error::unavailable)?);
        }
        let body = (method != Method::GET).then_some(body);
        let request = Request { method, url, headers: map, body };
        let answer = self.client.send(request).await.map_err(|error| told::unanswered(&error))?;
        Ok(Answer { status: answer.status, body: answer.body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_live_as_long_as_asked_but_no_longer_than_clouds_take() {
        let (shortest, end) = life(Timestamp::EPOCH);
        assert_eq!((shortest, end), (Duration::from_secs(1), Timestamp::EPOCH));
        let far = Timestamp::EPOCH.plus(Duration::from_secs(100_000_000_000));
        let (longest, end) = life(far);
        assert_eq!(longest, LONGEST);
        assert!(end < far);
    }
}
