//! Runs test executables in parallel. `cargo test` runs them one after the other, and the last tests of each use only one core. Most tests
//! wait for processes, sockets and disks, so more executables than cores can run at the same time.

use std::fmt;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::wanted::Wanted;
use crate::{console, interrupt, run};

/// How many executables run at the same time on each core.
const PER_CORE: usize = 2;

/// A test executable that cargo built.
#[derive(Clone, Debug)]
pub(crate) struct Suite {
    /// The package, and the name of the target if it differs.
    pub(crate) name: String,
    executable: PathBuf,
    /// The folder of its package, in which cargo runs tests.
    folder: PathBuf,
}

/// One run of an executable.
#[derive(Debug)]
pub(crate) struct Run {
    suite: Suite,
    arguments: Vec<String>,
    variables: Vec<(&'static str, String)>,
    /// What distinguishes it from other runs of the same executable.
    how: Option<&'static str>,
}

/// The result of a run.
struct Ended {
    name: String,
    took: Duration,
    is_well: bool,
}

impl Suite {
    /// Whether it is a suite of end-to-end tests.
    pub(crate) fn is_end_to_end(&self) -> bool {
        self.name.starts_with("olivine-tests ")
    }

    /// A run of all its tests.
    pub(crate) fn run(self) -> Run {
        Run { suite: self, arguments: Vec::new(), variables: Vec::new(), how: None }
    }
}

impl Run {
    /// The name of the suite.
    pub(crate) fn suite_name(&self) -> &str {
        &self.suite.name
    }

    /// Gives the executable an argument.
    pub(crate) fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Sets an environment variable.
    pub(crate) fn variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Sets what distinguishes this run.
    pub(crate) fn how(mut self, how: &'static str) -> Self {
        self.how = Some(how);
        self
    }

    /// Runs it to its end, and prints all its output if it fails.
    fn to_its_end(&self) -> anyhow::Result<Ended> {
        let began = Instant::now();
        let mut said = tempfile::tempfile().context("cannot make a file for what a test says")?;
        let mut command = Command::new(&self.suite.executable);
        command.args(&self.arguments).current_dir(&self.suite.folder);
        command.env("CARGO_MANIFEST_DIR", &self.suite.folder).envs(self.variables.iter().cloned());
        let out = |file: &File| Ok::<_, anyhow::Error>(Stdio::from(file.try_clone()?));
        command.stdin(Stdio::null()).stdout(out(&said)?).stderr(out(&said)?);
        let mut child = interrupt::spawn(&mut command)?;
        let is_well = interrupt::wait(&mut child)?.success();
        let ended = Ended { name: self.to_string(), took: began.elapsed(), is_well };
        said.rewind()?;
        let all = std::io::read_to_string(said)?;
        let result = all.lines().rev().find_map(|line| line.strip_prefix("test result: "));
        console::say(format!("{}: {}", ended.name, result.unwrap_or("no result")));
        if !is_well {
            console::say(all);
        }
        Ok(ended)
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.suite.name)?;
        self.how.map_or(Ok(()), |how| write!(f, ", {how}"))
    }
}

/// Builds the wanted tests with this cargo command.
pub(crate) fn build(mut command: Command, wanted: &Wanted) -> anyhow::Result<Vec<Suite>> {
    command.args(["test", "--workspace", "--no-run", "--message-format=json-render-diagnostics"]);
    command.args(wanted.arguments());
    run::watched(&mut command, |output| {
        let mut suites = Vec::new();
        for line in BufReader::new(output).lines() {
            let message: Value = serde_json::from_str(&line?).context("cargo speaks JSON here")?;
            suites.extend(suite(&message));
        }
        Ok(suites)
    })
}

/// The test executable in a message of cargo.
fn suite(message: &Value) -> Option<Suite> {
    let executable = message["executable"].as_str()?;
    if message["profile"]["test"] != true {
        return None;
    }
    let folder = Path::new(message["manifest_path"].as_str()?).parent()?;
    let package = message["package_id"].as_str()?.rsplit_once('/').map(|(_, last)| last)?;
    let package = package
        .rsplit_once('#')
        .map_or(package, |(folder, id)| id.split_once('@').map_or(folder, |(name, _)| name));
    let target = message["target"]["name"].as_str()?;
    let is_integration = message["target"]["kind"][0] == "test";
    let name = if is_integration { format!("{package} {target}") } else { package.to_owned() };
    Some(Suite { name, executable: executable.into(), folder: folder.to_owned() })
}

/// Runs all of them in this order, several at the same time. If one fails, this fails after all have ended.
pub(crate) fn run_all(runs: Vec<Run>) -> anyhow::Result<()> {
    let cores = thread::available_parallelism().map_or(2, usize::from);
    let left = Mutex::new(runs.into_iter());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    let mut ended = thread::scope(|scope| {
        let worker = || {
            let mut ended = Vec::new();
            while let Some(run) = next().filter(|_| !interrupt::requested()) {
                ended.push(run.to_its_end()?);
            }
            Ok::<_, anyhow::Error>(ended)
        };
        let workers: Vec<_> = (0..cores * PER_CORE).map(|_| scope.spawn(worker)).collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.join().map_err(|_| anyhow::anyhow!("a thread that runs tests panicked"))??);
        }
        Ok::<_, anyhow::Error>(all)
    })?;
    ensure!(!interrupt::requested(), "interrupted");
    ended.sort_by_key(|run| std::cmp::Reverse(run.took));
    console::heading("The longest of them");
    for run in ended.iter().take(12) {
        console::say(format!("{:>7.1} s  {}", run.took.as_secs_f64(), run.name));
    }
    let failed: Vec<_> = ended.iter().filter(|run| !run.is_well).map(|run| run.name.as_str()).collect();
    ensure!(failed.is_empty(), "tests failed: {}", failed.join("; "));
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_test_executable_is_named_by_its_package_and_target() {
        let message = |id: &str, kind: &str, target: &str| {
            json!({"reason": "compiler-artifact", "package_id": id, "manifest_path": "/w/tests/Cargo.toml",
                "target": {"kind": [kind], "name": target}, "profile": {"test": true}, "executable": "/w/target/debug/deps/x-1"})
        };
        let named = |message: &Value| suite(message).unwrap().name;
        let id = "path+file:///w/tests#olivine-tests@0.1.0";
        assert_eq!(named(&message(id, "test", "fleet")), "olivine-tests fleet");
        assert!(suite(&message(id, "test", "fleet")).unwrap().is_end_to_end());
        assert!(!suite(&message(id, "lib", "olivine_tests")).unwrap().is_end_to_end());
        assert_eq!(named(&message("path+file:///w/crates/bench#0.1.0", "bin", "bench")), "bench");
        let mut built = message(id, "bin", "test-s3");
        built["profile"]["test"] = json!(false);
        assert!(suite(&built).is_none());
    }
}
