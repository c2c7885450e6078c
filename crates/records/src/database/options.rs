//! How much of a database one process may use.

use std::time::Duration;

/// How much of a database one process may use.
#[derive(Clone, Debug)]
pub struct Options {
    /// The most connections to PostgreSQL. A quarter of them, at least one, is set apart for scans; two are left for all else.
    pub connections: u32,
    /// The most connections that read from SQLite; there always is exactly one that writes, and two are for scans.
    pub readers: u32,
    /// How long to wait for a free connection, or for SQLite's write lock.
    pub patience: Duration,
    /// The longest that one statement may run. Two seconds later this side gives up waiting for PostgreSQL's answer.
    pub statement_timeout: Duration,
    /// The longest that a scan may run: a list whose search no index answers.
    pub scan_timeout: Duration,
}

/// How many connections to SQLite are set apart for scans.
pub(super) const SQLITE_SCANS: u32 = 2;

impl Options {
    /// How many connections are set apart for scans.
    pub(super) const fn scans(&self) -> u32 {
        if self.connections < 8 { 1 } else { self.connections / 4 }
    }

    /// The same for all connections but those for scans.
    pub(super) const fn without_scans(&self) -> u32 {
        let left = self.connections.saturating_sub(self.scans());
        if left < 2 { 2 } else { left }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 16,
            readers: 4,
            patience: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(30),
            scan_timeout: Duration::from_secs(2),
        }
    }
}
