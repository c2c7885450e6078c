//! Which events of a feed a reader wants. Asked in the database where a part of the feed is read, and here of each event that a stream shows: a
//! test compares the two.

use uuid::Uuid;

use crate::cohorts::Cohort;
use crate::events::{Event, EventType, RecordedType, Subject};
use crate::organizations::Organization;
use crate::permissions::{Identity, Limits, RecordedIdentity};
use crate::prn::Id;
use crate::products::Product;

/// Which events of a feed a reader wants: those that meet all lists, and of each list that is not empty at least one entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Of one of these types.
    pub kinds: Vec<EventType>,
    /// About one of these records.
    pub resources: Vec<Named>,
    /// Caused by one of these actors.
    pub actors: Vec<Named>,
    /// About one of these records, or caused by it.
    pub about: Vec<Named>,
    /// Of one of these products.
    pub products: Vec<Id<Product>>,
    /// Of one of these cohorts.
    pub cohorts: Vec<Id<Cohort>>,
    /// What the reader reaches. All other fields are the reader's own filters.
    pub seen: Limits,
}

/// A record that a filter names; both are `None` for what is not in the organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// As what events are about.
    pub subject: Option<Subject>,
    /// As who causes events.
    pub identity: Option<Identity>,
}

impl Named {
    /// The record of that PRN, in `organization`.
    pub fn from_prn(prn: &str, organization: Id<Organization>) -> Self {
        Self {
            subject: Subject::from_prn(prn, organization),
            identity: Identity::from_prn(prn, organization),
        }
    }

    fn is_subject_of(&self, event: &Event) -> bool {
        self.subject.as_ref() == Some(&event.subject)
    }

    fn is_actor_of(&self, event: &Event) -> bool {
        match self.identity {
            // Also what the person did with keys of their own.
            Some(Identity::User(user)) => event.person == Some(user),
            Some(Identity::System) | None => false,
            Some(identity) => event.identity == RecordedIdentity::Known(identity),
        }
    }
}

impl EventFilter {
    /// Whether it passes over nothing.
    pub const fn is_empty(&self) -> bool {
        let Self { kinds, resources, actors, about, products, cohorts, seen } = self;
        kinds.is_empty()
            && resources.is_empty()
            && actors.is_empty()
            && about.is_empty()
            && products.is_empty()
            && cohorts.is_empty()
            && seen.is_whole()
    }

    /// Whether an event meets it.
    pub fn passes(&self, event: &Event) -> bool {
        let is_kind = |kind: &EventType| event.kind == RecordedType::Known(*kind);
        one_of(&self.kinds, is_kind)
            && one_of(&self.resources, |named| named.is_subject_of(event))
            && one_of(&self.actors, |named| named.is_actor_of(event))
            && one_of(&self.about, |named| named.is_subject_of(event) || named.is_actor_of(event))
            && one_of(&self.products, |id| event.product == Some(*id))
            && one_of(&self.cohorts, |id| event.cohort == Some(*id))
            && self.seen.contain(event.product, event.cohort)
    }
}

fn one_of<T>(wanted: &[T], meets: impl Fn(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(meets)
}

impl Subject {
    /// The record of that PRN, of any type, also one that this version does not know; `None` where it is not in `organization`.
    pub fn from_prn(prn: &str, organization: Id<Organization>) -> Option<Self> {
        let fields: Vec<&str> = prn.split(':').skip(2).collect();
        let uuid = |text: &str| Uuid::try_parse(text).ok();
        let (of, kind, id) = match fields.as_slice() {
            [of] => (uuid(of), None, uuid(of)),
            [kind, id] if crate::users::is_of_installation(kind) => {
                (Some(organization.uuid()), Some(*kind), uuid(id))
            }
            [of, kind, id] => (uuid(of), Some(*kind), uuid(id)),
            _ => return None,
        };
        let id = id.filter(|_| of == Some(organization.uuid()))?;
        Some(Self { kind: kind.map(str::to_owned), id })
    }
}
