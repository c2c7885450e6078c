//! The lifecycle of a binary as one table: [`decide`] says for each state and action what follows, or why not.
//!
//! `uploadable → hashable → hashing → signable → signed → destroyed`

use std::fmt;

use crate::contents::ContentState;
use crate::refusals::{Fact, Facts, Meaning, Refusal};

/// Where a binary is in its lifecycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BinaryState {
    /// Awaits its content.
    Uploadable,
    /// Its content is complete, but not verified.
    Hashable,
    /// The server reads the content back and hashes it.
    Hashing,
    /// The content is what was promised; awaits signatures.
    Signable,
    /// Signed as the organization's policy asks; may be distributed.
    Signed,
    /// Its content is gone for good.
    Destroyed,
}

use BinaryState::{Destroyed, Hashable, Hashing, Signable, Signed, Uploadable};

impl BinaryState {
    /// All states, in the order of the lifecycle.
    pub const ALL: [Self; 6] = [Uploadable, Hashable, Hashing, Signable, Signed, Destroyed];

    /// The names of all states.
    pub const NAMES: [&'static str; 6] =
        ["uploadable", "hashable", "hashing", "signable", "signed", "destroyed"];

    /// The name in the API and in storage.
    pub const fn as_str(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// What it says of the binary's content. The database has the same rule (migration 0007).
    pub const fn of_content(self) -> ContentState {
        match self {
            Uploadable => ContentState::Uploading,
            Hashable | Hashing => ContentState::Unverified,
            Signable | Signed => ContentState::Verified,
            Destroyed => ContentState::Destroyed,
        }
    }
}

impl fmt::Display for BinaryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that happens to a binary, or that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A part, or the whole content in one request, is announced or arrives.
    Upload,
    /// `PATCH state=…`.
    Ask(BinaryState),
    /// The content was read back and is what was promised.
    VerificationPassed,
    /// It is not, or storage failed for good.
    VerificationFailed,
    /// A signature that was found valid is attached.
    AttachSignature,
    /// A signature is removed.
    DeleteSignature,
    /// The content is given out.
    Download,
    /// The record is deleted.
    Delete,
    /// The upload was abandoned for longer than the retention.
    ExpireUpload,
}

/// What follows from an allowed action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// The state stays.
    Stay,
    /// It already is as asked: nothing to do, and that is fine.
    AlreadySo,
    /// The upload is completed in storage; then `hashable`, and verification is due.
    Complete,
    /// `hashing`; the content is read back.
    StartVerification,
    /// `signable`.
    Verified,
    /// Back to `hashable`, with the reason on the record.
    VerificationFailed,
    /// `signed` if the signatures meet the policy, else `signable`.
    CountSignatures,
    /// `uploadable` in a new generation; parts and content are deleted.
    Reset,
    /// The parts are deleted, the record stays `uploadable`, in a new generation.
    DropParts,
    /// `destroyed`; the content is deleted.
    Destroy,
    /// The record is deleted, and its content with it.
    Remove,
}

/// The action is not possible in this state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LifecycleRefusal {
    /// A state was asked for that does not follow from the current one.
    #[error("a binary that is '{from}' can't become '{asked}'; from here it can become {}", list(.allowed))]
    InvalidTransition {
        /// The current state.
        from: BinaryState,
        /// The state that was asked for.
        asked: BinaryState,
        /// The states that may be asked for instead.
        allowed: Vec<BinaryState>,
    },
    /// Something needs another state.
    #[error("a binary that is '{state}' {problem}; it must be {}", list(.required))]
    WrongState {
        /// The current state.
        state: BinaryState,
        /// What can't be done, in words.
        problem: &'static str,
        /// The states in which it can.
        required: Vec<BinaryState>,
    },
    /// It once was signed, so others may know it; only destroying it keeps the audit trail.
    #[error("this binary was signed once, so its record must stay for the audit trail: destroy it instead")]
    EverSigned,
    /// A destroyed binary's record stays.
    #[error("this binary is destroyed; its record stays for the audit trail")]
    AlreadyDestroyed,
}

impl Refusal for LifecycleRefusal {
    fn meaning(&self) -> Meaning {
        Meaning::Conflict
    }

    fn code(&self) -> &'static str {
        match self {
            Self::InvalidTransition { .. } => "invalid_transition",
            Self::WrongState { .. } | Self::EverSigned | Self::AlreadyDestroyed => "invalid_state",
        }
    }

    fn facts(&self) -> Facts {
        let names = |states: &[BinaryState]| -> Fact { states.iter().map(|state| state.as_str()).collect() };
        match self {
            Self::InvalidTransition { from, asked, allowed } => vec![
                ("state", from.as_str().into()),
                ("asked", asked.as_str().into()),
                ("allowed", names(allowed)),
            ],
            Self::WrongState { state, required, .. } => {
                vec![("state", state.as_str().into()), ("required", names(required))]
            }
            Self::EverSigned | Self::AlreadyDestroyed => Facts::new(),
        }
    }
}

/// "'a', 'b' or 'c'".
fn list(states: &[BinaryState]) -> String {
    match states {
        [] => "nothing else".to_owned(),
        [one] => format!("'{one}'"),
        [start @ .., last] => {
            let start: Vec<_> = start.iter().map(|state| format!("'{state}'")).collect();
            format!("{} or '{last}'", start.join(", "))
        }
    }
}

