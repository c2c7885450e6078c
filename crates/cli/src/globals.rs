//! The options that every command accepts.

use clap::Args;

use crate::output::Format;

/// The options that every command accepts.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Globals {
    /// The API key to use
    #[arg(long, env = "PERIDIO_API_KEY", hide_env_values = true, global = true, value_name = "KEY")]
    pub(crate) api_key: Option<String>,
    #[arg(
        help = "The address of the server [default: http://localhost:8080]",
        long,
        env = "PERIDIO_BASE_URL",
        global = true,
        value_name = "URL"
    )]
    pub(crate) base_url: Option<String>,
    /// A PEM file with certificate authorities to trust, in addition to the system's
    #[arg(long, env = "PERIDIO_CA_PATH", global = true, value_name = "FILE")]
    pub(crate) ca_path: Option<String>,
    /// The profile with the server and the API key to use (see 'peridio config profiles')
    #[arg(long, env = "PERIDIO_PROFILE", global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The output format [default: json; for lists on a terminal: table]
    #[arg(long, value_enum, global = true, value_name = "FORMAT")]
    pub(crate) output: Option<Format>,
    /// How often to retry a request that fails temporarily
    #[arg(long, env = "PERIDIO_RETRIES", global = true, hide = true, value_name = "COUNT")]
    pub(crate) retries: Option<usize>,
    /// Give up an attempt after this many seconds without progress
    #[arg(long, env = "PERIDIO_TIMEOUT", global = true, hide = true, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
}
