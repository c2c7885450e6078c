//! How values appear in the data of events.
//!
//! Records are named by their PRNs. A bare id has no [`Fact`], so an event with one does not compile.

use std::collections::BTreeMap;

use olivine_domain::binaries::{BinaryState, VerificationErrorCode};
use olivine_domain::binary_parts::{PartIndex, PartState};
use olivine_domain::binary_signatures::Scheme;
use olivine_domain::ca_certificates::Renewals;
use olivine_domain::certificates::IdentifierSource;
use olivine_domain::device_certificates::Proof;
use olivine_domain::devices::UpdateStatus;
use olivine_domain::events::LONGEST_OF_CHANGES;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::{DownloadUrlStyle, Organization};
use olivine_domain::prn::{Id, Prn, Resource};
use olivine_domain::resolution::Status;
use olivine_domain::signing_keys::{KeyId, KeyStatus};
use olivine_domain::storage_backends::{Sealed, StorageBackend, StorageUrl};
use olivine_domain::tags::Tags;
use olivine_domain::text::{Description, Name, VersionText};
use olivine_domain::versions::{Requirement, Version};
use olivine_domain::views::{PagePath, PageQuery};
use olivine_domain::{CustomMetadata, Target, Timestamp};
use serde_json::{Map, Value};

/// The data of an event, by the names of its fields.
pub(crate) type Data = Map<String, Value>;

/// The most entries of a list that an event names.
pub(crate) const MOST_ENTRIES: usize = 100;

/// Something that events say, in the form that the API has for it.
pub(crate) trait Fact {
    /// As it appears in an event.
    fn value(&self) -> Value;

    /// A text by which values are compared, if not the `value` itself: for values that an event must not or can't show.
    fn compared(&self) -> Option<Value> {
        None
    }

    /// Whether an event may say what it is.
    fn is_shown(&self) -> bool {
        true
    }
}

/// Values that are texts.
macro_rules! texts {
    ($($type:ty),*) => {
        $(impl Fact for $type {
            fn value(&self) -> Value {
                self.to_string().into()
            }
        })*
    };
}

/// Values of closed lists, by their names in the API.
macro_rules! names {
    ($($type:ty),*) => {
        $(impl Fact for $type {
            fn value(&self) -> Value {
                self.as_str().into()
            }
        })*
    };
}

/// Values that JSON has itself.
macro_rules! plain {
    ($($type:ty),*) => {
        $(impl Fact for $type {
            fn value(&self) -> Value {
                (*self).into()
            }
        })*
    };
}

texts!(
    Timestamp,
    Name,
    VersionText,
    Version,
    Requirement,
    Target,
    Sha256Digest,
    KeyId,
    StorageUrl,
    PagePath,
    String
);
names!(
    BinaryState,
    PartState,
    Scheme,
    Proof,
    UpdateStatus,
    Status,
    KeyStatus,
    DownloadUrlStyle,
    IdentifierSource,
    Renewals
);
names!(VerificationErrorCode);
plain!(bool, u8, u16, u32, u64, usize, f64, &str);

impl<R: Resource> Fact for Prn<R> {
    fn value(&self) -> Value {
        self.to_string().into()
    }
}

impl Fact for PartIndex {
    fn value(&self) -> Value {
        self.get().into()
    }
}

impl Fact for Tags {
    fn value(&self) -> Value {
        self.iter().collect()
    }
}

impl Fact for Description {
    fn value(&self) -> Value {
        self.as_str().into()
    }

    fn is_shown(&self) -> bool {
        self.as_str().chars().nth(LONGEST_OF_CHANGES).is_none()
    }
}

impl Fact for PageQuery {
    fn value(&self) -> Value {
        self.as_str().into()
    }

    fn is_shown(&self) -> bool {
        self.as_str().chars().nth(LONGEST_OF_CHANGES).is_none()
    }
}

impl Fact for CustomMetadata {
    fn value(&self) -> Value {
        serde_json::from_str(self.as_json()).unwrap_or(Value::Null)
    }

    /// A long one is not parsed, because it is not shown anyway.
    fn compared(&self) -> Option<Value> {
        (!self.is_shown()).then(|| self.as_json().into())
    }

    fn is_shown(&self) -> bool {
        self.as_json().chars().nth(LONGEST_OF_CHANGES).is_none()
    }
}

impl Fact for BTreeMap<&'static str, u64> {
    fn value(&self) -> Value {
        self.iter().map(|(name, count)| ((*name).to_owned(), (*count).into())).collect::<Data>().into()
    }
}

impl<T: Fact> Fact for Option<T> {
    fn value(&self) -> Value {
        self.as_ref().map_or(Value::Null, Fact::value)
    }

    fn compared(&self) -> Option<Value> {
        self.as_ref().and_then(Fact::compared)
    }

    fn is_shown(&self) -> bool {
        self.as_ref().is_none_or(Fact::is_shown)
    }
}

impl<T: Fact> Fact for Vec<T> {
    fn value(&self) -> Value {
        self.iter().take(MOST_ENTRIES).map(Fact::value).collect()
    }

