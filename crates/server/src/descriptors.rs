//! What the system allows this process: open files, and the size of a file.

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

/// Fewer open files are soon used up: each connection is one, each download two more.
const FEW: u64 = 4096;

/// Raises the limit of open files as far as this process may, and says how far that is.
pub fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let open_files = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files can't be raised");
            limit.current
        }
    };
    let shown = open_files.map_or("unlimited".to_owned(), |files| files.to_string());
    if open_files.is_some_and(|files| files < FEW) {
        tracing::warn!(
            open_files = shown,
            "this process may have few open files: raise the hard limit (LimitNOFILE= of its unit, `ulimit -Hn`)"
        );
    } else {
        tracing::info!(open_files = shown, "open files that this process may have");
    }
}

/// From now on a file that grows beyond what this process may write (`RLIMIT_FSIZE`) is an error, as a full disk is, and not the end.
pub fn outlive_file_sizes() -> anyhow::Result<()> {
    // Its own handler, which is never taken away again, is all that is needed.
    let exceeded = signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))?;
    drop(exceeded);
    Ok(())
}
