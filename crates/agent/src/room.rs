//! Whether there is room for an update, asked before its first byte is fetched: a server that announces more than fits must not fill the
//! device's disk.

use std::path::Path;

use rustix::fs::statvfs;

use crate::plan::{Offer, Refused};
use crate::store::Store;

/// What stays free by default…
const RESERVE: u64 = 16 << 20;
/// …but not more than this part of a small file system.
const MOST_OF_ALL: u64 = 20;

/// Refuses an offer whose missing bytes leave less free than is reserved. Where the file system does not say what is free, nothing is
/// refused.
pub(crate) fn check(offer: &Offer, store: &Store, reserve: Option<u64>) -> Result<(), Refused> {
    let folder = store.downloads();
    let Some(space) = space(&folder) else { return Ok(()) };
    let reserve = reserve.unwrap_or_else(|| usual_reserve(space.total));
    fits(missing(offer, store), space.free, reserve)
        .map_err(|problem| Refused(format!("there is no room in {}: {problem}", folder.display())))
}

const fn usual_reserve(total: u64) -> u64 {
    let part = total / MOST_OF_ALL;
    if part < RESERVE { part } else { RESERVE }
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

/// Bytes of a file system.
struct Space {
    total: u64,
    free: u64,
}

fn space(folder: &Path) -> Option<Space> {
    let status = statvfs(folder).ok().filter(|status| status.f_blocks > 0)?;
    let bytes = |blocks: u64| blocks.saturating_mul(status.f_frsize);
    Some(Space { total: bytes(status.f_blocks), free: bytes(status.f_bavail) })
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
    fn little_is_reserved_on_a_small_file_system() {
        assert_eq!(usual_reserve(1 << 40), 16 << 20);
        assert_eq!(usual_reserve(320 << 20), 16 << 20);
        assert_eq!(usual_reserve(8 << 20), (8 << 20) / 20);
    }

    #[test]
    fn the_reserve_stays_free() {
        assert!(fits(10, 20, 10).is_ok());
        assert!(fits(11, 20, 10).is_err());
        assert!(fits(0, 5, 10).is_ok(), "what is there already needs no room");
        assert!(fits(1, 5, 10).is_err());
        assert!(fits(u64::MAX, u64::MAX, 1).is_err());
    }
}
