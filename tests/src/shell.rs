//! A shell that runs commands exactly as a user types them, with `peridio` in its `PATH`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use tempfile::TempDir;

use crate::process::Process;
use crate::{Executables, scaled};

/// A command that takes longer is stuck.
const PATIENCE: Duration = Duration::from_mins(5);

/// A shell with a folder of its own. Dropping it deletes the folder.
#[derive(Debug)]
pub struct Shell {
    folder: TempDir,
    logs: TempDir,
    variables: BTreeMap<String, String>,
}

impl Default for Shell {
    fn default() -> Self {
        Self::new()
    }
}

impl Shell {
    /// A shell in an empty folder, without the user's settings.
    pub fn new() -> Self {
        let temporary =
            || tempfile::Builder::new().prefix("olivine-shell-").tempdir().expect("a temporary folder");
        let (folder, logs) = (temporary(), temporary());
        let shell = Self { folder, logs, variables: BTreeMap::new() };
        // The profiles of the person who runs the tests must not influence the tests.
        let home = shell.logs.path().display().to_string();
        shell.env("HOME", &home).env("XDG_CONFIG_HOME", home)
    }

    /// Puts these executables first in the `PATH`.
    #[must_use]
    pub fn executables(self, executables: &Executables) -> Self {
        let peridio = executables.peridio();
        let folder = peridio.parent().expect("an executable is in a folder").display().to_string();
        let path = std::env::var("PATH").unwrap_or_default();
        self.env("PATH", format!("{folder}:{path}"))
    }

    /// Sets an environment variable for all further commands.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// The folder in which commands run.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a file into the folder.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.folder().join(name), content)
            .unwrap_or_else(|error| panic!("cannot write {name}: {error}"));
    }

    /// Reads a file from the folder.
    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder().join(name)).unwrap_or_else(|error| panic!("cannot read {name}: {error}"))
    }

    /// Runs a bash script. The first command that fails ends it, as in a CI step.
    pub fn run(&self, script: &str) -> Finished {
        let logs = tempfile::tempdir_in(&self.logs).expect("a temporary folder");
        if let Some(server) = self.variables.get("PERIDIO_BASE_URL")
            && script.contains("check-update")
        {
            scaled::wait_before(&format!("{server}/update"));
        }
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", script]).current_dir(self.folder()).envs(&self.variables);
        let mut bash = Process::start(command, logs.path(), "bash");
        let Some(status) = bash.wait(PATIENCE) else {
            panic!("not finished after {PATIENCE:?}:\n{script}\n{}", bash.last_words());
        };
        if let Some(server) = self.variables.get("PERIDIO_BASE_URL") {
            scaled::changed(server);
        }
        Finished { script: script.to_owned(), status, stdout: bash.stdout(), stderr: bash.stderr() }
    }
}

/// The exit status and the output of a script.
#[derive(Clone, Debug)]
#[must_use = "a script may have failed: say .succeeds() or .fails(code)"]
pub struct Finished {
    /// The script itself.
    pub script: String,
    /// The exit status.
    pub status: ExitStatus,
    /// The standard output.
    pub stdout: String,
    /// The standard error.
    pub stderr: String,
}

impl Finished {
    /// Its standard output without the last line break. Panics unless it succeeded.
    #[track_caller]
    pub fn succeeds(self) -> String {
        assert!(self.status.success(), "should succeed:\n{self}");
        self.stdout.trim_end_matches('\n').to_owned()
    }

    /// Its standard error. Panics unless it failed with this exit code.
    #[track_caller]
    pub fn fails(self, code: i32) -> String {
        assert_eq!(self.status.code(), Some(code), "should fail with {code}:\n{self}");
        self.stderr.trim_end_matches('\n').to_owned()
    }

    /// Its standard output, parsed as JSON. Panics unless it succeeded.
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        let text = self.succeeds();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("not JSON ({error}):\n{text}"))
    }
}

impl std::fmt::Display for Finished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { script, status, stdout, stderr } = self;
        write!(f, "$ {script}\n--- {status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_folder_and_streams() {
        let shell = Shell::new().env("NAME", "olivine");
        shell.write("in.txt", "content");
        let finished = shell.run("echo $NAME; cat in.txt > out.txt; echo aside >&2");
        assert_eq!(finished.stderr, "aside\n");
        assert_eq!(finished.succeeds(), "olivine");
        assert_eq!(shell.read("out.txt"), b"content");
    }

    #[test]
    fn the_first_failure_ends_the_script() {
        let finished = Shell::new().run("echo one; (echo why >&2; exit 7); echo two");
        assert_eq!(finished.stdout, "one\n");
        assert_eq!(finished.fails(7), "why");
    }

    #[test]
    #[should_panic(expected = "should succeed:\n$ false | true\n--- exit status: 1")]
    fn a_failure_in_a_pipe_counts() {
        Shell::new().run("false | true").succeeds();
    }

    #[test]
    fn json_is_parsed() {
        assert_eq!(Shell::new().run(r#"echo '{"state": "signed"}'"#).json()["state"], "signed");
    }
}
