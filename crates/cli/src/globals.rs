//! The settings that every command takes.

use clap::Args;

use crate::output::Format;

/// What every command takes.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Globals {
    /// The API key
    #[arg(long, env = "PERIDIO_API_KEY", hide_env_values = true, global = true, value_name = "KEY")]
    pub(crate) api_key: Option<String>,
    #[arg(
        help = "Where the server is [default: http://localhost:8080]",
        long,
        env = "PERIDIO_BASE_URL",
        global = true,
        value_name = "URL"
    )]
    pub(crate) base_url: Option<String>,
    /// A PEM file with certificate authorities to trust besides the system's
    #[arg(long, env = "PERIDIO_CA_PATH", global = true, value_name = "FILE")]
    pub(crate) ca_path: Option<String>,
    /// The profile to take settings from (see 'peridio config profiles')
    #[arg(long, env = "PERIDIO_PROFILE", global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// How to print records [default: json; lists on a terminal: table]
    #[arg(long, value_enum, global = true, value_name = "FORMAT")]
    pub(crate) output: Option<Format>,
    /// How often a request that fails in a way that may pass is tried again
    #[arg(long, env = "PERIDIO_RETRIES", global = true, hide = true, value_name = "COUNT")]
    pub(crate) retries: Option<usize>,
    /// After how many seconds without any progress an attempt counts as failed
    #[arg(long, env = "PERIDIO_TIMEOUT", global = true, hide = true, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
}
