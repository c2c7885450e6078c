//! Processes that share a database, and the database itself: its limits, announcements between processes, and processes that start and
//! stop.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod announcements;
mod blackhole;
mod both_ways;
mod clocks;
mod coherence;
mod database;
mod failover;
mod feed;
mod fleet;
mod imports;
mod offers;
mod roles;
mod rolling;
mod rollout;
mod signals;
mod standby;
mod storages;

use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use olivine_tests::{PostgresDatabase, Server, ServerBuilder};

const SECRET: &str = "a secret that all processes of one installation share";
const PATIENCE: Duration = Duration::from_secs(30);
const POLL_EVERY: Duration = Duration::from_millis(5);

/// A process of an installation with this database.
fn on(database: &PostgresDatabase) -> ServerBuilder {
    at(&database.url())
}

/// Like `on`, with the URL of the database, which may lead through a relay.
fn at(database_url: &str) -> ServerBuilder {
    Server::builder().arg("--database-url").arg(database_url).env("OLIVINE_SECRET_KEY", SECRET)
}

/// Two processes with one database, one content folder, and one device CA.
fn pair(database: &PostgresDatabase) -> (Server, Server) {
    let one = on(database).start();
    let other = on(database).data_dir(beside(&one)).start();
    (one, other)
}

/// The data folder for another process of the same installation.
fn beside(server: &Server) -> std::path::PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("data-beside-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = server.data_dir().with_file_name(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    symlink(server.data_dir().join("content"), folder.join("content")).expect("a link");
    for file in ["device-ca.pem", "device-ca-key.pem", "device-tls.pem"] {
        let made = server.data_dir().join(file);
        // These files do not exist if the process has no Device API, or if a proxy does TLS for it.
        if made.exists() {
            std::fs::copy(made, folder.join(file)).expect("a copy");
        }
    }
    folder
}

/// Waits until a condition is true.
async fn wait_until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < deadline, "not so within {PATIENCE:?}: {what}");
        tokio::time::sleep(POLL_EVERY).await;
    }
}
