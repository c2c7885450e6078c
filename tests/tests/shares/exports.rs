//! Exports that nobody reads, that are broken off by their client, or whose caller may no longer read: the work of the server ends with them.

use std::time::{Duration, Instant};

use olivine_tests::{Api, Database, Server, Wire, on_both, prn, send};
use reqwest::Method;
use serde_json::json;

use super::{Memory, PATIENCE, create, key, until};

on_both!(
    async exports_that_nobody_reads_hold_nothing_and_end_with_their_clients,
    async an_export_that_is_not_read_is_ended_by_the_server,
    async an_export_ends_visibly_with_the_right_to_read,
);

/// An export of so many devices is much more than the buffers of a connection hold.
const DEVICES: usize = 20_000;
const LARGE: usize = 10 << 20;

const EXPORT: &str = "/v1/events/export?format=jsonl&type=device.created";
const SMALL: &str = "/v1/events/export?format=csv&type=artifact.created";

/// As many devices, each of which has an event.
async fn fill(api: &Api) {
    let product = create(api, "products", "product", json!({"name": "gateway"})).await;
    let text = "x".repeat(200);
    let mut csv = String::from("identifier,description\n");
    csv.extend((0..DEVICES).map(|number| format!("SN-{number},{text}\n")));
    let import = api.request(Method::POST, &format!("/v1/devices/import?product_prn={product}"));
    send(import.header("content-type", "text/csv").body(csv)).await.expect(200);
}

/// An export that has begun, and of which as little as possible is taken.
async fn begun(server: &Server, caller: &Api) -> Wire {
    let mut wire = Wire::connect_narrowly(server.url()).await;
    let key = caller.key().unwrap();
    let head = format!("host: test\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n");
    assert!(wire.send(format!("GET {EXPORT} HTTP/1.1\r\n{head}")));
    until("the export has begun", async || wire.has_answer()).await;
    wire
}

/// How many connections to the database are in a statement or a transaction, where that can be seen.
fn busy_connections(server: &Server) -> u32 {
    let busy = "select count(*) from pg_stat_activity where datname = current_database() \
        and backend_type = 'client backend' and state <> 'idle' and pid <> pg_backend_pid()";
    server.postgres().map_or(0, |database| database.query(busy).trim().parse().unwrap())
}

async fn exports_that_nobody_reads_hold_nothing_and_end_with_their_clients(database: Database) {
    // So that the server does not end them by itself before their clients do.
    let patient = ("OLIVINE_DOWNLOAD_IDLE_SECONDS", "600");
    let server = Server::builder().database(database).scaled(false).env(patient.0, patient.1).start();
    let api = server.api();
    fill(&api).await;
    let mut callers = Vec::new();
    for name in ["a", "b", "c", "d"] {
        callers.push(key(&api, name, "reader").await);
    }
    callers[0].get(SMALL).await.expect(200);
    let memory = Memory::of(&server);
    let mut unread = Vec::new();
    for caller in callers.iter().flat_map(|caller| [caller, caller]) {
        unread.push(begun(&server, caller).await);
    }
    // Each caller has two, and the process has eight.
    assert_eq!(callers[0].get(SMALL).await.expect(429).error_code(), Some("rate_limited"));
    api.get(SMALL).await.expect(429);
    until("none of them is in the database", async || busy_connections(&server) == 0).await;
    memory.has_not_grown();
    // Others read and write as ever.
    for number in 0..20 {
        create(&api, "artifacts", "artifact", json!({"name": format!("artifact-{number}")})).await;
        api.get("/v1/devices?limit=100").await.expect(200);
    }
    // Those of two callers are broken off; so these have room again, and the others have not.
    let began = Instant::now();
    drop(unread.drain(..4).collect::<Vec<_>>());
    for caller in &callers[..2] {
        until("they can export again", async || caller.get(SMALL).await.status == 200).await;
    }
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
    callers[3].get(SMALL).await.expect(429);
    drop(unread);
    for caller in &callers[2..] {
        until("they can export again", async || caller.get(SMALL).await.status == 200).await;
    }
    until("their connections are closed", async || server.open_files().len() < 80).await;
}

async fn an_export_that_is_not_read_is_ended_by_the_server(database: Database) {
    let impatient = ("OLIVINE_DOWNLOAD_IDLE_SECONDS", "4");
    let server = Server::builder().database(database).scaled(false).env(impatient.0, impatient.1).start();
    let api = server.api();
    fill(&api).await;
    let caller = key(&api, "slow", "reader").await;
    let unread = [begun(&server, &caller).await, begun(&server, &caller).await];
    until("there is room for others", async || caller.get(SMALL).await.status == 200).await;
    // One of them is ended, perhaps not yet both. What it has not sent by then, it sends no more.
    assert!(!unread.map(|mut wire| is_whole(&wire.rest())).into_iter().all(|is_whole| is_whole));
}

/// Whether a chunked answer has its end.
fn is_whole(answer: &[u8]) -> bool {
    answer.ends_with(b"\r\n0\r\n\r\n")
}

async fn an_export_ends_visibly_with_the_right_to_read(database: Database) {
    let server = Server::builder().database(database).scaled(false).start();
    let api = server.api();
    fill(&api).await;
    let new = json!({"name": "for a while", "role": "reader"});
    let made = api.post("/v1/api_keys", &new).await.expect(201).json["api_key"].take();
    let caller = api.with_key(made["key"].as_str().unwrap());
    let (mut whole, mut broken) = (begun(&server, &api).await, begun(&server, &caller).await);
    api.delete(&format!("/v1/api_keys/{}", prn(&made))).await.expect(204);
    let read = tokio::task::spawn_blocking(move || (whole.rest(), broken.rest()));
    let (whole, broken) = tokio::time::timeout(Duration::from_mins(2), read).await.unwrap().unwrap();
    assert!(whole.starts_with(b"HTTP/1.1 200 ") && is_whole(&whole));
    assert!(whole.len() > LARGE, "{}", whole.len());
    assert!(broken.starts_with(b"HTTP/1.1 200 ") && !is_whole(&broken), "it looks like the whole");
    assert!(broken.len() < whole.len(), "{} of {} bytes", broken.len(), whole.len());
}
