//! The server that answers: its version and its database.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The server process that answers this request, and the database that it shares with others.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Server {
    /// The version of the process that answers.
    #[schema(example = "0.1.0")]
    pub version: String,
    /// The kind of database: `sqlite` (there is one process) or `postgresql` (there may be several processes).
    #[schema(example = "sqlite")]
    pub database: String,
    /// The name of the newest migration that was run on the database.
    #[schema(example = "0012_outcome_words")]
    pub last_migration: Option<String>,
    /// How many migrations of this version were not run yet. Usually 0: a server runs them when it starts.
    pub pending_migrations: u64,
    /// The time of the server's clock, in UTC (RFC 3339).
    pub now: String,
}

/// The server, under the key `server`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ServerEnvelope {
    /// The server process that answered, with its database.
    pub server: Server,
}
