//! The state × action matrix of lifecycle.md over HTTP. For each cell, a new binary is brought into the state, the action is requested, and
//! the binary is examined.
//!
//! To hold binaries in `hashable` and `hashing`, the server's only job runner is kept busy: it verifies another binary in a store that
//! sends 1 KiB per second, until the test lets it continue. At the end, every binary must leave these states.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use olivine_tests::{Answer, Database, S3, Server, Table, Workbench, on_both, prn};
use serde_json::{Value, json};

on_both!(async the_matrix_of_states_and_actions, async a_policy_of_two_signatures);

const CONTENT: &[u8] = b"firmware";

/// The states of a binary before the action.
const STATES: [State; 8] = [
    State::Uploadable,
    State::Uploaded,
    State::Hashable,
    State::Refuted,
    State::Hashing,
    State::Signable,
    State::Signed,
    State::Destroyed,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing was uploaded.
    Uploadable,
    /// Everything was uploaded, but the upload was not completed.
    Uploaded,
    /// The upload was completed, and the verification has not started.
    Hashable,
    /// A verification has found another hash.
    Refuted,
    Hashing,
    Signable,
    Signed,
    Destroyed,
}

impl State {
    const fn in_words(self) -> &'static str {
        match self {
            Self::Uploadable => "uploadable",
            Self::Uploaded => "uploadable, all uploaded",
            Self::Hashable => "hashable",
            Self::Refuted => "hashable, with verification_error",
            Self::Hashing => "hashing",
            Self::Signable => "signable",
            Self::Signed => "signed",
            Self::Destroyed => "destroyed",
        }
    }

    /// Whether the job runner must be free to reach this state.
    const fn needs_a_runner(self) -> bool {
        matches!(self, Self::Refuted | Self::Signable | Self::Signed | Self::Destroyed)
    }
}

#[derive(Clone, Copy, Debug)]
enum Action {
    Ask(&'static str),
    PutContent,
    AnnouncePart,
    Sign,
    Unsign,
    Download,
    Delete,
}

const ACTIONS: [Action; 12] = [
    Action::PutContent,
    Action::AnnouncePart,
    Action::Ask("uploadable"),
    Action::Ask("hashable"),
    Action::Ask("hashing"),
    Action::Ask("signable"),
    Action::Ask("signed"),
    Action::Ask("destroyed"),
    Action::Sign,
    Action::Unsign,
    Action::Download,
    Action::Delete,
];

impl Action {
    fn in_words(self) -> String {
        match self {
            Self::Ask(state) => format!("PATCH state={state}"),
            Self::PutContent => "PUT content".to_owned(),
            Self::AnnouncePart => "PUT parts/2".to_owned(),
            Self::Sign => "attach a signature".to_owned(),
            Self::Unsign => "delete a signature".to_owned(),
            Self::Download => "GET download".to_owned(),
            Self::Delete => "DELETE".to_owned(),
        }
    }

    async fn carry_out(self, bench: &Workbench, binary: &str) -> Option<Answer> {
        let path = format!("/v1/binaries/{binary}");
        Some(match self {
            Self::Ask(state) => bench.ask(binary, state).await,
            Self::PutContent => bench.put_content(binary, CONTENT).await,
            Self::AnnouncePart => bench.announce(binary, 2, CONTENT).await,
            Self::Sign => bench.sign(binary, CONTENT).await,
            Self::Unsign => {
                let list =
                    bench.api().get(&format!("/v1/binary_signatures?binary_prn={binary}")).await.expect(200);
                let signature = list.json["binary_signatures"].get(0)?;
                bench.api().delete(&format!("/v1/binary_signatures/{}", prn(signature))).await
            }
            Self::Download => bench.api().get(&format!("{path}/download")).await,
            Self::Delete => bench.api().delete(&path).await,
        })
    }
}

/// Creates a binary in this state. States that need no runner stay unchanged only while the runner is kept busy.
async fn in_state(bench: &Workbench, state: State) -> String {
    match state {
        State::Uploadable => bench.uploadable(CONTENT).await,
        State::Uploaded => {
            let binary = bench.uploadable(CONTENT).await;
            bench.put_content(&binary, CONTENT).await.expect(200);
            binary
        }
        State::Hashable => {
            let binary = bench.uploadable(CONTENT).await;
            bench.put_content(&binary, CONTENT).await.expect(200);
            bench.ask(&binary, "hashable").await.expect(200);
            binary
        }
        State::Refuted => {
            let binary = bench.uploadable(CONTENT).await;
            bench.put_part(&binary, 1, b"erawmrif").await;
            bench.ask(&binary, "hashable").await.expect(200);
            bench.settled(&binary, |record| record["verification_error"]["code"] == "hash_mismatch").await;
            binary
        }
        State::Hashing => {
            let binary = Box::pin(in_state(bench, State::Hashable)).await;
            bench.ask(&binary, "hashing").await.expect(200);
            binary
        }
        State::Signable => bench.signable(CONTENT).await,
        State::Signed => bench.signed(CONTENT).await,
        State::Destroyed => {
            let binary = bench.signed(CONTENT).await;
            bench.ask(&binary, "destroyed").await.expect(200);
            binary
        }
    }
}

/// Keeps the only job runner busy until it is released.
struct HeldRunner {
    store: S3,
    decoy: String,
}

impl HeldRunner {
    async fn hold(bench: &Workbench) -> Self {
        let store = S3::start();
        let api = bench.api();
        let backend = store.backend(&store.bucket("decoys"));
        let backend = api.post("/v1/storage_backends", &backend).await.expect(201).json;
        let default = async |backend: Value| {
            api.patch("/v1/organization", &json!({"storage_backend_prn": backend})).await.expect(200);
        };
        default(backend["storage_backend"]["prn"].clone()).await;
        // This takes some ten minutes.
        let content = vec![7; 600 << 10];
        let decoy = bench.uploadable(&content).await;
        bench.put_content(&decoy, &content).await.expect(200);
        default(Value::Null).await;
        store.slow(true);
        bench.ask(&decoy, "hashable").await.expect(200);
        bench.in_state(&decoy, "hashing").await;
        Self { store, decoy }
    }

