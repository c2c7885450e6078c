//! The queries that both databases are asked. Each has the same number of records in its answer in both databases.

use olivine_domain::pages::{Cursor, Last, Order};

use super::fill::{Binaries, PER_VERSION};
use crate::numbered::moment;

/// One request: its path, and the number of records in its answer, or `None` if the answer is a single record.
pub(super) struct Query {
    pub(super) path: String,
    pub(super) items: Option<usize>,
}

/// A kind of query. It is asked with a random number each time.
pub(super) type Question = fn(&Binaries, u64) -> Query;

/// All kinds of queries.
pub(super) const QUESTIONS: &[(&str, Question)] = &[
    ("get by PRN", |of, random| Query {
        path: format!("/binaries/{}", of.id(random).prn(of.organization)),
        items: None,
    }),
    ("list, first page", |_, _| list("")),
    ("list, a page in the middle", |of, random| list(&format!("page={}", middle(of, random)))),
    ("list, last page", |of, _| list(&format!("page={}", last(of, 10)))),
    ("list, newest first", |_, _| list("order=desc")),
    ("list by version", |of, random| list(&format!("artifact_version_prn={}", version(of, random)))),
    ("list by version and target", |of, random| Query {
        path: format!("/binaries?artifact_version_prn={}&target={}", version(of, random), of.target(random)),
        items: Some(1),
    }),
    ("list by target, first page", |of, random| list(&format!("target={}", of.target(random)))),
    ("list by target, a page in the middle", |of, random| {
        list(&format!("target={}&page={}", of.target(random), middle(of, random)))
    }),
    ("list by target, last page", |of, random| {
        list(&format!("target={}&page={}", of.target(random), last(of, 200)))
    }),
    ("list by state, a page in the middle", |of, random| {
        list(&format!("state=signable&page={}", middle(of, random)))
    }),
    ("list by state, last page", |of, _| list(&format!("state=signable&page={}", last(of, 100)))),
    ("search by hash", |of, random| Query {
        path: format!("/binaries?search=hash:'{}'", of.hash(random).to_hex()),
        items: Some(1),
    }),
    ("search by target and time", |of, random| {
        let from = moment(of.count / 4 + random % (of.count / 2));
        list(&format!("search=target:'{}'%20and%20inserted_at%3E='{from}'", of.target(random)))
    }),
];

/// A list whose answer is a full page of ten.
fn list(query: &str) -> Query {
    Query { path: format!("/binaries?{query}"), items: Some(10) }
}

fn version(of: &Binaries, random: u64) -> String {
    debug_assert!(of.count.is_multiple_of(PER_VERSION));
    of.version(random).prn(of.organization).to_string()
}

fn middle(of: &Binaries, random: u64) -> Cursor {
    after(of, of.count / 4 + random % (of.count / 2))
}

/// The cursor after which `left` binaries remain.
fn last(of: &Binaries, left: u64) -> Cursor {
    after(of, of.count - left - 1)
}

fn after(of: &Binaries, number: u64) -> Cursor {
    Cursor { last: Last::Inserted { at: moment(number), id: of.id(number).uuid() }, order: Order::Asc }
}
