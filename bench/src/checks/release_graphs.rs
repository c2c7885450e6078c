//! A release graph with many releases against one with few, on one server.

use super::answers::{NO_UPDATE, UPDATE, WITH_MANIFEST, settle};
use super::bench::{Bench, LONG, SHORT};
use super::fleet::{Fleet, Standing};
use super::load::Load;
use super::turns::{Rounds, compare_times};
use crate::server::Server;
use crate::table::{Table, say};

/// The number of devices that ask at the same time: so few that they rarely wait for each other.
pub(super) const AT_ONCE: u64 = 4;

/// Each round is divided into this many shorter ones.
pub(super) const TURNS: u32 = 4;

pub(super) async fn measure(
    bench: &Bench<'_>,
    fleet: &Fleet,
    server: &Server,
    table: &mut Table,
) -> anyhow::Result<()> {
    let address = server.device_address()?;
    for (what, standing, path, expected) in [
        ("on the latest", Standing::Latest, "/update", NO_UPDATE),
        ("on the first", Standing::First, WITH_MANIFEST, UPDATE),
        ("with only an old version", Standing::Version, WITH_MANIFEST, UPDATE),
    ] {
        let mut rounds = [Rounds::of(server.pid()), Rounds::of(server.pid())];
        for turn in 0..bench.args.rounds * TURNS {
            for (graph, rounds) in rounds.iter_mut().enumerate() {
                let of = |place| fleet.follower(graph as u64, place);
                let clients = (0..AT_ONCE).map(|place| bench.devices().tls(of(place)));
                let clients = clients.collect::<anyhow::Result<Vec<_>>>()?;
                let question = |place| fleet.question(of(place), standing, path);
                if turn == 0 {
                    settle(address, &clients, question).await?;
                }
                let always = |place| {
                    let request = question(place);
                    move |next: &mut Vec<u8>| {
                        next.extend_from_slice(&request);
                        true
                    }
                };
                let load = Load { address, clients: &clients, expected };
                rounds.begin()?;
                rounds.end(load.run(bench.round() / TURNS, always).await?)?;
            }
        }
        let [short, long] = rounds;
        say(format!("  cohorts with many releases, {what}: {long} against {short}"));
        compare_times(
            &format!("cohort with {LONG} releases against {SHORT}, {what}"),
            &long,
            &short,
            1.3,
            table,
        );
    }
    Ok(())
}
