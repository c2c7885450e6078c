//! Confirmations of requests that the server refuses without one. The command asks people on a terminal. Without a terminal, it never asks.

use clap::Args;
use olivine_client::Error;
use olivine_domain::prn::{Prn, Resource};

use crate::failure::Failure;
use crate::messages;

/// The options that give a confirmation in advance.
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
    /// Refuses a confirmation with another PRN, before anything is sent.
    pub(crate) fn check<R: Resource>(&self, prn: &Prn<R>) -> Result<(), Failure> {
        match &self.confirm {
            Some(confirmed) if *confirmed != prn.to_string() => {
                Err(Failure::usage(format!("--confirm does not name {prn}; nothing was changed")))
            }
            _ => Ok(()),
        }
    }

    /// Gets the confirmation, either given in advance or typed. `reason` says why it is needed, and `question` what will be done.
    pub(crate) fn get(&self, reason: &str, question: &str, prn: &str) -> Result<(), Failure> {
        if self.yes || self.confirm.is_some() {
            return Ok(());
        }
        let reason = without_request(reason);
        if !messages::can_ask() {
            return Err(Failure::new(format!(
                "{reason}\nnothing was changed; to do it all the same, give --yes, or --confirm {prn}"
            )));
        }
        messages::warning(&reason);
        match messages::ask(&format!("{question} To go on, type the PRN ({prn}):")) {
            Ok(answer) if answer == prn => Ok(()),
            _ => Err(Failure::new("not confirmed; nothing was changed")),
        }
    }
}

/// The server's message without the sentence about confirming in a request, because a command does it with a flag.
fn without_request(reason: &str) -> String {
    let (first, rest) = reason.split_at(reason.find('\n').unwrap_or(reason.len()));
    let sentence = first.find("?confirm=").and_then(|at| first[..at].rfind(". "));
    sentence.map_or(reason.to_owned(), |end| format!("{}{rest}", &first[..=end]))
}

/// Whether the server refused a request because it needs a confirmation.
pub(crate) fn is_asked_for(error: &Error) -> bool {
    error.status() == Some(409) && error.fact("confirm").is_some()
}

#[cfg(test)]
mod tests {
    use super::without_request;

    #[test]
    fn confirmations_do_not_mention_requests() {
        let said = "releases have it. To go on, repeat the request with ?confirm=prn:b\n  release spring";
        assert_eq!(without_request(said), "releases have it.\n  release spring");
        assert_eq!(without_request("it is so"), "it is so");
    }
}
