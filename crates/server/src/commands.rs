//! The `olivine` command line.

mod backup;
mod content;
mod database;
mod events;
mod organizations;
mod output;
mod settings;
mod users;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use olivine_domain::permissions::installation::ServerOperator;
use olivine_domain::permissions::{Grants, Role};
use olivine_domain::text::Name;
use olivine_operations::api_keys;
use olivine_operations::lists::NewId;

use self::content::ContentCommand;
use self::output::{print, show};
use crate::config::{Config, Flags, template};
use crate::{logs, serve, startup};

/// Olivine: manages firmware and distributes it to fleets of devices.
#[derive(Debug, Parser)]
#[command(name = "olivine", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    #[command(after_help = "Example: olivine serve --data-dir ./olivine-data --device-listen 0.0.0.0:8443")]
    Serve(Flags),
    /// Check the configuration, or print a template for one
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Create API keys directly in the database, without a running server
    #[command(subcommand)]
    ApiKeys(ApiKeysCommand),
    /// Invite people, and help those who lost a password or a second factor
    #[command(subcommand)]
    Users(users::UsersCommand),
    /// Create organizations, list them, and require a second factor in one
    #[command(subcommand)]
    Organizations(organizations::OrganizationsCommand),
    /// Make the event feeds new ones, after a database was restored by other means
    #[command(subcommand)]
    Events(events::EventsCommand),
    /// Move content between storages, and compare the storages with the database
    #[command(subcommand)]
    Content(ContentCommand),
    /// Migrate the database to the version of this program, without starting the server
    #[command(after_help = "Example: olivine migrate --database-url postgres://olivine@db/olivine")]
    Migrate(Flags),
    /// Copy the database into another one, for example from SQLite to PostgreSQL
    #[command(subcommand)]
    Database(database::DatabaseCommand),
    /// Back up a server with an embedded database (SQLite) and its content; the server may be running
    #[command(after_help = "Example: olivine backup --data-dir ./olivine-data --to /backups/today")]
    Backup {
        /// The folder for the backup; it must not exist yet
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        #[command(flatten)]
        flags: Box<Flags>,
    },
    /// Restore a data folder from a backup
    #[command(after_help = "Example: olivine restore --from /backups/today --data-dir ./olivine-data")]
    Restore {
        /// The folder with the backup
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
        /// The data folder to restore to; it must be empty or not exist yet
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Check the configuration, and print the settings in effect
    #[command(after_help = "Example: olivine config check --config /etc/olivine.toml")]
    Check(Box<Flags>),
    /// Print a configuration file with all settings, their descriptions and their defaults
    Template,
}

#[derive(Debug, Subcommand)]
enum ApiKeysCommand {
    /// Create an API key and print its secret; the server may be running
    #[command(after_help = "Example: olivine api-keys create --name dashboard --role reader")]
    Create {
        /// The name of the key: what it is for, such as dashboard
        #[arg(long)]
        name: Name,
        /// The role of the key, such as reader (sees and downloads everything) or admin (may do everything); docs/scopes.md explains all roles
        #[arg(long, value_parser = Role::parse)]
        role: Role,
        /// The organization of the key [default: the configured organization]
        #[arg(long)]
        organization: Option<Name>,
        #[command(flatten)]
        flags: Flags,
    },
}

/// Carries out what the command line says.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Serve(flags) => {
            let config = flags.load()?;
            let log = logs::start(&config.log).context("log.level")?;
            Box::pin(serve::serve(config, log.dropped.clone())).await
        }
        Command::Config(ConfigCommand::Check(flags)) => check(&flags).await,
        Command::Config(ConfigCommand::Template) => Ok(show(&template())?),
        Command::ApiKeys(ApiKeysCommand::Create { flags, name, role, organization }) => {
            create_api_key(&flags.load()?, name, role, organization).await
        }
        Command::Users(command) => command.run().await,
        Command::Organizations(command) => command.run().await,
        Command::Events(command) => command.run().await,
        Command::Content(command) => command.run().await,
        Command::Database(command) => database::run(command).await,
        Command::Backup { flags, to } => Ok(show(&backup::back_up(&flags.load()?, &to).await?)?),
        Command::Restore { from, data_dir } => Ok(show(&backup::restore(&from, &data_dir)?)?),
        Command::Migrate(flags) => {
            let database = startup::open_database(&flags.load()?).await?;
            let applied = database.migrate().await.context("migrating")?;
            // Otherwise SQLite leaves the new tables in a file beside the database, and who copies the one without the other has none.
            database.close().await;
            Ok(show(&format!("{applied} migrations applied; the database is up to date\n"))?)
        }
    }
}

/// Prints the settings in effect, and checks whether the database answers.
async fn check(flags: &Flags) -> anyhow::Result<()> {
    let config = flags.load()?;
    let file = flags.file().map_or("none".to_owned(), |file| file.display().to_string());
    show(&settings::in_effect(&config, &file))?;
    let pending =
        startup::open_database(&config).await?.pending_migrations().await.context("asking the database")?;
    show(&format!("the database answers; {pending} migrations will be applied at the next start\n"))?;
    Ok(())
}

async fn create_api_key(
    config: &Config,
    name: Name,
    role: Role,
    organization: Option<Name>,
) -> anyhow::Result<()> {
    let ctx = startup::records_only(config).await?;
    let organization = match organization {
        Some(organization) => organization,
        None => config.organization()?,
    };
    let operator = ServerOperator::on_this_machine();
    let organization =
        olivine_operations::organizations::ensure(&ctx, &operator.authorize(), &organization).await?;
    let new = api_keys::Create {
        id: NewId::Fresh,
        name,
        grants: Grants::of_role(role),
        expires_at: None,
        owner: None,
    };
    let created = api_keys::create_for_operator(&ctx, &operator.authorize(), organization.id, new).await?;
    let secret = created.secret.context("a new key has a secret")?;
    let printed = print(&format!("{}\n", secret.reveal()));
    printed.with_context(|| format!("the key was made, but not printed: revoke {}", created.api_key.hint))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    fn check(command: &clap::Command, before: &str) {
        let path = format!("{before}{}", command.get_name());
        assert!(command.get_about().is_some(), "{path} has no help");
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let is_example =
            |line: &str| line.trim_start_matches("Example:").trim_start().starts_with("olivine ");
        let long = after.lines().find(|line| is_example(line) && line.chars().count() > 100);
        assert_eq!(long, None, "{path}: help breaks lines of over 100 columns, and an example with them");
        command.get_subcommands().for_each(|inner| check(inner, &format!("{path} ")));
    }

    #[test]
    fn every_command_has_help_with_examples_that_are_not_broken() {
        check(&Cli::command(), "");
    }
}
