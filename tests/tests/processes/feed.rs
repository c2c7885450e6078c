//! The event feed as readers see it: streams that end in time, and numbers without a gap while processes are killed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use olivine_tests::{Api, Database, PostgresDatabase, Server, prn, try_send};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::{PATIENCE, beside, on};

/// An open stream.
struct Stream {
    response: Response,
    text: String,
}

impl Stream {
    async fn open(api: &Api, query: &str) -> Self {
        let response = api.request(Method::GET, &format!("/v1/events/stream?{query}")).send().await.unwrap();
        assert_eq!(response.status(), 200);
        Self { response, text: String::new() }
    }

    /// Reads until the text arrives. Returns `false` if the stream ends before.
    async fn shows(&mut self, text: &str) -> bool {
        let reading = async {
            while !self.text.contains(text) {
                match self.response.chunk().await {
                    Ok(Some(chunk)) => self.text += &String::from_utf8_lossy(&chunk),
                    _ => return false,
                }
            }
            true
        };
        tokio::time::timeout(PATIENCE, reading).await.unwrap_or_else(|_| panic!("'{text}' is expected"))
    }

    /// Reads until the stream ends. Returns how long that took.
    async fn ends(mut self) -> Duration {
        let began = Instant::now();
        assert!(!self.shows("no event has this text").await);
        began.elapsed()
    }
}

async fn artifact(api: &Api, name: &str) {
    api.post("/v1/artifacts", &json!({"name": name})).await.expect(201);
}

