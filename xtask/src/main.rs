//! `cargo xtask`: the developer commands of this workspace.
//!
//! It starts other programs and reads their output; it knows nothing of Olivine's rules. It must never depend on the other crates of the
//! workspace: it has to build in seconds on a machine that has only Rust, and to run while the other crates do not compile.

mod audit;
mod bench;
mod build;
mod console;
mod demo;
mod interrupt;
mod long;
mod olivine;
mod postgres;
mod previous;
mod run;
mod scaled;
mod serve;
mod suites;
mod test;
mod timings;
mod tools;
mod wanted;
mod web_console;

use clap::Parser;

/// Developer commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Command {
    Serve(serve::Args),
    Test(test::Args),
    Demo(demo::Args),
    Bench(bench::Args),
    Audit(audit::Args),
    #[command(subcommand)]
    Console(web_console::Args),
}

fn main() -> anyhow::Result<()> {
    let command = Command::parse();
    std::env::set_current_dir(build::workspace_root())?;
    interrupt::install()?;
    match command {
        Command::Serve(args) => serve::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Console(args) => web_console::run(&args),
    }
}
