//! Running a program on a content. No shell is involved, so that no value from the server is ever read as a command.
//!
//! The program inherits a locked file as its standard input: should the agent be killed while the program goes on, the next
//! agent waits for it instead of starting a second one.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout_at};

use super::Piece;
use super::copy::{changed, digest};
use crate::files;
use crate::plan::{Entry, is_argument};

/// How often a lock is tried that another program has.
const LOCK_PAUSE: Duration = Duration::from_millis(250);
/// How much of what a program says on its standard error is told in a report.
const TAIL: u64 = 1_000;

/// What is asked of a program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order<'a> {
    /// The program and its arguments, with placeholders.
    pub(super) words: &'a [String],
    /// How long it may take.
    pub(super) timeout: Duration,
    /// Whether it gets a content that is still what was checked.
    pub(super) content: Reading,
}

/// Whether a content is read once more before a program gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// What the disk made of it in the meantime must still be what was signed.
    Anew,
    /// It was just read, or the program takes back what was made of it.
    Not,
}

/// Runs a program. The code with which it ended, of those that `is_fine`; anything else is a failure.
pub(super) async fn run(
    order: Order<'_>,
    piece: Piece<'_>,
    is_fine: impl Fn(i32) -> bool,
) -> Result<i32, String> {
    let Piece { entry, store, .. } = piece;
    let (file, metadata) = (store.content(&entry.hash), store.metadata(&entry.hash));
    let failed = |error: io::Error| format!("can't prepare the installer: {error}");
    let deadline = Instant::now() + order.timeout;
    let lock = lock(&store.install_lock(), deadline).await?;
    if order.content == Reading::Anew {
        check(&file, entry).await.map_err(failed)?;
    }
    files::replace(&metadata, entry.metadata.as_deref().unwrap_or("null").as_bytes()).map_err(failed)?;
    // An earlier version of this agent may have checked less when it saved the plan.
    check_words(order.words, entry)?;
    let facts = facts(entry, &file, &metadata);
    let words: Vec<_> = order.words.iter().map(|word| fill(word, &facts)).collect();
    let [program, arguments @ ..] = words.as_slice() else {
        return Err("the installer's command is empty".to_owned());
    };
    // Beside the contents, not in memory: a program may say a lot.
    let output = file.with_extension("output");
    let log = files::create(&output, 0o600).map_err(failed)?;
    let mut child = Command::new(program)
        .args(arguments)
        .envs(variables(&facts))
        .stdin(lock)
        .stdout(Stdio::null())
        .stderr(log)
        .process_group(0)
        .spawn()
        .map_err(|error| format!("can't start the installer '{program}': {error}"))?;
    let Some(status) = wait(&mut child, deadline).await else {
        return Err(format!(
            "the installer '{program}' was stopped: it took more than {} seconds",
            order.timeout.as_secs()
        ));
    };
    let status =
        status.map_err(|error| format!("can't tell how the installer '{program}' ended: {error}"))?;
    match status.code() {
        Some(code) if is_fine(code) => Ok(code),
        _ => Err(format!("the installer '{program}' failed ({status}){}", tail(&output))),
    }
}

/// Runs what restarts the system.
pub(crate) async fn restart(words: &[String]) -> io::Result<ExitStatus> {
    let [program, arguments @ ..] = words else { return Err(io::ErrorKind::InvalidInput.into()) };
    Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).status().await
}

/// The whole group is stopped: what a program started must not go on without it.
async fn wait(child: &mut Child, deadline: Instant) -> Option<io::Result<ExitStatus>> {
    if let Ok(status) = timeout_at(deadline, child.wait()).await {
        return Some(status);
    }
    if let Some(group) = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?)) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait().await;
    None
}

/// A program that an earlier agent started may still run.
async fn lock(path: &Path, deadline: Instant) -> Result<File, String> {
    let failed = |error: io::Error| format!("can't lock {}: {error}", path.display());
    let file =
        File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
    while let Err(error) = file.try_lock() {
        match error {
            std::fs::TryLockError::Error(error) => return Err(failed(error)),
            std::fs::TryLockError::WouldBlock if Instant::now() >= deadline => {
                return Err("an installer that was started earlier is still running".to_owned());
            }
            std::fs::TryLockError::WouldBlock => sleep(LOCK_PAUSE).await,
        }
    }
    Ok(file)
}

