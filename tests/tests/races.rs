//! Sixty-four clients want the same thing at the same moment: exactly one wins, the others get the documented error, and no request is ever
//! answered with 500.

use std::collections::BTreeMap;
use std::sync::Arc;

use olivine_tests::{
    Answer, Api, Database, PostgresDatabase, Server, SigningPair, Workbench, assert_no_orphans, events_of,
    list_all, on_both, prn, send, sha256_hex,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

const CLIENTS: usize = 64;

/// How often a race is repeated if its outcome depends on the timing.
const ROUNDS: usize = 4;

/// Sends all requests at once. The answers are in the order of the requests, and none is a 5xx.
async fn at_once(requests: impl IntoIterator<Item = RequestBuilder>) -> Vec<Answer> {
    let requests: Vec<_> = requests.into_iter().collect();
    let start = Arc::new(Barrier::new(requests.len()));
    let mut answers = vec![None; requests.len()];
    let mut running = JoinSet::new();
    for (place, request) in requests.into_iter().enumerate() {
        let start = Arc::clone(&start);
        running.spawn(async move {
            start.wait().await;
            (place, send(request).await)
        });
    }
    while let Some(ended) = running.join_next().await {
        let (place, answer) = ended.expect("a request gets an answer");
        assert!(answer.status < 500, "{answer:?}");
        answers[place] = Some(answer);
    }
    answers.into_iter().map(|answer| answer.expect("each request has its answer")).collect()
}

/// The number of answers with each status, and with each error code.
fn tally(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        let name = match answer.error_code() {
            Some(code) => format!("{} {code}", answer.status),
            None => answer.status.to_string(),
        };
        *tally.entry(name).or_default() += 1;
    }
    tally
}

