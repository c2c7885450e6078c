//! Edits of a release graph: one after the other, and many at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use olivine_tests::{Answer, Database, Random, Server, Table, events_of, list_all};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::workshop::{Workshop, absent_like, text};

/// The number of operators that edit at the same time, and the number of edits of each.
const OPERATORS: u64 = 6;
const EDITS: usize = 25;

/// The errors that an operator may get.
const REFUSALS: &[&str] = &[
    "not_found",
    "conflict",
    "archived",
    "release_not_in_cohort",
    "releases_not_neighbours",
    "release_cycle",
    "sink_constrained",
    "constrained_before_sink",
    "second_sink",
    "several_sinks",
];

/// Operators append, insert, delete, archive, unarchive, re-point and phase releases and end phases, all at random and at the same time.
/// After every answer the graph is valid, and every refusal names the violated rule.
pub(crate) async fn edits_at_once_keep_the_graph_valid(database: Database) {
    let server = Server::start(database);
    let shop = Arc::new(Workshop::new(server.api()).await);
    for name in ["one", "two", "three"] {
        shop.release(name, json!({})).await;
    }
    let mut random = Random::new();
    let mut operators = JoinSet::new();
    for number in 0..OPERATORS {
        operators.spawn(operate(Arc::clone(&shop), number, Random::seeded(random.next())));
    }
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(told) = operators.join_next().await {
        for outcome in told.expect("an operator's work does not fail") {
            *outcomes.entry(outcome).or_default() += 1;
        }
    }
    assert!(outcomes["201"] > 10 && outcomes["200"] > 5 && outcomes["204"] > 5, "{outcomes:?}");
    assert!(outcomes.len() > 5, "too few kinds of refusals to prove anything: {outcomes:?}");

    let left = shop.graph().await.len() + shop.archived().await.len();
    let count =
        async |kind: &str| list_all(shop.api(), &format!("/v1/events?type={kind}"), "events").await.len();
    assert_eq!(count("release.created").await - count("release.deleted").await, left);
}

async fn operate(shop: Arc<Workshop>, operator: u64, mut random: Random) -> Vec<String> {
    let mut told = Vec::new();
    for turn in 0..EDITS {
        let graph = shop.graph().await;
        let answer = edit(&shop, &graph, &format!("{operator}-{turn}"), &mut random).await;
        told.push(outcome(&answer));
        shop.graph().await;
    }
    told
}

fn outcome(answer: &Answer) -> String {
    assert!(answer.status < 500, "{answer:?}");
    let Some(code) = answer.error_code() else { return answer.status.to_string() };
    assert!(REFUSALS.contains(&code), "{answer:?}");
    let context = &answer.json["errors"][0]["context"];
    assert!(["not_found", "conflict"].contains(&code) || context["rule"] == code, "{answer:?}");
    format!("{} {code}", answer.status)
}

/// Makes a random edit of the graph that the operator saw. It may have changed since.
async fn edit(shop: &Workshop, seen: &[Value], name: &str, random: &mut Random) -> Answer {
    let mut any = || {
        let place = usize::try_from(random.next() % seen.len().max(1) as u64).expect("it is small");
        seen.get(place).map_or("prn:1:x", |release| text(release, "prn"))
    };
    let (one, other) = (any(), any());
    // If more were deleted than created, nothing would be left to edit.
    let kinds = if seen.len() < 4 { 3 } else { 12 };
    match random.next() % kinds {
        0 => shop.try_release(name, json!({})).await,
        1 => shop.try_release(name, json!({"next_release_prn": one})).await,
        2 => shop.try_release(name, json!({"previous_release_prn": one})).await,
        3 => shop.try_release(name, json!({"previous_release_prn": one, "next_release_prn": other})).await,
        4 | 5 => shop.api().delete(&format!("/v1/releases/{one}")).await,
        6 => shop.change(one, json!({"next_release_prn": other})).await,
        7 => shop.change(one, json!({"phase_value": 5})).await,
        8 => shop.api().post(&format!("/v1/releases/{one}/archive"), &json!({})).await,
        9 | 10 => {
            let archived = shop.archived().await;
            let release = archived.first().map_or(one, |release| text(release, "prn"));
            let place =
                [json!({}), json!({"previous_release_prn": other}), json!({"next_release_prn": other})];
            let place = &place[usize::try_from(random.next() % 3).expect("it is small")];
            shop.api().post(&format!("/v1/releases/{release}/unarchive"), place).await
        }
        _ => {
            let sink = seen.iter().find(|release| release["next_release_prn"].is_null());
            let sink = sink.map_or(one, |sink| text(sink, "prn"));
            shop.change(sink, json!({"phase_value": 1})).await
        }
    }
}

