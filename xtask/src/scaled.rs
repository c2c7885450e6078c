//! The end-to-end tests once more, on the scaled deployment: PostgreSQL, S3, two processes behind nginx, requests spread at random.
//!
//! The tests are the same; their harness starts other servers. What is left out is named here, with the reason, and nowhere else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::build::cargo;
use crate::test;

/// The harness's switch; see `tests/src/scaled.rs`.
const SWITCH: &str = "OLIVINE_TEST_SCALED";
/// Where each test is a file, or a folder with a `main.rs`.
const TESTS: &str = "tests/tests";
/// Two processes and a store for each test are heavy.
const AT_ONCE: &str = "--test-threads=2";

/// Tests that look at something which is another's here, by reason.
const LEFT_OUT: [(&str, &[&str]); 5] = [
    (
        "nginx itself answers what is no HTTP, and sends on what it read in its own way",
        &[
            "callers::postgres::paths_and_methods_that_do_not_exist",
            "content::postgres::direct_uploads_that_are_not_what_was_promised",
            "limits::postgres::broken_http",
            "limits::postgres::outsized_headers",
            "limits::postgres::slow_headers",
            "prns::postgres::names_in_paths",
        ],
    ),
    (
        "the store, not the server, answers the URLs of contents",
        &[
            "content::postgres::parts_that_are_not_what_was_announced",
            "limits::postgres::slow_bodies",
            "limits::postgres::uploads_that_break_off",
            "links::postgres::",
            "logs::postgres::logs_hold_no_secrets",
            "postgres::a_journey_leaves_its_events",
            "postgres::a_stop_loses_nothing",
            "postgres::downloads_are_counted",
            "postgres::one_part_announced_with_different_bytes",
        ],
    ),
    (
        "contents are not in the server's folder",
        &[
            "postgres::contents_move_while_devices_are_served",
            "postgres::the_matrix_of_states_and_actions",
            "space::postgres::a_full_disk_loses_nothing",
        ],
    ),
    ("nginx, not the server, would speak TLS to people", &["postgres::creating_by_curl"]),
    ("it has its own nginx", &["postgres::the_delivered_nginx_serves_people_devices_and_downloads"]),
];

/// Runs those of them whose names contain `only`.
pub(crate) fn run(only: Option<&str>) -> anyhow::Result<()> {
    let mut command = cargo();
    command.env(SWITCH, "1").args(["test", "--workspace", "--no-fail-fast"]);
    for suite in suites()? {
        command.args(["--test", &suite]);
    }
    command.args(["--", only.unwrap_or("postgres::"), AT_ONCE, "--skip", "sqlite::"]);
    for name in LEFT_OUT.iter().flat_map(|(_, names)| *names) {
        command.args(["--skip", name]);
    }
    test::with_postgres(&mut command)
}

/// The end-to-end tests' names for cargo.
fn suites() -> anyhow::Result<BTreeSet<String>> {
    let entries = fs::read_dir(TESTS).with_context(|| format!("looking into {TESTS}"))?;
    Ok(entries.flatten().filter_map(|entry| suite(&entry.path())).collect())
}

fn suite(path: &Path) -> Option<String> {
    let is_one = path.join("main.rs").is_file() || path.extension().is_some_and(|end| end == "rs");
    is_one.then(|| path.file_stem()?.to_str().map(str::to_owned)).flatten()
}
