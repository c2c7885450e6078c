//! Deleting a release. If devices are on it, this needs a confirmation. Without a terminal, the command never asks for one.

use clap::Args;
use olivine_api::releases::Release;
use olivine_client::ReleaseEdit;

use super::one::One;
use crate::confirmation::{Confirmation, is_asked_for};
use crate::failure::Failure;
use crate::messages;
use crate::plans::{Planning, show};
use crate::session::Session;

/// A release to delete.
#[derive(Debug, Args)]
pub(crate) struct Delete {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    confirmation: Confirmation,
    #[command(flatten)]
    planning: Planning,
}

impl Delete {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let (client, prn) = (&session.client, &self.one.prn);
        self.confirmation.check(prn)?;
        let (query, edit) = (self.planning.query(), ReleaseEdit::Delete(*prn));
        let confirmed = query.clone().with("confirm", Some(prn));
        if self.planning.is_dry_run() {
            let plan = match client.plan_release(&edit, &query).await {
                Err(error) if is_asked_for(&error) => {
                    messages::note("it would ask for a confirmation, because devices are on the release");
                    client.plan_release(&edit, &confirmed).await?
                }
                result => result?,
            };
            return show(session, &plan);
        }
        match client.delete_with::<Release>(prn, &query).await {
            Err(error) if is_asked_for(&error) => {
                let question = "A deleted release can't be restored.";
                self.confirmation.get(&error.to_string(), question, &prn.to_string())?;
                client.delete_with::<Release>(prn, &confirmed).await?;
            }
            result => result?,
        }
        messages::note(&format!("deleted {prn}"));
        Ok(())
    }
}