/// The place of a new release, and the effect on its neighbours, with the events in the audit trail.
pub(crate) async fn each_edit_says_what_it_did(database: Database) {
    let server = Server::start(database);
    let shop = Workshop::new(server.api()).await;
    let b = shop.release("b", json!({})).await;
    let d = shop.release("d", json!({})).await;
    assert_eq!(shop.links().await, "b→d d→end");
    let c = shop.release("c", json!({"previous_release_prn": b})).await;
    assert_eq!(shop.links().await, "b→c c→d d→end");
    let first = shop.release("a", json!({"next_release_prn": c})).await;
    assert_eq!(shop.links().await, "a→c b→c c→d d→end");
    shop.change(&first, json!({"next_release_prn": b})).await.expect(200);
    assert_eq!(shop.links().await, "a→b b→c c→d d→end");
    let last = shop.release("e", json!({"previous_release_prn": d, "phase_value": 0.5})).await;
    let between = json!({"previous_release_prn": b, "next_release_prn": c});
    let between = shop.release("between", between).await;
    assert_eq!(shop.links().await, "a→b between→c b→between c→d d→e e→end");

    shop.api().delete(&format!("/v1/releases/{c}")).await.expect(204);
    shop.api().delete(&format!("/v1/releases/{last}")).await.expect(204);
    shop.api().delete(&format!("/v1/releases/{first}")).await.expect(204);
    assert_eq!(shop.links().await, "between→d b→between d→end");
    let (created, updated, relinked) = ("release.created", "release.updated", "release.relinked");
    assert_eq!(events_of(shop.api(), &d).await, [created, relinked, relinked]);
    assert_eq!(events_of(shop.api(), &first).await, [created, updated, "release.deleted"]);
    assert_eq!(events_of(shop.api(), &between).await, [created, relinked]);

    // The last release is deleted, and a new first one is created.
    for release in [&between, &b, &d] {
        shop.api().delete(&format!("/v1/releases/{release}")).await.expect(204);
    }
    assert_eq!(shop.links().await, "");
    shop.release("anew", json!({"schedule_date": "2099-01-01T00:00:00Z"})).await;
    assert_eq!(shop.links().await, "anew→end");
}

pub(crate) async fn refusals_say_which_rule_and_which_release(database: Database) {
    let server = Server::start(database);
    let shop = Workshop::new(server.api()).await;
    let elsewhere = json!({"name": "elsewhere", "product_prn": shop.product});
    let elsewhere = shop.api().post("/v1/cohorts", &elsewhere).await.expect(201).json["cohort"]["prn"].take();
    let foreign = shop.release("foreign", json!({"cohort_prn": elsewhere})).await;
    let first = shop.release("first", json!({})).await;
    let second = shop.release("second", json!({})).await;
    let third = shop.release("third", json!({})).await;
    let absent = absent_like(&third);

    let mut table = Table::default();
    for (what, fields) in [
        ("a neighbour of another cohort", json!({"next_release_prn": foreign})),
        ("a neighbour that does not exist", json!({"previous_release_prn": absent})),
        (
            "between two that are no neighbours",
            json!({"previous_release_prn": first, "next_release_prn": third}),
        ),
        (
            "between two the wrong way round",
            json!({"previous_release_prn": second, "next_release_prn": first}),
        ),
        (
            "a scheduled one before another",
            json!({"next_release_prn": first, "schedule_date": "2099-01-01T00:00:00Z"}),
        ),
        ("a phased one in the middle", json!({"previous_release_prn": first, "phase_value": 0.5})),
        ("a name that the cohort has", json!({"name": "second"})),
        ("a phase of half a device", json!({"phase_value": 1.5})),
        ("a phase of less than nobody", json!({"phase_value": -1})),
        ("a phase by tags without tags", json!({"phase_mode": "tags"})),
        (
            "a phase by tags with a value",
            json!({"phase_mode": "tags", "phase_tags": ["eu"], "phase_value": 2}),
        ),
        ("a numeric phase with tags", json!({"phase_tags": ["eu"]})),
        ("an unknown mode", json!({"phase_mode": "weekly"})),
        ("a version that is none", json!({"version": "1.0", "version_requirement": "=> 1.0.0"})),
        ("a date that is none", json!({"schedule_date": "tomorrow"})),
    ] {
        table.note(what, &shop.try_release("new", fields).await);
    }
    table.note("no cohort", &shop.try_release("new", json!({"cohort_prn": shop.bundle})).await);
    for (what, release, change) in [
        ("pointing to itself", &first, json!({"next_release_prn": first})),
        ("pointing backwards", &second, json!({"next_release_prn": first})),
        ("pointing the latest one anywhere", &third, json!({"next_release_prn": first})),
        ("a second latest one", &first, json!({"next_release_prn": null})),
        ("pointing to another cohort", &first, json!({"next_release_prn": foreign})),
        ("scheduling one in the middle", &second, json!({"schedule_date": "2099-01-01T00:00:00Z"})),
        ("phasing one in the middle", &second, json!({"phase_mode": "tags", "phase_tags": ["eu"]})),
        ("a name that the cohort has", &second, json!({"name": "first"})),
    ] {
        table.note(what, &shop.change(release, change).await);
    }
    shop.change(&third, json!({"phase_mode": "tags", "phase_tags": ["eu"]})).await.expect(200);
    table.note("a value for a phase by tags", &shop.change(&third, json!({"phase_value": 1})).await);
    table.note("something after a phased one", &shop.try_release("new", json!({})).await);
    shop.change(&third, json!({"phase_mode": "numeric"})).await.expect(200);
    shop.change(&first, json!({"next_release_prn": third})).await.expect(200);
    table.note(
        "deleting the latest one of two ways",
        &shop.api().delete(&format!("/v1/releases/{third}")).await,
    );
    assert_eq!(shop.links().await, "first→third second→third third→end");
    insta::assert_snapshot!("refusals", table.text());
}
