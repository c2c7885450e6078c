//! `cargo xtask demo`: brings a file from the disk to three devices with the commands that a user would type.
//!
//! Only `peridio` and `olivine-agent` talk to the server. The printed commands can be pasted into a terminal.

mod devices;
mod publishing;
mod terminal;

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::build::{self, Profile};
use crate::olivine::Olivine;
use crate::{console, tools};

use terminal::Terminal;

/// Take a file from disk to an installed update on three devices, with a server of its own.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file to publish; default: the `olivine` executable itself
    file: Option<PathBuf>,
    /// Build as for users: takes minutes, and runs much faster
    #[arg(long)]
    release: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    tools::install(&[tools::OPENSSL])?;
    let executables = build::executables(Profile::from_flag(args.release))?;
    let folder = tempfile::Builder::new().prefix("olivine-demo-").tempdir()?;
    let file = args.file.clone().unwrap_or_else(|| executables.join("olivine"));
    let file = file.canonicalize().with_context(|| format!("cannot find {}", file.display()))?;
    std::os::unix::fs::symlink(&file, folder.path().join("firmware-1.1.0.bin"))?;
    console::heading(format!("Publishing {} ({})", file.display(), size(file.metadata()?.len())));

    let log = folder.path().join("server.log");
    let server = start_server(&executables, folder.path(), &log).with_context(|| last_lines(&log))?;
    let mut terminal = Terminal::new(folder.path(), &executables, &server)?;
    journey(&mut terminal).with_context(|| last_lines(&log))?;
    console::heading(
        "Done: the file runs on three devices. The server, its data and the devices are gone again.",
    );
    Ok(())
}

fn start_server(executables: &Path, folder: &Path, log: &Path) -> anyhow::Result<Olivine> {
    let anywhere = ["--listen", "127.0.0.1:0", "--device-listen", "127.0.0.1:0"].map(str::to_owned);
    Olivine::start(executables, &folder.join("olivine-data"), &anywhere, Some(File::create(log)?))
}

fn journey(terminal: &mut Terminal) -> anyhow::Result<()> {
    publishing::first_version(terminal)?;
    devices::leave_the_factory(terminal)?;
    publishing::step_by_step(terminal)?;
    devices::one_of_three(terminal)?;
    devices::all(terminal)
}

/// The end of the server's log, to find out why a step failed.
fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    format!("the server's last lines were:\n{}", lines[lines.len().saturating_sub(20)..].join("\n"))
}

fn size(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}
