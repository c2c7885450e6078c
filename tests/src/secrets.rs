//! Finds leaked secrets. Each secret that a test sends or receives is remembered with its server. It must not appear in error answers, in
//! later reads, or at the end in logs, metrics, or the database with all its events.
//!
//! If a secret is found, the test fails with the name of its field. The secret is never printed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use reqwest::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use reqwest::{Method, Request, Url};
use serde_json::Value;

use crate::Answer;

/// The fields that contain secrets, and nothing else that is as long.
const FIELDS: [&str; 8] = [
    "key",
    "token",
    "second_factor_token",
    "secret",
    "password",
    "recovery_codes",
    "secret_access_key",
    "url",
];
/// Shorter texts would be found by chance.
const SHORTEST: usize = 12;
/// Larger files are contents.
const LARGEST_FILE: u64 = 64 << 20;

/// Secrets, with the field in which each was first seen.
type Secrets = BTreeMap<String, String>;

static NOTED: Mutex<BTreeMap<String, Secrets>> = Mutex::new(BTreeMap::new());

fn noted() -> MutexGuard<'static, BTreeMap<String, Secrets>> {
    NOTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The server that a URL belongs to.
pub(crate) fn server_of(url: &Url) -> String {
    url.authority().rsplit('@').next().unwrap_or_default().to_owned()
}

/// The secrets in a request.
pub(crate) fn shown_by(request: &Request) -> Secrets {
    let mut shown = Secrets::new();
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(("Bearer", token)) = text(AUTHORIZATION).and_then(|value| value.split_once(' ')) {
        add(&mut shown, "Authorization", token);
    }
    for (name, value) in text(COOKIE).into_iter().flat_map(|all| all.split("; ")).filter_map(pair) {
        add(&mut shown, name, value);
    }
    let body = request.body().and_then(reqwest::Body::as_bytes);
    if let Some(Ok(json)) = body.map(serde_json::from_slice::<Value>) {
        add_fields(&mut shown, &json);
    }
    shown
}

fn pair(text: &str) -> Option<(&str, &str)> {
    text.split_once('=')
}

fn add(secrets: &mut Secrets, field: &str, secret: &str) {
    if secret.len() >= SHORTEST {
        secrets.entry(secret.to_owned()).or_insert_with(|| field.to_owned());
    }
}

fn add_fields(secrets: &mut Secrets, json: &Value) {
    match json {
        Value::Array(all) => all.iter().for_each(|one| add_fields(secrets, one)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if FIELDS.contains(&name.as_str()) {
                    add_values(secrets, name, value);
                }
                add_fields(secrets, value);
            }
        }
        _ => {}
    }
}

fn add_values(secrets: &mut Secrets, field: &str, value: &Value) {
    match (field, value) {
        // Other records have keys as well. A link contains its secret after a #.
        ("key", Value::String(text)) if !text.starts_with("olv_") => {}
        ("url", Value::String(text)) => {
            if let Some((_, secret)) = text.split_once('#') {
                add(secrets, field, secret);
            }
        }
        (_, Value::String(text)) => add(secrets, field, text),
        (_, Value::Array(all)) => all.iter().for_each(|one| add_values(secrets, field, one)),
        _ => {}
    }
}

/// Remembers the secrets in a request and in its answer. If the answer only shows existing data, checks that it contains no secret from
/// before.
pub(crate) fn note(server: &str, method: &Method, shown: Secrets, answer: &Answer) {
    let Answer { status, headers, body, json } = answer;
    let mut all = noted();
    let known = all.entry(server.to_owned()).or_default();
    if *status >= 400 {
        let found = find(&shown, body).or_else(|| find(known, body));
        drop(all);
        return refuse("an error answer", found);
    }
    if method == Method::GET && !json.is_null() {
        let found = find(known, body);
        if found.is_some() {
            drop(all);
            return refuse("an answer to GET", found);
        }
    }
    known.extend(shown);
    for set in headers.get_all(SET_COOKIE).iter().filter_map(|set| set.to_str().ok()) {
        if let Some((name, value)) = set.split(';').next().and_then(pair) {
            add(known, name, value);
        }
    }
    add_fields(known, json);
}

