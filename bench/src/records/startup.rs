//! The time from a cold start until the server is ready, and the memory of an idle server.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{Advice, fadvise};

use super::Installation;
use crate::memory::resident;
use crate::table::{Goal, Table, Times, say};
use crate::{programs, sizes};

const STARTS: usize = 5;
/// Long enough for the first round of the background jobs.
const IDLE: Duration = Duration::from_secs(3);

pub(super) async fn measure(many: &Installation, table: &mut Table) -> anyhow::Result<()> {
    let mut times = Times::default();
    let mut idle = u64::MAX;
    for start in 1..=STARTS {
        evict(&many.data_dir.join("olivine.db"));
        evict(&programs::built("olivine")?);
        let server = many.start().await?;
        times.push(server.ready_after);
        tokio::time::sleep(IDLE).await;
        let resident = resident(server.pid())?;
        say(format!(
            "  start {start}: ready after {:.3?}, {:.1} MiB",
            server.ready_after,
            sizes::mebibytes(resident)
        ));
        idle = idle.min(resident);
    }
    let what = match &many.postgres {
        None => "start to ready, executable and database dropped from the page cache",
        Some(_) => "start to ready, executable dropped from the page cache",
    };
    table.absolute(what, times.best(), "s", Goal::AtMost(0.5));
    table.absolute("idle memory (resident)", sizes::mebibytes(idle), "MiB", Goal::AtMost(40.0));
    Ok(())
}

/// Removes a file from the page cache, unless a process has mapped it.
fn evict(path: &Path) {
    if let Ok(file) = File::open(path) {
        // Only pages without unwritten changes can be removed. If this fails, the start is measured with a warm cache and looks faster;
        // nothing worse happens.
        let _ = file.sync_all();
        let _ = fadvise(&file, 0, None, Advice::DontNeed);
    }
}
