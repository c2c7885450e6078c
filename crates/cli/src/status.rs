//! `peridio status`: the server and its version, the caller, and the storage in use.

use clap::Args;
use serde::Serialize;

use crate::failure::Failure;
use crate::output::Record;
use crate::session::Session;

/// The status has no flags.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  peridio status")]
pub(crate) struct Status;

/// The printed status.
#[derive(Serialize)]
struct Overview {
    server: String,
    server_version: Option<String>,
    organization: String,
    api_key: String,
    role: Option<String>,
    scopes: usize,
    expires_at: Option<String>,
    storage_used: Option<u64>,
    storage_quota: Option<u64>,
}

impl Record for Overview {
    const COLUMNS: &'static [&'static str] = &[];

    fn prn(&self) -> Option<&str> {
        None
    }

    fn cell(&self, column: &str) -> Option<String> {
        let absent = match column {
            "role" if self.role.is_none() => "none: the key has single scopes",
            "expires_at" if self.expires_at.is_none() => "never",
            "storage_quota" if self.storage_quota.is_none() && self.storage_used.is_some() => "no limit",
            "storage_used" if self.storage_used.is_none() => "unknown: the key lacks organization.read",
            _ => return None,
        };
        Some(absent.to_owned())
    }
}

impl Status {
    /// If the key may not read the organization, the rest is still shown.
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        let answer = session.client.me_and_server().await?;
        let organization = match session.client.organization().await {
            Ok(organization) => Some(organization),
            Err(error) if error.status() == Some(403) => None,
            Err(error) => return Err(error.into()),
        };
        session.printer.for_people().one(&Overview {
            server: session.client.base_url().to_string(),
            server_version: answer.server.map(|server| server.version),
            organization: answer.user.organization_name.unwrap_or_default(),
            api_key: answer.user.name,
            role: answer.user.role,
            scopes: answer.user.scopes.len(),
            expires_at: answer.user.expires_at,
            storage_used: organization.as_ref().map(|organization| organization.storage_used),
            storage_quota: organization.and_then(|organization| organization.storage_quota),
        })
    }
}
