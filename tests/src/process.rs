//! A child process whose output goes to files: bounded waits, signals by process id, and the end of its output in panics.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// The interval at which the state of another process is polled, because it can't notify us.
const POLL_EVERY: Duration = Duration::from_millis(20);
const LINES_SHOWN: usize = 40;

/// A started process. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Process {
    /// Starts `command` with its output appended to `<name>.stdout` and `<name>.stderr` in `logs`.
    pub(crate) fn start(mut command: Command, logs: &Path, name: &str) -> Self {
        let path = |stream: &str| logs.join(format!("{name}.{stream}"));
        let (stdout, stderr) = (path("stdout"), path("stderr"));
        command.stdin(Stdio::null()).stdout(appended(&stdout)).stderr(appended(&stderr));
        let child = command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        Self { child, stdout, stderr }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its exit status, if it has ended.
    pub(crate) fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child of ours can be waited for")
    }

    /// Asks it to stop, like an init system.
    pub(crate) fn terminate(&mut self) {
        self.signal(Signal::TERM);
    }

    /// Kills it immediately with SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::KILL);
        let _ = self.child.wait();
    }

    fn signal(&mut self, signal: Signal) {
        // While we have not waited for it, its process id can't be reused.
        if self.status().is_none() {
            kill_process(Pid::from_child(&self.child), signal).expect("a child of ours can be signalled");
        }
    }

    /// Waits for its end. Returns `None` if it has not ended in time.
    pub(crate) fn wait(&mut self, at_most: Duration) -> Option<ExitStatus> {
        until(at_most, || self.status())
    }

    pub(crate) fn stdout(&self) -> String {
        text(&self.stdout)
    }

    pub(crate) fn stderr(&self) -> String {
        text(&self.stderr)
    }

    /// The end of its output, which is shown when a test fails.
    pub(crate) fn last_words(&self) -> String {
        format!("--- stdout\n{}\n--- stderr\n{}", tail(&self.stdout()), tail(&self.stderr()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Polls until `look` returns something, or until the time is over.
pub(crate) fn until<T>(at_most: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + at_most;
    loop {
        // The time is read first, so that a state reached exactly at the deadline still counts.
        let over = Instant::now() >= deadline;
        if let Some(found) = look() {
            return Some(found);
        }
        if over {
            return None;
        }
        std::thread::sleep(POLL_EVERY);
    }
}

fn appended(path: &Path) -> File {
    File::options()
        .create(true)
        .append(true)
        .open(path)
        .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()))
}

fn text(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}

fn tail(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n")
}

/// Removes the settings of the person who runs the tests.
pub(crate) fn remove_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("OLIVINE_") {
            command.env_remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn sh(script: &str, folder: &Path) -> Process {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Process::start(command, folder, "sh")
    }

    #[test]
    fn output_and_status_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = sh("echo out; echo err >&2; exit 3", folder.path());
        assert_eq!(process.wait(PATIENCE).unwrap().code(), Some(3));
        assert_eq!((process.stdout(), process.stderr()), ("out\n".to_owned(), "err\n".to_owned()));
        assert_eq!(process.last_words(), "--- stdout\nout\n--- stderr\nerr");
    }

    #[test]
    fn a_wait_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = sh("exec sleep 600", folder.path());
        assert_eq!(process.wait(Duration::from_millis(1)), None);
    }

    #[test]
    fn a_dropped_process_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let process = sh("exec sleep 600", folder.path());
        let pid = Pid::from_child(&process.child);
        drop(process);
        assert!(rustix::process::test_kill_process(pid).is_err());
    }

    #[test]
    fn a_terminated_process_can_still_print() {
        let folder = tempfile::tempdir().unwrap();
        let mut process =
            sh("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done", folder.path());
        until(PATIENCE, || process.stdout().contains("up").then_some(())).unwrap();
        process.terminate();
        assert_eq!(process.wait(PATIENCE).unwrap().code(), Some(0));
        assert!(process.stdout().ends_with("bye\n"));
    }

    #[test]
    fn only_the_end_of_a_long_output_is_shown() {
        let long = (1..=100).map(|line| line.to_string()).collect::<Vec<_>>().join("\n");
        assert!(tail(&long).starts_with("61\n"));
        assert!(tail(&long).ends_with("\n100"));
    }
}
