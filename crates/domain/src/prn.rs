//! The names of records: `prn:1:<organization uuid>` and `prn:1:<organization uuid>:<resource type>:<uuid>`. Records of the installation,
//! such as users, belong to no organization: `prn:1:<resource type>:<uuid>`.
//!
//! An [`Id`] or [`Prn`] carries the type of what it names, so that one kind of record can never be asked for by the
//! name of another.

pub(crate) mod form;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;
use uuid::Uuid;

use self::form::Form;
use crate::organizations::Organization;
use crate::refusals::Fact;

/// A kind of record that has PRNs.
pub trait Resource {
    /// The type's name inside of a PRN; `None` for the organization itself, which has the short form.
    const TYPE: Option<&'static str>;
    /// The type's name for people, with its article: "a binary".
    const A_NAME: &'static str;
    /// Whether its records belong to no organization: their PRNs name none.
    const IS_OF_INSTALLATION: bool = false;
}

/// The key of a record of type `R` (a `UUIDv7`, so ids sort by creation).
pub struct Id<R> {
    uuid: Uuid,
    resource: PhantomData<fn() -> R>,
}

impl<R> Id<R> {
    /// Says that `uuid` is the key of an `R`.
    pub const fn new(uuid: Uuid) -> Self {
        Self { uuid, resource: PhantomData }
    }

    /// The bare UUID.
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }
}

impl<R: Resource> Id<R> {
    /// The full name of this record, which belongs to `organization`.
    pub const fn prn(self, organization: Id<Organization>) -> Prn<R> {
        Prn { organization, id: self }
    }
}

impl<R> Clone for Id<R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R> Copy for Id<R> {}
impl<R> PartialEq for Id<R> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<R> Eq for Id<R> {}
impl<R> PartialOrd for Id<R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<R> Ord for Id<R> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<R> Hash for Id<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
impl<R> fmt::Debug for Id<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.fmt(f)
    }
}
impl<R> fmt::Display for Id<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.fmt(f)
    }
}

/// The full name of a record of type `R`.
#[derive(Debug)]
pub struct Prn<R> {
    /// The organization that the record belongs to; means nothing where it belongs to none.
    pub organization: Id<Organization>,
    /// The record's key.
    pub id: Id<R>,
}

impl<R> Clone for Prn<R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R> Copy for Prn<R> {}
impl<R> PartialEq for Prn<R> {
    fn eq(&self, other: &Self) -> bool {
        self.organization == other.organization && self.id == other.id
    }
}
impl<R> Eq for Prn<R> {}

impl<R: Resource> fmt::Display for Prn<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match R::TYPE {
            Some(kind) if R::IS_OF_INSTALLATION => write!(f, "prn:1:{kind}:{}", self.id),
            Some(kind) => write!(f, "prn:1:{}:{kind}:{}", self.organization, self.id),
            None => write!(f, "prn:1:{}", self.organization),
        }
    }
}

impl<R: Resource> From<Prn<R>> for Fact {
    fn from(prn: Prn<R>) -> Self {
        Self::Text(prn.to_string())
    }
}

/// Why a text is not the PRN that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrn {
    /// Not a PRN of any kind.
    #[error("'{given}' is not a PRN; {expected} is named as {form}")]
    Malformed {
        /// What was given, cut at 200 characters.
        given: String,
        /// What was expected, with its article.
        expected: &'static str,
        /// The expected form.
        form: String,
    },
    /// A PRN, but of another type of record.
    #[error("'{given}' names a record of type '{found}'; {expected} is needed here")]
    OtherType {
        /// What was given.
        given: String,
        /// The type that it names.
        found: String,
        /// What was expected, with its article.
        expected: &'static str,
    },
}

fn malformed<R: Resource>(given: &str) -> InvalidPrn {
    let form = match R::TYPE {
        None => "prn:1:<organization uuid>".to_owned(),
        Some(kind) if R::IS_OF_INSTALLATION => format!("prn:1:{kind}:<uuid>"),
        Some(kind) => format!("prn:1:<organization uuid>:{kind}:<uuid>"),
    };
    InvalidPrn::Malformed { given: given.chars().take(200).collect(), expected: R::A_NAME, form }
}

impl<R: Resource> FromStr for Prn<R> {
    type Err = InvalidPrn;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let Form { organization, record } = Form::read(given).ok_or_else(|| malformed::<R>(given))?;
        let is_of_installation = organization.is_none();
        let organization = Id::new(organization.unwrap_or(Uuid::nil()));
        match (record, R::TYPE) {
            (None, None) => Ok(Self { organization, id: Id::new(organization.uuid()) }),
            (None, Some(_)) => Err(malformed::<R>(given)),
            (Some((found, id)), expected) if expected == Some(found) => {
                let has_form = is_of_installation == R::IS_OF_INSTALLATION;
                has_form
                    .then_some(Self { organization, id: Id::new(id) })
                    .ok_or_else(|| malformed::<R>(given))
            }
            (Some((found, _)), _) => {
                let (given, found) = (given.to_owned(), found.to_owned());
                Err(InvalidPrn::OtherType { given, found, expected: R::A_NAME })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binaries::Binary;
    use crate::users::User;

    const ORGANIZATION: &str = "0190163d-8694-739b-aea5-966c26f8ad91";
    const ID: &str = "0190163d-8694-739b-aea5-966c26f8ad92";

    #[test]
    fn reads_what_it_writes() {
        let text = format!("prn:1:{ORGANIZATION}:binary:{ID}");
        assert_eq!(text.parse::<Prn<Binary>>().unwrap().to_string(), text);
        let short = format!("prn:1:{ORGANIZATION}");
        assert_eq!(short.parse::<Prn<Organization>>().unwrap().to_string(), short);
    }

    #[test]
    fn what_is_of_the_installation_names_no_organization() {
        let text = format!("prn:1:user:{ID}");
        let prn = text.parse::<Prn<User>>().unwrap();
        assert_eq!(prn.to_string(), text);
        assert_eq!(prn.id.prn(Id::new(Uuid::max())).to_string(), text);
        let within = format!("prn:1:{ORGANIZATION}:user:{ID}").parse::<Prn<User>>().unwrap_err();
        assert!(within.to_string().ends_with("a user is named as prn:1:user:<uuid>"), "{within}");
        let other = text.parse::<Prn<Binary>>().unwrap_err();
        assert!(matches!(other, InvalidPrn::OtherType { .. }), "{other}");
    }

    #[test]
    fn says_what_is_wrong() {
        let other = format!("prn:1:{ORGANIZATION}:artifact:{ID}").parse::<Prn<Binary>>().unwrap_err();
        assert!(
            other.to_string().ends_with("names a record of type 'artifact'; a binary is needed here"),
            "{other}"
        );
        for text in [
            String::new(),
            "binary".to_owned(),
            format!("prn:1:{ORGANIZATION}"),
            format!("prn:2:{ORGANIZATION}:binary:{ID}"),
            format!("prn:1:{ORGANIZATION}:binary:{ID}:more"),
            format!("prn:1:{ORGANIZATION}:binary:{}", ID.replace('-', "")),
            format!("prn:1:{ORGANIZATION}:binary:{{{ID}}}"),
            format!(" prn:1:{ORGANIZATION}:binary:{ID}"),
        ] {
            let error = text.parse::<Prn<Binary>>().unwrap_err();
            assert!(matches!(error, InvalidPrn::Malformed { .. }), "{text}: {error}");
        }
    }
}
