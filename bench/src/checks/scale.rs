//! A large fleet against a small one, each device asking through a proxy that names its certificate; and the memory that it takes.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::answers::NO_UPDATE;
use super::channels::{AT_ONCE, TURNS};
use super::fleet::Fleet;
use super::load::{Load, Outcome};
use super::turns::{Rounds, compare_times};
use super::{Bench, FEW, SHORT};
use crate::memory::{Peak, resident};
use crate::numbered::scattered;
use crate::server::Server;
use crate::sizes;
use crate::table::{Goal, Table, say};

/// Connections of a proxy through which all devices ask once.
const PROXIED: u64 = 16;

/// More than it can take.
const LONG: Duration = Duration::from_hours(10);

pub(super) async fn measure(bench: &Bench<'_>, table: &mut Table) -> anyhow::Result<()> {
    let few = Arc::new(bench.fleet("few", FEW, &[SHORT]).await?);
    let many = Arc::new(bench.fleet("many", bench.args.devices, &[SHORT]).await?);
    let trust = [("OLIVINE_DEVICE_TRUSTED_PROXIES", "127.0.0.1".to_owned())];
    let few_server = bench.start("few", &trust).await?;
    let many_server = bench.start("many", &trust).await?;
    everybody(bench, &few, &few_server).await?;
    let before = resident(many_server.pid())?;
    let peak = Peak::watch(many_server.pid());
    let Outcome { rate, .. } = everybody(bench, &many, &many_server).await?;
    say(format!(
        "  all {} have asked for the first time, {rate:.0}/s; {:.1} MiB before, {:.1} after",
        many.count,
        sizes::mebibytes(before),
        sizes::mebibytes(resident(many_server.pid())?)
    ));
    let mut rounds = [(&few, &few_server), (&many, &many_server)]
        .map(|(fleet, server)| (fleet, server, Rounds::of(server.pid())));
    for turn in 0..bench.args.rounds * TURNS {
        for (fleet, server, rounds) in &mut rounds {
            let clients = proxies(bench, AT_ONCE)?;
            let load = Load { address: server.device_address()?, clients: &clients, expected: NO_UPDATE };
            rounds.begin()?;
            rounds.end(load.run(bench.round() / TURNS, anybody(fleet, u64::from(turn))).await?)?;
        }
    }
    let what = format!("{} devices", many.count);
    let memory = sizes::mebibytes(peak.bytes()?);
    table.absolute(&format!("most resident memory, {what} polling"), memory, "MiB", Goal::AtMost(512.0));
    let [(.., few_rounds), (.., many_rounds)] = rounds;
    say(format!("  any of {what}: {many_rounds} against {few_rounds}"));
    compare_times(&format!("any of {what} against {FEW}"), &many_rounds, &few_rounds, 1.3, table);
    Ok(())
}

/// Connections of the proxy; it shows a certificate of its own, which is of no interest.
fn proxies(bench: &Bench<'_>, count: u64) -> anyhow::Result<Vec<Arc<ClientConfig>>> {
    (0..count).map(|place| bench.devices().tls(place)).collect()
}

/// Every device asks once.
async fn everybody(bench: &Bench<'_>, fleet: &Arc<Fleet>, server: &Server) -> anyhow::Result<Outcome> {
    let clients = proxies(bench, PROXIED)?;
    let load = Load { address: server.device_address()?, clients: &clients, expected: NO_UPDATE };
    let one_after_the_other = |place| {
        let (fleet, mut number) = (fleet.clone(), place);
        move |next: &mut Vec<u8>| {
            let is_there = number < fleet.count;
            if is_there {
                fleet.question_by_proxy(number, "/update", next);
            }
            number += PROXIED;
            is_there
        }
    };
    load.run(LONG, one_after_the_other).await
}

/// Writes the next request of one connection, if there is one.
type Asker = Box<dyn FnMut(&mut Vec<u8>) -> bool + Send>;

/// Devices from all over the fleet.
fn anybody(fleet: &Arc<Fleet>, turn: u64) -> impl Fn(u64) -> Asker {
    move |place| {
        let (fleet, mut asked) = (fleet.clone(), (turn * AT_ONCE + place) << 32);
        Box::new(move |next: &mut Vec<u8>| {
            fleet.question_by_proxy((scattered(asked) >> 20) % fleet.count, "/update", next);
            asked += 1;
            true
        })
    }
}
