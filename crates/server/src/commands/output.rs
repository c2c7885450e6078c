//! What a command says on standard output.

use std::io::Write as _;

/// The command's own output.
pub(super) fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// The same, for output that can be repeated: a reader that closes the pipe (`… | head`) has seen enough.
pub(super) fn show(text: &str) -> std::io::Result<()> {
    match print(text) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}
