//! A large fleet against a small one, behind a proxy that forwards the devices' certificates, and the memory that it takes.

use std::sync::Arc;

use super::answers::NO_UPDATE;
use super::bench::{Bench, FEW, SHORT};
use super::load::{Load, Outcome};
use super::proxied::{PROXIED, anybody, everybody, proxies, trust};
use super::release_graphs::{AT_ONCE, TURNS};
use super::turns::{Rounds, compare_times};
use crate::memory::{Peak, resident};
use crate::sizes;
use crate::table::{Goal, Table, say};

pub(super) async fn measure(bench: &Bench<'_>, table: &mut Table) -> anyhow::Result<()> {
    let few = Arc::new(bench.fleet("few", FEW, &[SHORT]).await?);
    let many = Arc::new(bench.fleet("many", bench.args.devices, &[SHORT]).await?);
    let trust = [trust()];
    let few_server = bench.start("few", &trust).await?;
    let many_server = bench.start("many", &trust).await?;
    everybody(bench.devices(), &few, few_server.device_address()?, PROXIED).await?;
    let before = resident(many_server.pid())?;
    let peak = Peak::watch(many_server.pid());
    let Outcome { rate, .. } =
        everybody(bench.devices(), &many, many_server.device_address()?, PROXIED).await?;
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
            let clients = proxies(bench.devices(), AT_ONCE)?;
            let load = Load { address: server.device_address()?, clients: &clients, expected: NO_UPDATE };
            rounds.begin()?;
            rounds.end(load.run(bench.round() / TURNS, anybody(fleet, u64::from(turn), AT_ONCE)).await?)?;
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
