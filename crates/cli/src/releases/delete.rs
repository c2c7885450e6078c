//! Deleting a release. While devices are on it, somebody has to confirm; nobody is asked otherwise.

use clap::Args;
use olivine_api::releases::Release;

use super::one::One;
use crate::confirmation::{Confirmation, is_asked_for};
use crate::failure::Failure;
use crate::messages;
use crate::session::Session;

/// A release to delete.
#[derive(Debug, Args)]
pub(crate) struct Delete {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Delete {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let (client, prn) = (&session.client, &self.one.prn);
        self.confirmation.check(prn)?;
        match client.delete::<Release>(prn).await {
            Err(error) if is_asked_for(&error) => {
                let question = "A deleted release can't be restored.";
                self.confirmation.get(&error.to_string(), question, &prn.to_string())?;
                client.delete_release_confirmed(prn).await?;
            }
            result => result?,
        }
        messages::note(&format!("deleted {prn}"));
        Ok(())
    }
}
