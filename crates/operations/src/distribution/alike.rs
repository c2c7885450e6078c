//! Equal values of many devices are stored once: a million devices have only a few cohorts, sets of tags and versions.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use olivine_domain::devices::{Device, Reported};
use olivine_domain::tags::Tags;

use super::facts::Belonging;

/// The most different values of each sort that are looked for. Beyond it a new search begins: values that are in use stay where they are.
const MOST: usize = 10_000;

/// The values that devices share.
#[derive(Debug, Default)]
pub(super) struct Alike {
    belonging: Shared<Arc<Belonging>>,
    tags: Shared<Tags>,
    reported: Shared<Arc<Reported>>,
}

impl Alike {
    /// Whose a device is.
    pub(super) fn belonging(&self, device: &Device) -> Arc<Belonging> {
        let Device { organization, product, cohort, .. } = *device;
        self.belonging.the_one(Arc::new(Belonging { organization, product, cohort }))
    }

    /// A device's tags.
    pub(super) fn tags(&self, tags: Tags) -> Tags {
        self.tags.the_one(tags)
    }

    /// What a device says that it runs.
    pub(super) fn reported(&self, reported: Reported) -> Arc<Reported> {
        self.reported.the_one(Arc::new(reported))
    }
}

/// Values whose clones share their memory, each once.
#[derive(Debug)]
struct Shared<T>(Mutex<HashSet<T>>);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone + Eq + Hash> Shared<T> {
    /// The value that is equal to this one and kept already, or this one from now on.
    fn the_one(&self, value: T) -> T {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = kept.get(&value) {
            return same.clone();
        }
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(value.clone());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_one_and_their_number_is_bounded() {
        let shared: Shared<Arc<usize>> = Shared::default();
        let first = shared.the_one(Arc::new(7));
        assert!(Arc::ptr_eq(&first, &shared.the_one(Arc::new(7))));
        for number in 0..3 * MOST {
            assert_eq!(*shared.the_one(Arc::new(number)), number);
            assert!(shared.0.lock().unwrap().len() <= MOST);
        }
        // It was forgotten, and is still whole.
        assert_eq!(*first, 7);
    }
}
