//! `peridio completions`: the scripts with which shells complete commands and flags.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::failure::Failure;
use crate::output::print;

/// The shell to print completions for.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
        source <(peridio completions bash)    # for the running shell\n  \
        peridio completions bash > ~/.local/share/bash-completion/completions/peridio")]
pub(crate) struct Completions {
    /// The shell that completes the commands
    shell: Shell,
}

impl Completions {
    /// Prints the script for the commands of `grammar`.
    pub(crate) fn run(self, mut grammar: Command) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut grammar, "peridio", &mut script);
        print(&String::from_utf8_lossy(&script))
    }
}
