//! The resident memory of a process, sampled while it works. It does not include the page cache.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;

const EVERY: Duration = Duration::from_millis(5);

/// `VmRSS` in bytes.
pub(crate) fn resident(pid: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("reading a process's memory")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("VmRSS")?;
    let kibibytes: u64 = line.split_whitespace().nth(1).context("VmRSS")?.parse()?;
    Ok(kibibytes * 1024)
}

/// The highest resident memory of a process since this value was created.
#[derive(Debug)]
pub(crate) struct Peak {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl Peak {
    pub(crate) fn watch(pid: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut peak = 0;
            while !stopped.load(Ordering::Relaxed) {
                peak = peak.max(resident(pid).unwrap_or(0));
                std::thread::sleep(EVERY);
            }
            peak
        });
        Self { stop, thread }
    }

    pub(crate) fn bytes(self) -> anyhow::Result<u64> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow::anyhow!("watching the memory failed"))
    }
}
