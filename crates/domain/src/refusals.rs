//! What all refusals have in common: what the caller has to do, a code for programs, and the facts behind it.
//!
//! A refusal is the error type of one rule, and implements [`Refusal`] beside that rule. Nothing here knows a rule, a status or JSON.

/// An error that says which rule forbids something. Its `Display` is for people.
pub trait Refusal: std::error::Error + Send + Sync {
    /// What the caller has to do about it.
    fn meaning(&self) -> Meaning;

    /// For programs: stable, in `snake_case`. Each code is in the API's list of error codes.
    fn code(&self) -> &'static str;

    /// The facts that a program needs to act on the refusal, by name.
    fn facts(&self) -> Facts {
        Facts::new()
    }
}

/// What a caller has to do about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Say who they are, or do it with a credential that counts.
    Unauthenticated,
    /// Ask somebody who has more rights.
    Forbidden,
    /// Send something else: this is never possible.
    Invalid,
    /// Change what stands in the way, or confirm: it is not possible as things are now.
    Conflict,
    /// Read it again, then decide: it was changed since the caller read it.
    Outdated,
    /// Continue from somewhere else: what the request refers to existed, but no longer does.
    Gone,
}

/// The facts of a refusal, by name.
pub type Facts = Vec<(&'static str, Fact)>;

/// One fact of a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A name, a state, a PRN.
    Text(String),
    /// A number or a size in bytes.
    Number(u64),
    /// Several of the same kind.
    List(Vec<Fact>),
    /// Several that belong together, by name.
    Record(Facts),
}

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Fact {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Fact {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<u16> for Fact {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl<T: Into<Self>> FromIterator<T> for Fact {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        Self::List(all.into_iter().map(Into::into).collect())
    }
}
