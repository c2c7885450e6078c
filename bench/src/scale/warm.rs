//! Devices that the server has in memory. Their requests need no query, so the database must make no difference.

use std::time::Duration;

use super::args::Args;
use super::fleets::{Fleets, Way};
use crate::checks::answers::{NO_UPDATE, settle};
use crate::checks::fleet::Standing;
use crate::checks::load::Load;
use crate::checks::proxied::{PROXIED, anybody, everybody, proxies};
use crate::checks::turns::{Rounds, compare_rates};
use crate::table::{Table, say};

/// The rate must be within 10 % of the rate with the embedded database.
const LEAST: f64 = 0.9;

/// Measures few devices, each on its own connection.
pub(super) async fn measure(args: &Args, fleets: &Fleets, table: &mut Table) -> anyhow::Result<()> {
    let homes = [&fleets.postgres, &fleets.sqlite];
    let servers = [fleets.start(homes[0], Way::Own).await?, fleets.start(homes[1], Way::Own).await?];
    let clients = (0..args.connections).map(|number| fleets.devices().tls(number));
    let clients = clients.collect::<anyhow::Result<Vec<_>>>()?;
    for (home, server) in homes.iter().zip(&servers) {
        let question = |place| home.fleet.question(place, Standing::Latest, "/update");
        settle(server.device_address()?, &clients, question).await?;
    }
    let mut rounds = servers.each_ref().map(|server| Rounds::of(server.pid()));
    for round in 1..=args.rounds {
        for ((home, server), rounds) in homes.iter().zip(&servers).zip(&mut rounds) {
            let load = Load { address: server.device_address()?, clients: &clients, expected: NO_UPDATE };
            let always = |place| {
                let request = home.fleet.question(place, Standing::Latest, "/update");
                move |next: &mut Vec<u8>| {
                    next.extend_from_slice(&request);
                    true
                }
            };
            rounds.begin()?;
            rounds.end(load.run(Duration::from_secs_f64(args.seconds), always).await?)?;
        }
        say(format!("  warm, round {round}: {} against {}", rounds[0], rounds[1]));
    }
    let what = format!("`/update` warm, {} registered, {} connections", args.devices, args.connections);
    compare_rates(&what, &rounds[0], &rounds[1], LEAST, table);
    Ok(())
}

/// Measures devices from the whole fleet, through a proxy. The check-ins that are written concern all of them.
pub(super) async fn measure_all(args: &Args, fleets: &Fleets, table: &mut Table) -> anyhow::Result<()> {
    let homes = [&fleets.postgres, &fleets.sqlite];
    let servers = [fleets.start(homes[0], Way::Proxy).await?, fleets.start(homes[1], Way::Proxy).await?];
    for (home, server) in homes.iter().zip(&servers) {
        everybody(fleets.devices(), &home.fleet, server.device_address()?, PROXIED).await?;
    }
    let clients = proxies(fleets.devices(), PROXIED)?;
    let mut rounds = servers.each_ref().map(|server| Rounds::of(server.pid()));
    for round in 1..=args.rounds {
        for ((home, server), rounds) in homes.iter().zip(&servers).zip(&mut rounds) {
            let load = Load { address: server.device_address()?, clients: &clients, expected: NO_UPDATE };
            let questions = anybody(&home.fleet, round.into(), PROXIED);
            rounds.begin()?;
            rounds.end(load.run(Duration::from_secs_f64(args.seconds), questions).await?)?;
        }
        say(format!("  warm by a proxy, round {round}: {} against {}", rounds[0], rounds[1]));
    }
    let what = format!("`/update` warm, any of {}, through a proxy's {PROXIED} connections", args.devices);
    compare_rates(&what, &rounds[0], &rounds[1], LEAST, table);
    Ok(())
}
