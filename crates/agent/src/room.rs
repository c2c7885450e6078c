//! Whether there is room for an update, asked before its first byte is fetched: a server that announces more than fits must not fill the
//! device's disk.

use std::path::Path;

use rustix::fs::statvfs;

use crate::plan::{Offer, Refused};
use crate::store::Store;

/// Refuses an offer whose missing bytes leave less than `reserve` bytes free. Where the file system does not say what is free, nothing is
/// refused.
pub(crate) fn check(offer: &Offer, store: &Store, reserve: u64) -> Result<(), Refused> {
    let folder = store.downloads();
    match free(&folder) {
        Some(free) => fits(missing(offer, store), free, reserve).map_err(|problem| {
            Refused::ForNow(format!("there is no room in {}: {problem}", folder.display()))
        }),
        None => Ok(()),
    }
}

/// What of the contents is not there yet. A content that several entries have is fetched once.
fn missing(offer: &Offer, store: &Store) -> u64 {
    let mut seen = Vec::new();
    let mut missing = 0_u64;
    for entry in &offer.plan.entries {
        if !seen.contains(&entry.hash) {
            seen.push(entry.hash);
            missing = missing.saturating_add(entry.size.saturating_sub(store.arrived(&entry.hash)));
        }
    }
    missing
}

fn free(folder: &Path) -> Option<u64> {
    let status = statvfs(folder).ok()?;
    Some(status.f_bavail.saturating_mul(status.f_frsize))
}

fn fits(missing: u64, free: u64, reserve: u64) -> Result<(), String> {
    if missing <= free.saturating_sub(reserve) {
        return Ok(());
    }
    Err(format!(
        "the update needs {missing} more bytes, {free} are free, and {reserve} of them must stay free (download_reserve_bytes)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_stays_free() {
        assert!(fits(10, 20, 10).is_ok());
        assert!(fits(11, 20, 10).is_err());
        assert!(fits(0, 5, 10).is_ok(), "what is there already needs no room");
        assert!(fits(1, 5, 10).is_err());
        assert!(fits(u64::MAX, u64::MAX, 1).is_err());
    }
}
