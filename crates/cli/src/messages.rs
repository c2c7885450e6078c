//! Messages for people on stderr, and questions, which are asked only on a terminal.

use std::io::{self, IsTerminal, Write};

use olivine_domain::text::harmless;

/// Prints why a command failed.
pub(crate) fn error(text: &str) {
    say("error: ", text);
}

/// Prints information that may be useful.
pub(crate) fn note(text: &str) {
    say("note: ", text);
}

/// Prints a warning that needs attention.
pub(crate) fn warning(text: &str) {
    say("warning: ", text);
}

fn say(kind: &str, text: &str) {
    // If stderr is closed, nobody can read the message.
    let _ = writeln!(io::stderr().lock(), "{kind}{}", harmless(text));
}

/// Whether somebody can answer a question.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks the user to type a text. Call it only if [`can_ask`].
pub(crate) fn ask(question: &str) -> io::Result<String> {
    let mut answer = String::new();
    write!(io::stderr().lock(), "{} ", harmless(question))?;
    io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

/// Asks the user to type a secret, which is not shown. Call it only if [`can_ask`].
pub(crate) fn ask_secret(question: &str) -> io::Result<String> {
    rpassword::prompt_password(format!("{question} "))
}
