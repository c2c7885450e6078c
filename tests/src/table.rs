//! Requests and their answers as a text, which people read and which is kept as a snapshot.

use std::fmt::Write as _;

use serde_json::Value;

use crate::Answer;

/// A list of descriptions of requests, each with its answer.
#[derive(Debug, Default)]
pub struct Table(String);

impl Table {
    /// Adds the answer to the request `what`, including the codes, messages and facts of errors.
    #[track_caller]
    pub fn note(&mut self, what: &str, answer: &Answer) {
        assert!(answer.status < 500 || answer.status == 507, "{what}: {answer:?}");
        assert!(
            answer.header("x-request-id").is_some(),
            "{what}: an answer without x-request-id: {answer:?}"
        );
        self.line(&format!("{what}\n    {}", summary(answer)));
    }

    /// Adds any other line.
    pub fn line(&mut self, text: &str) {
        writeln!(self.0, "{}", redacted(text)).expect("a string takes everything");
    }

    /// The complete text, for a snapshot.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// The status, code, message and facts of an error, or only the status of a success.
fn summary(answer: &Answer) -> String {
    let Some(errors) = answer.json["errors"].as_array() else {
        return answer.status.to_string();
    };
    let items = errors.iter().map(|error| {
        let (code, message) = (error["code"].as_str(), error["message"].as_str());
        let context = match &error["context"] {
            Value::Null => String::new(),
            facts => format!("\n        {facts}"),
        };
        format!("{} {}: {}{context}", answer.status, code.unwrap_or("?"), message.unwrap_or("?"))
    });
    items.collect::<Vec<_>>().join("\n    ")
}

/// Replaces what differs between runs: UUIDs by `[id]`, times by `[time]`, ports by `[port]`.
pub fn redacted(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let found = [(UUID, "[id]"), (TIME, "[time]")].into_iter().find(|(form, _)| begins_with(rest, form));
        let (length, shown) = match found {
            Some((TIME, shown)) => (rest.find('Z').map_or(rest.len(), |end| end + 1), shown),
            Some((form, shown)) => (form.len(), shown),
            None => (first.len_utf8(), &rest[..first.len_utf8()]),
        };
        redacted.push_str(shown);
        rest = &rest[length..];
        if let Some(after) = text_after_host(&redacted, rest) {
            redacted.push_str("[port]");
            rest = after;
        }
    }
    redacted
}

/// `x` stands for a hexadecimal digit.
const UUID: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
const TIME: &str = "xxxx-xx-xxTxx:xx:xx";

fn begins_with(text: &str, form: &str) -> bool {
    let fits =
        |(byte, wanted): (u8, u8)| if wanted == b'x' { byte.is_ascii_hexdigit() } else { byte == wanted };
    text.len() >= form.len() && text.bytes().zip(form.bytes()).all(fits)
}

/// The text after the port, if `seen` ends where a port begins.
fn text_after_host<'a>(seen: &str, rest: &'a str) -> Option<&'a str> {
    seen.ends_with("127.0.0.1:").then(|| rest.trim_start_matches(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_replaced() {
        let text = "prn:1:01a1fd93-328a-77fb-97c2-ae044da3bf3d at 2026-11-21T10:07:24.790654Z by http://127.0.0.1:4711/v1 – ü";
        assert_eq!(redacted(text), "prn:1:[id] at [time] by http://127.0.0.1:[port]/v1 – ü");
        assert_eq!(redacted("2026-11-21 abcdef12-"), "2026-11-21 abcdef12-");
    }
}
