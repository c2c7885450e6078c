//! The few Admin API requests that the measurements need.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Client, Method, redirect};
use serde_json::{Value, json};
use uuid::Uuid;

/// A client of a server's Admin API. It reuses its connections.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    client: Client,
    base: String,
}

impl Api {
    pub(crate) fn new(url: &str, key: &str) -> anyhow::Result<Self> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {key}"))?);
        let client = Client::builder()
            .default_headers(headers)
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_mins(1))
            .build()?;
        Ok(Self { client, base: format!("{url}/v1") })
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            bail!("{path}: {status}: {text}");
        }
        serde_json::from_str(&text).with_context(|| format!("{path}: {text}"))
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// Measures the time to an answer with `items` items in the list `key`, or with one record if `items` is 0.
    pub(crate) async fn time(&self, path: &str, key: &str, items: usize) -> anyhow::Result<Duration> {
        let request = self.client.get(format!("{}{path}", self.base)).build()?;
        let began = Instant::now();
        let response = self.client.execute(request).await?;
        let status = response.status();
        let body = response.bytes().await?;
        let took = began.elapsed();
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let found = answer[key].as_array().map_or(0, Vec::len);
        if !status.is_success() || answer[key].is_null() || found != items {
            bail!("{path}: {status}, {found} items instead of {items}: {answer}");
        }
        Ok(took)
    }

    /// The organization of the API key in use.
    pub(crate) async fn organization(&self) -> anyhow::Result<Id<Organization>> {
        let answer = self.get("/users/me").await?;
        let prn = answer["user"]["organization_prn"].as_str().context("whose key it is")?;
        Ok(Id::new(id_of(prn)?))
    }

    /// Creates a record and returns its PRN.
    pub(crate) async fn create(&self, plural: &str, singular: &str, body: &Value) -> anyhow::Result<String> {
        let answer = self.ask(Method::POST, &format!("/{plural}"), Some(body)).await?;
        Ok(answer[singular]["prn"].as_str().context("a record has a PRN")?.to_owned())
    }

    /// Creates an artifact version for the binaries of a measurement.
    pub(crate) async fn create_version(&self) -> anyhow::Result<String> {
        let artifact = self.create("artifacts", "artifact", &json!({"name": "bench"})).await?;
        let version = json!({"artifact_prn": artifact, "version": "1"});
        self.create("artifact_versions", "artifact_version", &version).await
    }

    pub(crate) async fn create_binary(
        &self,
        version: &str,
        target: &str,
        hash: &str,
        size: u64,
    ) -> anyhow::Result<String> {
        let body = json!({"artifact_version_prn": version, "target": target, "hash": hash, "size": size});
        self.create("binaries", "binary", &body).await
    }

    /// Uploads a content in one request.
    pub(crate) async fn put_content(&self, binary: &str, content: Vec<u8>) -> anyhow::Result<()> {
        let url = format!("{}/binaries/{binary}/content", self.base);
        let response = self.client.put(url).body(content).send().await?;
        response.error_for_status().context("sending a content")?;
        Ok(())
    }

    /// Imports devices, and returns the result for the lines.
    pub(crate) async fn import(&self, query: &str, csv: Vec<u8>) -> anyhow::Result<Value> {
        let url = format!("{}/devices/import?{query}", self.base);
        let request = self.client.post(url).header(CONTENT_TYPE, "text/csv").body(csv);
        let response = request.timeout(Duration::from_mins(30)).send().await?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            bail!("importing: {status}: {text}");
        }
        Ok(serde_json::from_str(&text)?)
    }

    /// Asks for a change of a binary's state.
    pub(crate) async fn ask_state(&self, binary: &str, state: &str) -> anyhow::Result<()> {
        self.ask(Method::PATCH, &format!("/binaries/{binary}"), Some(&json!({"state": state}))).await?;
        Ok(())
    }

    /// A URL that downloads a binary's content without a key.
    pub(crate) async fn download_url(&self, binary: &str) -> anyhow::Result<String> {
        let response = self.client.get(format!("{}/binaries/{binary}/download", self.base)).send().await?;
        let location = response.headers().get(LOCATION).context("a download is a redirection")?;
        Ok(location.to_str()?.to_owned())
    }
}

/// The UUID at the end of a PRN.
pub(crate) fn id_of(prn: &str) -> anyhow::Result<Uuid> {
    let id = prn.rsplit(':').next().unwrap_or_default();
    Uuid::try_parse(id).with_context(|| format!("'{prn}' ends in an id"))
}
