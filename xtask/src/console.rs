//! The messages of xtask itself, on standard output, between the output of the programs that it starts.
#![expect(clippy::print_stdout, reason = "a command line tool talks on its terminal")]

use std::fmt::Display;
use std::io::IsTerminal;

/// A heading above the output of one step.
pub(crate) fn heading(text: impl Display) {
    println!("\n{}", bold(&format!("▶ {text}")));
}

/// One line of explanation.
pub(crate) fn say(text: impl Display) {
    println!("{text}");
}

/// Prints a command as somebody would type it.
pub(crate) fn command(text: impl Display) {
    println!("{}", bold(&format!("$ {text}")));
}

fn bold(text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
}
