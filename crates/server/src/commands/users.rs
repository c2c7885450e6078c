//! `olivine users`: people, from the server's own machine.

use std::fmt::Write as _;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use olivine_domain::pages::Limit;
use olivine_domain::permissions::installation::ServerOperator;
use olivine_domain::permissions::{Grants, Role};
use olivine_domain::text::Name;
use olivine_domain::users::{Email, User};
use olivine_operations::lists::{ListQuery, NewId};
use olivine_operations::people::{AccountCaller, invitations, users};
use olivine_operations::{Context, organizations};

use super::output::{print, show};
use crate::config::{Config, Flags};
use crate::{setup_link, startup};

/// What to do about people.
#[derive(Debug, Subcommand)]
pub(super) enum UsersCommand {
    /// Print a new link for the first person of the installation; the previous link stops working
    #[command(after_help = "Example: olivine users setup-link --data-dir ./olivine-data")]
    SetupLink(Flags),
    /// Invite somebody to an organization and print the link, good for three days
    #[command(after_help = "Example: olivine users create --email ada@example.com --role admin")]
    Create {
        /// The e-mail address of the person
        #[arg(long)]
        email: Email,
        /// The role of the person in the organization; can be repeated. docs/scopes.md explains all roles
        #[arg(long, value_parser = Role::parse, required = true)]
        role: Vec<Role>,
        /// The organization to invite to [default: the configured organization]
        #[arg(long)]
        organization: Option<Name>,
        #[command(flatten)]
        flags: Box<Flags>,
    },
    /// List all users of the installation
    #[command(after_help = "Example: olivine users list")]
    List(Flags),
    /// Disable an account: the person is signed out everywhere and can't sign in
    #[command(after_help = "Example: olivine users disable --email ada@example.com")]
    Disable(OneUser),
    /// Print a link to choose a new password, good for a day
    #[command(after_help = "Example: olivine users reset-link --email ada@example.com")]
    ResetLink(OneUser),
    /// Remove a person's second factor, for example after the phone was lost
    #[command(after_help = "Example: olivine users remove-second-factor --email ada@example.com")]
    RemoveSecondFactor(OneUser),
}

/// Whose account.
#[derive(Debug, Args)]
pub(super) struct OneUser {
    /// The e-mail address of the account
    #[arg(long)]
    email: Email,
    #[command(flatten)]
    flags: Box<Flags>,
}

impl OneUser {
    async fn find(&self) -> anyhow::Result<(Config, Context, User)> {
        let config = self.flags.load()?;
        let ctx = startup::records_only(&config).await?;
        let by = ServerOperator::on_this_machine().authorize();
        let user = users::find_by_email(&ctx, &by, &self.email).await?;
        Ok((config, ctx, user))
    }
}

impl UsersCommand {
    /// Does it.
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::SetupLink(flags) => {
                let config = flags.load()?;
                let ctx = startup::records_only(&config).await?;
                let by = ServerOperator::on_this_machine().authorize();
                let url = config.public_url(config.server.listen);
                let link = setup_link::replace(&ctx, &by, &config.data_dir, &url).await?;
                Ok(print(&format!("{link}\n"))?)
            }
            Self::Create { flags, email, role, organization } => {
                create(&flags.load()?, email, &role, organization).await
            }
            Self::List(flags) => list(&flags.load()?).await,
            Self::Disable(one) => {
                let (_, ctx, user) = one.find().await?;
                let change = users::Update { disabled: Some(true), ..users::Update::default() };
                users::update(&ctx, &AccountCaller::Operator, user.id, None, change).await?;
                Ok(show(&format!("{} is disabled and signed out everywhere\n", user.email))?)
            }
            Self::ResetLink(one) => {
                let (config, ctx, user) = one.find().await?;
                let token = users::make_reset_link(&ctx, &AccountCaller::Operator, user.id).await?;
                let url = config.public_url(config.server.listen);
                Ok(print(&format!("{}\n", setup_link::link(&url, "reset-password", &token)))?)
            }
            Self::RemoveSecondFactor(one) => {
                let (_, ctx, user) = one.find().await?;
                users::remove_second_factor(&ctx, &AccountCaller::Operator, user.id).await?;
                Ok(show(&format!("{} signs in without a second factor now\n", user.email))?)
            }
        }
    }
}

async fn create(
    config: &Config,
    email: Email,
    roles: &[Role],
    organization: Option<Name>,
) -> anyhow::Result<()> {
    let ctx = startup::records_only(config).await?;
    let name = match organization {
        Some(name) => name,
        None => config.organization()?,
    };
    let operator = ServerOperator::on_this_machine();
    let organization = organizations::find(&ctx, &operator.authorize(), &name).await?;
    let grants: Grants = roles.iter().map(|role| olivine_domain::permissions::Grant::role(*role)).collect();
    let new = invitations::Create { id: NewId::Fresh, email, grants };
    let created = invitations::create_for_operator(&ctx, &operator.authorize(), organization.id, new).await?;
    let url = config.public_url(config.server.listen);
    let token = created.token.context("a new invitation has a link")?;
    let printed = print(&format!("{}\n", setup_link::link(&url, "invitation", &token)));
    printed.context("the invitation was made, but its link was not printed: make another one")
}

async fn list(config: &Config) -> anyhow::Result<()> {
    let ctx = startup::records_only(config).await?;
    let by = ServerOperator::on_this_machine().authorize();
    let mut query = ListQuery { limit: Limit::MOST, ..ListQuery::default() };
    loop {
        let page = users::list_all(&ctx, &by, &query).await?;
        let mut text = String::new();
        for user in &page.items {
            let disabled = if user.disabled_at.is_some() { "  disabled" } else { "" };
            let administrator = if user.is_administrator { "  administrator" } else { "" };
            // Writing to a string can't fail.
            let _ = writeln!(text, "{}  {}{administrator}{disabled}", user.email, user.name);
        }
        show(&text)?;
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(()),
        }
    }
}