async fn streams_end_with_their_caller_and_with_the_server(database: Database) {
    let mut server = Server::builder().database(database).start();
    let api = server.api();
    let key = api.post("/v1/api_keys", &json!({"name": "reader", "role": "reader"})).await.expect(201).json;
    let reader = Api::new(server.url()).with_key(key["api_key"]["key"].as_str().unwrap());
    let mut of_reader = Stream::open(&reader, "after=now&type=artifact.created").await;
    let mut of_admin = Stream::open(&api, "after=now").await;
    artifact(&api, "one").await;
    assert!(of_reader.shows("event: artifact.created").await);
    assert!(of_admin.shows("event: artifact.created").await);
    api.delete(&format!("/v1/api_keys/{}", prn(&key["api_key"]))).await.expect(204);
    let took = of_reader.ends().await;
    assert!(took < Duration::from_secs(15), "{took:?}");
    artifact(&api, "two").await;
    assert!(of_admin.shows("\"name\":\"two\"").await, "the others go on");
    // The maximum number of streams of a key.
    let mut more = Vec::new();
    while more.len() < 9 {
        more.push(Stream::open(&api, "after=now").await);
    }
    api.get("/v1/events/stream").await.expect(429);
    drop(more);
    let waiting = tokio::spawn({
        let api = api.clone();
        async move { try_send(api.request(Method::GET, "/v1/events?after=now&wait=60")).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let began = Instant::now();
    server.terminate();
    of_admin.ends().await;
    assert!(waiting.await.unwrap().is_ok_and(|answer| answer.status == 200));
    assert!(server.ended().success());
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_end_with_their_caller_and_with_the_server_on_sqlite() {
    streams_end_with_their_caller_and_with_the_server(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_end_with_their_caller_and_with_the_server_on_postgres() {
    streams_end_with_their_caller_and_with_the_server(Database::Postgres).await;
}

/// Events that another process writes are shown at once, and not only at the next regular look.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_shows_what_other_processes_write() {
    let database = PostgresDatabase::create();
    let (one, other) = crate::pair(&database);
    let key = one.admin_key();
    let there = Api::new(other.url()).with_key(&key);
    let mut stream = Stream::open(&one.api(), "after=now").await;
    for number in 0..20 {
        let name = format!("artifact-{number}");
        artifact(&there, &name).await;
        assert!(stream.shows(&format!("\"name\":\"{name}\"")).await);
    }
}

/// Two processes that number events are killed at random, while a third one is read from.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_have_no_gap_while_processes_are_killed() {
    const KILLS: usize = 6;
    let database = PostgresDatabase::create();
    let stays = on(&database).start();
    let api = stays.api();
    let is_over = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn({
        let (api, is_over) = (api.clone(), Arc::clone(&is_over));
        async move {
            let (mut seen, mut after) = (Vec::new(), "0".to_owned());
            loop {
                let was_over = is_over.load(Ordering::Acquire);
                let part = api.get(&format!("/v1/events?after={after}&limit=50")).await.expect(200).json;
                after = part["cursor"].as_str().unwrap().to_owned();
                let events = part["events"].as_array().unwrap().clone();
                if was_over && events.is_empty() {
                    return seen;
                }
                seen.extend(events);
            }
        }
    });
    for kill in 0..KILLS {
        let mut dies = on(&database).data_dir(beside(&stays)).start();
        let there = Api::new(dies.url()).with_key(stays.admin_key());
        let writers: Vec<_> = (0..3)
            .map(|writer| {
                let (there, here) = (there.clone(), api.clone());
                tokio::spawn(async move {
                    for number in 0..30 {
                        let new = json!({"name": format!("{kill}-{writer}-{number}")});
                        let request = there.request(Method::POST, "/v1/artifacts").json(&new);
                        drop(try_send(request).await);
                        drop(try_send(there.request(Method::GET, "/v1/events?after=0&limit=1")).await);
                        if number % 10 == 0 {
                            artifact(&here, &format!("here-{kill}-{writer}-{number}")).await;
                        }
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(150 + 90 * kill as u64)).await;
        dies.kill();
        for writer in writers {
            writer.await.unwrap();
        }
    }
    is_over.store(true, Ordering::Release);
    let seen = tokio::time::timeout(PATIENCE * 2, reader).await.unwrap().unwrap();
    let numbers: Vec<_> = seen.iter().map(|event| event["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=seen.len() as u64).collect::<Vec<_>>());
    let in_feed: BTreeSet<_> = seen.iter().map(prn).collect();
    assert_eq!(in_feed.len(), seen.len(), "each once");
    assert_eq!(database.query("select count(*) from events"), seen.len().to_string(), "all of them");
    assert_eq!(database.query("select count(*) from event_pending"), "0");
}

/// Numbers that go back, as after a failover to a standby that lagged: readers are told, and an older cursor misses no event.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_are_told_where_numbers_went_back() {
    let database = PostgresDatabase::create();
    let server = on(&database).start();
    let api = server.api();
    let read = async |after: &str| -> Value {
        api.get(&format!("/v1/events?limit=1000&after={after}")).await.expect(200).json
    };
    artifact(&api, "kept").await;
    let old = read("0").await;
    let old = old["cursor"].as_str().unwrap();
    let mut stream = Stream::open(&api, "after=now").await;
    artifact(&api, "lost").await;
    assert!(stream.shows("\"name\":\"lost\"").await);
    let ahead = read(old).await;
    let ahead = ahead["cursor"].as_str().unwrap();
    database.query(
        "with gone as (delete from event_feed where number = (select max(number) from event_feed) returning event_id), \
         events_gone as (delete from events where id in (select event_id from gone)) \
         update event_feeds set last_number = last_number - 1, \
         last_word = (select word from event_feed order by number desc offset 1 limit 1)",
    );
    artifact(&api, "after").await;
    assert!(stream.shows("event: feed_replaced").await, "{}", stream.text);
    stream.ends().await;
    let refused = api.get(&format!("/v1/events?after={ahead}")).await.expect(410).json;
    assert_eq!(refused["errors"][0]["code"], "feed_replaced");
    let next = read(old).await;
    let names: Vec<_> =
        next["events"].as_array().unwrap().iter().map(|event| &event["data"]["name"]).collect();
    assert_eq!(names, [&json!("after")]);
    // If no number went back, an operator can announce it.
    let url = database.url();
    let new_feed = format!("olivine events new-feed --data-dir elsewhere --database-url '{url}'");
    let said = tokio::task::block_in_place(|| {
        server.shell().run(&format!("OLIVINE_SECRET_KEY='{}' {new_feed}", crate::SECRET)).succeeds()
    });
    assert!(said.contains("1 event feeds have new ids"), "{said}");
    let refused = api.get(&format!("/v1/events?after={old}")).await.expect(410).json;
    let resume = refused["errors"][0]["context"]["resume"].as_str().unwrap();
    assert_eq!(read(resume).await["events"].as_array().unwrap().len(), 1);
}
