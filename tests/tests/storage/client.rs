//! An ordinary HTTP client: it sends bytes to a given URL with given headers.

use bytes::Bytes;
use olivine_content::conformance::{Sender, Sent};
use olivine_content::{PartPlan, PartTarget};
use olivine_domain::binary_parts::PartIndex;
use olivine_domain::contents::ContentKey;
use olivine_domain::contents::Generation;
use olivine_domain::organizations::Organization;
use olivine_domain::{Id, Sha256Digest, Timestamp};
use reqwest::{Client, Method, StatusCode};

/// A new organization without content.
pub(crate) fn organization() -> Id<Organization> {
    Id::new("01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap())
}

/// A new content.
pub(crate) fn key() -> ContentKey {
    let content = Id::new(uuid::Uuid::from_u128(7));
    ContentKey { organization: organization(), content, generation: Generation::FIRST }
}

/// The plan of a part with these bytes.
pub(crate) fn part(index: u64, bytes: &[u8]) -> PartPlan {
    let index = PartIndex::new(index).unwrap();
    PartPlan { index, size: bytes.len() as u64, sha256: Sha256Digest::of(bytes) }
}

/// A time after the end of every signature.
pub(crate) fn later() -> Timestamp {
    "2090-01-01T00:00:00Z".parse().unwrap()
}

/// Runs the test `name` of this executable again with these environment variables. Returns whether this is already the second run.
pub(crate) fn again_with(name: &str, variables: Vec<(String, String)>) -> bool {
    const AGAIN: &str = "OLIVINE_TEST_AGAIN";
    if std::env::var_os(AGAIN).is_some() {
        return true;
    }
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", name]).envs(variables).env(AGAIN, "1").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
    false
}

/// Uploads parts over HTTP.
#[derive(Debug, Default)]
pub(crate) struct Http(pub(crate) Client);

impl Http {
    /// Sends these bytes, and returns the store's answer.
    pub(crate) async fn put(&self, target: &PartTarget, bytes: Bytes) -> (StatusCode, String) {
        let mut request = self.0.request(Method::from_bytes(target.method.as_bytes()).unwrap(), &target.url);
        for (name, value) in &target.headers {
            request = request.header(name, value);
        }
        if bytes.is_empty() {
            // Stores insist on this header. Without a body, reqwest does not send it by itself.
            request = request.header("content-length", "0");
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
