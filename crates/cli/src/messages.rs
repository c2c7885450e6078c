//! What is said to people, on stderr; and the few questions that are asked, only on a terminal.

use std::io::{self, IsTerminal, Write};

use olivine_domain::text::harmless;

/// Says why a command failed.
pub(crate) fn error(text: &str) {
    say("error: ", text);
}

/// Says something that one may want to know.
pub(crate) fn note(text: &str) {
    say("note: ", text);
}

/// Says something that one should look at.
pub(crate) fn warning(text: &str) {
    say("warning: ", text);
}

fn say(kind: &str, text: &str) {
    // Where stderr is closed, there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{kind}{}", harmless(text));
}

/// Whether somebody is there to answer.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a text to be typed. Only where [`can_ask`].
pub(crate) fn ask(question: &str) -> io::Result<String> {
    let mut answer = String::new();
    write!(io::stderr().lock(), "{} ", harmless(question))?;
    io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

/// Asks for a secret, which is not shown as it is typed. Only where [`can_ask`].
pub(crate) fn ask_secret(question: &str) -> io::Result<String> {
    rpassword::prompt_password(format!("{question} "))
}
