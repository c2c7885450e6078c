//! `/update` on persistent connections, against nginx with a fixed answer of the same JSON.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::bench::{Bench, SHORT};
use super::fleet::{Fleet, Standing};
use super::load::{Connection, Load};
use super::turns::{Rounds, compare_rates};
use crate::nginx::{Nginx, Tls};
use crate::server::Server;
use crate::table::{Table, say};

/// The request of a device that is about to install its update.
pub(super) const WITH_MANIFEST: &str = "/update?expand%5B%5D=manifest";

/// The request of a device that wants all details of its update.
const WITH_ALL: &str = "/update?expand%5B%5D=manifest&expand%5B%5D=bundle&expand%5B%5D=release";

/// The beginning of an answer without an update, and of one with an update.
pub(crate) const NO_UPDATE: &str = r#"{"status":"no_update""#;
pub(super) const UPDATE: &str = r#"{"status":"update""#;

pub(super) async fn measure(
    bench: &Bench<'_>,
    fleet: &Fleet,
    server: &Server,
    table: &mut Table,
) -> anyhow::Result<()> {
    let registered = fleet.count;
    let up_to_date = format!("up to date, {registered} registered, cohort with {SHORT} releases");
    let outdated = "update available, manifest of 3 binaries".to_owned();
    let outdated_and_curious = format!("{outdated}, and bundle and release");
    for (what, standing, path, expected, least) in [
        (up_to_date, Standing::Latest, "/update", NO_UPDATE, 0.5),
        (outdated, Standing::First, WITH_MANIFEST, UPDATE, 0.25),
        (outdated_and_curious, Standing::First, WITH_ALL, UPDATE, 0.25),
    ] {
        let clients = clients(bench, fleet)?;
        let address = server.device_address()?;
        let question = |place| fleet.question(fleet.follower(0, place), standing, path);
        let body = settle(address, &clients, question).await?;
        let nginx = reference(bench, &body)?;
        let ours = Load { address, clients: &clients, expected };
        let theirs = Load { address: nginx.address, clients: &clients, expected };
        let (mut our_rounds, mut their_rounds) = (Rounds::of(server.pid()), Rounds::of(nginx.pid()));
        for round in 1..=bench.args.rounds {
            for (load, rounds) in [(&theirs, &mut their_rounds), (&ours, &mut our_rounds)] {
                rounds.begin()?;
                let always = |place| {
                    let request = question(place);
                    move |next: &mut Vec<u8>| {
                        next.extend_from_slice(&request);
                        true
                    }
                };
                rounds.end(load.run(bench.round(), always).await?)?;
            }
            say(format!("  {what}, round {round}: {our_rounds} against {their_rounds}"));
        }
        let what = format!("{what} ({} bytes)", body.len());
        compare_rates(&what, &our_rounds, &their_rounds, least, table);
    }
    Ok(())
}

/// The TLS configurations of the devices that ask: devices of the first release graph.
pub(super) fn clients(bench: &Bench<'_>, fleet: &Fleet) -> anyhow::Result<Vec<Arc<ClientConfig>>> {
    let numbers = (0..bench.args.connections).map(|place| fleet.follower(0, place));
    numbers.map(|number| bench.devices().tls(number)).collect()
}

/// Lets each client ask once, so that the server knows its report and has nothing to write later. Returns an answer.
pub(crate) async fn settle(
    address: std::net::SocketAddr,
    clients: &[Arc<ClientConfig>],
    question: impl Fn(u64) -> Vec<u8>,
) -> anyhow::Result<String> {
    let mut body = String::new();
    for (place, tls) in clients.iter().enumerate() {
        let mut connection = Connection::open(address, tls).await?;
        let answer = connection.ask(&question(place as u64)).await?;
        String::from_utf8(answer.to_vec())?.clone_into(&mut body);
    }
    // Within this time, the server writes the check-ins of earlier measurements.
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(body)
}

/// Starts nginx with the same certificate and this fixed answer.
pub(super) fn reference(bench: &Bench<'_>, body: &str) -> anyhow::Result<Nginx> {
    // nginx's configuration can't contain backslashes easily. Only the size of the answer matters.
    let body = &body.replace('\\', " ");
    let tls = Tls { certificate: &bench.certificates.server, key: &bench.certificates.server_key };
    Nginx::answer(body, &tls, &bench.folder.join("nginx"))
}
