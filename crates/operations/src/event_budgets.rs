//! How many frequent events one device, API key or binary may cause in an hour, as this process counts.
//!
//! A caller can repeat a request as often as it likes, so it must not cause an event each time. Requests over the budget still have their
//! effect; at the end of the hour, one event says how many events were left out. Events of the audit class are never left out.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use olivine_domain::events::{EventType, RetentionClass, Subject};
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Actor, Identity};
use olivine_domain::prn::Id;
use olivine_domain::time::Timestamp;
use uuid::Uuid;

/// The most frequent events of one device in an hour: an update takes some five.
const OF_A_DEVICE: u32 = 100;
/// The same of one API key, and of one binary's downloads by URL.
const OF_OTHERS: u32 = 3_600;
/// How many callers are counted at once; each takes some 100 bytes.
const MOST: usize = 50_000;

const HOUR: i64 = 3_600;

/// What is counted in this hour.
#[derive(Debug, Default)]
pub(crate) struct EventBudgets(Mutex<HashMap<Uuid, Spent>>);

#[derive(Debug)]
struct Spent {
    hour: i64,
    written: u32,
    omitted: Option<Box<Omitted>>,
}

/// Events that were not written.
#[derive(Debug)]
pub(crate) struct Omitted {
    pub(crate) organization: Id<Organization>,
    pub(crate) identity: Identity,
    pub(crate) subject: Subject,
    /// When the hour began.
    pub(crate) since: Timestamp,
    /// How many, by type.
    pub(crate) counts: BTreeMap<&'static str, u64>,
}

impl Omitted {
    /// The type of most of them: the event that counts them has this type, too, so that versions before know it.
    pub(crate) fn kind(&self) -> Option<EventType> {
        let (name, _) = self.counts.iter().max_by_key(|(_, count)| **count)?;
        EventType::from_name(name)
    }
}

impl EventBudgets {
    fn spent(&self) -> MutexGuard<'_, HashMap<Uuid, Spent>> {
        // No code that holds this lock can leave the value half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this event is written; otherwise it is counted.
    pub(crate) fn admits(&self, actor: &Actor, kind: EventType, subject: &Subject, now: Timestamp) -> bool {
        if kind.retention_class() == RetentionClass::Audit {
            return true;
        }
        let who = actor.identity.id().unwrap_or(subject.id);
        let most = match actor.identity {
            Identity::Device(_) => OF_A_DEVICE,
            Identity::User(_) | Identity::ApiKey(_) | Identity::System => OF_OTHERS,
        };
        let hour = now.as_seconds() / HOUR;
        let mut all = self.spent();
        if all.len() >= MOST && !all.contains_key(&who) {
            make_room(&mut all);
        }
        let spent = all.entry(who).or_insert(Spent { hour, written: 0, omitted: None });
        if spent.hour != hour && spent.omitted.is_none() {
            *spent = Spent { hour, written: 0, omitted: None };
        }
        if spent.hour == hour && spent.written < most {
            spent.written += 1;
            return true;
        }
        let omitted = spent.omitted.get_or_insert_with(|| {
            Box::new(Omitted {
                organization: actor.organization,
                identity: actor.identity,
                subject: subject.clone(),
                since: now,
                counts: BTreeMap::new(),
            })
        });
        *omitted.counts.entry(kind.as_str()).or_default() += 1;
        metrics::counter!("olivine_events_omitted_total", "type" => kind.as_str()).increment(1);
        false
    }

    /// What was left out in the hours before, or until now; it is forgotten here.
    pub(crate) fn take(&self, until: Until) -> Vec<Omitted> {
        let mut taken = Vec::new();
        self.spent().retain(|_, spent| {
            let is_over = match until {
                Until::Hour(now) => spent.hour < now.as_seconds() / HOUR,
                Until::Now => true,
            };
            if is_over {
                taken.extend(spent.omitted.take().map(|omitted| *omitted));
            }
            !is_over
        });
        taken
    }
}

/// Up to when.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    /// The beginning of this moment's hour.
    Hour(Timestamp),
    /// The end of the process.
    Now,
}

/// Removes the callers that are furthest from their budget. A caller over its budget is removed only if all are.
fn make_room(all: &mut HashMap<Uuid, Spent>) {
    all.retain(|_, spent| spent.omitted.is_some() || spent.written >= OF_A_DEVICE / 2);
    if all.len() >= MOST {
        all.retain(|_, spent| spent.omitted.is_some());
    }
    if all.len() >= MOST {
        all.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use olivine_domain::permissions::Origin;

    use super::*;

    fn device(number: u128) -> (Actor, Subject) {
        let id = Id::new(Uuid::from_u128(number));
        (Actor::device(Id::new(Uuid::nil()), id, Origin::default()), Subject::of(id))
    }

    fn reports(budgets: &EventBudgets, number: u128, times: u32, now: Timestamp) -> u32 {
        let (actor, subject) = device(number);
        let admitted =
            (0..times).filter(|_| budgets.admits(&actor, EventType::DeviceUpdateReported, &subject, now));
        u32::try_from(admitted.count()).unwrap()
    }

    #[test]
    fn one_device_writes_a_bounded_number_of_events_and_the_rest_is_counted() {
        let (budgets, now) = (EventBudgets::default(), Timestamp::EPOCH);
        assert_eq!(reports(&budgets, 1, 1_000, now), OF_A_DEVICE);
        assert_eq!(reports(&budgets, 2, 5, now), 5, "another one has its own budget");
        let (actor, subject) = device(1);
        assert!(
            budgets.admits(&actor, EventType::DeviceProvisioned, &subject, now),
            "audit is never left out"
        );
        assert!(budgets.take(Until::Hour(now)).is_empty(), "the hour is not over");
        let next = now.plus(Duration::from_hours(1));
        let omitted = budgets.take(Until::Hour(next));
        assert_eq!(omitted.len(), 1);
        assert_eq!(omitted[0].counts, BTreeMap::from([("device.update_reported", 900)]));
        assert_eq!(
            (omitted[0].kind(), &omitted[0].subject),
            (Some(EventType::DeviceUpdateReported), &subject)
        );
        assert_eq!(reports(&budgets, 1, 1_000, next), OF_A_DEVICE, "the next hour has its own");
    }

    #[test]
    fn many_devices_do_not_take_more_memory_nor_free_who_is_over() {
        let (budgets, now) = (EventBudgets::default(), Timestamp::EPOCH);
        reports(&budgets, 1, 1_000, now);
        for number in 2..(2 * MOST as u128) {
            reports(&budgets, number, 1, now);
        }
        assert!(budgets.spent().len() <= MOST);
        assert_eq!(reports(&budgets, 1, 10, now), 0);
    }
}
