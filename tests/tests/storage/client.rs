//! A client as any HTTP client is: it sends bytes where it is told to, with the headers that it is told.

use bytes::Bytes;
use olivine_content::PartTarget;
use olivine_content::conformance::{Sender, Sent};
use olivine_domain::Id;
use olivine_domain::organizations::Organization;
use reqwest::{Client, Method, StatusCode};

/// An organization that has no content yet.
pub(crate) fn organization() -> Id<Organization> {
    Id::new("01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap())
}

/// Sends parts over HTTP.
#[derive(Debug, Default)]
pub(crate) struct Http(pub(crate) Client);

impl Http {
    /// What a store answers to these bytes.
    pub(crate) async fn put(&self, target: &PartTarget, bytes: Bytes) -> (StatusCode, String) {
        let mut request = self.0.request(Method::from_bytes(target.method.as_bytes()).unwrap(), &target.url);
        for (name, value) in &target.headers {
            request = request.header(name, value);
        }
        let response = request.body(bytes).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }
}

#[async_trait::async_trait]
impl Sender for Http {
    async fn send(&self, sent: Sent<'_>) -> Result<(), String> {
        let (status, body) = self.put(sent.target, sent.bytes.clone()).await;
        if status.is_success() { Ok(()) } else { Err(format!("{status}: {body}")) }
    }
}
