//! The server is killed (SIGKILL) at random moments and started again on the same data. Everything that it acknowledged must be there, all
//! work must continue, and nothing may be left over.
//!
//! A failed test shows the seed of the moments and bytes. `OLIVINE_TEST_SEED` repeats it.

use std::time::Duration;

use jiff::Timestamp;
use olivine_tests::{
    Answer, Api, Database, Random, Server, Workbench, asked_for, assert_no_orphans, events_of, list_all,
    on_both, try_send,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// The minimum size of all parts except the last one.
const PART: usize = 5 << 20;

/// The maximum time from the start of the work to the first kill. It is adapted afterwards.
const FIRST_WINDOW: Duration = Duration::from_millis(30);

/// The variable with the total number of kills, instead of the usual number.
const KILLS: &str = "OLIVINE_TEST_SERVER_KILLS";
/// The number of tests that share the kills, on each database.
const TESTS: usize = 4;

fn kills(database: Database) -> usize {
    let each = asked_for(KILLS).map(|kills| kills.div_ceil(TESTS));
    // On PostgreSQL, the jobs of a killed process wait until its lease has ended, because another process might still be alive. So kills
    // take longer there.
    match database {
        // Few, because the moments are different in each run: many short runs try more of them than one long run.
        Database::Sqlite => each.map_or(12, |each| each - each / 5),
        Database::Postgres => each.map_or(6, |each| each / 5),
    }
}

/// A server that is killed again and again.
struct Victim {
    server: Server,
    bench: Workbench,
    random: Random,
    window: Duration,
}

impl Victim {
    async fn start(database: Database) -> Self {
        let server = Server::builder().database(database).env("OLIVINE_JOB_LEASE_SECONDS", "1").start();
        let bench = Workbench::new(server.api()).await;
        Self { server, bench, random: Random::new(), window: FIRST_WINDOW }
    }

    const fn api(&self) -> &Api {
        self.bench.api()
    }

    /// Sends requests, kills the server at a random moment, and starts it again. An answer is `None` if it did not arrive.
    async fn killed_during(&mut self, requests: Vec<RequestBuilder>) -> Vec<Option<Answer>> {
        let mut answers = vec![None; requests.len()];
        let mut running = JoinSet::new();
        for (place, request) in requests.into_iter().enumerate() {
            running.spawn(async move { (place, try_send(request).await.ok()) });
        }
        self.die();
        while let Some(ended) = running.join_next().await {
            let (place, answer) = ended.expect("a request does not panic");
            answers[place] = answer;
        }
        self.adapt(answers.iter().all(Option::is_some));
        answers
    }

    /// Kills the server at a random moment, and starts it again.
    fn die(&mut self) {
        std::thread::sleep(self.random.within(self.window));
        self.server.kill();
        self.server.restart();
        self.bench.reconnect(self.server.api());
    }

    /// If all work was done before a kill, the next kill comes earlier, otherwise later. So the moments are spread over the duration of the
    /// work on any machine.
    fn adapt(&mut self, too_late: bool) {
        self.window = self.window.mul_f64(if too_late { 0.8 } else { 1.15 });
    }

    fn content(&mut self, parts: usize) -> Vec<u8> {
        self.random.bytes((parts - 1) * PART + 300_000)
    }

    /// A binary whose parts are all uploaded.
    async fn uploaded(&self, content: &[u8]) -> String {
        let binary = self.bench.uploadable(content).await;
        for (bytes, index) in content.chunks(PART).zip(1..) {
            self.bench.put_part(&binary, index, bytes).await;
        }
        binary
    }

    fn asking(&self, binary: &str, state: &str) -> Vec<RequestBuilder> {
        let request = self.api().request(Method::PATCH, &format!("/v1/binaries/{binary}"));
        vec![request.json(&json!({"state": state}))]
    }

    /// The time from the end of an upload to the end of its verification without a kill.
    async fn time_to_verify(&mut self) -> Duration {
        let content = self.content(2);
        let binary = self.uploaded(&content).await;
        self.bench.ask(&binary, "hashable").await.expect(200);
        self.bench.in_state(&binary, "signable").await;
        let events = list_all(self.api(), &format!("/v1/events?resource_prn={binary}"), "events").await;
        let moment = |kind: &str| -> Timestamp {
            let event = events.iter().find(|event| event["type"] == kind);
            let text = event.and_then(|event| event["inserted_at"].as_str());
            text.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{kind} in {events:#?}"))
        };
        let took = moment("binary.verified").duration_since(moment("binary.upload_completed"));
        took.unsigned_abs()
    }

    async fn state_of(&self, binary: &str) -> String {
        self.bench.get(binary).await["state"].as_str().expect("a binary has a state").to_owned()
    }

    /// Repeats the upload command as a user would, and expects it to finish.
    fn upload_again(&self, binary: &str, content: &[u8]) {
        let shell = self.server.shell();
        shell.write("firmware.bin", content);
        let command =
            format!("peridio binaries upload --binary-prn {binary} --file firmware.bin --part-size 5M");
        let record = shell.run(&command).json();
        assert_eq!(record["state"], "signable", "{record:#}");
        assert_eq!(record["bytes_uploaded"], content.len(), "{record:#}");
    }

    /// Checks everything with the content in place, and again after the content is destroyed.
    async fn done_with(&self, binary: &str) {
        assert_no_orphans(&self.server).await;
        self.bench.ask(binary, "destroyed").await.expect(200);
        self.destroyed_for_good(binary).await;
    }

    async fn destroyed_for_good(&self, binary: &str) {
        assert_no_orphans(&self.server).await;
        let record = self.bench.get(binary).await;
        assert_eq!(
            (&record["destroyed"], &record["bytes_uploaded"]),
            (&json!(true), &json!(0)),
            "{record:#}"
        );
        let events = events_of(self.api(), binary).await;
        assert_eq!(events.iter().filter(|event| *event == "binary.destroyed").count(), 1, "{events:?}");
    }
}

/// Whether the request was acknowledged. An answer that arrived must be a success.
fn acknowledged(answer: Option<&Answer>) -> bool {
    answer.is_some_and(|answer| {
        assert_eq!(answer.status, 200, "{answer:?}");
        true
    })
}

async fn while_parts_arrive(database: Database) {
    let mut victim = Victim::start(database).await;
    for _ in 0..kills(database) {
        let content = victim.content(2);
        let binary = victim.bench.uploadable(&content).await;
        let mut requests = Vec::new();
        for (bytes, index) in content.chunks(PART).zip(1..) {
            let announced = victim.bench.announce(&binary, index, bytes).await.expect(201).json;
            let url =
                announced["binary_part"]["presigned_upload_url"].as_str().expect("a new part has a URL");
            requests.push(victim.api().request(Method::PUT, url).body(bytes.to_vec()));
        }
        let answers = victim.killed_during(requests).await;

        let parts = list_all(victim.api(), &format!("/v1/binaries/{binary}/parts"), "binary_parts").await;
        assert_eq!(parts.len(), 2, "an announced part is lost: {parts:#?}");
        for (part, answer) in parts.iter().zip(&answers) {
            let state = part["state"].as_str().expect("a part has a state");
            assert!(state == "valid" || !acknowledged(answer.as_ref()), "acknowledged, but {part:#}");
            assert!(matches!(state, "valid" | "uploadable"), "nothing was wrong with {part:#}");
        }
        // Also reads the valid parts from the disk.
        assert_no_orphans(&victim.server).await;
        victim.upload_again(&binary, &content);
        victim.done_with(&binary).await;
    }
}

async fn during_completion(database: Database) {
    let mut victim = Victim::start(database).await;
    for _ in 0..kills(database) {
        let content = victim.content(2);
        let binary = victim.uploaded(&content).await;
        let asking = victim.asking(&binary, "hashable");
        let answers = victim.killed_during(asking).await;

        let state = victim.state_of(&binary).await;
        let completed = matches!(state.as_str(), "hashable" | "hashing" | "signable");
        assert!(completed || !acknowledged(answers[0].as_ref()), "acknowledged, but '{state}'");
        assert!(completed || state == "uploadable", "'{state}'");
        victim.upload_again(&binary, &content);
        victim.done_with(&binary).await;
    }
}

async fn during_verification(database: Database) {
    let mut victim = Victim::start(database).await;
    victim.window = victim.time_to_verify().await.mul_f64(1.2);
    for _ in 0..kills(database) {
        let content = victim.content(2);
        let binary = victim.uploaded(&content).await;
        victim.bench.ask(&binary, "hashable").await.expect(200);
        victim.die();

        let state = victim.state_of(&binary).await;
        assert!(matches!(state.as_str(), "hashable" | "hashing" | "signable"), "'{state}'");
        // This happens by itself, without another request.
        let record = victim.bench.in_state(&binary, "signable").await;
        assert_eq!(record["verification_error"], Value::Null, "{record:#}");
        let events = events_of(victim.api(), &binary).await;
        assert_eq!(events.iter().filter(|event| *event == "binary.verified").count(), 1, "{events:?}");
        victim.upload_again(&binary, &content);
        victim.done_with(&binary).await;
    }
}

async fn during_destroy(database: Database) {
    let mut victim = Victim::start(database).await;
    for _ in 0..kills(database) {
        let content = victim.content(1);
        let binary = victim.uploaded(&content).await;
        victim.bench.ask(&binary, "hashable").await.expect(200);
        victim.bench.in_state(&binary, "signable").await;
        let asking = victim.asking(&binary, "destroyed");
        let answers = victim.killed_during(asking).await;

        match victim.state_of(&binary).await.as_str() {
            "destroyed" => victim.destroyed_for_good(&binary).await,
            "signable" => {
                assert!(!acknowledged(answers[0].as_ref()), "acknowledged, but 'signable'");
                // Also reads the whole content from the disk.
                assert_no_orphans(&victim.server).await;
                victim.upload_again(&binary, &content);
                victim.done_with(&binary).await;
            }
            state => panic!("'{state}'"),
        }
    }
}

on_both!(
    async while_parts_arrive,
    async during_completion,
    async during_verification,
    async during_destroy
);
