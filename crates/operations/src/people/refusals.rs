//! Refusals for callers that could not prove who they are.

use olivine_domain::refusals::{Meaning, Refusal};

/// Address and password don't belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "that did not work: check what you typed. Who forgot a password asks an administrator for a link to choose a new one"
)]
pub struct SignInFailed;

impl Refusal for SignInFailed {
    fn meaning(&self) -> Meaning {
        Meaning::Unauthenticated
    }

    fn code(&self) -> &'static str {
        "sign_in_failed"
    }
}

/// The account has a second factor, and no code was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "your account has a second factor: send the code that your authenticator app shows, or a recovery code, in 'code'"
)]
pub struct CodeMissing;

impl Refusal for CodeMissing {
    fn meaning(&self) -> Meaning {
        Meaning::Unauthenticated
    }

    fn code(&self) -> &'static str {
        "second_factor_required"
    }
}

/// The link was used, replaced, is over, or was never made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this link is not good any more: it was used or replaced, or its time is over. Ask for a new one")]
pub struct LinkRefused;

impl Refusal for LinkRefused {
    fn meaning(&self) -> Meaning {
        Meaning::Forbidden
    }

    fn code(&self) -> &'static str {
        "link_invalid"
    }
}
