//! Other programs: finding them, running them, measuring their time.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

/// An executable of this build, which is in the same folder as this program.
pub(crate) fn built(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("finding the build's folder")?;
    let path = own.with_file_name(name);
    ensure!(path.is_file(), "{name} is not built: run this as 'cargo xtask bench'");
    Ok(path)
}

/// A program of the machine. Debian does not put daemons into the `PATH` of ordinary users.
pub(crate) fn installed(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let found = folders.map(|folder| folder.join(name)).find(|program| program.is_file());
    found.with_context(|| format!("{name} is not installed"))
}

/// Runs a program and returns how long it took.
pub(crate) fn timed(command: &mut Command) -> anyhow::Result<Duration> {
    let began = Instant::now();
    output(command)?;
    Ok(began.elapsed())
}

/// Runs a program and returns its output.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let name = Path::new(command.get_program()).display().to_string();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("starting {name}"))?;
    if !output.status.success() {
        bail!("{name} failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The first line of a program's output, or `missing`.
pub(crate) fn first_line(name: &str, args: &[&str]) -> String {
    let text = output(Command::new(name).args(args));
    text.ok().and_then(|text| text.lines().next().map(str::to_owned)).unwrap_or_else(|| "missing".to_owned())
}

/// Runs `openssl dgst -sha256`, the reference for hashing: Debian's `sha256sum` does not use the processor's instructions for it.
pub(crate) fn openssl_digest(file: &Path) -> anyhow::Result<(String, Duration)> {
    let began = Instant::now();
    let text = output(Command::new("openssl").args(["dgst", "-sha256", "-r"]).arg(file))?;
    let took = began.elapsed();
    let digest = text.split_whitespace().next().context("openssl prints a digest")?;
    Ok((digest.to_owned(), took))
}
