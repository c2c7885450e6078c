//! Devices that the server knows already: no query is on their way, so the database must make no difference.

use std::time::Duration;

use super::Args;
use super::fleets::Fleets;
use crate::checks::answers::{NO_UPDATE, settle};
use crate::checks::fleet::Standing;
use crate::checks::load::Load;
use crate::checks::proxied::{PROXIED, anybody, everybody, proxies};
use crate::checks::turns::{Rounds, compare_rates};
use crate::table::{Table, say};

/// Within 10 % of the embedded database.
const LEAST: f64 = 0.9;

pub(super) async fn measure(args: &Args, fleets: &Fleets, table: &mut Table) -> anyhow::Result<()> {
    let homes = [&fleets.postgres, &fleets.sqlite];
    let servers = [fleets.start(homes[0]).await?, fleets.start(homes[1]).await?];
    let clients = (0..args.connections).map(|number| fleets.devices().tls(number));
    let clients = clients.collect::<anyhow::Result<Vec<_>>>()?;
    for (home, server) in homes.iter().zip(&servers) {
        everybody(fleets.devices(), &home.fleet, server.device_address()?).await?;
        let question = |place| home.fleet.question(place, Standing::Latest, "/update");
        settle(server.device_address()?, &clients, question).await?;
    }
    let round = Duration::from_secs_f64(args.seconds);
    let registered = args.devices;
    let mut rounds = servers.each_ref().map(|server| Rounds::of(server.pid()));
    let mut of_all = rounds.clone();
    let by_proxy = proxies(fleets.devices(), PROXIED)?;
    for turn in 0..args.rounds {
        for (place, (home, server)) in homes.iter().zip(&servers).enumerate() {
            let load = Load { address: server.device_address()?, clients: &clients, expected: NO_UPDATE };
            let always = |place| {
                let request = home.fleet.question(place, Standing::Latest, "/update");
                move |next: &mut Vec<u8>| {
                    next.extend_from_slice(&request);
                    true
                }
            };
            rounds[place].begin()?;
            rounds[place].end(load.run(round, always).await?)?;
            let load = Load { clients: &by_proxy, ..load };
            of_all[place].begin()?;
            of_all[place].end(load.run(round, anybody(&home.fleet, turn.into(), PROXIED)).await?)?;
        }
        let [ours, theirs] = &rounds;
        say(format!("  warm, round {}: {ours} against {theirs}", turn + 1));
    }
    let what = format!("`/update` warm, {registered} registered, {} connections", args.connections);
    compare_rates(&what, &rounds[0], &rounds[1], LEAST, table);
    let what = format!("`/update` warm, any of {registered}, through a proxy's {PROXIED} connections");
    compare_rates(&what, &of_all[0], &of_all[1], LEAST, table);
    Ok(())
}
