//! New connections of devices: a full TLS handshake with the device's certificate and one request, against nginx.

use super::answers::{NO_UPDATE, clients, reference, settle};
use super::bench::Bench;
use super::fleet::{Fleet, Standing};
use super::load::Load;
use super::turns::{Rounds, compare_rates};
use crate::server::Server;
use crate::table::{Table, say};

/// The number of devices that connect at the same time: enough to keep the processors busy.
const AT_ONCE: usize = 16;

pub(super) async fn measure(
    bench: &Bench<'_>,
    fleet: &Fleet,
    server: &Server,
    table: &mut Table,
) -> anyhow::Result<()> {
    let mut clients = clients(bench, fleet)?;
    clients.truncate(AT_ONCE);
    let address = server.device_address()?;
    let question = |place| fleet.question(fleet.follower(0, place), Standing::Latest, "/update");
    let body = settle(address, &clients, question).await?;
    let nginx = reference(bench, &body)?;
    let ours = Load { address, clients: &clients, expected: NO_UPDATE };
    let theirs = Load { address: nginx.address, ..ours };
    let (mut our_rounds, mut their_rounds) = (Rounds::of(server.pid()), Rounds::of(nginx.pid()));
    for round in 1..=bench.args.rounds {
        for (load, rounds) in [(&theirs, &mut their_rounds), (&ours, &mut our_rounds)] {
            rounds.begin()?;
            rounds.end(load.shake_hands(bench.round(), question).await?)?;
        }
        say(format!("  handshakes, round {round}: {our_rounds} against {their_rounds}"));
    }
    compare_rates("first handshake and one question", &our_rounds, &their_rounds, 0.7, table);
    Ok(())
}
