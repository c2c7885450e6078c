//! How many uploads or downloads go on at once: in all, of one thing, and of one address.

use std::fmt;
use std::hash::Hash;
use std::net::IpAddr;
use std::time::Duration;

use http::StatusCode;
use olivine_api::errors::{ErrorCode, ErrorItem};

use crate::http::addresses::{AddressPlace, Addresses, Full, Most};
use crate::http::error::ApiError;
use crate::http::places::{AllTaken, CallerPlace, Places};

/// The transfers of one kind. Cheap to clone.
#[derive(Clone)]
pub struct Transfers<K> {
    each: Places<K>,
    addresses: Addresses,
}

impl<K> fmt::Debug for Transfers<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transfers")
    }
}

/// The right to one transfer; given back when dropped.
#[derive(Debug)]
pub struct Ticket<K: Eq + Hash> {
    _each: CallerPlace<K>,
    _address: AddressPlace,
}

impl<K: Eq + Hash + Clone> Transfers<K> {
    /// None yet; at most `each` of one `K`, and with 0 any number.
    pub fn new(each: usize, most: Most) -> Self {
        Self { each: Places::new(each), addresses: Addresses::new(most) }
    }

    /// Lets a transfer of `what` begin, from an address that is known in most cases.
    pub fn admit(&self, what: &K, address: Option<IpAddr>) -> Result<Ticket<K>, ApiError> {
        self.ticket(self.each.take(what), address)
    }

    /// The same, after waiting at most `patience` until fewer of `what` go on.
    pub async fn wait(
        &self,
        what: &K,
        address: Option<IpAddr>,
        patience: Duration,
    ) -> Result<Ticket<K>, ApiError> {
        self.ticket(self.each.wait(what, patience).await, address)
    }

    fn ticket(
        &self,
        each: Result<CallerPlace<K>, AllTaken>,
        address: Option<IpAddr>,
    ) -> Result<Ticket<K>, ApiError> {
        let each = each.map_err(|AllTaken| too_many("of the same content"))?;
        let address = self.addresses.admit(address).map_err(|full| match full {
            Full::Address => too_many("from your address"),
            Full::All => too_many("on this server"),
        })?;
        Ok(Ticket { _each: each, _address: address })
    }
}

fn too_many(which: &str) -> ApiError {
    let message =
        format!("as many uploads or downloads {which} are going on as are allowed: try again later");
    let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, ErrorItem::new(ErrorCode::RateLimited, message));
    error.retry_after(Duration::from_secs(5))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transfers() -> Transfers<u32> {
        let proxies = vec!["10.0.0.0/8".parse().unwrap()];
        Transfers::new(2, Most { all: 6, by_address: 3, proxies })
    }

    fn admit(transfers: &Transfers<u32>, what: u32, address: &str) -> Result<Ticket<u32>, ApiError> {
        transfers.admit(&what, Some(address.parse().unwrap()))
    }

    #[test]
    fn each_limit_holds_and_ends_with_its_transfers() {
        let transfers = transfers();
        let two: Vec<_> = (0..2).map(|_| admit(&transfers, 1, "192.0.2.1").unwrap()).collect();
        admit(&transfers, 1, "192.0.2.2").unwrap_err();
        let third = admit(&transfers, 2, "192.0.2.1").unwrap();
        admit(&transfers, 3, "::ffff:192.0.2.1").unwrap_err();
        let others: Vec<_> = (3..6).map(|what| admit(&transfers, what, "192.0.2.2").unwrap()).collect();
        admit(&transfers, 6, "192.0.2.3").unwrap_err();
        drop((two, third, others));
        admit(&transfers, 1, "192.0.2.1").unwrap();
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address_and_a_proxy_as_none() {
        let transfers = transfers();
        let addresses = ["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::"];
        let three: Vec<_> =
            (0..).zip(addresses).map(|(what, from)| admit(&transfers, what, from).unwrap()).collect();
        admit(&transfers, 4, "2001:db8::3").unwrap_err();
        drop((admit(&transfers, 4, "2001:db8:0:1::1").unwrap(), three));
        let through_a_proxy: Vec<_> =
            (0..6).map(|what| admit(&transfers, what, "10.0.0.7").unwrap()).collect();
        assert_eq!(through_a_proxy.len(), 6);
    }
}
