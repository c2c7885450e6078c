//! How many requests or transfers of one caller go on at once, as this process counts.
//!
//! Only what goes on is remembered, so the memory is bounded by what is let in elsewhere.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How many maps the callers are spread over, so that requests rarely wait for each other's lock.
const SHARDS: usize = 32;

/// So many requests of a caller wait for each of its places; more are refused at once.
const WAITING_PER_PLACE: usize = 7;

/// The same number of places for each caller. Cheap to clone.
#[derive(Clone)]
pub struct Places<K>(Arc<Shared<K>>);

struct Shared<K> {
    each: usize,
    hasher: RandomState,
    shards: Vec<Mutex<HashMap<K, Caller>>>,
}

/// A caller with at least one request here.
struct Caller {
    places: Arc<Semaphore>,
    /// How many of its requests have a place or wait for one.
    requests: usize,
}

impl<K> fmt::Debug for Places<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Places").field("each", &self.0.each).finish_non_exhaustive()
    }
}

/// All places of the caller are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllTaken;

/// A place of a caller, given back when dropped.
pub struct CallerPlace<K: Eq + Hash> {
    // In this order: the place is free before the caller can be forgotten.
    _place: OwnedSemaphorePermit,
    _request: Request<K>,
}

impl<K: Eq + Hash> fmt::Debug for CallerPlace<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallerPlace")
    }
}

impl<K: Eq + Hash + Clone> Places<K> {
    /// So many places for each caller; with 0 as many as it likes.
    pub fn new(each: usize) -> Self {
        let each = if each == 0 { Semaphore::MAX_PERMITS / 2 } else { each.min(Semaphore::MAX_PERMITS / 2) };
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self(Arc::new(Shared { each, hasher: RandomState::new(), shards }))
    }

    /// A place for a request of `caller`, if one is free.
    pub fn take(&self, caller: &K) -> Result<CallerPlace<K>, AllTaken> {
        self.take_many(caller, 1)
    }

    /// Several places at once, if they are free.
    pub fn take_many(&self, caller: &K, places: u32) -> Result<CallerPlace<K>, AllTaken> {
        let (request, all) = self.enter(caller, self.0.each)?;
        let place = all.try_acquire_many_owned(places).map_err(|_| AllTaken)?;
        Ok(CallerPlace { _place: place, _request: request })
    }

    /// The same, after waiting at most `patience` for one, in the order of coming.
    pub async fn wait(&self, caller: &K, patience: Duration) -> Result<CallerPlace<K>, AllTaken> {
        let (request, places) = self.enter(caller, self.0.each.saturating_mul(WAITING_PER_PLACE + 1))?;
        let place = timeout(patience, places.acquire_owned()).await;
        let place = place.map_err(|_| AllTaken)?.map_err(|_| AllTaken)?;
        Ok(CallerPlace { _place: place, _request: request })
    }

    /// Counts a request of `caller`, unless there are `most` already.
    fn enter(&self, caller: &K, most: usize) -> Result<(Request<K>, Arc<Semaphore>), AllTaken> {
        let mut callers = self.0.shard(caller);
        let places = match callers.get_mut(caller) {
            Some(known) if known.requests >= most => return Err(AllTaken),
            Some(known) => {
                known.requests += 1;
                Arc::clone(&known.places)
            }
            None => {
                let places = Arc::new(Semaphore::new(self.0.each));
                callers.insert(caller.clone(), Caller { places: Arc::clone(&places), requests: 1 });
                places
            }
        };
        Ok((Request { shared: Arc::clone(&self.0), caller: caller.clone() }, places))
    }
}

impl<K: Eq + Hash> Shared<K> {
    fn shard(&self, caller: &K) -> MutexGuard<'_, HashMap<K, Caller>> {
        let hash = usize::try_from(self.hasher.hash_one(caller) % SHARDS as u64).unwrap_or(0);
        self.shards[hash].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is counted until this is dropped.
struct Request<K: Eq + Hash> {
    shared: Arc<Shared<K>>,
    caller: K,
}

impl<K: Eq + Hash> Drop for Request<K> {
    fn drop(&mut self) {
        let mut callers = self.shared.shard(&self.caller);
        if let Some(known) = callers.get_mut(&self.caller) {
            known.requests -= 1;
            if known.requests == 0 {
                callers.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A_MOMENT: Duration = Duration::from_millis(20);

    fn remembered(places: &Places<u32>) -> usize {
        places.0.shards.iter().map(|shard| shard.lock().unwrap().len()).sum()
    }

    #[test]
    fn a_caller_has_so_many_places_and_others_have_theirs() {
        let places = Places::new(3);
        let taken: Vec<_> = (0..3).map(|_| places.take(&1).unwrap()).collect();
        assert_eq!(places.take(&1).unwrap_err(), AllTaken);
        drop(places.take(&2).unwrap());
        drop(taken);
        drop(places.take(&1).unwrap());
        assert_eq!(remembered(&places), 0, "who has no request is forgotten");
    }

    #[tokio::test]
    async fn requests_wait_for_a_place_but_neither_for_ever_nor_in_any_number() {
        let places = Places::new(1);
        let first = places.take(&1).unwrap();
        assert_eq!(places.wait(&1, A_MOMENT).await.unwrap_err(), AllTaken);
        let waiting: Vec<_> = (0..WAITING_PER_PLACE)
            .map(|_| {
                let places = places.clone();
                tokio::spawn(async move { places.wait(&1, Duration::from_mins(1)).await.map(drop) })
            })
            .collect();
        while places.0.shard(&1)[&1].requests <= WAITING_PER_PLACE {
            tokio::task::yield_now().await;
        }
        assert_eq!(places.wait(&1, Duration::from_mins(1)).await.unwrap_err(), AllTaken);
        drop(first);
        for waited in waiting {
            waited.await.unwrap().unwrap();
        }
        assert_eq!(remembered(&places), 0);
    }

    #[test]
    fn zero_is_no_limit() {
        let places = Places::new(0);
        let taken: Vec<_> = (0..1000).map(|_| places.take(&1).unwrap()).collect();
        assert_eq!((taken.len(), remembered(&places)), (1000, 1));
    }
}