fn counted<const N: usize>(expected: [(&str, usize); N]) -> BTreeMap<String, usize> {
    expected.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

fn request(api: &Api, method: Method, path: &str, body: &Value) -> RequestBuilder {
    api.request(method, path).json(body)
}

fn asking(bench: &Workbench, binary: &str, state: &str) -> RequestBuilder {
    request(bench.api(), Method::PATCH, &format!("/v1/binaries/{binary}"), &json!({"state": state}))
}

fn announcing(bench: &Workbench, binary: &str, bytes: &[u8]) -> RequestBuilder {
    let part = json!({"size": bytes.len(), "hash": sha256_hex(bytes)});
    request(bench.api(), Method::PUT, &format!("/v1/binaries/{binary}/parts/1"), &part)
}

fn signing(bench: &Workbench, binary: &str, key: &str, signature: &str) -> RequestBuilder {
    let body = json!({"binary_prn": binary, "signing_key_prn": key, "signature": signature});
    request(bench.api(), Method::POST, "/v1/binary_signatures", &body)
}

fn upload_url(announced: &Answer) -> String {
    let url = announced.json["binary_part"]["presigned_upload_url"].as_str();
    url.unwrap_or_else(|| panic!("an awaited part has an upload URL: {announced:?}")).to_owned()
}

fn occurrences(events: &[String], kind: &str) -> usize {
    events.iter().filter(|event| *event == kind).count()
}

/// If several clients announce different bytes as the same part, the last one gets the part, and the URLs of the others are invalid.
async fn one_part_announced_with_different_bytes(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let contents: Vec<_> =
        (0..CLIENTS).map(|client| format!("the bytes of client {client}").into_bytes()).collect();
    let promise =
        json!({"artifact_version_prn": bench.version_prn(), "target": "t", "hash": sha256_hex(b"whole")});
    let binary = bench.create(&promise).await;

    let announced = at_once(contents.iter().map(|bytes| announcing(&bench, &binary, bytes))).await;
    assert_eq!(tally(&announced), counted([("200", CLIENTS - 1), ("201", 1)]));
    let part = format!("/v1/binaries/{binary}/parts/1");
    let last = bench.api().get(&part).await.expect(200).json["binary_part"]["hash"].take();

    let uploads = announced
        .iter()
        .zip(&contents)
        .map(|(answer, bytes)| bench.api().request(Method::PUT, &upload_url(answer)).body(bytes.clone()));
    let uploaded = at_once(uploads).await;
    assert_eq!(tally(&uploaded), counted([("200", 1), ("409 conflict", CLIENTS - 1)]));
    let winner = uploaded.iter().position(|answer| answer.status == 200).expect("one won");
    assert_eq!(last, format!("sha256:{}", sha256_hex(&contents[winner])));
    let found = bench.api().get(&part).await.expect(200).json["binary_part"].take();
    assert_eq!((&found["state"], &found["hash"]), (&json!("valid"), &last));
    assert_no_orphans(&server).await;
}

/// The same without waiting between announcement and upload: in the end, the bytes in the storage are those in the record.
async fn one_part_announced_and_uploaded_by_all(database: Database) {
    let server = Server::start(database);
    let bench = Arc::new(Workbench::new(server.api()).await);
    let promise =
        json!({"artifact_version_prn": bench.version_prn(), "target": "t", "hash": sha256_hex(b"whole")});
    let binary = bench.create(&promise).await;
    let mut running = JoinSet::new();
    for client in 0..CLIENTS {
        let (bench, bytes) = (Arc::clone(&bench), format!("the bytes of client {client}").into_bytes());
        let announcement = announcing(&bench, &binary, &bytes);
        running.spawn(async move {
            let announced = send(announcement).await;
            send(bench.api().request(Method::PUT, &upload_url(&announced)).body(bytes)).await
        });
    }
    while let Some(answer) = running.join_next().await {
        let answer = answer.expect("each client is answered");
        let lost = answer.status == 409 && answer.error_code() == Some("conflict");
        assert!(answer.status == 200 || lost, "{answer:?}");
    }
    let parts = list_all(bench.api(), &format!("/v1/binaries/{binary}/parts"), "binary_parts").await;
    assert_eq!((parts.len(), &parts[0]["state"]), (1, &json!("valid")));
    assert_no_orphans(&server).await;
}

async fn one_part_with_the_same_bytes(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let content = vec![7; 200_000];
    let binary = bench.uploadable(&content).await;
    let announced = at_once((0..CLIENTS).map(|_| announcing(&bench, &binary, &content))).await;
    assert_eq!(tally(&announced), counted([("200", CLIENTS - 1), ("201", 1)]));
    let uploads = announced
        .iter()
        .map(|answer| bench.api().request(Method::PUT, &upload_url(answer)).body(content.clone()));
    assert_eq!(tally(&at_once(uploads).await), counted([("200", CLIENTS)]));

    // All clients complete the upload at the same time as well.
    let completed = at_once((0..CLIENTS).map(|_| asking(&bench, &binary, "hashable"))).await;
    for answer in &completed {
        // A client that comes after the start of the verification gets the state that the binary has by then.
        let late = answer.error_code() == Some("invalid_transition");
        assert!(answer.status == 200 || (answer.status == 409 && late), "{answer:?}");
    }
    let record = bench.in_state(&binary, "signable").await;
    assert_eq!(record["bytes_uploaded"], content.len());
    let events = events_of(bench.api(), &binary).await;
    assert_eq!(occurrences(&events, "binary.upload_completed"), 1, "{events:?}");
    assert_eq!(occurrences(&events, "binary.verified"), 1, "{events:?}");
    assert_no_orphans(&server).await;
}

async fn completion_against_reset(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    for round in 0..ROUNDS {
        let content = format!("the content of round {round}").into_bytes();
        let binary = bench.uploadable(&content).await;
        bench.put_part(&binary, 1, &content).await;
        let states = ["hashable", "uploadable"].into_iter().cycle().take(CLIENTS);
        let answers = at_once(states.clone().map(|state| asking(&bench, &binary, state))).await;
        for (asked, answer) in states.zip(&answers) {
            let outcome = (answer.status, answer.error_code());
            // After a reset, there are no parts to complete. During verification, the binary can't become hashable.
            let possible = matches!(
                (asked, outcome),
                (_, (200, None))
                    | ("hashable", (422, Some("incomplete_upload")) | (409, Some("invalid_transition")))
            );
            assert!(possible, "{asked}: {answer:?}");
        }
        // All resets may have come before there was anything to reset.
        bench.ask(&binary, "uploadable").await.expect(200);
        let events = events_of(bench.api(), &binary).await;
        assert_eq!(occurrences(&events, "binary.upload_completed"), 1, "{events:?}");
        assert_eq!(occurrences(&events, "binary.reset"), 1, "{events:?}");

        // The upload can continue.
        bench.put_part(&binary, 1, &content).await;
        bench.ask(&binary, "hashable").await.expect(200);
        bench.in_state(&binary, "signable").await;
    }
    assert_no_orphans(&server).await;
}

async fn signing_against_destroying(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    for round in 0..ROUNDS {
        let content = format!("the content of round {round}").into_bytes();
        let binary = bench.signable(&content).await;
        let signature = bench.pair().sign(&content);
        let is_signer = |client: usize| client.is_multiple_of(2);
        let requests = (0..CLIENTS).map(|client| {
            if is_signer(client) {
                signing(&bench, &binary, bench.signing_key_prn(), &signature)
            } else {
                asking(&bench, &binary, "destroyed")
            }
        });
        let answers = at_once(requests).await;
        for (client, answer) in answers.iter().enumerate() {
            let possible = match (answer.status, answer.error_code()) {
                (200, None) => true,
                (201, None) | (409, Some("invalid_state")) => is_signer(client),
                _ => false,
            };
            assert!(possible, "{answer:?}");
        }
        let created = answers.iter().filter(|answer| answer.status == 201).count();
        let events = events_of(bench.api(), &binary).await;
        assert_eq!(bench.get(&binary).await["state"], "destroyed");
        assert_eq!(occurrences(&events, "binary.destroyed"), 1, "{events:?}");
        assert!(created <= 1 && occurrences(&events, "binary.signed") == created, "{created}: {events:?}");
    }
    assert_no_orphans(&server).await;
}

async fn two_binaries_for_one_target(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let promise = bench.promise(b"content");
    let answers =
        at_once((0..CLIENTS).map(|_| request(bench.api(), Method::POST, "/v1/binaries", &promise))).await;
    assert_eq!(tally(&answers), counted([("201", 1), ("409 target_taken", CLIENTS - 1)]));
    let winner = answers.iter().find(|answer| answer.status == 201).expect("one won");
    let winner = prn(&winner.json["binary"]);
    for loser in answers.iter().filter(|answer| answer.status == 409) {
        assert_eq!(loser.json["errors"][0]["context"]["prn"], winner, "{loser:?}");
    }
    assert_eq!(list_all(bench.api(), "/v1/binaries", "binaries").await.len(), 1);
}

async fn one_key_signs_many_times(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let binary = bench.signable(b"content").await;
    let signature = bench.pair().sign(b"content");
    let key = bench.signing_key_prn();
    let answers = at_once((0..CLIENTS).map(|_| signing(&bench, &binary, key, &signature))).await;
    assert_eq!(tally(&answers), counted([("200", CLIENTS - 1), ("201", 1)]));
    let first = prn(&answers[0].json["binary_signature"]);
    assert!(answers.iter().all(|answer| answer.json["binary_signature"]["prn"] == first), "{answers:?}");
    let record = bench.get(&binary).await;
    assert_eq!(record["state"], "signed");
    assert_eq!(record["signatures"].as_array().map(Vec::len), Some(1), "{record:#}");
    let events = events_of(bench.api(), &binary).await;
    assert_eq!(occurrences(&events, "binary.signed"), 1, "{events:?}");
}

/// Once the revocation is acknowledged, no binary is `signed` by that key alone, whether it was signed before or after.
async fn revoking_against_signing(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    for round in 0..2 * ROUNDS {
        let pair = SigningPair::generate();
        let key = json!({"name": format!("short-lived-{round}"), "value": pair.public_value()});
        let key = prn(&bench.api().post("/v1/signing_keys", &key).await.expect(201).json["signing_key"]);
        let content = format!("the content of round {round}").into_bytes();
        let mut binaries = Vec::new();
        for _ in 0..4 {
            binaries.push(bench.signable(&content).await);
        }
        let signature = pair.sign(&content);
        let revoke = request(
            bench.api(),
            Method::PATCH,
            &format!("/v1/signing_keys/{key}"),
            &json!({"state": "revoked"}),
        );
        let mut requests: Vec<_> =
            (1..CLIENTS).map(|client| signing(&bench, &binaries[client % 4], &key, &signature)).collect();
        requests.insert(CLIENTS / (2 + round), revoke);
        let answers = at_once(requests).await;
        assert!(answers[CLIENTS / (2 + round)].status == 200, "{answers:?}");
        for answer in &answers {
            let refused = answer.status == 422 && answer.error_code() == Some("signing_key_unusable");
            assert!(matches!(answer.status, 200 | 201) || refused, "{answer:?}");
        }
        for binary in &binaries {
            let record = bench.get(binary).await;
            assert_eq!(record["state"], "signable", "signed by a revoked key: {record:#}");
        }
    }
}

async fn the_quota_holds(database: Database) {
    const SIZE: usize = 1000;
    const FIT: usize = 10;
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let quota = FIT * SIZE + SIZE / 2;
    bench.api().patch("/v1/organization", &json!({"storage_quota": quota})).await.expect(200);
    let promises: Vec<_> = (0..CLIENTS).map(|client| bench.promise(&vec![1; SIZE + client % 2])).collect();
    let answers =
        at_once(promises.iter().map(|promise| request(bench.api(), Method::POST, "/v1/binaries", promise)))
            .await;
    assert_eq!(tally(&answers), counted([("201", FIT), ("409 quota_exceeded", CLIENTS - FIT)]));
    let binaries = list_all(bench.api(), "/v1/binaries", "binaries").await;
    let reserved: u64 = binaries.iter().filter_map(|binary| binary["size"].as_u64()).sum();
    let organization = bench.api().get("/v1/organization").await.expect(200).json["organization"].take();
    assert_eq!((binaries.len(), &organization["storage_used"]), (FIT, &json!(reserved)));
}

async fn one_idempotency_key(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let promise = bench.promise(b"content");
    let answers = at_once((0..CLIENTS).map(|_| {
        request(bench.api(), Method::POST, "/v1/binaries", &promise)
            .header("idempotency-key", "the same for all")
    }))
    .await;
    assert_eq!(tally(&answers), counted([("201", CLIENTS)]));
    let first = prn(&answers[0].json["binary"]);
    assert!(answers.iter().all(|answer| answer.json["binary"]["prn"] == first), "{answers:?}");
    assert_eq!(list_all(bench.api(), "/v1/binaries", "binaries").await.len(), 1);
    let events = events_of(bench.api(), &first).await;
    assert_eq!(events, ["binary.created"]);
}

const SECRET: &str = "api-keys-at-two-processes-with-one-secret-0123456789";

/// The server, and a second process on the same database if the database allows it.
fn one_or_two(database: Database) -> (Server, Option<Server>) {
    let one = Server::builder().database(database).env("OLIVINE_SECRET_KEY", SECRET).start();
    let url = one.postgres().filter(|_| one.processes() == 1).map(PostgresDatabase::url);
    let other = url.map(|url| {
        let other = Server::builder().arg("--database-url").arg(url).env("OLIVINE_SECRET_KEY", SECRET);
        other.storage_of(&one).start()
    });
    (one, other)
}

async fn new_key(api: &Api, name: &str) -> (String, String) {
    let created = api.post("/v1/api_keys", &json!({"name": name, "role": "admin"})).await.expect(201).json;
    let secret = created["api_key"]["key"].as_str().expect("a new key is shown once").to_owned();
    (format!("/v1/api_keys/{}", prn(&created["api_key"])), secret)
}

/// Each administrator revokes the next one, in a circle: one of them stays, whatever the timing.
async fn administrators_revoke_each_other(database: Database) {
    let (one, other) = one_or_two(database);
    let mut last = one.api();
    for _ in 0..ROUNDS {
        let own = last.get("/v1/users/me").await.expect(200).json["user"].take();
        let mut admins = vec![(format!("/v1/api_keys/{}", prn(&own)), last.key().expect("a key").to_owned())];
        for name in ["b", "c", "d", "e", "f", "g", "h"] {
            admins.push(new_key(&last, name).await);
        }
        let next = admins.iter().cycle().skip(1);
        let requests = admins.iter().zip(next).enumerate().map(|(place, ((_, secret), (path, _)))| {
            let at = other.as_ref().filter(|_| place % 2 == 1).unwrap_or(&one);
            Api::new(at.url()).with_key(secret.as_str()).request(Method::DELETE, path)
        });
        let answers = tally(&at_once(requests).await);
        let known = ["204", "401 unauthenticated", "409 in_use"];
        assert!(answers.keys().all(|answer| known.contains(&answer.as_str())), "{answers:?}");

        let mut working = Vec::new();
        for (_, secret) in &admins {
            let api = Api::new(one.url()).with_key(secret.as_str());
            if api.get("/v1/users/me").await.status == 200 {
                working.push(api);
            }
        }
        last = working.pop().unwrap_or_else(|| panic!("nobody administrates any more: {answers:?}"));
    }
}

/// A revoked key leaves behind no key that it created after its revocation.
async fn a_key_creates_others_while_it_is_revoked(database: Database) {
    let (one, other) = one_or_two(database);
    let admin = one.api();
    for _ in 0..ROUNDS {
        let (path, secret) = new_key(&admin, "stolen").await;
        let creating = (0..CLIENTS).map(|place| {
            let at = other.as_ref().filter(|_| place % 2 == 1).unwrap_or(&one);
            let child = json!({"name": "child", "role": "admin"});
            request(&Api::new(at.url()).with_key(secret.as_str()), Method::POST, "/v1/api_keys", &child)
        });
        let revoking = admin.request(Method::DELETE, &path);
        at_once(creating.chain([revoking])).await;

        let revoked = admin.get(&path).await.expect(200).json["api_key"]["revoked_at"].take();
        let revoked = revoked.as_str().expect("it is revoked").to_owned();
        for child in list_all(&admin, "/v1/api_keys?search=name:'child'", "api_keys").await {
            let inserted = child["inserted_at"].as_str().expect("a time");
            assert!(inserted <= revoked.as_str(), "revoked at {revoked}, but {child:#}");
            admin.delete(&format!("/v1/api_keys/{}", prn(&child))).await.expect(204);
        }
    }
}

on_both!(
    async one_part_announced_with_different_bytes,
    async one_part_announced_and_uploaded_by_all,
    async one_part_with_the_same_bytes,
    async completion_against_reset,
    async signing_against_destroying,
    async two_binaries_for_one_target,
    async one_key_signs_many_times,
    async revoking_against_signing,
    async the_quota_holds,
    async one_idempotency_key,
    async administrators_revoke_each_other,
    async a_key_creates_others_while_it_is_revoked
);
