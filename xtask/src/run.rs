//! Runs a program to its end: loudly (its output is shown), or quietly (its output is returned).

use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};

use anyhow::{Context, bail, ensure};

use crate::{console, interrupt, timings};

/// Runs a command under a heading that shows it. Fails if it fails.
pub(crate) fn step(command: &mut Command) -> anyhow::Result<()> {
    console::heading(shown_with_variables(command));
    timings::of(shown(command), || loudly(command))
}

/// Like [`step`], but passes its output to `read`, which returns the result.
pub(crate) fn watched<T>(
    command: &mut Command,
    read: impl FnOnce(ChildStdout) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    console::heading(shown_with_variables(command));
    timings::of(shown(command), || {
        let mut child = start(command.stdout(Stdio::piped()))?;
        let output = child.stdout.take().context("the output is a pipe")?;
        let made = read(output);
        finish(command, &mut child)?;
        made
    })
}

/// Runs a command whose output is shown. Fails if it fails.
pub(crate) fn loudly(command: &mut Command) -> anyhow::Result<()> {
    let mut child = start(command)?;
    finish(command, &mut child)
}

fn start(command: &mut Command) -> anyhow::Result<Child> {
    interrupt::spawn(command).with_context(|| format!("cannot start: {}", shown(command)))
}

fn finish(command: &Command, child: &mut Child) -> anyhow::Result<()> {
    succeeded(command, interrupt::wait(child)?)
}

fn succeeded(command: &Command, status: ExitStatus) -> anyhow::Result<()> {
    ensure!(!interrupt::requested(), "interrupted");
    ensure!(status.success(), "failed ({status}): {}", shown(command));
    Ok(())
}

/// Runs a short command that may ask for a password, so it stays in the terminal's foreground.
pub(crate) fn interactively(command: &mut Command) -> anyhow::Result<()> {
    console::heading(shown_with_variables(command));
    let status = command.status().with_context(|| format!("cannot start: {}", shown(command)))?;
    succeeded(command, status)
}

/// Runs a short command and returns its output. If it fails, the error contains all its output.
pub(crate) fn quietly(command: &mut Command) -> anyhow::Result<String> {
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("cannot start: {}", shown(command)))?;
    if !output.status.success() {
        bail!("failed ({}): {}\n{}", output.status, shown(command), everything(&output));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

fn everything(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{out}{err}").trim_end().to_owned()
}

/// A command as one would type it: without the program's folder, and without environment variables, which may contain a key.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let words = program.file_name().into_iter().chain(command.get_args());
    words.map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

/// A command as one would type it, with the environment variables that it depends on.
fn shown_with_variables(command: &Command) -> String {
    let variables = command
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)))
        .map(|(name, value)| format!("{}={}", name.to_string_lossy(), quoted(&value.to_string_lossy())));
    variables.chain([shown(command)]).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./:=@,+".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new("cargo");
        command.args(["doc", "--no-deps", "two words", "it's", ""]).env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(
            shown_with_variables(&command),
            r"RUSTDOCFLAGS='-D warnings' cargo doc --no-deps 'two words' 'it'\''s' ''"
        );
    }

    #[test]
    fn a_quiet_failure_tells_what_was_run_and_what_it_said() {
        let error = quietly(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"])).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("exit status: 3"), "{text}");
        assert!(text.ends_with("out\nerr"), "{text}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = quietly(&mut Command::new("no-such-program")).unwrap_err();
        assert_eq!(error.to_string(), "cannot start: no-such-program");
    }
}
