//! The tests that take too long for every commit: many more kills, many more histories of changes, and ten minutes of generated requests.

use std::fs::File;
use std::path::Path;
use std::process::Command;

use anyhow::Context;

use crate::build::{self, Profile, cargo};
use crate::olivine::Olivine;
use crate::{run, test, tools};

/// How often servers and agents are killed: the harness's numbers, see `tests/src/random.rs`. A variable that is set already stays.
const SERVER_KILLS: (&str, &str) = ("OLIVINE_TEST_SERVER_KILLS", "700");
const AGENT_KILLS: (&str, &str) = ("OLIVINE_TEST_AGENT_KILLS", "300");
/// How many histories of changes are tested on each database: see `crates/operations/tests/coherence`.
const HISTORIES: (&str, &str) = ("OLIVINE_COHERENCE_HISTORIES", "200");
/// How many histories of people and keys are tested: see `crates/operations/tests/rights`.
const RIGHTS: (&str, &str) = ("OLIVINE_RIGHTS_HISTORIES", "2000");
/// For how many seconds requests are generated.
const GENERATED_SECONDS: (&str, &str) = ("OLIVINE_TEST_GENERATED_SECONDS", "600");

pub(crate) fn run() -> anyhow::Result<()> {
    let executables = build::executables(Profile::Dev)?;
    kills()?;
    histories()?;
    generated_requests(&executables)
}

/// One test at a time: a program that shares the processor with other tests is rarely killed in the middle of its work.
fn kills() -> anyhow::Result<()> {
    let mut command = cargo();
    command.envs([SERVER_KILLS, AGENT_KILLS].map(|number| (number.0, given_or_usual(number)))).args([
        "test",
        "--workspace",
        "--no-fail-fast",
    ]);
    command.args(["--test", "killed", "--test", "rollout", "--", "--test-threads=1", "--nocapture"]);
    test::with_postgres(&mut command)
}

fn histories() -> anyhow::Result<()> {
    let mut command = cargo();
    command.envs([HISTORIES, RIGHTS].map(|number| (number.0, given_or_usual(number))));
    command.args(["test", "--workspace", "--test", "coherence", "--test", "rights"]);
    test::with_postgres(&mut command)
}

/// Sends everything that the OpenAPI document allows, and much that it does not, to a server of its own. No answer may be a 5xx, or have a
/// status that is not in the document.
fn generated_requests(executables: &Path) -> anyhow::Result<()> {
    let schemathesis = tools::schemathesis()?;
    let folder = tempfile::tempdir().context("cannot make a folder for the server")?;
    let log = File::create(build::workspace_root().join("target/schemathesis-server.log"))?;
    let listen = ["--listen", "127.0.0.1:0", "--device-listen", "127.0.0.1:0"].map(str::to_owned);
    let server = Olivine::start(executables, &folder.path().join("data"), &listen, Some(log))?;
    let key = std::fs::read_to_string(server.key_file()).context("reading the server's first key")?;
    let seconds: u32 = given_or_usual(GENERATED_SECONDS).parse().context("a number of seconds")?;
    // The requests about API keys come last, because they revoke the key that is used for all requests; afterwards every answer is 401.
    let parts = [("--exclude-path-regex", seconds - seconds / 10), ("--include-path-regex", seconds / 10)];
    for (which, seconds) in parts {
        let mut command = Command::new(&schemathesis);
        command.current_dir(folder.path()).arg("run").arg(format!("{}/v1/openapi.json", server.admin_url));
        command.args(["--checks", "not_a_server_error,status_code_conformance", "--continue-on-failure"]);
        command.args([which, "^/v1/api_keys", "--max-time"]).arg(seconds.to_string());
        // The key may be visible, because its server ends with this test.
        command.arg("--header").arg(format!("Authorization: Bearer {}", key.trim()));
        run::step(&mut command)?;
    }
    Ok(())
}

fn given_or_usual((variable, usual): (&str, &str)) -> String {
    std::env::var(variable).unwrap_or_else(|_| usual.to_owned())
}
