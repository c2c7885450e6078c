//! The end-to-end tests on the scaled deployment: PostgreSQL, S3, and two processes behind nginx, which distributes requests at random.
//!
//! The tests are the same; their harness starts other servers. The tests that are left out are listed only here, with the reasons.

use crate::suites::{Run, Suite};

/// The environment variable for the harness; see `tests/src/scaled.rs`.
const SWITCH: &str = "OLIVINE_TEST_SCALED";

/// These tests mostly wait until a change has taken effect in both processes.
const AT_ONCE: &str = "--test-threads=4";

/// Tests that do not apply to the scaled deployment, by reason.
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
            "postgres::one_part_announced_and_uploaded_by_all",
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

/// The tests that examine a single process. All others need PostgreSQL only once.
pub(crate) fn left_out() -> impl Iterator<Item = &'static str> {
    LEFT_OUT.iter().flat_map(|(_, names)| *names).copied()
}

/// The runs of these suites on the scaled deployment, limited to the tests whose names contain `only`.
pub(crate) fn runs<'a>(suites: &'a [Suite], only: Option<&'a str>) -> impl Iterator<Item = Run> + 'a {
    suites.iter().filter(|suite| suite.is_end_to_end()).map(move |suite| {
        let run = suite.clone().run().how("scaled").variable(SWITCH, "1");
        let run = run.argument(AT_ONCE).argument(only.unwrap_or("postgres::"));
        let run = run.argument("--skip").argument("sqlite::");
        left_out().fold(run, |run, name| run.argument("--skip").argument(name))
    })
}
