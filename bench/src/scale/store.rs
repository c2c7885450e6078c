//! `test-s3` of this build: an S3-compatible server on a free port. Dropping it stops it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::{programs, server};

/// The bucket that exists from the start.
const BUCKET: &str = "olivine";

/// The number of environment variables that it prints. They tell other programs how to reach it.
const VARIABLES: usize = 4;

/// The environment variable in which `cargo xtask bench` passes the path of the AWS CLI.
const AWS_CLI: &str = "OLIVINE_BENCH_AWS_CLI";

/// A running object store.
pub(super) struct Store {
    child: Child,
    /// The environment variables that tell other programs how to reach it.
    variables: Vec<(String, String)>,
}

impl Store {
    pub(super) fn start(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut command = Command::new(programs::built("test-s3")?);
        command.args(["--listen", "127.0.0.1:0", "--bucket", BUCKET, "--folder"]).arg(folder);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut store = Self { child: command.spawn().context("starting test-s3")?, variables: Vec::new() };
        let output = store.child.stdout.take().context("test-s3 says where it is")?;
        for line in BufReader::new(output).lines().take(VARIABLES) {
            let line = line?;
            let (name, value) = line.split_once('=').context("test-s3 says variables")?;
            store.variables.push((name.to_owned(), value.to_owned()));
        }
        ensure!(store.variables.len() == VARIABLES, "test-s3 ended before it was ready");
        Ok(store)
    }

    /// The settings that make `olivine serve` keep content in this store.
    pub(super) fn settings(&self) -> Vec<(&str, String)> {
        let variables = self.variables.iter().map(|(name, value)| (name.as_str(), value.clone()));
        variables.chain([("OLIVINE_STORAGE_URL", format!("s3://{BUCKET}"))]).collect()
    }

    /// Uploads a file with `aws s3 cp`.
    pub(super) fn aws_upload(&self, file: &Path) -> anyhow::Result<Duration> {
        programs::timed(self.aws()?.arg("cp").arg(file).arg(Self::uploaded()).arg("--only-show-errors"))
    }

    /// Removes the file that `aws_upload` has uploaded.
    pub(super) fn aws_remove(&self) -> anyhow::Result<()> {
        programs::output(self.aws()?.args(["rm", &Self::uploaded(), "--only-show-errors"])).map(drop)
    }

    fn uploaded() -> String {
        format!("s3://{BUCKET}/by-the-aws-cli")
    }

    fn aws(&self) -> anyhow::Result<Command> {
        let program =
            std::env::var_os(AWS_CLI).map_or_else(|| programs::installed("aws"), |at| Ok(PathBuf::from(at)));
        let mut command = Command::new(program?);
        // The user's own settings must not influence the measurement.
        for variable in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
            command.env(variable, "/dev/null");
        }
        for variable in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"] {
            command.env_remove(variable);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.arg("s3");
        Ok(command)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        server::terminate(&mut self.child, Duration::from_secs(10));
    }
}
