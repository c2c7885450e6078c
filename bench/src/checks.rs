//! The requests that devices send all the time: answers per second, their latency, and the cost of a large fleet.
//!
//! The simulated devices run on the same processors as the server. The reference programs are measured under the same condition.

pub(crate) mod answers;
mod bench;
pub(crate) mod bundle;
pub(crate) mod certificates;
pub(crate) mod fleet;
mod handshakes;
mod import;
pub(crate) mod load;
pub(crate) mod proxied;
mod release_graphs;
mod scale;
pub(crate) mod turns;

use anyhow::Context as _;

pub(crate) use self::bench::Args;
use self::bench::{Bench, LONG, Part, SHORT};
use self::certificates::Certificates;
use crate::machine;
use crate::table::Table;

pub(crate) async fn run(args: &Args) -> anyhow::Result<()> {
    machine::describe();
    let folder = tempfile::Builder::new().prefix("olivine-bench-").tempdir_in(&args.folder);
    let folder = folder.context("making a temporary folder")?;
    let certificates = Certificates::make(folder.path())?;
    let bench = Bench { args, folder: folder.path().to_owned(), certificates };
    let mut table = Table::default();
    let wanted = |part| args.only.is_empty() || args.only.contains(&part);
    if [Part::Answers, Part::Handshakes, Part::ReleaseGraphs].into_iter().any(wanted) {
        let fleet = bench.fleet("registered", args.devices / 10, &[SHORT, LONG]).await?;
        let server = bench.start("registered", &[]).await?;
        if wanted(Part::Answers) {
            answers::measure(&bench, &fleet, &server, &mut table).await?;
        }
        if wanted(Part::Handshakes) {
            handshakes::measure(&bench, &fleet, &server, &mut table).await?;
        }
        if wanted(Part::ReleaseGraphs) {
            release_graphs::measure(&bench, &fleet, &server, &mut table).await?;
        }
    }
    if wanted(Part::Scale) {
        scale::measure(&bench, &mut table).await?;
    }
    if wanted(Part::Import) {
        import::measure(&bench, &mut table).await?;
    }
    machine::say_load();
    table.print();
    Ok(())
}
