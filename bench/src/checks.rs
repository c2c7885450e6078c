//! What devices ask all the time: how many answers a second, how long they take, and what a large fleet costs.
//!
//! The simulated devices take their part of the same processors; whatever a figure is compared with pays the same for them.

pub(crate) mod answers;
mod bench;
pub(crate) mod bundle;
pub(crate) mod certificates;
mod channels;
pub(crate) mod fleet;
mod handshakes;
mod import;
pub(crate) mod load;
pub(crate) mod proxied;
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
    if [Part::Answers, Part::Handshakes, Part::Channels].into_iter().any(wanted) {
        let fleet = bench.fleet("registered", args.devices / 10, &[SHORT, LONG]).await?;
        let server = bench.start("registered", &[]).await?;
        if wanted(Part::Answers) {
            answers::measure(&bench, &fleet, &server, &mut table).await?;
        }
        if wanted(Part::Handshakes) {
            handshakes::measure(&bench, &fleet, &server, &mut table).await?;
        }
        if wanted(Part::Channels) {
            channels::measure(&bench, &fleet, &server, &mut table).await?;
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