    async fn let_go(self, bench: &Workbench) {
        self.store.slow(false);
        bench.in_state(&self.decoy, "signable").await;
    }
}

async fn the_matrix_of_states_and_actions(database: Database) {
    let server = Server::builder()
        .database(database)
        .env("OLIVINE_JOB_CONCURRENCY", "1")
        .env("OLIVINE_STORAGE_ALLOW_PRIVATE_ENDPOINTS", "true")
        .start();
    let bench = Workbench::new(server.api()).await;
    let mut prepared = Vec::new();
    for state in STATES.into_iter().filter(|state| state.needs_a_runner()) {
        for _ in ACTIONS {
            prepared.push((state, in_state(&bench, state).await));
        }
    }
    let held = HeldRunner::hold(&bench).await;
    let (mut table, mut left) = (Table::default(), Vec::new());
    for action in ACTIONS {
        table.line(&action.in_words());
        for state in STATES {
            let place = prepared.iter().position(|(prepared, _)| *prepared == state);
            let binary = match place {
                Some(place) => prepared.remove(place).1,
                None => in_state(&bench, state).await,
            };
            let outcome = outcome(&bench, &binary, action).await;
            table.line(&format!("  {:33} {outcome}", state.in_words()));
            left.push(binary);
        }
    }
    insta::assert_snapshot!("matrix", table.text());
    held.let_go(&bench).await;
    for binary in left {
        everything_moves_on(&bench, &binary).await;
    }
}

/// The status, the code, the allowed actions in the error, and the state of the binary afterwards.
async fn outcome(bench: &Workbench, binary: &str, action: Action) -> String {
    let Some(answer) = action.carry_out(bench, binary).await else {
        return "there is none".to_owned();
    };
    let error = &answer.json["errors"][0];
    let instead = ["allowed", "required"].into_iter().find_map(|name| error["context"].get(name));
    let code = match (error["code"].as_str(), instead) {
        (None, _) => String::new(),
        (Some(code), None) => format!(" {code}"),
        (Some(code), Some(states)) => format!(" {code} {states}"),
    };
    let after = bench.api().get(&format!("/v1/binaries/{binary}")).await;
    if after.status == 404 {
        return format!("{}{code} → no record", answer.status);
    }
    let record = &after.expect(200).json["binary"];
    format!("{}{code} → {}", answer.status, shown(record))
}

/// The state and the fields that depend on it.
fn shown(record: &Value) -> String {
    let state = record["state"].as_str().unwrap();
    let error =
        record["verification_error"]["code"].as_str().map(|code| format!(", {code}")).unwrap_or_default();
    let destroyed = if record["destroyed"] == true { ", destroyed" } else { "" };
    format!("{state} ({} bytes uploaded{error}{destroyed})", record["bytes_uploaded"])
}

/// When the runner is free, no binary stays in the middle of a verification.
async fn everything_moves_on(bench: &Workbench, binary: &str) {
    let exists = bench.api().get(&format!("/v1/binaries/{binary}")).await.status == 200;
    if !exists {
        return;
    }
    let at_rest = |record: &Value| match record["state"].as_str() {
        Some("hashing") => false,
        Some("hashable") => !record["verification_error"].is_null(),
        _ => true,
    };
    let record = bench.settled(binary, at_rest).await;
    let is_good =
        record["verification_error"].is_null() || record["verification_error"]["code"] == "hash_mismatch";
    assert!(is_good, "{record:#}");
}

async fn a_policy_of_two_signatures(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    bench.api().patch("/v1/organization", &json!({"required_signatures": 2})).await.expect(200);
    let binary = bench.signable(CONTENT).await;
    let first = bench.sign(&binary, CONTENT).await.expect(201);
    assert_eq!(bench.get(&binary).await["state"], "signable");
    let second = olivine_tests::SigningPair::generate();
    let key = json!({"name": "second", "value": second.public_value()});
    let key = prn(&bench.api().post("/v1/signing_keys", &key).await.expect(201).json["signing_key"]);
    bench.attach(&binary, &key, &second.sign(CONTENT)).await.expect(201);
    assert_eq!(bench.get(&binary).await["state"], "signed");

    let signature = format!("/v1/binary_signatures/{}", prn(&first.json["binary_signature"]));
    bench.api().delete(&signature).await.expect(204);
    assert_eq!(bench.get(&binary).await["state"], "signable");
    let refused = bench.api().delete(&format!("/v1/binaries/{binary}")).await.expect(409);
    assert_eq!(refused.error_code(), Some("invalid_state"), "it was signed once");

    bench.sign(&binary, CONTENT).await.expect(201);
    assert_eq!(bench.get(&binary).await["state"], "signed");
    bench.api().patch(&format!("/v1/signing_keys/{key}"), &json!({"state": "revoked"})).await.expect(200);
    let record = bench.get(&binary).await;
    assert_eq!(record["state"], "signable", "{record:#}");
    let lost = bench.api().get(&format!("/v1/events?type=binary.signature_lost&resource_prn={binary}")).await;
    assert_eq!(lost.json["events"].as_array().map(Vec::len), Some(2), "{:#}", lost.json);
}
