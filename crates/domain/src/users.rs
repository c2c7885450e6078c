//! Users: the people who sign in. They belong to the installation, not to an organization: consultants and operators work in several.

use std::fmt;
use std::str::FromStr;

use crate::organizations::Revision;
use crate::prn::{Id, Resource};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::text::{FromRecord, Name};
use crate::time::Timestamp;

/// The fields by which lists of users can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "email", kind: FieldKind::Text },
    Field { name: "name", kind: FieldKind::Text },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

/// Whether records of this type, by its name in PRNs, belong to the installation and to no organization.
pub fn is_of_installation(kind: &str) -> bool {
    [User::TYPE, crate::sessions::UserSession::TYPE].contains(&Some(kind))
}

/// A person, known by one e-mail address. How the person proves who they are is not part of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its key.
    pub id: Id<User>,
    /// Unique in the installation.
    pub email: Email,
    /// What the person is called.
    pub name: Name,
    /// Whether the person administers the installation: its organizations, and the accounts of others.
    pub is_administrator: bool,
    /// Since when signing in takes a second factor; `None` if the person has none.
    pub second_factor_since: Option<Timestamp>,
    /// When the account was disabled: nobody can sign in to it.
    pub disabled_at: Option<Timestamp>,
    /// Grows with each change.
    pub revision: Revision,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Resource for User {
    const TYPE: Option<&'static str> = Some("user");
    const A_NAME: &'static str = "a user";
    const IS_OF_INSTALLATION: bool = true;
}

impl Searchable for User {
    const FIELDS: FieldTable = SEARCH;
}

/// An e-mail address in lower case. ASCII only, so that no two addresses look the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email(String);

/// The text is no address that can be used here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is not an e-mail address such as ada@example.com (at most {LONGEST_EMAIL} characters, letters without accents)"
)]
pub struct InvalidEmail;

/// The most characters of an address (RFC 5321, section 4.5.3.1.3).
const LONGEST_EMAIL: usize = 254;

impl Email {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let is_local = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let is_label = |label: &str| {
            let plain = label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            plain && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
        };
        let (local, host) = text.rsplit_once('@').ok_or(InvalidEmail)?;
        let is_plain = (1..=64).contains(&local.len()) && local.chars().all(is_local);
        let is_address = is_plain && text.len() <= LONGEST_EMAIL && host.split('.').all(is_label);
        is_address.then(|| Self(text.to_ascii_lowercase())).ok_or(InvalidEmail)
    }
}

impl FromRecord for Email {
    fn from_record(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        let email: Email = "Ada.Lovelace+ota@Example.COM".parse().unwrap();
        assert_eq!(email.as_str(), "ada.lovelace+ota@example.com");
        assert_eq!(Email::from_record(email.as_str()), Some(email));
        for good in ["root@localhost", "a@b.c"] {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for bad in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.com",
            "a b@c.d",
            "a@b@c",
            "ä@b.c",
            "a@ä.c",
            "a@b..c",
            "a@-b.c",
            "a@b.c\n",
            &long,
        ] {
            assert!(bad.parse::<Email>().is_err(), "{bad:?}");
        }
    }
}
