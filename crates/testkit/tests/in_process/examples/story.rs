//! Sends requests and records each, with its answer, as the example of the operation that it asks for.

use std::collections::BTreeMap;

use olivine_testkit::Server;
use olivine_tests::{Answer, Api, Browser, Device, Operation, operations, operations_of, prn, send};
use reqwest::{Method, RequestBuilder, Url};
use serde_json::{Map, Value, json};

use super::stand_ins::StandIns;

/// A place in the event feed.
const CURSOR: &str = "5f0c8a2e4b7d4c1f9a3e6d8b0c2f4a6e:42:9c3fe1d27ab04856";

/// What can be asked of a server, and what was asked so far.
pub(super) struct Story {
    /// For requests that are no examples.
    pub(super) api: Api,
    pub(super) stand_ins: StandIns,
    operations: Vec<Operation>,
    /// The failures that the documents describe, with their statuses.
    failures: BTreeMap<String, u16>,
    examples: BTreeMap<String, Value>,
}

/// The body of a request.
pub(super) enum Sent<'a> {
    Nothing,
    Json(&'a Value),
    Text { content_type: &'static str, text: &'a str },
}

impl Sent<'_> {
    /// The request with the body.
    fn with(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Sent::Nothing => request,
            Sent::Json(body) => request.json(body),
            Sent::Text { content_type, text } => {
                request.header("content-type", *content_type).body((*text).to_owned())
            }
        }
    }
}

impl Story {
    pub(super) async fn begin(server: &Server) -> Self {
        let api = server.api();
        let of_devices = api.get("/v1/openapi-devices.json").await.expect(200).json;
        let operations = [operations(&api).await, operations_of(&of_devices)].concat();
        let failures = operations.iter().flat_map(failures).collect();
        let mut stand_ins = StandIns::default();
        stand_ins.replace(server.url(), "https://olivine.example.com");
        Self { api, stand_ins, operations, failures, examples: BTreeMap::new() }
    }

    pub(super) async fn get(&mut self, path: &str) -> Value {
        self.ask(Method::GET, path, Sent::Nothing).await
    }

    pub(super) async fn post(&mut self, path: &str, body: &Value) -> Value {
        self.ask(Method::POST, path, Sent::Json(body)).await
    }

    pub(super) async fn patch(&mut self, path: &str, body: &Value) -> Value {
        self.ask(Method::PATCH, path, Sent::Json(body)).await
    }

    pub(super) async fn put(&mut self, path: &str, body: &Value) -> Value {
        self.ask(Method::PUT, path, Sent::Json(body)).await
    }

    pub(super) async fn delete(&mut self, path: &str) {
        self.ask(Method::DELETE, path, Sent::Nothing).await;
    }

    /// Asks the Admin API. Returns the answer's JSON.
    pub(super) async fn ask(&mut self, method: Method, path: &str, sent: Sent<'_>) -> Value {
        let request = self.api.request(method, path);
        self.send(request, &[], sent).await
    }

    /// Asks the Admin API as somebody who is signed in in this browser, or signs in.
    pub(super) async fn as_browser(
        &mut self,
        browser: &Browser,
        method: Method,
        path: &str,
        sent: Sent<'_>,
    ) -> Value {
        let request = sent.with(browser.request(method.clone(), path));
        let built = request.try_clone().expect("it has no stream").build().expect("a request");
        let answer = browser.send(request).await;
        let what = format!("{method} {path}");
        assert!(answer.status < 400, "{what}: {}", String::from_utf8_lossy(&answer.body));
        self.record(&what, &method, built.url(), &[], &sent, &answer);
        answer.json
    }

    /// Asks the Device API.
    pub(super) async fn ask_as(
        &mut self,
        device: &Device,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        sent: Sent<'_>,
    ) -> Value {
        let request = device.request(method, path);
        self.send(request, headers, sent).await
    }

    async fn send(&mut self, request: RequestBuilder, headers: &[(&str, &str)], sent: Sent<'_>) -> Value {
        let request = sent.with(request);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let built = request.try_clone().expect("it has no stream").build().expect("a request");
        let answer = send(request).await;
        let what = format!("{} {}", built.method(), built.url());
        assert!(answer.status < 400, "{what}: {}", String::from_utf8_lossy(&answer.body));
        self.record(&what, built.method(), built.url(), headers, &sent, &answer);
        answer.json
    }

