//! Places for what goes on for long without being worked on: streams, and requests that wait for something to happen. They take no place among
//! the requests that are worked on.

use std::fmt;
use std::sync::Arc;

use http::StatusCode;
use olivine_api::errors::{ErrorCode, ErrorItem};
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Actor, Identity};
use olivine_domain::prn::Id;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::error::ApiError;
use crate::http::limits::Limits;
use crate::http::places::{CallerPlace, Places};

/// The places of one process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct StreamPlaces {
    all: Arc<Semaphore>,
    organizations: Places<Id<Organization>>,
    callers: Places<Identity>,
}

/// One place, given back when dropped.
pub struct StreamPlace {
    _one: OwnedSemaphorePermit,
    _of_organization: CallerPlace<Id<Organization>>,
    _of_caller: CallerPlace<Identity>,
}

impl fmt::Debug for StreamPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamPlace")
    }
}

impl StreamPlaces {
    /// As many as the limits allow.
    pub fn new(limits: &Limits) -> Self {
        Self {
            all: Arc::new(Semaphore::new(limits.streams.min(Semaphore::MAX_PERMITS))),
            organizations: Places::new(limits.streams_per_organization),
            callers: Places::new(limits.streams_per_caller),
        }
    }

    /// How many places of the process are free.
    pub fn free(&self) -> usize {
        self.all.available_permits()
    }

    /// A place for a caller, if one is free.
    pub fn take(&self, caller: &Actor) -> Result<StreamPlace, ApiError> {
        let of_caller = self.callers.take(&caller.identity).map_err(|_| none("this key or person"))?;
        let of_organization =
            self.organizations.take(&caller.organization).map_err(|_| none("this organization"))?;
        let one = Arc::clone(&self.all).try_acquire_owned().map_err(|_| none("this server"))?;
        Ok(StreamPlace { _one: one, _of_organization: of_organization, _of_caller: of_caller })
    }
}

fn none(whose: &str) -> ApiError {
    let message = format!(
        "all places of {whose} for streams and waiting requests are taken: end one, or ask for the feed without `wait`"
    );
    let refused =
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, ErrorItem::new(ErrorCode::RateLimited, message));
    refused.retry_after(std::time::Duration::from_secs(5))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(organization: u128, key: u128) -> Actor {
        let id = |number| uuid::Uuid::from_u128(number);
        let identity = Identity::ApiKey(Id::new(id(key)));
        Actor { identity, ..Actor::system(Id::new(id(organization))) }
    }

    #[test]
    fn a_key_an_organization_and_a_process_have_so_many_places_each() {
        let places = StreamPlaces {
            all: Arc::new(Semaphore::new(4)),
            organizations: Places::new(3),
            callers: Places::new(2),
        };
        let mut taken = vec![places.take(&caller(1, 1)).unwrap(), places.take(&caller(1, 1)).unwrap()];
        assert!(places.take(&caller(1, 1)).is_err(), "the key's");
        taken.push(places.take(&caller(1, 2)).unwrap());
        assert!(places.take(&caller(1, 3)).is_err(), "the organization's");
        taken.push(places.take(&caller(2, 4)).unwrap());
        assert!(places.take(&caller(3, 5)).is_err(), "the process's");
        taken.clear();
        assert!(places.take(&caller(1, 1)).is_ok());
    }
}
