//! A running `olivine serve` with a data folder. Dropping it stops the server.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::api::Api;
use crate::programs;

/// Upper bounds, not expectations.
const READY_WITHIN: Duration = Duration::from_mins(1);
const STOPPED_WITHIN: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// A server that is ready.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    data_dir: PathBuf,
    /// The base URL of the Admin API.
    pub(crate) url: String,
    device_url: String,
    /// The time from its start until `/readyz` succeeded.
    pub(crate) ready_after: Duration,
}

impl Server {
    /// Starts it with the embedded database, or with the database at this URL.
    pub(crate) async fn start(data_dir: &Path, database_url: Option<&str>) -> anyhow::Result<Self> {
        Self::start_with(data_dir, database_url, &[]).await
    }

    /// Starts it with these environment variables.
    pub(crate) async fn start_with(
        data_dir: &Path,
        database_url: Option<&str>,
        settings: &[(&str, String)],
    ) -> anyhow::Result<Self> {
        Self::start_program(&programs::built("olivine")?, data_dir, database_url, settings).await
    }

    /// Starts it from another executable, such as an earlier version.
    pub(crate) async fn start_program(
        program: &Path,
        data_dir: &Path,
        database_url: Option<&str>,
        settings: &[(&str, String)],
    ) -> anyhow::Result<Self> {
        fs::create_dir_all(data_dir)?;
        let log = File::create(data_dir.join("server.log"))?;
        let mut command = Command::new(program);
        command.arg("serve").arg("--data-dir").arg(data_dir);
        command.args(["--listen", "127.0.0.1:0", "--device-listen", "127.0.0.1:0"]);
        if let Some(url) = database_url {
            command.args(["--database-url", url]);
        }
        // The user's own settings must not influence the measurement.
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OLIVINE_"))
        {
            command.env_remove(name);
        }
        // The few clients of a benchmark ask as fast as they can. Their requests are counted as usual, but never refused.
        let limits = [
            "OLIVINE_REQUESTS_PER_SECOND",
            "OLIVINE_DEVICE_REQUESTS_PER_SECOND",
            "OLIVINE_TRANSFERS_PER_URL",
            "OLIVINE_TRANSFERS_PER_ADDRESS",
        ];
        command.envs(limits.map(|name| (name, "100000000")));
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).current_dir(data_dir);
        let began = Instant::now();
        let child = command.spawn().context("starting olivine")?;
        let (url, device_url) = (String::new(), String::new());
        let data_dir = data_dir.to_owned();
        let mut server = Self { child, data_dir, url, device_url, ready_after: Duration::ZERO };
        (server.url, server.device_url) = server.announced(began).await?;
        let ready = reqwest::get(format!("{}/readyz", server.url)).await?;
        ensure!(ready.status().is_success(), "the server is announced, but not ready: {}", ready.status());
        server.ready_after = began.elapsed();
        Ok(server)
    }

    async fn announced(&mut self, began: Instant) -> anyhow::Result<(String, String)> {
        let path = self.data_dir.join("server.json");
        while began.elapsed() < READY_WITHIN {
            if let Some(status) = self.child.try_wait()? {
                let log = fs::read_to_string(self.data_dir.join("server.log")).unwrap_or_default();
                bail!("olivine ended ({status}):\n{log}");
            }
            let announcement = fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
            let announcement: serde_json::Value = announcement.unwrap_or_default();
            let url = |name: &str| announcement[name].as_str().map(str::to_owned);
            if announcement["pid"] == self.pid()
                && let Some(urls) = url("admin_url").zip(url("device_url"))
            {
                return Ok(urls);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        bail!("olivine is not ready after {READY_WITHIN:?}")
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The address of the Device API.
    pub(crate) fn device_address(&self) -> anyhow::Result<SocketAddr> {
        let (_, address) = self.device_url.split_once("://").context("the Device API's URL")?;
        Ok(address.parse()?)
    }

    /// The admin API key that the first start wrote.
    pub(crate) fn key(&self) -> anyhow::Result<String> {
        let key = fs::read_to_string(self.data_dir.join("admin-api-key")).context("reading the admin key")?;
        Ok(key.trim().to_owned())
    }

    /// A client of the Admin API with that key, on one connection.
    pub(crate) fn api(&self) -> anyhow::Result<Api> {
        Api::new(&self.url, &self.key()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        terminate(&mut self.child, STOPPED_WITHIN);
    }
}

/// Asks a process to stop, and kills it if it does not stop in time.
pub(crate) fn terminate(child: &mut Child, patience: Duration) {
    let asked = Instant::now();
    // The process may just have ended by itself, which is fine.
    let _ = kill_process(Pid::from_child(child), Signal::TERM);
    while asked.elapsed() < patience {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    let _ = child.wait();
}
