//! A client as any HTTP client is: it sends bytes where it is told to, with the headers that it is told.

use bytes::Bytes;
use olivine_content::conformance::{Sender, Sent};
use olivine_content::{PartPlan, PartTarget};
use olivine_domain::binary_parts::PartIndex;
use olivine_domain::contents::ContentKey;
use olivine_domain::contents::Generation;
use olivine_domain::organizations::Organization;
use olivine_domain::{Id, Sha256Digest, Timestamp};
use reqwest::{Client, Method, StatusCode};

/// An organization that has no content yet.
pub(crate) fn organization() -> Id<Organization> {
    Id::new("01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap())
}

/// A content that nobody else uses.
pub(crate) fn key() -> ContentKey {
    let content = Id::new(uuid::Uuid::from_u128(7));
    ContentKey { organization: organization(), content, generation: Generation::FIRST }
}

/// What these bytes are as a part.
pub(crate) fn part(index: u64, bytes: &[u8]) -> PartPlan {
    let index = PartIndex::new(index).unwrap();
    PartPlan { index, size: bytes.len() as u64, sha256: Sha256Digest::of(bytes) }
}

/// Later than any signature lives.
pub(crate) fn later() -> Timestamp {
    "2090-01-01T00:00:00Z".parse().unwrap()
}

/// Runs the test `name` of this file's program again, with these variables; whether it is that second run.
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
        if bytes.is_empty() {
            // Without a body reqwest does not say so by itself, and stores insist.
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
