//! How much of the database one process may use; and a database's URL as it may be shown, without what opens it.

use std::time::Duration;

use anyhow::ensure;
use olivine_records::Options;

/// The limits of one process on the database.
#[derive(Clone, Debug, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Database {
    /// The most connections of this process to PostgreSQL, besides one that listens for changes of other processes. A quarter of them, at
    /// least one, is used only for searches that no index answers; at least two are left for everything else.
    #[config(default = 16, env = "OLIVINE_DATABASE_CONNECTIONS")]
    pub connections: u32,

    /// The most connections that read from SQLite at the same time. In addition, one connection writes, and two are used only for searches
    /// that no index answers.
    #[config(default = 4, env = "OLIVINE_DATABASE_READERS")]
    pub readers: u32,

    /// How long a request waits for a free connection, or for SQLite's write lock, in seconds.
    #[config(default = 10, env = "OLIVINE_DATABASE_PATIENCE_SECONDS")]
    pub patience_seconds: u64,

    /// The longest that one statement may run on PostgreSQL or read from SQLite, and a transaction on PostgreSQL may be idle, in seconds.
    #[config(default = 30, env = "OLIVINE_DATABASE_STATEMENT_SECONDS")]
    pub statement_seconds: u64,

    /// The longest that a search may run that no index answers, in seconds. A search that needs longer is refused with 400 and
    /// `search_too_broad`. Each caller (API key or person) has one such search at a time.
    #[config(default = 2, env = "OLIVINE_DATABASE_SEARCH_SECONDS")]
    pub search_seconds: u64,
}

/// The same as flags.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DatabaseFlags {
    /// Most connections to PostgreSQL [default: 16]
    #[arg(long = "database-connections", value_name = "NUMBER")]
    connections: Option<u32>,
    /// Most connections that read from SQLite [default: 4]
    #[arg(long = "database-readers", value_name = "NUMBER")]
    readers: Option<u32>,
    /// How long to wait for a free connection [default: 10]
    #[arg(long = "database-patience-seconds", value_name = "SECONDS")]
    patience_seconds: Option<u64>,
    /// Longest that a statement may run on PostgreSQL or read from SQLite [default: 30]
    #[arg(long = "database-statement-seconds", value_name = "SECONDS")]
    statement_seconds: Option<u64>,
    /// Longest that a search may run that no index answers [default: 2]
    #[arg(long = "database-search-seconds", value_name = "SECONDS")]
    search_seconds: Option<u64>,
}

impl DatabaseFlags {
    pub(super) const fn put_into(&self, layer: &mut <Database as confique::Config>::Layer) {
        layer.connections = self.connections;
        layer.readers = self.readers;
        layer.patience_seconds = self.patience_seconds;
        layer.statement_seconds = self.statement_seconds;
        layer.search_seconds = self.search_seconds;
    }
}

/// Statements and waits that may last longer than a day are not limited at all; PostgreSQL counts milliseconds in 31 bits.
const LONGEST: u64 = 24 * 60 * 60;

impl Database {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.connections >= 2 && self.readers >= 1,
            "database.connections must be at least 2, database.readers at least 1"
        );
        ensure!(
            [self.patience_seconds, self.statement_seconds, self.search_seconds]
                .iter()
                .all(|time| (1..=LONGEST).contains(time)),
            "database.patience_seconds, database.statement_seconds and database.search_seconds must be from 1 to {LONGEST}"
        );
        Ok(())
    }

    /// As the records know it.
    pub const fn options(&self) -> Options {
        Options {
            connections: self.connections,
            readers: self.readers,
            patience: Duration::from_secs(self.patience_seconds),
            statement_timeout: Duration::from_secs(self.statement_seconds),
            scan_timeout: Duration::from_secs(self.search_seconds),
        }
    }
}

/// What a URL's query may show; all else could be a secret, also where it is misspelt.
const HARMLESS: [&str; 11] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "port",
    "dbname",
    "application_name",
    "target_session_attrs",
    "connect_timeout",
    "channel_binding",
];

/// A database's URL without any password, wherever in it that stands. A PostgreSQL URL that can't be understood is not shown.
pub fn shown(url: &str) -> String {
    if url.starts_with("sqlite:") {
        return url.to_owned();
    }
    understood(url)
        .unwrap_or_else(|| "(a URL that is not of the form postgres://user:password@host/name)".to_owned())
}

fn understood(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let (authority, name) = place.split_once('/').unwrap_or((place, ""));
    // An unescaped '/', '?' or '@' in a password would make a part of it look like something else.
    if name.contains(['@', ':', '#']) || query.is_some_and(|query| query.contains('@')) {
        return None;
    }
    let (user, host) =
        authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    if !host.split(',').all(has_plain_port) {
        return None;
    }
    let user = user.map_or(String::new(), |user| match user.split_once(':') {
        Some((user, _)) => format!("{user}:…@"),
        None => format!("{user}@"),
    });
    let query = query.map_or(String::new(), |query| {
        format!("?{}", query.split('&').map(parameter).collect::<Vec<_>>().join("&"))
    });
    Some(format!("{scheme}://{user}{host}/{name}{query}"))
}

/// What is behind the last colon would be a part of a password, if it is not a port.
fn has_plain_port(host: &str) -> bool {
    let behind_address = host.rsplit_once(']').map_or(host, |(_, port)| port);
    let port = behind_address.rsplit_once(':').map_or("", |(_, port)| port);
    port.bytes().all(|byte| byte.is_ascii_digit())
}

fn parameter(text: &str) -> String {
    match text.split_once('=') {
        Some((name, _)) if HARMLESS.contains(&name) => text.to_owned(),
        Some((name, _)) => format!("{name}=…"),
        None => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_has_no_password() {
        for (url, expected) in [
            ("sqlite:/a/b.db", "sqlite:/a/b.db"),
            ("postgres://u:secret@db.example.com:5432/olivine", "postgres://u:…@db.example.com:5432/olivine"),
            ("postgres://u@[::1]:5432/olivine", "postgres://u@[::1]:5432/olivine"),
            (
                "postgres://u:p@one:5432,two/x?connect_timeout=3",
                "postgres://u:…@one:5432,two/x?connect_timeout=3",
            ),
            (
                "postgres://db/olivine?user=u&password=secret&sslmode=verify-full",
                "postgres://db/olivine?user=…&password=…&sslmode=verify-full",
            ),
            ("postgres://u:sec:ret@h/x?pass%77ord=secret&secret", "postgres://u:…@h/x?pass%77ord=…&…"),
        ] {
            assert_eq!(shown(url), expected);
        }
        for broken in [
            "postgres://u:secret/more@h/x",
            "postgres://u:secret?more@h/x",
            "postgres://u:secret",
            "postgres://h/x?password=secret@more",
            "postgres:u:secret@h",
            "secret",
        ] {
            assert!(!shown(broken).contains("secret"), "{broken}: {}", shown(broken));
        }
    }
}
