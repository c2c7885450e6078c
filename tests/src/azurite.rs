//! Azurite, the emulator of Azure Blob Storage: a process of the test's own on a free port, with the publicly known key.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::process::{Process, until};
use crate::wire::percent_encoded;

/// The environment variable with the path of the program. `cargo xtask test` sets it.
const AZURITE: &str = "OLIVINE_TEST_AZURITE";
/// The time that it may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
const ACCOUNT: &str = "devstoreaccount1";
/// The account key that Microsoft publishes for emulators.
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// A running Azurite. Dropping it stops it.
#[derive(Debug)]
pub struct Azurite {
    port: u16,
    _process: Process,
    _folder: tempfile::TempDir,
}

impl Azurite {
    /// Starts Azurite, and waits until it answers.
    pub fn start() -> Self {
        let program = std::env::var(AZURITE)
            .unwrap_or_else(|_| panic!("{AZURITE} names no azurite-blob; run `cargo xtask test`"));
        let folder = tempfile::tempdir().expect("a temporary folder");
        // The port is free now. No other program on a test machine takes ports at random.
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = free.local_addr().expect("it is bound").port();
        drop(free);
        let mut command = Command::new(program);
        command.args(["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--blobHost", "127.0.0.1"]);
        command.args(["--blobPort", &port.to_string(), "--location"]).arg(folder.path());
        let mut process = Process::start(command, folder.path(), "azurite");
        let started = until(PATIENCE, || {
            assert!(process.status().is_none(), "Azurite has ended\n{}", process.last_words());
            std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()
        });
        assert!(started.is_some(), "Azurite does not answer\n{}", process.last_words());
        Self { port, _process: process, _folder: folder }
    }

    /// Its endpoint.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/{ACCOUNT}", self.port)
    }

    /// The account's name.
    pub const fn account(&self) -> &'static str {
        ACCOUNT
    }

    /// The account's key.
    pub const fn access_key(&self) -> &'static str {
        KEY
    }

    /// Creates an empty container, and returns its name.
    pub async fn container(&self, name: &str) -> String {
        let url = format!("{}/{name}?restype=container&{}", self.url(), account_signature());
        let response = reqwest::Client::new().put(url).send().await.expect("Azurite answers");
        let status = response.status();
        assert!(status.is_success(), "{status}: {}", response.text().await.unwrap_or_default());
        name.to_owned()
    }

    /// The environment variables that tell a program how to reach it.
    pub fn environment(&self) -> Vec<(String, String)> {
        [
            ("AZURE_STORAGE_ENDPOINT", self.url()),
            ("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT.to_owned()),
            ("AZURE_STORAGE_ACCOUNT_KEY", KEY.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

/// The query of a URL with all permissions: a shared access signature for the whole account.
fn account_signature() -> String {
    let (version, services, types, permissions, end) =
        ("2020-02-10", "b", "sco", "rwdlac", "2099-01-01T00:00:00Z");
    let text = format!("{ACCOUNT}\n{permissions}\n{services}\n{types}\n\n{end}\n\n\n{version}\n");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &BASE64_STANDARD.decode(KEY).expect("a published key"));
    let signature = BASE64_STANDARD.encode(hmac::sign(&key, text.as_bytes()));
    let signature = percent_encoded(&signature);
    format!("sv={version}&ss={services}&srt={types}&sp={permissions}&se={end}&sig={signature}")
}
