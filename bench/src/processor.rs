//! The processor time that processes have taken.

use std::fs;
use std::time::Duration;

use anyhow::Context as _;

/// What `/proc` counts in: Linux has shown it to programs as hundredths of a second for ever, whatever it works with itself.
const TICK: Duration = Duration::from_millis(10);

/// The time that a process and its children have taken so far.
pub(crate) fn taken_by(pid: u32) -> anyhow::Result<Duration> {
    let mut ticks = of(pid).context("reading a process's processor time")?.1;
    for entry in fs::read_dir("/proc")? {
        let child = entry?.file_name().to_str().and_then(|name| name.parse().ok());
        // Others' processes come and go meanwhile.
        if let Some((parent, own)) = child.and_then(of)
            && parent == pid
        {
            ticks += own;
        }
    }
    Ok(TICK.saturating_mul(ticks))
}

/// The time that this process has taken so far, without its children.
pub(crate) fn taken_by_us() -> anyhow::Result<Duration> {
    let (_, ticks) = of(std::process::id()).context("reading our processor time")?;
    Ok(TICK.saturating_mul(ticks))
}

/// A process's parent, and its ticks.
fn of(pid: u32) -> Option<(u32, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before may have anything in it, but nothing after it has a parenthesis.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |place: usize| fields.get(place)?.parse::<u32>().ok();
    Some((number(1)?, number(11)? + number(12)?))
}