    fn record(
        &mut self,
        what: &str,
        method: &Method,
        url: &Url,
        headers: &[(&str, &str)],
        sent: &Sent<'_>,
        answer: &Answer,
    ) {
        let asked = self.operations.iter().filter(|operation| operation.is_asked_by(method, url.path()));
        // "/v1/devices/import" before "/v1/devices/{prn}".
        let asked = asked.min_by_key(|operation| operation.path.matches('{').count());
        let operation = asked.unwrap_or_else(|| panic!("no operation of the document is {what}"));
        let id = id(operation);
        let takes_body = operation.description["requestBody"].is_object();
        assert_eq!(
            takes_body,
            !matches!(sent, Sent::Nothing),
            "{what} has a body, or none, against the document"
        );

        let mut parameters = in_path(operation, url);
        for (name, value) in url.query_pairs() {
            add(&mut parameters, &name, &value);
        }
        parameters.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        let mut example = json!({"status": answer.status});
        if !parameters.is_empty() {
            example["parameters"] = self.stand_ins.of(&Value::Object(parameters));
        }
        match sent {
            Sent::Nothing => {}
            Sent::Json(body) => example["request"] = self.stand_ins.of(body),
            Sent::Text { text, .. } => example["request"] = self.stand_ins.of(&json!(text)),
        }
        if answer.header("content-type") == Some("text/event-stream") {
            example["answer"] = self.first_of_stream(answer);
        } else if answer.header("content-type").is_some_and(|kind| kind.starts_with("text/csv")) {
            example["answer"] = self.stand_ins.of(&json!(String::from_utf8_lossy(&answer.body)));
        } else if !answer.json.is_null() {
            example["answer"] = self.stand_ins.of(&answer.json);
        }
        if let Some(location) = answer.header("location") {
            example["location"] = self.stand_ins.of(&json!(location));
        }
        let before = self.examples.insert(id.clone(), example);
        assert!(before.is_none(), "{id} has an example already: send what is none through story.api");
    }

    /// What a stream says at its beginning, and the first event that it shows.
    fn first_of_stream(&mut self, answer: &Answer) -> Value {
        let text = String::from_utf8_lossy(&answer.body);
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).expect("an event");
        let mut event: Value = serde_json::from_str(field("data: ")).expect("JSON");
        event["number"] = json!(42);
        event["cursor"] = json!(CURSOR);
        let (kind, event) = (field("event: "), self.stand_ins.of(&event));
        json!(format!("retry: 2000\nid: {CURSOR}\n\nid: {CURSOR}\nevent: {kind}\ndata: {event}\n\n"))
    }

    /// Records a refusal as the example of the failure that the documents describe by this name.
    pub(super) fn refusal(&mut self, name: &str, answer: &Answer) {
        let status = answer.status;
        assert!(answer.json["errors"].is_array(), "{name}: {answer:?}");
        assert_eq!(self.failures.get(name), Some(&status), "the status of {name}");
        let example = json!({"status": status, "answer": self.stand_ins.of(&answer.json)});
        let before = self.examples.insert(name.to_owned(), example);
        assert!(before.is_none(), "{name} has an example already");
    }

    pub(super) fn failures_without_example(&self) -> Vec<&str> {
        let names = self.failures.keys().filter(|name| !self.examples.contains_key(*name));
        names.map(String::as_str).collect()
    }

    pub(super) fn operations_without_example(&self) -> Vec<String> {
        let all = self.operations.iter();
        all.filter(|operation| !self.examples.contains_key(&id(operation)))
            .map(|operation| format!("{} {}", operation.method, operation.path))
            .collect()
    }

    pub(super) fn into_examples(self) -> Map<String, Value> {
        self.examples.into_iter().collect()
    }
}

fn id(operation: &Operation) -> String {
    operation.description["operationId"].as_str().expect("each operation has an id").to_owned()
}

/// The failures that an operation can have, by their names in the document.
fn failures(operation: &Operation) -> Vec<(String, u16)> {
    let answers = operation.description["responses"].as_object().expect("it has answers").iter();
    let named = answers.filter_map(|(status, answer)| {
        let name = answer["$ref"].as_str()?.strip_prefix("#/components/responses/")?;
        Some((name.to_owned(), status.parse().expect("a status")))
    });
    named.collect()
}

/// The parameters in the path, by their names.
fn in_path(operation: &Operation, url: &Url) -> Map<String, Value> {
    let pairs = operation.path.split('/').zip(url.path().split('/'));
    let named = pairs.filter_map(|(name, value)| {
        let name = name.strip_prefix('{')?.strip_suffix('}')?;
        Some((name.to_owned(), value.parse().map_or_else(|_| json!(value), |number: u64| json!(number))))
    });
    named.collect()
}

/// Adds a parameter of the query. Only lists are named with brackets.
fn add(parameters: &mut Map<String, Value>, name: &str, value: &str) {
    if name.ends_with("[]") {
        let list = parameters.entry(name).or_insert_with(|| json!([]));
        list.as_array_mut().expect("its name has brackets").push(json!(value));
    } else {
        parameters.insert(name.to_owned(), json!(value));
    }
}

/// Makes a record that is no example.
pub(super) async fn made(api: &Api, plural: &str, name: &str, body: Value) -> String {
    prn(&api.post(&format!("/v1/{plural}"), &body).await.expect(201).json[name])
}
