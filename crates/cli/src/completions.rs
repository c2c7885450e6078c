//! `peridio completions`: what a shell needs to complete commands and flags.

use clap::Args;
use clap_complete::Shell;

use crate::failure::Failure;
use crate::names;
use crate::output::print;

/// Prints completions for a shell.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  peridio completions bash > /etc/bash_completion.d/peridio")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut names::grammar(), "peridio", &mut script);
        print(&String::from_utf8_lossy(&script))
    }
}