/// The table. `ever_signed` says whether the binary has been `signed` at any time.
pub fn decide(state: BinaryState, ever_signed: bool, action: Action) -> Result<Effect, LifecycleRefusal> {
    use Action as A;
    let effect = match (action, state) {
        (A::Upload, Uploadable) | (A::Download, Signable | Signed) => Effect::Stay,

        (A::Ask(asked), _) if asked == state => Effect::AlreadySo,
        (A::Ask(Hashing), Signable | Signed) => Effect::AlreadySo,
        (A::Ask(Hashable), Uploadable) => Effect::Complete,
        (A::Ask(Hashing), Hashable) => Effect::StartVerification,
        (A::Ask(Uploadable), Hashable | Hashing | Signable) => Effect::Reset,
        (A::Ask(Destroyed), Signable | Signed) => Effect::Destroy,

        (A::VerificationPassed, Hashing) => Effect::Verified,
        (A::VerificationFailed, Hashing) => Effect::VerificationFailed,
        (A::AttachSignature | A::DeleteSignature, Signable | Signed) => Effect::CountSignatures,
        (A::ExpireUpload, Uploadable) => Effect::DropParts,

        (A::Delete, Uploadable | Hashable | Hashing | Signable) if !ever_signed => Effect::Remove,
        (A::Delete, Destroyed) => return Err(LifecycleRefusal::AlreadyDestroyed),
        (A::Delete, _) => return Err(LifecycleRefusal::EverSigned),

        (A::Ask(asked), from) => return Err(refuse_transition(from, asked)),
        (_, state) => return Err(refuse(state, action)),
    };
    Ok(effect)
}

fn refuse_transition(from: BinaryState, asked: BinaryState) -> LifecycleRefusal {
    let allowed = match from {
        Uploadable => vec![Hashable],
        Hashable => vec![Uploadable, Hashing],
        Hashing => vec![Uploadable],
        Signable => vec![Uploadable, Destroyed],
        Signed => vec![Destroyed],
        Destroyed => vec![],
    };
    LifecycleRefusal::InvalidTransition { from, asked, allowed }
}

fn refuse(state: BinaryState, action: Action) -> LifecycleRefusal {
    let (problem, required): (_, &[BinaryState]) = match action {
        Action::Upload | Action::ExpireUpload => ("takes no content", &[Uploadable]),
        Action::VerificationPassed | Action::VerificationFailed => ("is not being verified", &[Hashing]),
        Action::AttachSignature | Action::DeleteSignature => {
            ("has no verified content to sign", &[Signable, Signed])
        }
        Action::Download => ("has no verified content to download", &[Signable, Signed]),
        Action::Delete => return LifecycleRefusal::EverSigned,
        Action::Ask(asked) => return refuse_transition(state, asked),
    };
    LifecycleRefusal::WrongState { state, problem, required: required.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    /// All actions, with their column titles.
    fn actions() -> Vec<(String, Action)> {
        let mut all = vec![("upload".to_owned(), Action::Upload)];
        all.extend(BinaryState::ALL.map(|state| (format!("ask {state}"), Action::Ask(state))));
        let rest = [
            ("verification passed", Action::VerificationPassed),
            ("verification failed", Action::VerificationFailed),
            ("attach signature", Action::AttachSignature),
            ("delete signature", Action::DeleteSignature),
            ("download", Action::Download),
            ("delete", Action::Delete),
            ("expire upload", Action::ExpireUpload),
        ];
        all.extend(rest.map(|(title, action)| (title.to_owned(), action)));
        all
    }

    #[test]
    fn the_whole_matrix() {
        let mut table = String::new();
        for (title, action) in actions() {
            writeln!(table, "{title}").unwrap();
            for state in BinaryState::ALL {
                let ever_signed = matches!(state, Signed | Destroyed);
                let outcome = match decide(state, ever_signed, action) {
                    Ok(effect) => format!("{effect:?}"),
                    Err(refusal) => format!("no: {refusal}"),
                };
                writeln!(table, "    {:<11} {outcome}", state.as_str()).unwrap();
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn the_allowed_states_of_a_refusal_are_all_there_are() {
        for from in BinaryState::ALL {
            let mut expected: Vec<_> = BinaryState::ALL.to_vec();
            expected.retain(|to| {
                decide(from, false, Action::Ask(*to)).is_ok_and(|effect| effect != Effect::AlreadySo)
            });
            for asked in BinaryState::ALL {
                if let Err(LifecycleRefusal::InvalidTransition { allowed, .. }) =
                    decide(from, false, Action::Ask(asked))
                {
                    assert_eq!(allowed, expected, "{from}");
                }
            }
        }
    }

    #[test]
    fn once_signed_is_never_deleted() {
        for state in BinaryState::ALL {
            assert!(decide(state, true, Action::Delete).is_err(), "{state}");
        }
    }

    #[test]
    fn every_state_has_a_name() {
        for state in BinaryState::ALL {
            assert_eq!(BinaryState::from_name(state.as_str()), Some(state));
        }
    }
}
