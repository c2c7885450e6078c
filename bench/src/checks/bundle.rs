//! A bundle of three signed binaries, each of a different artifact.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::binaries::Binary;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::time::Timestamp;
use serde_json::json;

use crate::api::{Api, id_of};

/// The target of the binaries.
pub(crate) const TARGET: &str = "bench-board";

const ARTIFACTS: [&str; 3] = ["bootloader", "firmware", "assets"];
const VERIFIED_WITHIN: Duration = Duration::from_mins(1);

/// The content of a bundle.
pub(crate) struct Content {
    pub(crate) organization: Id<Organization>,
    /// In the order of the bundle.
    pub(crate) binaries: Vec<(Id<Binary>, Id<ArtifactVersion>)>,
    /// The time when the bundle was complete. No other record of the fleet is newer.
    pub(crate) now: Timestamp,
}

pub(crate) async fn make(api: &Api) -> anyhow::Result<Content> {
    let pair = Ed25519KeyPair::generate().context("making a signing key")?;
    let key = json!({"name": "bench", "value": STANDARD.encode(pair.public_key())});
    let key = api.create("signing_keys", "signing_key", &key).await?;
    let mut binaries = Vec::new();
    for name in ARTIFACTS {
        let artifact = api.create("artifacts", "artifact", &json!({"name": name})).await?;
        let version = json!({"artifact_prn": artifact, "version": "1.0.0"});
        let version = api.create("artifact_versions", "artifact_version", &version).await?;
        let content = name.repeat(1000).into_bytes();
        let hash = Sha256Digest::of(&content).to_hex();
        let binary = api.create_binary(&version, TARGET, &hash, content.len() as u64).await?;
        api.put_content(&binary, content).await?;
        api.ask_state(&binary, "hashable").await?;
        verified(api, &binary).await?;
        let signature = STANDARD.encode(pair.sign(hash.as_bytes()));
        let signature = json!({"binary_prn": binary, "signing_key_prn": key, "signature": signature});
        api.create("binary_signatures", "binary_signature", &signature).await?;
        binaries.push((Id::new(id_of(&binary)?), Id::new(id_of(&version)?)));
    }
    let key = api.get(&format!("/signing_keys/{key}")).await?;
    let now = key["signing_key"]["inserted_at"].as_str().context("when the key was made")?.parse()?;
    Ok(Content { organization: api.organization().await?, binaries, now })
}

/// Waits until the server has verified the content.
async fn verified(api: &Api, binary: &str) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let state = &api.get(&format!("/binaries/{binary}")).await?["binary"]["state"];
        if state == "signable" {
            return Ok(());
        }
        ensure!(began.elapsed() < VERIFIED_WITHIN, "a binary is still {state}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
