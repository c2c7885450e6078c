//! Devices behind a trusted proxy, which forwards each device's certificate: many devices on few connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::answers::NO_UPDATE;
use super::certificates::Devices;
use super::fleet::Fleet;
use super::load::{Load, Outcome};
use crate::numbered::scattered;

/// The default number of connections from the proxy.
pub(crate) const PROXIED: u64 = 16;

/// A bound that is never reached.
const LONG: Duration = Duration::from_hours(10);

/// The setting that makes a server trust the proxy.
pub(crate) fn trust() -> (&'static str, String) {
    ("OLIVINE_DEVICE_TRUSTED_PROXIES", "127.0.0.1".to_owned())
}

/// The connections of the proxy. It has no client certificate of its own, because it speaks for its devices.
pub(crate) fn proxies(devices: &Devices, count: u64) -> anyhow::Result<Vec<Arc<ClientConfig>>> {
    (0..count).map(|_| devices.tls_of_proxy()).collect()
}

/// Lets every device ask once, over `connections` connections.
pub(crate) async fn everybody(
    devices: &Devices,
    fleet: &Arc<Fleet>,
    address: SocketAddr,
    connections: u64,
) -> anyhow::Result<Outcome> {
    let clients = proxies(devices, connections)?;
    let load = Load { address, clients: &clients, expected: NO_UPDATE };
    let one_after_the_other = |place| {
        let (fleet, mut number) = (fleet.clone(), place);
        move |next: &mut Vec<u8>| {
            let is_there = number < fleet.count;
            if is_there {
                fleet.question_by_proxy(number, "/update", next);
            }
            number += connections;
            is_there
        }
    };
    load.run(LONG, one_after_the_other).await
}

/// Writes the next request of one connection. Returns `false` if there is none.
type Asker = Box<dyn FnMut(&mut Vec<u8>) -> bool + Send>;

/// Lets devices from the whole fleet ask, over `connections` connections. Each turn asks for other devices.
pub(crate) fn anybody(fleet: &Arc<Fleet>, turn: u64, connections: u64) -> impl Fn(u64) -> Asker {
    move |place| {
        let (fleet, mut asked) = (fleet.clone(), (turn * connections + place) << 32);
        Box::new(move |next: &mut Vec<u8>| {
            fleet.question_by_proxy((scattered(asked) >> 20) % fleet.count, "/update", next);
            asked += 1;
            true
        })
    }
}