/// Reads a content once more: it must still be what was checked.
pub(super) async fn check(file: &Path, entry: &Entry) -> io::Result<()> {
    let (file, hash) = (file.to_owned(), entry.hash);
    let checking = spawn_blocking(move || if digest(&file)? == hash { Ok(()) } else { Err(changed()) });
    checking.await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// What is known of an entry, by placeholder.
type Facts = [(&'static str, String); 7];

fn facts(entry: &Entry, file: &Path, metadata: &Path) -> Facts {
    [
        ("{file}", file.display().to_string()),
        ("{version}", entry.version.clone()),
        ("{artifact_version_prn}", entry.artifact_version.to_string()),
        ("{binary_prn}", entry.binary.to_string()),
        ("{hash}", entry.hash.to_string()),
        ("{target}", entry.target.clone()),
        ("{metadata}", metadata.display().to_string()),
    ]
}

/// Version and target come from the server: they get into a command only in a form that does no harm there.
pub(super) fn check_words(words: &[String], entry: &Entry) -> Result<(), String> {
    let named = [("version", "{version}", &entry.version), ("target", "{target}", &entry.target)];
    let wrong = named.into_iter().find(|(_, placeholder, value)| {
        !is_argument(value) && words.iter().any(|word| word.contains(placeholder))
    });
    wrong.map_or(Ok(()), |(what, placeholder, value)| {
        Err(format!(
            "the {what} {value:?} can't take the place of {placeholder} in the installer's command: it has to begin with a letter or a \
             digit, and to consist of letters, digits and . _ + ~ : - without '..'"
        ))
    })
}

/// The facts as environment variables, `OLIVINE_VERSION` and so on. Of version and target only what may be an argument as well.
fn variables(facts: &Facts) -> impl Iterator<Item = (String, &str)> {
    facts.iter().map(|(placeholder, value)| {
        let name = placeholder.trim_matches(['{', '}']);
        let is_taken = !["version", "target"].contains(&name) || is_argument(value);
        (format!("OLIVINE_{}", name.to_ascii_uppercase()), if is_taken { value.as_str() } else { "" })
    })
}

/// Puts the facts in place of their placeholders, each once: a fact is never searched for further ones.
fn fill(word: &str, facts: &Facts) -> String {
    let (mut filled, mut rest) = (String::new(), word);
    while let Some(at) = rest.find('{') {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        let fact = facts.iter().find(|(name, _)| rest.starts_with(name));
        let (text, length) = fact.map_or(("{", 1), |(name, text)| (text.as_str(), name.len()));
        filled.push_str(text);
        rest = &rest[length..];
    }
    filled + rest
}

/// The end of what the program said.
fn tail(path: &Path) -> String {
    let read = || -> io::Result<String> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut end = Vec::new();
        file.take(TAIL).read_to_end(&mut end)?;
        Ok(String::from_utf8_lossy(&end).trim().to_owned())
    };
    read().ok().filter(|end| !end.is_empty()).map(|end| format!(": {end}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_put_in_once() {
        let id = "0190163d-8694-739b-aea5-966c26f8ad91";
        let entry = Entry {
            artifact: format!("prn:1:{id}:artifact:{id}").parse().unwrap(),
            artifact_version: format!("prn:1:{id}:artifact_version:{id}").parse().unwrap(),
            version: "{file}".to_owned(),
            binary: format!("prn:1:{id}:binary:{id}").parse().unwrap(),
            target: "arm".to_owned(),
            size: 1,
            hash: olivine_domain::hash::Sha256Digest::of(b"x"),
            metadata: None,
        };
        let facts = facts(&entry, Path::new("/f"), Path::new("/m"));
        let filled = |word| fill(word, &facts);
        assert_eq!(filled("{file}"), "/f");
        assert_eq!(filled("--v={version} {target}{"), "--v={file} arm{");
        assert_eq!(filled("{unknown}{metadata}"), "{unknown}/m");
        assert_eq!(filled("plain"), "plain");
    }
}
