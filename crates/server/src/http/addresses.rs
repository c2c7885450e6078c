//! How many connections or transfers go on at once: in all, and of one address.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::places::{CallerPlace, Places};
use crate::http::proxies::TrustedProxy;

/// How many there may be.
#[derive(Clone, Debug)]
pub struct Most {
    /// In all.
    pub all: usize,
    /// Of one address, or one IPv6 network of 64 bits; with 0 any number.
    pub by_address: usize,
    /// Addresses without a limit, because each forwards requests of many clients.
    pub proxies: Vec<TrustedProxy>,
}

/// The running connections or transfers, by address. Cheap to clone.
#[derive(Clone)]
pub struct Addresses {
    all: Arc<Semaphore>,
    by_address: Places<IpAddr>,
    proxies: Arc<[TrustedProxy]>,
}

impl fmt::Debug for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Addresses")
    }
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The address has as many as it may have.
    Address,
    /// There are as many as there may be.
    All,
}

/// One of an address's places; given back when dropped.
#[derive(Debug)]
pub struct AddressPlace {
    _all: OwnedSemaphorePermit,
    _address: Option<CallerPlace<IpAddr>>,
}

impl Addresses {
    /// None yet.
    pub fn new(most: Most) -> Self {
        Self {
            all: Arc::new(Semaphore::new(most.all.min(Semaphore::MAX_PERMITS))),
            by_address: Places::new(most.by_address),
            proxies: most.proxies.into(),
        }
    }

    /// A place for an address that is known in most cases.
    pub fn admit(&self, address: Option<IpAddr>) -> Result<AddressPlace, Full> {
        let counted = address.filter(|address| !self.proxies.iter().any(|proxy| proxy.is_at(*address)));
        let address = counted.map(|address| self.by_address.take(&network(address))).transpose();
        let address = address.map_err(|_| Full::Address)?;
        let all = Arc::clone(&self.all).try_acquire_owned().map_err(|_| Full::All)?;
        Ok(AddressPlace { _all: all, _address: address })
    }
}

/// An address, or of IPv6 the network that one client usually has.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        address @ IpAddr::V4(_) => address,
    }
}
