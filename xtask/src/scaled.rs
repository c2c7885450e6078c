//! The end-to-end tests once more, on the scaled deployment: PostgreSQL, S3, two processes behind nginx, requests spread at random.
//!
//! The tests are the same; their harness starts other servers. What is left out is named here, with the reason, and nowhere else.

use crate::suites::{Run, Suite};

/// The harness's switch; see `tests/src/scaled.rs`.
const SWITCH: &str = "OLIVINE_TEST_SCALED";

/// They wait most of the time until what was changed is in force in both processes.
const AT_ONCE: &str = "--test-threads=4";

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

/// The tests that look at a single process, so that the others need PostgreSQL only once.
pub(crate) fn left_out() -> impl Iterator<Item = &'static str> {
    LEFT_OUT.iter().flat_map(|(_, names)| *names).copied()
}

/// Runs of these suites on the scaled deployment, of those tests whose names contain `only`.
pub(crate) fn runs<'a>(suites: &'a [Suite], only: Option<&'a str>) -> impl Iterator<Item = Run> + 'a {
    suites.iter().filter(|suite| suite.is_end_to_end()).map(move |suite| {
        let run = suite.clone().run().how("scaled").variable(SWITCH, "1");
        let run = run.argument(AT_ONCE).argument(only.unwrap_or("postgres::"));
        let run = run.argument("--skip").argument("sqlite::");
        left_out().fold(run, |run, name| run.argument("--skip").argument(name))
    })
}
