//! `peridio api-keys`: the keys with which callers authenticate. A new key's secret is shown once, by `create`.

mod create;
mod scopes;

use clap::{Args, Subcommand};
use olivine_api::api_keys::{ApiKey, ApiKeyUpdate};
use olivine_client::Query;
use olivine_domain::api_keys::ApiKey as Named;
use olivine_domain::prn::Prn;

use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::messages;
use crate::moments::Moment;
use crate::output::Record;
use crate::session::Session;
use create::Create;
use scopes::Scopes;

impl Record for ApiKey {
    const COLUMNS: &'static [&'static str] =
        &["name", "role", "hint", "expires:expires_at", "revoked:revoked_at", "scopes"];

    fn prn(&self) -> Option<&str> {
        Some(&self.prn)
    }

    /// A role stands for its scopes. Only scopes beyond the role are listed separately.
    fn cell(&self, column: &str) -> Option<String> {
        let single = || self.grants.iter().filter_map(|grant| grant.scopes.as_ref()).flatten().cloned();
        let scopes = || {
            if self.role.is_some() { single().collect::<Vec<_>>().join(", ") } else { self.scopes.join(", ") }
        };
        (column == "scopes").then(scopes)
    }
}

/// The commands about API keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates an API key and prints its secret, which is never shown again
    #[command(after_help = "Examples:\n  \
            peridio api-keys create --name dashboard --role reader\n  \
            peridio api-keys create --name signer --scope binary.sign --expires-at 90d --key-file signer.key\n  \
            peridio api-keys create --name on-call --role reader --scope release.stop\n  \
            KEY=$(peridio api-keys create --name ci --scope artifact.read,binary.read --output key)")]
    Create(Create),
    /// Lists the scopes that an API key can have, and the scopes of each role; works without an API key
    #[command(after_help = "Examples:\n  \
            peridio api-keys scopes --output table\n  \
            peridio api-keys scopes --role writer --output prn")]
    Scopes(Scopes),
    /// Lists API keys (without their secrets)
    #[command(after_help = "Example:\n  peridio api-keys list --output table")]
    List(List),
    /// Shows an API key (without its secret)
    #[command(after_help = "Example:\n  peridio api-keys get ci")]
    Get(One),
    /// Renames an API key, or changes when it expires
    #[command(after_help = "Example:\n  peridio api-keys update ci --expires-at 90d")]
    Update(Update),
    /// Revokes an API key: it stops working immediately, and this cannot be undone
    #[command(visible_alias = "delete", after_help = "Example:\n  peridio api-keys revoke ci")]
    Revoke(One),
}

/// Which keys to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only API keys with this name
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    options: ListOptions,
}

/// One key.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The API key by its PRN or its name, instead of the first argument
    #[arg(long, visible_alias = "api-key-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// Changes to a key.
#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    /// The new name of the key: what it is for
    #[arg(long)]
    name: Option<String>,
    /// When the key expires: a date, a date and time, or a duration from now such as 90d
    #[arg(long, value_name = "DATE-TIME", conflicts_with = "never_expires")]
    expires_at: Option<Moment>,
    /// The key never expires
    #[arg(long)]
    never_expires: bool,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(session).await,
            // This command needs no session, so the grammar runs it.
            Self::Scopes(_) => Ok(()),
            Self::List(List { name, options }) => {
                session.list::<ApiKey>(&options, Query::default().with("name", name)).await
            }
            Self::Get(One { prn }) => session.get::<ApiKey>(&prn, &[]).await,
            Self::Update(update) => session.update::<ApiKey>(&update.one.prn, &update.body()).await,
            Self::Revoke(One { prn }) => {
                session.client.delete::<ApiKey>(&prn).await?;
                messages::note(&format!("revoked {prn}"));
                Ok(())
            }
        }
    }
}

impl Update {
    fn body(&self) -> ApiKeyUpdate {
        let expires_at = self.expires_at.map(|moment| Some(moment.to_string()));
        ApiKeyUpdate {
            name: self.name.clone(),
            expires_at: expires_at.or(self.never_expires.then_some(None)),
        }
    }
}
