//! Confirmations: what the server refuses until it is confirmed. People are asked on a terminal, and nobody is asked otherwise.

use clap::Args;
use olivine_client::Error;
use olivine_domain::prn::{Prn, Resource};

use crate::failure::Failure;
use crate::messages;

/// How a confirmation is given in advance.
#[derive(Debug, Args)]
pub(crate) struct Confirmation {
    /// Do not ask for a confirmation
    #[arg(long, short)]
    yes: bool,
    /// The same PRN again, as a confirmation: do not ask
    #[arg(long, value_name = "THE_PRN", conflicts_with = "yes")]
    confirm: Option<String>,
}

impl Confirmation {
    /// Refuses a confirmation that names something else; before anything is sent.
    pub(crate) fn check<R: Resource>(&self, prn: &Prn<R>) -> Result<(), Failure> {
        match &self.confirm {
            Some(confirmed) if *confirmed != prn.to_string() => {
                Err(Failure::usage(format!("--confirm does not name {prn}; nothing was changed")))
            }
            _ => Ok(()),
        }
    }

    /// Gets the confirmation: given in advance, or typed. `reason` says why it takes one, `question` what is about to be done.
    pub(crate) fn get(&self, reason: &str, question: &str, prn: &str) -> Result<(), Failure> {
        if self.yes || self.confirm.is_some() {
            return Ok(());
        }
        if !messages::can_ask() {
            return Err(Failure::new(format!("{reason}\nto do it all the same, give --confirm {prn}")));
        }
        messages::warning(reason);
        match messages::ask(&format!("{question} To go on, type the PRN ({prn}):")) {
            Ok(answer) if answer == prn => Ok(()),
            _ => Err(Failure::new("not confirmed; nothing was changed")),
        }
    }
}

/// Whether the server asks for a confirmation.
pub(crate) fn is_asked_for(error: &Error) -> bool {
    error.status() == Some(409) && error.fact("confirm").is_some()
}
