//! Archiving: an archived record stays, with all that refers to it and all that is counted of it. It is left out of lists, and nothing
//! new can use it, until it is taken back.
//!
//! The rules are the same for all kinds of records. The place of a release in its graph is decided in [`crate::releases::graph`].

use std::str::FromStr;

use crate::artifact_versions::ArtifactVersion;
use crate::artifacts::Artifact;
use crate::bundles::Bundle;
use crate::cohorts::Cohort;
use crate::prn::Resource;
use crate::products::Product;
use crate::refusals::{Facts, Meaning, Refusal};
use crate::releases::Release;
use crate::text::Name;
use crate::time::Timestamp;

/// A record that can be archived.
pub trait Archivable: Resource + Clone {
    /// When it was archived; `None` if it is not.
    fn archived_at(&self) -> Option<Timestamp>;

    /// What people call it, where it has a name.
    fn title(&self) -> Option<&str>;

    /// Its PRN.
    fn named(&self) -> String;

    /// The record as it is once it was archived then, or taken back, with its next revision.
    #[must_use]
    fn with_archived_at(&self, archived_at: Option<Timestamp>, now: Timestamp) -> Self;
}

/// Implements [`Archivable`]; `title` is what people call the record.
macro_rules! archivable {
    ($($record:ident: $title:expr;)*) => {
        $(impl Archivable for $record {
            fn archived_at(&self) -> Option<Timestamp> {
                self.archived_at
            }

            fn title(&self) -> Option<&str> {
                let title: fn(&$record) -> Option<&str> = $title;
                title(self)
            }

            fn named(&self) -> String {
                self.id.prn(self.organization).to_string()
            }

            fn with_archived_at(&self, archived_at: Option<Timestamp>, now: Timestamp) -> Self {
                Self { archived_at, revision: self.revision.next(), updated_at: now, ..self.clone() }
            }
        })*
    };
}

archivable! {
    Artifact: |own| Some(own.name.as_str());
    ArtifactVersion: |own| Some(own.version.as_str());
    Bundle: |own| own.name.as_ref().map(Name::as_str);
    Cohort: |own| Some(own.name.as_str());
    Product: |own| Some(own.name.as_str());
    Release: |own| Some(own.name.as_str());
}

/// Something new was to use an archived record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the {what} {title}{prn} is archived, so nothing new can use it. Take it back first ('peridio {command} unarchive --prn {prn}', or POST \
     /v1/{kind}s/{prn}/unarchive), or use another one",
    what = .kind.replace('_', " "),
    title = .title.as_ref().map_or_else(String::new, |title| format!("'{title}', ")),
    command = format!("{}s", .kind.replace('_', "-"))
)]
pub struct Archived {
    /// What kind of record it is, as in PRNs.
    pub kind: &'static str,
    /// What people call it, where it has a name.
    pub title: Option<String>,
    /// Its PRN.
    pub prn: String,
}

impl Refusal for Archived {
    fn meaning(&self) -> Meaning {
        Meaning::Conflict
    }

    fn code(&self) -> &'static str {
        "archived"
    }

    fn facts(&self) -> Facts {
        vec![("kind", self.kind.into()), ("prn", self.prn.as_str().into())]
    }
}

/// Refuses to use an archived record for something new.
pub fn usable<R: Archivable>(record: &R) -> Result<(), Archived> {
    match record.archived_at() {
        None => Ok(()),
        Some(_) => Err(Archived {
            kind: R::TYPE.unwrap_or_default(),
            title: record.title().map(str::to_owned),
            prn: record.named(),
        }),
    }
}

/// The record once it is archived; `None` where it is so already.
pub fn archive<R: Archivable>(record: &R, now: Timestamp) -> Option<R> {
    record.archived_at().is_none().then(|| record.with_archived_at(Some(now), now))
}

/// The record once it is taken back; `None` where it is not archived.
pub fn unarchive<R: Archivable>(record: &R, now: Timestamp) -> Option<R> {
    record.archived_at().map(|_| record.with_archived_at(None, now))
}

/// Which records a list has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ArchivedFilter {
    /// Only those that are not archived.
    Without,
    /// Only those that are archived.
    Only,
    /// All.
    #[default]
    Any,
}

/// The text names none of the choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is false (the default: no archived ones), true (only archived ones) or any (both)")]
pub struct UnknownArchivedFilter;

impl ArchivedFilter {
    /// The names of the choices in the API.
    pub const NAMES: [&'static str; 3] = ["false", "true", "any"];
}

impl FromStr for ArchivedFilter {
    type Err = UnknownArchivedFilter;

    fn from_str(text: &str) -> Result<Self, UnknownArchivedFilter> {
        let [without, only, any] = Self::NAMES;
        match text {
            text if text == without => Ok(Self::Without),
            text if text == only => Ok(Self::Only),
            text if text == any => Ok(Self::Any),
            _ => Err(UnknownArchivedFilter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohorts::New;
    use crate::prn::Id;
    use uuid::Uuid;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros).unwrap()
    }

    #[test]
    fn archiving_and_taking_back_change_a_record_once_each() {
        let key = |number| Uuid::from_u128(number);
        let new = New { product: Id::new(key(3)), name: "daily".parse().unwrap(), description: None };
        let cohort = new.record(Id::new(key(1)), Id::new(key(2)), at(0));
        assert_eq!(unarchive(&cohort, at(1)), None, "it is not archived");
        usable(&cohort).unwrap();
        let archived = archive(&cohort, at(1)).unwrap();
        assert_eq!(
            archived,
            Cohort {
                archived_at: Some(at(1)),
                revision: cohort.revision.next(),
                updated_at: at(1),
                ..cohort.clone()
            }
        );
        assert_eq!(archive(&archived, at(2)), None, "it is archived already");
        let refused = usable(&archived).unwrap_err();
        let prn = cohort.id.prn(cohort.organization);
        assert_eq!(refused.facts(), vec![("kind", "cohort".into()), ("prn", prn.into())]);
        assert_eq!(
            refused.to_string(),
            format!(
                "the cohort 'daily', {prn} is archived, so nothing new can use it. Take it back first ('peridio cohorts unarchive --prn \
                 {prn}', or POST /v1/cohorts/{prn}/unarchive), or use another one"
            )
        );
        let back = unarchive(&archived, at(3)).unwrap();
        assert_eq!(
            (back.archived_at, back.revision, back.updated_at),
            (None, archived.revision.next(), at(3))
        );
        assert_eq!(
            Cohort { revision: cohort.revision, updated_at: at(0), ..back },
            cohort,
            "all else is as it was"
        );
    }
}
