//! A device for tests: its folder, its pinned key, its configuration, and updates that its vendor made for it.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use olivine_client::DeviceClient;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::signing_keys::PublicKey;
use olivine_domain::time::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::disk::{self, Cut};
use super::server::Server;
use crate::agent::Agent;
use crate::config::Settings;
use crate::outcome::{Error, Outcome};
use crate::stop::{Stop, stop};

const PATIENCE: Duration = Duration::from_secs(30);
const POLL_EVERY: Duration = Duration::from_millis(10);
const ORGANIZATION: &str = "0190163d-8694-739b-aea5-966c26f8ad91";

/// A name of the given kind.
pub(crate) fn prn(kind: &str, number: u64) -> String {
    format!("prn:1:{ORGANIZATION}:{kind}:0190163d-8694-739b-aea5-{number:012x}")
}

pub(crate) struct Key {
    pair: Ed25519KeyPair,
    pub(crate) public: PublicKey,
}

impl Key {
    pub(crate) fn new(seed: u8) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let public = PublicKey::from_ed25519(pair.public_key().as_ref()).unwrap();
        Self { pair, public }
    }

    fn signature(&self, message: &[u8]) -> Value {
        json!({
            "signing_key_prn": prn("signing_key", 1),
            "keyid": self.public.keyid().to_string(),
            "signature": STANDARD.encode(self.pair.sign(message).as_ref()),
            "public_value": self.public.public_value(),
        })
    }

    /// Over the hash.
    pub(crate) fn sign(&self, content: &[u8]) -> Value {
        self.signature(Sha256Digest::of(content).to_hex().as_bytes())
    }

    /// Over the content itself.
    pub(crate) fn sign_purely(&self, content: &[u8]) -> Value {
        self.signature(content)
    }
}

pub(crate) struct Device {
    pub(crate) folder: TempDir,
    pub(crate) server: Server,
    pub(crate) vendor: Key,
    client: OnceCell<DeviceClient>,
    /// Over what time a download has to reach its least rate, instead of the usual one.
    pub(crate) slow_for: Option<Duration>,
    /// How long an update's contents may take, instead of what is configured.
    pub(crate) longest_download: Option<Duration>,
}

