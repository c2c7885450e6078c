//! Asks a bucket what a browser would ask it before it sends a part there. Nothing is written.

use bytes::Bytes;
use http::header::{ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, Method};
use olivine_domain::binary_parts::PartIndex;
use olivine_domain::{Sha256Digest, Timestamp};
use olivine_egress::Request;
use url::Url;

use super::bucket::ObjectStores;
use super::uploads::probe_key;
use crate::cors::{CorsMissing, judge};
use crate::error::Error;
use crate::uploads::{PartPlan, UploadSession};

impl ObjectStores {
    /// Whether a page of `origin` may send parts.
    pub(super) async fn ask_like_a_browser(&self, origin: &str) -> Result<(), CorsMissing> {
        let no_answer = |error: &Error| {
            let source = std::error::Error::source(error).map(ToString::to_string);
            CorsMissing::NoAnswer(source.unwrap_or_else(|| error.to_string()))
        };
        let (url, headers) = self.part_request().await.map_err(|error| no_answer(&error))?;
        let request = question(url, origin, &headers)
            .map_err(|error: http::Error| CorsMissing::NoAnswer(error.to_string()))?;
        let answer = self.client.send(request).await;
        let answer = answer.map_err(|error| no_answer(&super::told::unanswered(&error)))?;
        judge((answer.status, &answer.headers), origin, &Method::PUT, &headers)
    }

    /// Which origin parts go to.
    pub(super) async fn origin_of_parts(&self) -> Option<String> {
        let (url, _) = self.part_request().await.ok()?;
        Some(url.origin().ascii_serialization())
    }

    /// Where a part would go, and the names of the headers that it would be sent with. The upload does not exist.
    async fn part_request(&self) -> Result<(Url, Vec<String>), Error> {
        let part = PartPlan { index: PartIndex::FIRST, size: 1, sha256: Sha256Digest::of(b"") };
        let target = self.target(&probe_key()?, &UploadSession::new("none"), &part, Timestamp::EPOCH).await?;
        let url = target.url.parse().map_err(Error::unavailable)?;
        Ok((url, target.headers.into_iter().map(|(name, _)| name).collect()))
    }
}

fn question(url: Url, origin: &str, headers: &[String]) -> Result<Request, http::Error> {
    let mut asks = HeaderMap::new();
    asks.insert(ORIGIN, origin.parse()?);
    asks.insert(ACCESS_CONTROL_REQUEST_METHOD, http::HeaderValue::from_static("PUT"));
    if !headers.is_empty() {
        asks.insert(ACCESS_CONTROL_REQUEST_HEADERS, headers.join(",").parse()?);
    }
    Ok(Request { method: Method::OPTIONS, url, headers: asks, body: None::<Bytes> })
}
