//! A running `olivine serve`: starts it, waits for it, stops it.
//!
//! The end-to-end tests have a larger harness (`tests/src`). This one stays small, because xtask must build fast.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use crate::{console, interrupt};

/// A first start creates a database and a CA. If it takes more than a minute, something is wrong.
const READY_WITHIN: Duration = Duration::from_mins(1);
const POLL_EVERY: Duration = Duration::from_millis(50);

/// A server that is ready. Dropping it stops it.
pub(crate) struct Olivine {
    child: Child,
    data_dir: PathBuf,
    /// The URL of its Admin API.
    pub(crate) admin_url: String,
    /// The URL of its Device API.
    pub(crate) device_url: String,
    /// The CA certificate that devices must trust.
    pub(crate) device_ca: Option<PathBuf>,
}

impl Olivine {
    /// Starts `olivine serve` and waits until it is ready. Its output goes to `log`, or to our own output.
    pub(crate) fn start(
        executables: &Path,
        data_dir: &Path,
        args: &[String],
        log: Option<File>,
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(executables.join("olivine"));
        command.arg("serve").arg("--data-dir").arg(data_dir).args(args).stdin(Stdio::null());
        if let Some(log) = log {
            command.stdout(log.try_clone()?).stderr(log);
        }
        let child = interrupt::spawn(&mut command).context("cannot start olivine")?;
        let (admin_url, device_url) = (String::new(), String::new());
        let mut server =
            Self { child, data_dir: data_dir.to_owned(), admin_url, device_url, device_ca: None };
        let Announced { admin_url, device_url, device_ca } = server.ready()?;
        (server.admin_url, server.device_url, server.device_ca) = (admin_url, device_url, device_ca);
        Ok(server)
    }

    fn ready(&mut self) -> anyhow::Result<Announced> {
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            if let Some(status) = self.child.try_wait()? {
                self.wait()?;
                bail!("olivine ended before it was ready ({status})");
            }
            if let Some(announced) = announced(&self.data_dir, self.child.id()) {
                return Ok(announced);
            }
            ensure!(Instant::now() < deadline, "olivine is not ready after {READY_WITHIN:?}");
            std::thread::sleep(POLL_EVERY);
        }
    }

    /// The file with the first admin API key.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.data_dir.join("admin-api-key")
    }

    /// Waits until the server ends, either by itself or because a signal was passed on to it.
    pub(crate) fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(interrupt::wait(&mut self.child)?)
    }
}

/// The content of `server.json`, which says how a server is reached.
#[derive(Debug, PartialEq, Eq)]
struct Announced {
    admin_url: String,
    device_url: String,
    device_ca: Option<PathBuf>,
}

/// The content of `server.json`, unless the file was left behind by a server that was killed.
fn announced(data_dir: &Path, pid: u32) -> Option<Announced> {
    let text = std::fs::read_to_string(data_dir.join("server.json")).ok()?;
    let announcement: Value = serde_json::from_str(&text).ok()?;
    let ours = announcement.get("pid")?.as_u64()? == u64::from(pid);
    let text = |name| Some(announcement.get(name)?.as_str()?.to_owned());
    let (admin_url, device_url) = (text("admin_url")?, text("device_url")?);
    ours.then(|| Announced { admin_url, device_url, device_ca: text("device_ca").map(PathBuf::from) })
}

impl Drop for Olivine {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        interrupt::terminate(&self.child);
        if let Err(error) = self.wait() {
            console::say(format!("olivine did not stop: {error}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announce(text: &str) -> Option<Announced> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("server.json"), text).unwrap();
        announced(folder.path(), 7)
    }

    #[test]
    fn the_address_of_this_very_process_is_taken() {
        let addresses = r#""admin_url": "http://127.0.0.1:1", "device_url": "https://127.0.0.1:2", "device_ca": "/ca.pem""#;
        let expected = Announced {
            admin_url: "http://127.0.0.1:1".to_owned(),
            device_url: "https://127.0.0.1:2".to_owned(),
            device_ca: Some("/ca.pem".into()),
        };
        assert_eq!(announce(&format!(r#"{{"pid": 7, {addresses}}}"#)), Some(expected));
        assert_eq!(announce(&format!(r#"{{"pid": 8, {addresses}}}"#)), None, "another process");
        assert_eq!(announce(r#"{"pid": 7, "adm"#), None, "not JSON");
        assert_eq!(announced(Path::new("/nonexistent"), 7), None);
    }
}
