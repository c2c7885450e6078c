//! A bounded memory of what the database holds. Must never keep what was read before a change and insert it after it.

use std::fmt;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::{Mutex, PoisonError};

use quick_cache::sync;

use crate::Error;

/// How many keys are independent of each other.
const SHARDS: usize = 256;

/// What was read, by key. Least used entries make room for new ones.
pub(super) struct Cache<K, V> {
    entries: sync::Cache<K, V>,
    hasher: RandomState,
    /// How often something was forgotten, by shard. Locked while an entry is inserted or forgotten.
    epochs: Box<[Mutex<u64>]>,
    /// Held while an entry is read from the database, so that a thousand requests that miss the same entry read it once.
    reading: Box<[tokio::sync::Mutex<()>]>,
}

/// When something begins to be read: what is forgotten from then on is not inserted.
pub(super) struct CacheEpoch(Box<[u64]>);

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cache")
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Cache<K, V> {
    /// Room for `most` entries.
    pub(super) fn new(most: usize) -> Self {
        Self {
            entries: sync::Cache::new(most.max(1)),
            hasher: RandomState::new(),
            epochs: (0..SHARDS).map(|_| Mutex::new(0)).collect(),
            reading: (0..SHARDS).map(|_| tokio::sync::Mutex::new(())).collect(),
        }
    }

    fn shard(&self, key: &K) -> usize {
        usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).expect("less than the number of shards")
    }

    fn epoch(&self, shard: usize) -> std::sync::MutexGuard<'_, u64> {
        self.epochs[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is remembered, or what `read` finds; that is remembered unless it was forgotten meanwhile.
    pub(super) async fn get_or_read(
        &self,
        key: &K,
        read: impl AsyncFnOnce() -> Result<Option<V>, Error>,
    ) -> Result<Option<V>, Error> {
        if let Some(found) = self.entries.get(key) {
            return Ok(Some(found));
        }
        let shard = self.shard(key);
        let _turn = self.reading[shard].lock().await;
        if let Some(found) = self.entries.get(key) {
            return Ok(Some(found));
        }
        let before = *self.epoch(shard);
        let Some(found) = read().await? else { return Ok(None) };
        self.insert(shard, before, key, found.clone());
        Ok(Some(found))
    }

    /// What is remembered.
    pub(super) fn get(&self, key: &K) -> Option<V> {
        self.entries.get(key)
    }

    /// Now.
    pub(super) fn moment(&self) -> CacheEpoch {
        CacheEpoch((0..SHARDS).map(|shard| *self.epoch(shard)).collect())
    }

    /// Remembers what was read after a moment, unless it was forgotten since, or somebody else was faster.
    pub(super) fn keep(&self, since: &CacheEpoch, key: &K, found: V) {
        let shard = self.shard(key);
        self.insert(shard, since.0[shard], key, found);
    }

    fn insert(&self, shard: usize, before: u64, key: &K, found: V) {
        let epoch = self.epoch(shard);
        if *epoch == before && self.entries.get(key).is_none() {
            self.entries.insert(key.clone(), found);
        }
    }

    /// Removes an entry, and prevents reads that are under way from inserting it.
    pub(super) fn forget(&self, key: &K) {
        let mut epoch = self.epoch(self.shard(key));
        *epoch += 1;
        self.entries.remove(key);
    }

    /// Removes all entries for which `is_old` is true, and prevents reads that are under way from inserting one.
    pub(super) fn forget_where(&self, is_old: impl Fn(&V) -> bool) {
        for shard in 0..SHARDS {
            *self.epoch(shard) += 1;
        }
        // A value that was read before this is inserted before this, or not at all.
        self.entries.retain(|_, value| !is_old(value));
    }

    /// Forgets all.
    pub(super) fn forget_all(&self) {
        let mut epochs: Vec<_> = (0..SHARDS).map(|shard| self.epoch(shard)).collect();
        for epoch in &mut epochs {
            **epoch += 1;
        }
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forgotten_while_it_is_read_is_not_put_down() {
        let kept = Cache::new(10);
        let before = kept.moment();
        kept.forget(&"changed");
        kept.keep(&before, &"changed", 1);
        kept.keep(&before, &"same", 1);
        assert_eq!((kept.get(&"changed"), kept.get(&"same")), (None, Some(1)));

        kept.forget_all();
        kept.keep(&before, &"same", 1);
        assert_eq!(kept.get(&"same"), None);
        kept.keep(&kept.moment(), &"same", 2);
        kept.keep(&kept.moment(), &"same", 3);
        assert_eq!(kept.get(&"same"), Some(2), "what others share already stays");
    }
}