/// The field of a secret that the text contains.
fn find(secrets: &Secrets, text: &[u8]) -> Option<String> {
    let is_in = |secret: &str| {
        let (first, length) = (secret.as_bytes()[0], secret.len());
        let mut places = text.iter().enumerate().filter(|(_, byte)| **byte == first);
        places.any(|(at, _)| text.get(at..at + length) == Some(secret.as_bytes()))
    };
    secrets.iter().find(|(secret, _)| is_in(secret)).map(|(_, field)| field.clone())
}

#[track_caller]
fn refuse(place: &str, field: Option<String>) {
    if let Some(field) = field {
        panic!("{place} has the secret of the field '{field}' in it");
    }
}

/// Panics if a text contains a secret of one of the servers. The message contains only the place and the field of the secret.
#[track_caller]
pub fn assert_not_in(servers: &[String], place: &str, text: &[u8]) {
    let all = noted();
    let found = servers.iter().filter_map(|server| all.get(server)).find_map(|secrets| find(secrets, text));
    drop(all);
    refuse(place, found);
}

/// The same for all files in a folder, except contents: only hashes of secrets may be stored. `is_handed_out` recognizes files whose
/// purpose is to hand a secret out.
#[track_caller]
pub fn assert_not_under(servers: &[String], folder: &Path, is_handed_out: impl Fn(&Path) -> bool) {
    if servers.iter().all(|server| noted().get(server).is_none_or(Secrets::is_empty)) {
        return;
    }
    for file in files(folder) {
        let is_content = file.components().any(|part| part.as_os_str() == "content");
        let size = std::fs::metadata(&file).map_or(0, |metadata| metadata.len());
        if is_content || size > LARGEST_FILE || is_handed_out(&file) {
            continue;
        }
        let text = std::fs::read(&file).unwrap_or_default();
        assert_not_in(servers, &file.file_name().unwrap_or_default().to_string_lossy(), &text);
    }
}

/// The files below a folder. They may be written to, or removed, at the same time.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let each = |entry: std::fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => files(&entry.path()),
        Ok(kind) if kind.is_file() => vec![entry.path()],
        _ => Vec::new(),
    };
    entries.flat_map(each).collect()
}

/// Forgets the secrets of servers that are gone.
pub fn forget(servers: &[String]) {
    noted().retain(|server, _| !servers.contains(server));
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;
    use serde_json::json;

    use super::*;

    fn told(server: &str, method: &Method, status: u16, json: &Value) {
        let body = serde_json::to_vec(json).unwrap();
        let answer = Answer { status, headers: HeaderMap::new(), body, json: json.clone() };
        note(server, method, Secrets::new(), &answer);
    }

    #[test]
    fn secrets_are_known_by_their_fields_and_are_not_printed() {
        let server = "noted.example".to_owned();
        let made = json!({"api_key": {"key": "olv_a_secret_of_a_key", "name": "ci"}, "signing_key": {"key": "no secret at all"}});
        told(&server, &Method::POST, 201, &made);
        told(&server, &Method::POST, 201, &json!({"invitation": {"url": "http://x/y#token-of-a-link"}}));
        let servers = [server.clone()];
        assert_not_in(&servers, "a log", b"ci, no secret at all, http://x/y");
        assert_not_in(&["other.example".to_owned()], "a log", b"olv_a_secret_of_a_key");
        for (text, field) in [("told olv_a_secret_of_a_key.", "key"), ("token-of-a-link", "url")] {
            let failed = std::panic::catch_unwind(|| assert_not_in(&servers, "a log", text.as_bytes()));
            let said = *failed.unwrap_err().downcast::<String>().unwrap();
            assert_eq!(said, format!("a log has the secret of the field '{field}' in it"));
        }
        for (method, status) in [(Method::GET, 200), (Method::POST, 409)] {
            let body = json!({"events": ["olv_a_secret_of_a_key"]});
            assert!(std::panic::catch_unwind(|| told(&server, &method, status, &body)).is_err(), "{method}");
        }
        forget(&servers);
        assert_not_in(&servers, "a log", b"olv_a_secret_of_a_key");
    }
}
