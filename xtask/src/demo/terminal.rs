//! Runs commands as a person would type them: prints them, runs them, and prints their output.
//!
//! It must never show a key.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::Context;

use crate::olivine::Olivine;
use crate::{console, run};

/// A shell in the demo's folder. It prints each command, runs it, prints its output, and keeps variables.
pub(super) struct Terminal {
    folder: PathBuf,
    variables: BTreeMap<&'static str, String>,
}

impl Terminal {
    pub(super) fn new(folder: &Path, executables: &Path, server: &Olivine) -> anyhow::Result<Self> {
        let key_file = server.key_file();
        let key = std::fs::read_to_string(&key_file).with_context(|| format!("no {}", key_file.display()))?;
        let path = std::env::var("PATH").unwrap_or_default();
        let variables = BTreeMap::from([
            ("PATH", format!("{}:{path}", executables.display())),
            ("PERIDIO_API_KEY", key.trim().to_owned()),
            ("PERIDIO_BASE_URL", server.admin_url.clone()),
            ("DEVICE_URL", server.device_url.clone()),
            // A user's own profile must not change the output.
            ("XDG_CONFIG_HOME", folder.join("config").display().to_string()),
        ]);
        console::command(format!("export PERIDIO_BASE_URL={}", server.admin_url));
        console::command("export PERIDIO_API_KEY=$(cat olivine-data/admin-api-key)");
        console::command(format!("DEVICE_URL={}", server.device_url));
        Ok(Self { folder: folder.to_owned(), variables })
    }

    /// Runs a command line. If that takes noticeably long, prints the time.
    pub(super) fn run(&mut self, line: &str) -> anyhow::Result<()> {
        console::command(line);
        let start = Instant::now();
        run::loudly(&mut self.bash(line))?;
        let seconds = start.elapsed().as_secs_f64();
        if seconds >= 0.5 {
            console::say(format!("({seconds:.1} s)"));
        }
        Ok(())
    }

    /// Runs a command line, stores its output in a variable, and returns it.
    pub(super) fn set(&mut self, name: &'static str, line: &str) -> anyhow::Result<String> {
        console::command(format!("{name}=$({line})"));
        let value = run::quietly(&mut self.bash(line))?;
        console::say(&value);
        self.variables.insert(name, value.clone());
        Ok(value)
    }

    fn bash(&self, line: &str) -> Command {
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", line]).current_dir(&self.folder).envs(&self.variables);
        command
    }
}
