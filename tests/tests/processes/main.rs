//! Processes that share a database, and the database itself: what they may use of it, how they hear of each other, how they come and go.

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

/// A process of an installation.
fn on(database: &PostgresDatabase) -> ServerBuilder {
    at(&database.url())
}

/// The same, by the database's URL, which may lead through a relay.
fn at(database_url: &str) -> ServerBuilder {
    Server::builder().arg("--database-url").arg(database_url).env("OLIVINE_SECRET_KEY", SECRET)
}

/// Two processes with one database, one content folder, and one authority for devices.
fn pair(database: &PostgresDatabase) -> (Server, Server) {
    let one = on(database).start();
    let other = on(database).data_dir(beside(&one)).start();
    (one, other)
}

/// A data folder for a process beside this one.
fn beside(server: &Server) -> std::path::PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("data-beside-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = server.data_dir().with_file_name(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    symlink(server.data_dir().join("content"), folder.join("content")).expect("a link");
    for file in ["device-ca.pem", "device-ca-key.pem", "device-tls.pem"] {
        let made = server.data_dir().join(file);
        // Not where the process has no devices of its own, or a proxy does TLS for them.
        if made.exists() {
            std::fs::copy(made, folder.join(file)).expect("a copy");
        }
    }
    folder
}

/// Waits until it is so.
async fn wait_until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < deadline, "not so within {PATIENCE:?}: {what}");
        tokio::time::sleep(POLL_EVERY).await;
    }
}
