//! The HTTP client of object stores: requests of ours, and those that `object_store` makes, both through the guarded client.

use std::time::Duration;

use async_trait::async_trait;
use http::header::CONTENT_LENGTH;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use olivine_egress::{Answer, Client, Network, Request, SendError, Timeouts};

use super::told::chain;
use crate::open::settings::OpenError;

/// A connection is made within this time, or the storage is not available.
const CONNECT: Duration = Duration::from_secs(5);
/// If no answer, or no next byte of one, arrives within this time, the storage is not available either.
const READ: Duration = Duration::from_secs(20);

/// The same for a request that sends much: the time begins with its first byte, not its last.
const READ_AFTER_SENDING: Duration = Duration::from_mins(1);
/// So many bytes are much.
const MUCH: u64 = 1024 * 1024;

/// The most that is read of an answer to a request of ours; a list of 1000 parts has some 300 KB.
const MOST: usize = 4 * 1024 * 1024;

/// The client of one storage, which keeps to its network.
#[derive(Clone, Debug)]
pub(super) struct StoreClient {
    /// For requests that send little.
    asking: Client,
    /// For requests that send much.
    sending: Client,
}

impl StoreClient {
    /// A client that stays in `network`.
    pub(super) fn new(network: Network) -> Result<Self, OpenError> {
        let client = |read| {
            Client::new(network, Timeouts { connect: CONNECT, read })
                .map_err(|error| OpenError::Configuration(chain(&error)))
        };
        Ok(Self { asking: client(READ)?, sending: client(READ_AFTER_SENDING)? })
    }

    /// One small request of ours, and all of its answer.
    pub(super) async fn send(&self, request: Request) -> Result<Answer, SendError> {
        self.asking.send(request, MOST).await
    }
}

#[async_trait]
impl HttpService for StoreClient {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let url = request
            .uri()
            .to_string()
            .parse()
            .map_err(|_| HttpError::new(HttpErrorKind::Unknown, OpenError::Endpoint))?;
        let length =
            request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let client = if length.unwrap_or(0) > MUCH { &self.sending } else { &self.asking };
        let checked =
            client.checked_for(&url).map_err(|refused| HttpError::new(HttpErrorKind::Unknown, refused))?;
        checked.call(request).await
    }
}

impl HttpConnector for StoreClient {
    /// The one client, whatever `object_store` asks for.
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}