impl Device {
    /// With two installers: artifact 1 is copied to `one`, all others to `two`.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path()).await;
        let vendor = Key::new(1);
        std::fs::write(folder.path().join("key.pem"), vendor.public.public_value()).unwrap();
        let client = OnceCell::new();
        let device = Self { folder, server, vendor, client, slow_for: None, longest_download: None };
        device.configure(
            "",
            &format!(
                "[[installers]]\nartifact_prn = \"{}\"\ncopy = \"one\"\n[[installers]]\ncopy = \"two\"\n",
                prn("artifact", 1)
            ),
        );
        device
    }

    pub(crate) fn configure(&self, settings: &str, sections: &str) {
        let text = format!(
            "server = \"{}\"\nca_certificate = \"ca.pem\"\ncertificate = \"device.pem\"\nprivate_key = \"device.key\"\n\
             trusted_keys = [\"key.pem\"]\nstate_dir = \"state\"\nretry_seconds = 0\ntimeout_seconds = 10\n{settings}\n{sections}",
            self.server.url
        );
        std::fs::write(self.path("agent.toml"), text).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What is installed at a path.
    pub(crate) fn installed(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.path(name)).ok()
    }

    /// The agent after a start of its process.
    ///
    /// A program that another test starts at this moment has a copy of the lock of the agent before, from its fork to its execution, which
    /// may take long on a busy machine: the lock is waited for.
    pub(crate) fn agent(&self) -> Agent {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.try_agent(stop().1) {
                Err(Error::Busy { .. }) if Instant::now() < deadline => std::thread::sleep(POLL_EVERY),
                opened => return opened.unwrap(),
            }
        }
    }

    pub(crate) fn try_agent(&self, stop: Stop) -> Result<Agent, Error> {
        let mut settings = Settings::read(&self.path("agent.toml")).unwrap();
        settings.longest_download = self.longest_download.unwrap_or(settings.longest_download);
        if let (Some(pace), Some(window)) = (&mut settings.device.pace, self.slow_for) {
            pace.window = window;
        }
        // Its connections are costly to prepare, and the same after each start.
        let client = self.client.get_or_init(|| DeviceClient::new(settings.device.clone()).unwrap()).clone();
        Agent::open(settings, client, now, stop)
    }

    /// Forgets everything, as does the server.
    pub(crate) fn reset(&self) {
        self.server.forget();
        std::fs::remove_dir_all(self.path("state")).unwrap();
        for name in ["one", "two"] {
            let _ = std::fs::remove_file(self.path(name));
        }
    }

    /// One question by a new process.
    pub(crate) async fn once(&self) -> Result<Outcome, Error> {
        self.agent().poll().await
    }

    /// One question by a new process that ends after so many steps at its disk.
    pub(crate) async fn once_until(&self, steps: u32, cut: Cut) -> Result<Outcome, Error> {
        let mut agent = self.agent();
        disk::attach(self.folder.path(), Some(steps));
        let result = agent.poll().await;
        drop(agent);
        if disk::detach(self.folder.path(), cut) { Err(Error::Power) } else { result }
    }

    /// What an agent keeps beside installed files while it installs, and its journal. Nothing of it stays.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let folders =
            [self.path(""), self.path("state")].map(|folder| std::fs::read_dir(folder).into_iter().flatten());
        let names =
            folders.into_iter().flatten().flatten().map(|file| file.file_name().into_string().unwrap());
        names.filter(|name| name.contains("olivine-") || name == "install.json").collect()
    }

    /// The statuses that the server acknowledged, in order.
    pub(crate) fn told(&self) -> Vec<String> {
        self.server.reports().iter().map(|report| report["status"].as_str().unwrap().to_owned()).collect()
    }

    /// The last report.
    pub(crate) fn last_detail(&self) -> String {
        self.server.reports().last().unwrap()["detail"].as_str().unwrap_or_default().to_owned()
    }

    /// A signed entry that is served, for the artifact of this number.
    pub(crate) fn entry(&self, artifact: u64, version: &str, content: &str) -> Value {
        let content = content.as_bytes();
        let hash = Sha256Digest::of(content);
        json!({
            "artifact_prn": prn("artifact", artifact), "artifact_version_prn": prn("artifact_version", 1),
            "artifact_version": version, "binary_prn": prn("binary", artifact), "target": "arm",
            "size": content.len(), "hash": hash.to_string(), "custom_metadata": {"slot": "b"},
            "signatures": [self.vendor.sign(content)],
            "url": self.server.serve_content(&format!("/content/{}", hash.to_hex()), content),
            "url_expires_at": null,
        })
    }

    /// Offers a bundle and its release.
    pub(crate) fn offer(&self, number: u64, manifest: &[Value]) -> Value {
        let update = update(number, number, manifest);
        self.server.offer(Some(update.clone()));
        update
    }
}

/// An answer of the server.
pub(crate) fn update(bundle: u64, release: u64, manifest: &[Value]) -> Value {
    json!({
        "status": "update", "source_type": "release", "manifest": manifest,
        "bundle": {
            "prn": prn("bundle", bundle), "organization_prn": "", "name": null, "hash": "", "inserted_at": "",
            "updated_at": "",
        },
        "release": {
            "prn": prn("release", release), "organization_prn": "", "cohort_prn": "", "bundle_prn": prn("bundle", bundle),
            "next_release_prn": null, "name": "r", "description": null, "version": format!("{release}.0.0"),
            "version_requirement": null, "required": false, "disabled": false, "schedule_date": null,
            "phase_mode": "numeric", "phase_value": 1.0, "phase_tags": [], "claims": 0, "affected_by": [],
            "inserted_at": "", "updated_at": "",
        },
    })
}

fn now() -> Timestamp {
    "2026-01-15T10:30:00Z".parse().unwrap()
}
