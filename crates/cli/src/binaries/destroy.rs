//! Destroying a binary. Where live releases depend on it, somebody has to confirm; nobody is asked otherwise.

use clap::Args;
use olivine_api::binaries::Binary;
use olivine_client::Error;
use olivine_domain::binaries::BinaryState;
use serde_json::Value;

use super::One;
use crate::failure::Failure;
use crate::messages;
use crate::session::Session;

/// A binary to destroy.
#[derive(Debug, Args)]
pub(crate) struct Destroy {
    #[command(flatten)]
    one: One,
    /// Destroy it even if live releases depend on it
    #[arg(long, short)]
    yes: bool,
}

impl Destroy {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let (client, prn) = (&session.client, &self.one.prn);
        let binary: Binary = match client.ask(prn, BinaryState::Destroyed).await {
            Err(error) if asks_for_confirmation(&error) => {
                if !self.yes {
                    confirm(&error, &prn.to_string())?;
                }
                client.destroy_confirmed(prn).await?
            }
            result => result?,
        };
        session.printer.one(&binary)
    }
}

fn asks_for_confirmation(error: &Error) -> bool {
    error.status() == Some(409) && error.fact("confirm").is_some()
}

fn confirm(error: &Error, prn: &str) -> Result<(), Failure> {
    let releases = error.fact("releases").map(Value::to_string).unwrap_or_default();
    let reason = format!("{error} {releases}").trim().to_owned();
    if !messages::can_ask() {
        return Err(Failure::new(format!("{reason}\n  give --yes to destroy it all the same")));
    }
    messages::warning(&reason);
    let answer =
        messages::ask(&format!("Destroying can't be undone. To go on, type the binary's PRN ({prn}):"));
    match answer {
        Ok(answer) if answer == prn => Ok(()),
        _ => Err(Failure::new("not confirmed; nothing was destroyed")),
    }
}
