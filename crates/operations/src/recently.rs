//! Remembers for a limited time when something last happened.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use olivine_domain::time::Timestamp;

/// The last moments of so many things at most. Where there are more, all are forgotten: remembering only saves work, and nothing depends on
/// it.
#[derive(Debug)]
pub(crate) struct Recently<K> {
    moments: HashMap<K, Timestamp>,
    span: Duration,
    most: usize,
}

impl<K: Eq + Hash> Recently<K> {
    /// Nothing happened yet; what will counts for `span`.
    pub(crate) fn new(span: Duration, most: usize) -> Self {
        Self { moments: HashMap::new(), span, most }
    }

    /// Whether it happened within the span.
    pub(crate) fn has(&self, key: &K, now: Timestamp) -> bool {
        self.moments.get(key).is_some_and(|last| now < last.plus(self.span))
    }

    /// It happens now.
    pub(crate) fn note(&mut self, key: K, now: Timestamp) {
        if self.moments.len() >= self.most {
            self.moments.retain(|_, last| now < last.plus(self.span));
            if self.moments.len() >= self.most {
                self.moments.clear();
            }
        }
        self.moments.insert(key, now);
    }

    /// How many are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.moments.len()
    }
}
