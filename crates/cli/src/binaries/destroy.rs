//! Destroying a binary. If live releases depend on it, this needs a confirmation. Without a terminal, the command never asks for one.

use std::collections::HashMap;

use clap::Args;
use olivine_api::binaries::Binary;
use olivine_client::Error;
use olivine_domain::binaries::BinaryState;
use serde_json::Value;

use super::one::One;
use crate::confirmation::{Confirmation, is_asked_for};
use crate::failure::Failure;
use crate::messages;
use crate::names;
use crate::output::visible;
use crate::session::Session;

/// A binary to destroy.
#[derive(Debug, Args)]
pub(crate) struct Destroy {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Destroy {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let (client, prn) = (&session.client, &self.one.prn);
        self.confirmation.check(prn)?;
        self.confirm_signed(session).await?;
        let binary: Binary = match client.ask(prn, BinaryState::Destroyed).await {
            Err(error) if is_asked_for(&error) => {
                let labels = names::labels(client, dependents(&error).map(|(_, prn, _)| prn).collect()).await;
                self.confirmation.get(
                    &reason(&error, &labels),
                    "Destroying can't be undone.",
                    &prn.to_string(),
                )?;
                client.destroy_confirmed(prn).await?
            }
            result => result?,
        };
        session.show(&binary).await
    }
}

impl Destroy {
    /// The server requires a confirmation only if devices are to get the binary. People are asked for every signed binary, because it can't
    /// be restored.
    async fn confirm_signed(&self, session: &Session) -> Result<(), Failure> {
        if !messages::can_ask() {
            return Ok(());
        }
        let prn = &self.one.prn;
        let binary: Binary = session.client.get(prn).await?;
        if binary.state != BinaryState::Signed.as_str() {
            return Ok(());
        }
        // A server of an earlier version does not have this endpoint. Then this question is asked in addition to the one for the server's
        // refusal.
        let impact = session.client.binary_impact(prn).await;
        if impact.is_ok_and(|impact| impact.confirmation_required) {
            return Ok(());
        }
        let reason = "the binary is signed, though no release and no override brings it to devices now";
        self.confirmation.get(reason, "Destroying can't be undone.", &prn.to_string())
    }
}

/// The releases and overrides that deliver the binary to devices: kind, PRN, name.
fn dependents(error: &Error) -> impl Iterator<Item = (&'static str, String, Option<String>)> {
    [("releases", "release"), ("bundle_overrides", "override")].into_iter().flat_map(|(fact, kind)| {
        error.fact(fact).and_then(Value::as_array).into_iter().flatten().map(move |dependent| {
            let field = |name| dependent.get(name).and_then(Value::as_str);
            let prn = field("prn").or(dependent.as_str()).unwrap_or_default();
            (kind, prn.to_owned(), field("name").map(str::to_owned))
        })
    })
}

/// The reason why a confirmation is needed, followed by everything that depends on the binary.
fn reason(error: &Error, labels: &HashMap<String, String>) -> String {
    dependents(error).fold(error.to_string(), |text, (kind, prn, name)| {
        let name = labels.get(&prn).cloned().or(name).unwrap_or(prn);
        format!("{text}\n  {kind} {}", visible(&name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use olivine_api::errors::{ErrorCode, ErrorItem};
    use serde_json::json;

    #[test]
    fn says_what_depends_on_the_binary() {
        let item = ErrorItem::new(ErrorCode::ConfirmationRequired, "releases depend on it")
            .with("confirm", "prn:b")
            .with("releases", json!([{"prn": "prn:r", "name": "spring"}]))
            .with("bundle_overrides", json!([{"prn": "prn:o", "name": "lab"}]));
        let error = Error::Api { status: 409, request_id: None, retry_after: None, errors: vec![item] };
        assert!(is_asked_for(&error));
        let expected = "releases depend on it\n  release gateway/daily/spring\n  override lab";
        let labels = HashMap::from([("prn:r".to_owned(), "gateway/daily/spring".to_owned())]);
        assert_eq!(reason(&error, &labels), expected);
    }
}
