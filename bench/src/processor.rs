//! The processor time that processes have used.

use std::fs;
use std::time::Duration;

use anyhow::Context as _;

/// The unit of `/proc`: Linux has always reported hundredths of a second to programs, whatever it uses internally.
const TICK: Duration = Duration::from_millis(10);

/// The processor time that a process and its children have used so far.
pub(crate) fn taken_by(pid: u32) -> anyhow::Result<Duration> {
    let mut ticks = of(pid).context("reading a process's processor time")?.1;
    for entry in fs::read_dir("/proc")? {
        let child = entry?.file_name().to_str().and_then(|name| name.parse().ok());
        // Other processes start and end while we read.
        if let Some((parent, own)) = child.and_then(of)
            && parent == pid
        {
            ticks += own;
        }
    }
    Ok(TICK.saturating_mul(ticks))
}

/// The processor time that this process has used so far, without its children.
pub(crate) fn taken_by_us() -> anyhow::Result<Duration> {
    let (_, ticks) = of(std::process::id()).context("reading our processor time")?;
    Ok(TICK.saturating_mul(ticks))
}

/// The parent of a process, and its processor time in ticks.
fn of(pid: u32) -> Option<(u32, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The process's name before may contain anything, but there is no parenthesis after it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |place: usize| fields.get(place)?.parse::<u32>().ok();
    Some((number(1)?, number(11)? + number(12)?))
}