    fn compared(&self) -> Option<Value> {
        (self.len() > MOST_ENTRIES).then(|| self.iter().map(Fact::value).collect())
    }
}

impl<T: Fact> Fact for &T {
    fn value(&self) -> Value {
        (*self).value()
    }

    fn compared(&self) -> Option<Value> {
        (*self).compared()
    }

    fn is_shown(&self) -> bool {
        (*self).is_shown()
    }
}

/// The fingerprint of a certificate, in the form that the API has for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fingerprint(pub(crate) Sha256Digest);

impl Fact for Fingerprint {
    fn value(&self) -> Value {
        self.0.to_hex().into()
    }
}

/// A storage backend; `null` for one of the server's own, which have no PRN in the API either.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Storage(pub(crate) Id<StorageBackend>, pub(crate) Id<Organization>);

impl Fact for Storage {
    fn value(&self) -> Value {
        let Self(id, organization) = *self;
        if StorageBackend::is_of_server(id) { Value::Null } else { id.prn(organization).value() }
    }

    fn compared(&self) -> Option<Value> {
        Some(self.0.to_string().into())
    }
}

/// A secret. Events say that it changed, and nothing else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Secret<'a>(pub(crate) Option<&'a Sealed>);

impl Fact for Secret<'_> {
    fn value(&self) -> Value {
        Value::Null
    }

    fn compared(&self) -> Option<Value> {
        Some(self.0.map_or(Value::Null, |sealed| sealed.as_bytes().into()))
    }

    fn is_shown(&self) -> bool {
        false
    }
}

/// One field of a record.
#[derive(Debug)]
pub(crate) struct Field {
    name: &'static str,
    /// `None` where an event must not say what it is, or where that would be too long.
    shown: Option<Value>,
    /// `None` where what is shown tells it from others.
    hidden: Option<Value>,
}

impl Field {
    pub(super) fn new(name: &'static str, fact: &impl Fact) -> Self {
        let shown = fact.is_shown().then(|| fact.value());
        let hidden = fact.compared().or_else(|| shown.is_none().then(|| fact.value()));
        Self { name, shown, hidden }
    }

    /// What tells it from others.
    const fn compared(&self) -> Option<&Value> {
        match &self.hidden {
            Some(hidden) => Some(hidden),
            None => self.shown.as_ref(),
        }
    }

    fn differs(&self, other: &Self) -> bool {
        self.compared() != other.compared()
    }
}

/// A record as events show it. The order of fields is the same for all records of a type.
pub(crate) trait Recorded {
    /// The fields by which people know which record it is. They are in each event about it.
    const KNOWN_BY: &'static [&'static str];

    /// All fields that people or devices may want to know the past of, with the names that they have in the API.
    fn fields(&self) -> Vec<Field>;
}

/// The data, or a part of the data, of an event.
pub(crate) trait Payload {
    /// Adds its fields.
    fn add_to(self, data: &mut Data);
}

/// A record as a whole: one that comes or goes.
#[derive(Debug)]
pub(crate) struct Whole<'a, R>(pub(crate) &'a R);

impl<R: Recorded> Payload for Whole<'_, R> {
    fn add_to(self, data: &mut Data) {
        data.extend(
            self.0.fields().into_iter().filter_map(|field| Some((field.name.to_owned(), field.shown?))),
        );
    }
}

/// What changed in a record: by which fields it is known, then the names of those that changed, and what they were before and after.
#[derive(Debug)]
pub(crate) struct Change<'a, R> {
    pub(crate) from: &'a R,
    pub(crate) to: &'a R,
}

impl<R: Recorded> Change<'_, R> {
    /// Whether there is a field that changed.
    pub(crate) fn is_any(&self) -> bool {
        self.from.fields().iter().zip(&self.to.fields()).any(|(old, new)| old.differs(new))
    }
}

impl<R: Recorded> Payload for Change<'_, R> {
    fn add_to(self, data: &mut Data) {
        let (mut changed, mut before, mut after) = (Vec::new(), Data::new(), Data::new());
        for (old, new) in self.from.fields().into_iter().zip(self.to.fields()) {
            let name = new.name.to_owned();
            if let Some(shown) = &new.shown
                && R::KNOWN_BY.contains(&new.name)
            {
                data.insert(name.clone(), shown.clone());
            }
            if !old.differs(&new) {
                continue;
            }
            changed.push(Value::from(new.name));
            // Both or neither: with only one of them, the change would look like one from nothing or to nothing.
            if let (Some(old), Some(new)) = (old.shown, new.shown) {
                before.insert(name.clone(), old);
                after.insert(name, new);
            }
        }
        data.insert("changed".to_owned(), changed.into());
        data.insert("from".to_owned(), before.into());
        data.insert("to".to_owned(), after.into());
    }
}

impl<A: Payload, B: Payload> Payload for (A, B) {
    fn add_to(self, data: &mut Data) {
        self.0.add_to(data);
        self.1.add_to(data);
    }
}
