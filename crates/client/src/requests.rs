//! One request to the API and its answer: JSON both ways, errors in the API's form.

use aws_lc_rs::rand;
use bytes::{Bytes, BytesMut};
use olivine_api::errors::ErrorBody;
use olivine_domain::nesting::is_deeper_than;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::connection::origin;
use crate::patience::retry_after;
use crate::{Client, Error};

/// What a server may say at once; lists have at most 100 records.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// A request that can be sent any number of times.
pub(crate) struct Request {
    method: Method,
    url: Url,
    body: Option<Bytes>,
    idempotency_key: Option<String>,
}

impl Request {
    pub(crate) fn new(method: Method, url: Url) -> Self {
        Self { method, url, body: None, idempotency_key: None }
    }

    pub(crate) fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Some(serde_json::to_vec(body).expect("wire types always are JSON").into());
        self
    }

    /// Makes a POST safe to repeat: the server answers the second one like the first.
    pub(crate) fn idempotent(mut self) -> Self {
        let mut key = [0; 16];
        // Without a key the request is still sent; only a lost answer could not be asked for again.
        self.idempotency_key = rand::fill(&mut key).ok().map(|()| hex::encode(key));
        self
    }
}

impl Client {
    /// Sends a request, again if it fails in a way that may pass, and reads its answer.
    pub(crate) async fn send<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Error> {
        let bytes = self.retrying(|| self.attempt(request)).await?;
        self.read(&bytes)
    }

    /// Sends a request once and reads its answer.
    pub(crate) async fn send_once<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Error> {
        let bytes = self.attempt(request).await?;
        self.read(&bytes)
    }

    /// Sends a request, again if it fails in a way that may pass, whose answer has nothing to say.
    pub(crate) async fn send_plain(&self, request: &Request) -> Result<(), Error> {
        self.retrying(|| self.attempt(request)).await.map(drop)
    }

    /// Reads an answer's body.
    pub(crate) fn read<T: DeserializeOwned>(&self, bytes: &Bytes) -> Result<T, Error> {
        read(bytes, origin(self.base_url()))
    }

    async fn attempt(&self, request: &Request) -> Result<Bytes, Error> {
        let Response200 { response } = self.respond(request).await?;
        let origin = origin(&request.url);
        response.bytes().await.map_err(|error| Error::transport(origin, error))
    }

    /// Where a request is redirected to.
    pub(crate) async fn redirected(&self, request: &Request) -> Result<Url, Error> {
        let Response200 { response } = self.respond(request).await?;
        let location =
            response.headers().get(reqwest::header::LOCATION).and_then(|value| value.to_str().ok());
        location.and_then(|location| request.url.join(location).ok()).ok_or_else(|| Error::Unexpected {
            origin: origin(&request.url),
            status: response.status().as_u16(),
            retry_after: None,
        })
    }

    async fn respond(&self, request: &Request) -> Result<Response200, Error> {
        let patience = self.settings().patience;
        let mut builder = self.api().request(request.method.clone(), request.url.clone()).timeout(patience);
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        if let Some(key) = &request.idempotency_key {
            builder = builder.header("idempotency-key", key);
        }
        let origin = origin(&request.url);
        match builder.send().await {
            Ok(response) => {
                self.note_answer();
                accept(response).await
            }
            Err(error) if error.is_timeout() && !error.is_connect() => {
                Err(Error::Timeout { origin, after: patience })
            }
            Err(error) => Err(Error::transport(origin, error)),
        }
    }
}

/// The most levels that an answer may have: some more than the server takes, which took any number once.
const DEEPEST_ANSWER: usize = 128;

/// Reads an answer's JSON. Programs that print or pass on what is nested too deeply would run out of memory.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8], origin: String) -> Result<T, Error> {
    if is_deeper_than(DEEPEST_ANSWER, bytes) {
        return Err(Error::TooDeep { origin });
    }
    serde_json::from_slice(bytes).map_err(|_| Error::Unexpected { origin, status: 200, retry_after: None })
}

/// An answer that is no error: 2xx or 3xx.
pub(crate) struct Response200 {
    pub(crate) response: Response,
}

/// Tells answers from errors.
pub(crate) async fn accept(response: Response) -> Result<Response200, Error> {
    let status = response.status();
    if status.is_success() || status.is_redirection() {
        return Ok(Response200 { response });
    }
    let origin = origin(response.url());
    let retry_after = retry_after(response.headers());
    let request_id = header(&response, "x-request-id");
    let body = bounded(response).await.unwrap_or_default();
    Err(match read::<ErrorBody>(&body, String::new()) {
        Ok(body) => Error::Api { status: status.as_u16(), request_id, retry_after, errors: body.errors },
        Err(_) => Error::Unexpected { origin, status: status.as_u16(), retry_after },
    })
}

/// The whole body of an answer, unless it is longer than any answer of the API.
pub(crate) async fn bounded(mut response: Response) -> Result<Bytes, Error> {
    let origin = origin(response.url());
    let mut body = BytesMut::new();
    while let Some(piece) = response.chunk().await.map_err(|error| Error::transport(origin.clone(), error))? {
        if body.len() + piece.len() > LONGEST_ANSWER {
            return Err(Error::Unexpected { origin, status: response.status().as_u16(), retry_after: None });
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use olivine_api::json::RawValue;

    use super::*;

    #[test]
    fn what_is_nested_too_deeply_is_not_read() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        let read = |levels| read::<Box<RawValue>>(nested(levels).as_bytes(), "here".to_owned());
        assert!(read(DEEPEST_ANSWER).is_ok());
        for levels in [DEEPEST_ANSWER + 1, 1_000_000] {
            assert!(matches!(read(levels), Err(Error::TooDeep { .. })), "{levels} levels");
        }
    }
}
