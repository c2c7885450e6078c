//! A running `olivine serve`: started, awaited, stopped.
//!
//! The end-to-end tests have a richer harness (`tests/src`); this one stays small, because xtask must build fast.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use crate::{console, interrupt};

/// A first start makes a database and a certificate authority; more than a minute means that something is wrong.
const READY_WITHIN: Duration = Duration::from_mins(1);
const POLL_EVERY: Duration = Duration::from_millis(50);

/// A server that is ready; stopped when dropped.
pub(crate) struct Olivine {
    child: Child,
    data_dir: PathBuf,
    /// Where its Admin API answers.
    pub(crate) admin_url: String,
    /// Where its Device API answers.
    pub(crate) device_url: String,
    /// What devices are to trust.
    pub(crate) device_ca: Option<PathBuf>,
}

impl Olivine {
    /// Starts `olivine serve` and waits until it is ready. Its output goes to `log`, or to ours.
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

    /// The file that holds the first admin key.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.data_dir.join("admin-api-key")
    }

    /// Waits until the server ends: by itself, or because we were interrupted and passed that on.
    pub(crate) fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(interrupt::wait(&mut self.child)?)
    }
}

/// What `server.json` says of how a server is reached.
#[derive(Debug, PartialEq, Eq)]
struct Announced {
    admin_url: String,
    device_url: String,
    device_ca: Option<PathBuf>,
}

/// What is in `server.json`, unless that file was left behind by a server that was killed.
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
