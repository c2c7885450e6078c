//! Destroying a binary. Where live releases depend on it, somebody has to confirm; nobody is asked otherwise.

use clap::Args;
use olivine_api::binaries::Binary;
use olivine_client::Error;
use olivine_domain::binaries::BinaryState;
use serde_json::Value;

use super::one::One;
use crate::confirmation::{Confirmation, is_asked_for};
use crate::failure::Failure;
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
        let binary: Binary = match client.ask(prn, BinaryState::Destroyed).await {
            Err(error) if is_asked_for(&error) => {
                self.confirmation.get(&reason(&error), "Destroying can't be undone.", &prn.to_string())?;
                client.destroy_confirmed(prn).await?
            }
            result => result?,
        };
        session.printer.one(&binary)
    }
}

/// Why it takes a confirmation, and below it what depends on the binary.
fn reason(error: &Error) -> String {
    let mut text = error.to_string();
    for (fact, kind) in [("releases", "release"), ("bundle_overrides", "override")] {
        for dependent in error.fact(fact).and_then(Value::as_array).into_iter().flatten() {
            let field = |name| dependent.get(name).and_then(Value::as_str);
            let prn = field("prn").or(dependent.as_str()).unwrap_or_default();
            let line = match field("name") {
                Some(name) => format!("\n  {kind} '{}': {}", visible(name), visible(prn)),
                None => format!("\n  {kind}: {}", visible(prn)),
            };
            text += &line;
        }
    }
    text
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
        let expected = "releases depend on it\n  release 'spring': prn:r\n  override 'lab': prn:o";
        assert_eq!(reason(&error), expected);
    }
}
