//! The lifecycle told by the events alone: each must be one that the table allows where it stands.

use std::collections::BTreeMap;

use olivine_domain::binaries::{Action, BinaryState, Effect, decide};
use olivine_domain::events::{Event, EventType, RecordedType};
use serde_json::Value;

/// What a binary must be like after its events.
#[derive(Debug, Default)]
pub(crate) struct Replayed {
    /// `None` before it was created and after it was deleted.
    pub(crate) state: Option<BinaryState>,
    ever_signed: bool,
    /// The sizes of the parts that are valid.
    pub(crate) valid: BTreeMap<u64, u64>,
}

impl Replayed {
    /// Takes in what happened next; says what is wrong with it.
    pub(crate) fn take(&mut self, event: &Event) -> Result<(), String> {
        let data: Value = serde_json::from_str(&event.data).map_err(|error| error.to_string())?;
        let RecordedType::Known(kind) = event.kind else {
            return Err(format!("{:?} is unknown", event.kind));
        };
        if kind == EventType::BinaryCreated && self.state.is_none() {
            self.state = Some(BinaryState::Uploadable);
            return Ok(());
        }
        if meaning(kind, BinaryState::Uploadable).is_none() {
            return Ok(());
        }
        let Some(state) = self.state else { return Err(format!("{} of none", kind.as_str())) };
        let Some((action, effect, to)) = meaning(kind, state) else { return Ok(()) };
        if decide(state, self.ever_signed, action) != Ok(effect) {
            return Err(format!("{} of a binary that is '{state}'", kind.as_str()));
        }
        self.state = to;
        self.ever_signed |= to == Some(BinaryState::Signed);
        self.count_parts(kind, &data);
        if data["code"] == "storage_failed" {
            return Err(format!("storage did not fail: {data}"));
        }
        Ok(())
    }

    fn count_parts(&mut self, kind: EventType, data: &Value) {
        use EventType as E;
        let number = |name: &str| data[name].as_u64().unwrap_or_default();
        match kind {
            E::BinaryPartUploaded => {
                self.valid.insert(number("index"), number("size"));
            }
            E::BinaryPartCreated | E::BinaryPartRefused => {
                self.valid.remove(&number("index"));
            }
            E::BinaryContentUploaded => self.valid = BTreeMap::from([(1, number("size"))]),
            E::BinaryReset | E::BinaryUploadExpired | E::BinaryDestroyed | E::BinaryDeleted => {
                self.valid.clear();
            }
            _ => {}
        }
    }
}

/// Which line of the table an event stands for, and where it leads; `None` if it is about something else.
fn meaning(kind: EventType, state: BinaryState) -> Option<(Action, Effect, Option<BinaryState>)> {
    use BinaryState::{Destroyed, Hashable, Hashing, Signable, Signed, Uploadable};
    use EventType as E;
    let (action, effect, to) = match kind {
        E::BinaryPartCreated | E::BinaryPartUploaded | E::BinaryPartRefused | E::BinaryContentUploaded => {
            (Action::Upload, Effect::Stay, state)
        }
        E::BinaryUploadCompleted => (Action::Ask(Hashable), Effect::Complete, Hashable),
        E::BinaryVerificationStarted => (Action::Ask(Hashing), Effect::StartVerification, Hashing),
        E::BinaryVerified => (Action::VerificationPassed, Effect::Verified, Signable),
        E::BinaryVerificationFailed => (Action::VerificationFailed, Effect::VerificationFailed, Hashable),
        E::BinarySignatureCreated => (Action::AttachSignature, Effect::CountSignatures, state),
        E::BinarySignatureDeleted => (Action::DeleteSignature, Effect::CountSignatures, state),
        E::BinarySigned => (Action::AttachSignature, Effect::CountSignatures, Signed),
        E::BinarySignatureLost => (Action::DeleteSignature, Effect::CountSignatures, Signable),
        E::BinaryReset => (Action::Ask(Uploadable), Effect::Reset, Uploadable),
        E::BinaryUploadExpired => (Action::ExpireUpload, Effect::DropParts, Uploadable),
        E::BinaryDestroyed => (Action::Ask(Destroyed), Effect::Destroy, Destroyed),
        E::BinaryDeleted => return Some((Action::Delete, Effect::Remove, None)),
        _ => return None,
    };
    Some((action, effect, Some(to)))
}
