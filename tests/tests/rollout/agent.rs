//! The folder of a device, and the agents that run in it one after the other. The tests examine only files on the disk.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use olivine_tests::{Executables, sha256_hex};
use serde_json::Value;

/// A device: its configuration, what it has installed, and the state of its agents.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) folder: PathBuf,
    pub(crate) name: String,
}

/// The state of the file that an agent copies to. It differs if the file was written since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Copied {
    pub(crate) hash: String,
    written: (u64, i64, i64),
}

impl Unit {
    /// Starts `olivine-agent`. Its output is appended to `agent.log`.
    pub(crate) fn start(&self, command: &str) -> Agent {
        let log = File::options().create(true).append(true).open(self.folder.join("agent.log")).unwrap();
        let mut agent = Command::new(Executables::built().folder().join("olivine-agent"));
        agent.args(["--config", "agent.toml", command]).current_dir(&self.folder);
        agent.env_remove("OLIVINE_AGENT_LOG").env_remove("OLIVINE_AGENT_CONFIG");
        agent.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        Agent(agent.spawn().expect("olivine-agent is built: `cargo build --workspace --bins`"))
    }

    /// Runs `olivine-agent once`, and returns its exit code.
    pub(crate) fn once(&self) -> Option<i32> {
        self.start("once").0.wait().unwrap().code()
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.join(name))
            .unwrap_or_else(|error| panic!("{} has no {name}: {error}", self.name))
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap_or_default()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.folder.join(name), content).unwrap();
    }

    /// The state file of the agents. It must be complete at any moment.
    pub(crate) fn state(&self) -> Value {
        assert!(!self.folder.join("state/state.json.unreadable").exists(), "{} forgot everything", self.name);
        let text = self.text("state/state.json");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// How far a bundle is installed. It must be whole at any moment, too.
    pub(crate) fn journal(&self) -> Value {
        assert!(
            !self.folder.join("state/install.json.unreadable").exists(),
            "{} has half a journal",
            self.name
        );
        let text = self.text("state/install.json");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// The files of downloads, with the number of bytes of each.
    pub(crate) fn downloads(&self) -> Vec<(PathBuf, u64)> {
        let folder = fs::read_dir(self.folder.join("state/downloads"));
        let files = folder.into_iter().flatten().flatten();
        files.map(|file| (file.path(), file.metadata().unwrap().len())).collect()
    }

    pub(crate) fn copied(&self, name: &str) -> Copied {
        let path: &Path = &self.folder.join(name);
        let found = fs::metadata(path).unwrap();
        let written = (found.ino(), found.mtime(), found.mtime_nsec());
        Copied { hash: sha256_hex(&fs::read(path).unwrap()), written }
    }

    /// How many of its agents have said that they have started.
    pub(crate) fn starts(&self) -> usize {
        self.text("agent.log").matches(" started ").count()
    }

    /// The end of the agents' output, for a failed test.
    pub(crate) fn last_words(&self) -> String {
        let log = self.text("agent.log");
        let lines: Vec<_> = log.lines().collect();
        format!("{}:\n{}", self.name, lines[lines.len().saturating_sub(30)..].join("\n"))
    }
}

/// A running agent. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Agent(Child);

impl Agent {
    /// Kills the agent with SIGKILL. Commands that it started continue.
    pub(crate) fn kill(mut self) {
        assert_eq!(self.0.try_wait().unwrap(), None, "an agent ended by itself");
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
