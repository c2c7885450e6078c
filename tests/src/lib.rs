//! The harness of the end-to-end tests: real executables, real databases, and commands as a user types them.
//!
//! The harness panics, because that is how a test fails. Each panic says what to do or shows what happened. It must never call the
//! workspace's crates to do a test's work: these tests must prove everything from outside.
//!
//! ```no_run
//! use olivine_tests::{Database, Server, on_both};
//!
//! fn a_new_artifact_is_listed(database: Database) {
//!     let server = Server::start(database);
//!     let prn = server.shell().run("peridio artifacts create --name main-firmware --output prn").succeeds();
//!     let list = server.shell().run("peridio artifacts list --output jsonl").succeeds();
//!     assert!(list.contains(&prn));
//! }
//! on_both!(a_new_artifact_is_listed);
//! # fn main() {}
//! ```
#![expect(clippy::missing_panics_doc, reason = "a harness panics: that is how a test fails")]

mod api;
mod audit;
mod azurite;
mod bad_release;
mod browser;
mod certificates;
mod cluster;
mod database;
mod device;
mod document;
mod executables;
pub mod factory;
mod folders;
pub mod foreign_files;
mod gcs;
mod haproxy;
pub mod in_process;
mod line;
mod lists;
mod nginx;
mod pooler;
mod process;
mod random;
mod relay;
pub mod renewals;
mod s3;
mod scaled;
pub mod secrets;
mod server;
mod shell;
mod signing;
mod table;
mod wire;
mod workbench;

pub use api::{Answer, Api, send, try_send};
pub use audit::assert_no_orphans;
pub use azurite::Azurite;
pub use bad_release::{BadRelease, says};
pub use browser::{Browser, PASSWORD, token};
pub use certificates::{authority, named};
pub use cluster::Cluster;
pub use database::{Database, PostgresDatabase};
pub use device::{Device, ForDevices};
pub use document::{Operation, openapi, operations, operations_of};
pub use executables::Executables;
pub use folders::files_under;
pub use gcs::Gcs;
pub use haproxy::HaProxy;
pub use line::Line;
pub use lists::{events_of, list_all};
pub use nginx::Nginx;
pub use pooler::Pooler;
pub use random::{Random, asked_for};
pub use relay::Relay;
pub use s3::{Refusing, S3, S3Options};
pub use server::{Server, ServerBuilder};
pub use shell::{Finished, Shell};
pub use signing::{SigningPair, sha256_hex};
pub use table::{Table, redacted};
pub use wire::{Wire, chunked, exchange, percent_encoded};
pub use workbench::{Workbench, prn};

/// Runs each named test function, `fn(Database)` or `async fn(Database)`, on SQLite and on PostgreSQL.
///
/// The tests are called `sqlite::NAME` and `postgres::NAME`, so that the database can be chosen by name: `cargo xtask test --only
/// sqlite::`. Call the macro once per file: `on_both!(one, async another)`.
#[macro_export]
macro_rules! on_both {
    ($($test:tt)*) => {
        mod sqlite {
            $crate::on_database!(Sqlite: $($test)*);
        }
        mod postgres {
            $crate::on_database!(Postgres: $($test)*);
        }
    };
}

/// Used by [`on_both!`] for one database.
#[doc(hidden)]
#[macro_export]
macro_rules! on_database {
    ($database:ident:) => {};
    ($database:ident: async $test:ident $(, $($rest:tt)*)?) => {
        #[test]
        fn $test() {
            $crate::block_on(super::$test($crate::Database::$database));
        }
        $crate::on_database!($database: $($($rest)*)?);
    };
    ($database:ident: $test:ident $(, $($rest:tt)*)?) => {
        #[test]
        fn $test() {
            super::$test($crate::Database::$database);
        }
        $crate::on_database!($database: $($($rest)*)?);
    };
}

/// Runs a test's future; used by [`on_both!`]. It needs several threads, because [`Shell`] and [`Server`] block.
#[doc(hidden)]
pub fn block_on<F: Future>(test: F) -> F::Output {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime needs only threads")
        .block_on(test)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_plain_test(database: Database) {
        assert!(matches!(database, Database::Sqlite | Database::Postgres));
    }

    async fn an_async_test(database: Database) {
        let elsewhere = tokio::spawn(async move { database });
        assert_eq!(elsewhere.await.unwrap(), database);
    }

    on_both!(a_plain_test, async an_async_test);
}
