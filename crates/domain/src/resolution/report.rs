//! What a device says that it runs, and how a value may be wrong.

use std::borrow::Cow;
use std::fmt;

use crate::bundles::Bundle;
use crate::prn::Id;
use crate::releases::Release;
use crate::text::{FromRecord as _, VersionText};
use crate::versions::{MAX_LENGTH, Version};

/// What a device says that it runs.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Report {
    /// The release that it came to last.
    pub release: Reported<Id<Release>>,
    /// The bundle that it runs.
    pub bundle: Reported<Id<Bundle>>,
    /// The version that it runs.
    pub version: Reported<Version>,
}

impl Report {
    /// The version, whatever its form, if it can be recorded; without a leading `v` if it is well-formed.
    pub(super) fn version_text(&self) -> Option<Cow<'_, str>> {
        match &self.version {
            Reported::Absent => None,
            Reported::Malformed(malformed) => Some(malformed.value.as_str())
                .filter(|text| VersionText::from_record(text).is_some())
                .map(Cow::Borrowed),
            Reported::Given(version) => Some(Cow::Owned(version.to_string())),
        }
    }
}

/// A value that may be missing, or not be what it should be.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub enum Reported<T> {
    /// Nothing was given.
    #[default]
    Absent,
    /// Something was given, but not in the right form, or it names something of another organization.
    Malformed(Malformed),
    /// A well-formed value, which may still name nothing.
    Given(T),
}

/// A value that can't be used, and why.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Malformed {
    value: String,
    problem: String,
}

impl Malformed {
    /// `problem` is a sentence that names the value, as the errors of versions and PRNs do.
    pub fn new(value: &str, problem: &impl fmt::Display) -> Self {
        Self { value: value.chars().take(MAX_LENGTH).collect(), problem: problem.to_string() }
    }
}

impl fmt::Display for Malformed {
    /// What is wrong with which value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

/// A value that is known to be well-formed, if there is one.
impl<T> From<Option<T>> for Reported<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Given)
    }
}

impl<T> Reported<T> {
    /// Reads a text, if one was given. What is malformed is never passed over in silence: the value stays, with what is wrong with it.
    pub fn read<E: fmt::Display>(text: Option<&str>, parse: impl FnOnce(&str) -> Result<T, E>) -> Self {
        match text.map(|text| (text, parse(text))) {
            None => Self::Absent,
            Some((_, Ok(value))) => Self::Given(value),
            Some((text, Err(problem))) => Self::Malformed(Malformed::new(text, &problem)),
        }
    }

    /// The value, if it is well-formed.
    pub const fn given(&self) -> Option<&T> {
        match self {
            Self::Given(value) => Some(value),
            Self::Absent | Self::Malformed(_) => None,
        }
    }
}
