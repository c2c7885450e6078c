//! The Device API, as a device sees it: its own record, whether there is an update, and how it went.
//!
//! The server's answers are taken up to a limit and never followed elsewhere: nothing here may trust them.

use bytes::Bytes;
use olivine_api::device::{BUNDLE_HEADER, Me, RELEASE_HEADER, StatusReport, Update, VERSION_HEADER};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder};
use serde::de::DeserializeOwned;

use crate::connection::{DeviceSettings, origin};
use crate::requests::{accept, bounded, read};
use crate::{Client, Error};

/// A client of one server's Device API. Cloning it is cheap and shares its connections.
#[derive(Clone, Debug)]
pub struct DeviceClient {
    client: Client,
}

/// What a device reports to run, in one report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// The release that it is on.
    pub release_prn: Option<String>,
    /// The bundle that it runs.
    pub bundle_prn: Option<String>,
    /// The version that it runs.
    pub version: Option<String>,
}

impl DeviceClient {
    /// Prepares the connections; nothing is sent yet.
    pub fn new(settings: DeviceSettings) -> Result<Self, Error> {
        Client::for_device(settings).map(|client| Self { client })
    }

    /// The device as the server knows it.
    pub async fn me(&self) -> Result<Me, Error> {
        self.ask(Method::GET, "device/me", |request| request).await
    }

    /// Whether there is an update, with what `expand` names. Sent once, without retries: the caller that polls decides when to ask again.
    pub async fn update(&self, reported: &Reported, expand: &[&str]) -> Result<Update, Error> {
        let query: Vec<_> = expand.iter().map(|name| format!("expand[]={name}")).collect();
        let headers = [
            (RELEASE_HEADER, &reported.release_prn),
            (BUNDLE_HEADER, &reported.bundle_prn),
            (VERSION_HEADER, &reported.version),
        ];
        self.ask(Method::GET, &format!("update?{}", query.join("&")), |mut request| {
            for (name, value) in headers {
                // A value that can't be in a header is left out.
                if let Some(value) = value.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
                    request = request.header(name, value);
                }
            }
            request
        })
        .await
    }

    /// Says how an update goes. Sent once.
    pub async fn report(&self, report: &StatusReport) -> Result<(), Error> {
        let body = serde_json::to_vec(report).expect("wire types always are JSON");
        self.send(Method::POST, "update/status", |request| {
            request.header(CONTENT_TYPE, "application/json").body(body)
        })
        .await
        .map(drop)
    }

    /// The host of the Device API.
    pub fn host(&self) -> &str {
        self.client.base_url().host_str().unwrap_or_default()
    }

    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        with: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<T, Error> {
        let bytes = self.send(method, path, with).await?;
        read(&bytes, origin(self.client.base_url()))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        with: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Bytes, Error> {
        let url = self.client.base_url().join(path).expect("paths are fixed words");
        let patience = self.client.settings().patience;
        let origin = origin(&url);
        let response = with(self.client.api().request(method, url).timeout(patience)).send().await;
        let response = match response {
            Ok(response) => {
                self.client.note_answer();
                accept(response).await?.response
            }
            Err(error) if error.is_timeout() && !error.is_connect() => {
                return Err(Error::Timeout { origin, after: patience });
            }
            Err(error) => return Err(Error::transport(origin, error)),
        };
        if response.status().is_redirection() {
            // A device asks the server that it was given, and nobody else.
            return Err(self.unexpected(response.status().as_u16()));
        }
        bounded(response).await
    }

    fn unexpected(&self, status: u16) -> Error {
        Error::Unexpected { origin: origin(self.client.base_url()), status, retry_after: None }
    }
}
