//! The OpenAPI document as a list of operations.

use std::sync::OnceLock;

use reqwest::Method;
use serde_json::Value;

use crate::Api;

/// One method of one path.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The HTTP method.
    pub method: Method,
    /// The path with its parameters in braces.
    pub path: String,
    /// The complete description of the operation.
    pub description: Value,
}

impl Operation {
    /// Whether a request with this method and path may be one of this operation. The path may also match operations with more fixed
    /// segments.
    pub fn is_asked_by(&self, method: &Method, path: &str) -> bool {
        self.method == *method && is_of(&self.path, path)
    }

    /// Whether the operation needs neither a key nor a session.
    pub fn is_open(&self) -> bool {
        self.description["security"] == serde_json::json!([{}])
    }

    /// Whether the operation needs a signed-in person.
    pub fn takes_person(&self) -> bool {
        self.description["security"] == serde_json::json!([{"session": []}])
    }

    /// The path for one record: `{prn}` is replaced by the PRN, and all other parameters by 1.
    pub fn path_with(&self, prn: &str) -> String {
        let mut path = self.path.replace("{prn}", prn);
        while let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
            path.replace_range(start..=end, "1");
        }
        path
    }
}

/// The document as the server returns it.
pub async fn openapi(api: &Api) -> Value {
    api.get("/v1/openapi.json").await.expect(200).json
}

/// All operations of the Admin API.
pub async fn operations(api: &Api) -> Vec<Operation> {
    let operations = operations_of(&openapi(api).await);
    assert!(operations.len() > 30, "the document describes less than the API has");
    operations
}

/// All operations of a document.
pub fn operations_of(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().expect("the document has paths");
    let mut operations = Vec::new();
    for (path, methods) in paths {
        for (method, description) in methods.as_object().expect("a path has methods") {
            let method = method.to_uppercase().parse().expect("a path's keys are methods");
            operations.push(Operation { method, path: path.clone(), description: description.clone() });
        }
    }
    operations
}

/// The document in the repository.
const WRITTEN: &str = include_str!("../../docs/openapi.json");

/// Statuses that need not be documented, because a proxy, or the method check, may return them. Tests check elsewhere that nothing returns
/// 500.
const NOBODYS: [u16; 4] = [405, 500, 502, 504];

/// Panics if the document describes this operation, but not this status. Every answer in every test is checked here.
pub(crate) fn check_named(method: &Method, path: &str, status: u16) {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    let document = DOCUMENT.get_or_init(|| serde_json::from_str(WRITTEN).expect("the document is JSON"));
    let paths = document["paths"].as_object().expect("the document has paths");
    let matching = paths.keys().filter(|template| is_of(template, path));
    // Prefer "/v1/devices/import" to "/v1/devices/{prn}".
    let Some(template) = matching.min_by_key(|template| template.matches('{').count()) else { return };
    // A process or a listener that does not serve this API answers 404.
    if status == 404 && !template.contains('{') {
        return;
    }
    let operation = &paths[template][method.as_str().to_lowercase()];
    if !operation.is_object() || NOBODYS.contains(&status) {
        return;
    }
    let is_named = operation["responses"].get(status.to_string()).is_some();
    assert!(is_named, "the OpenAPI document does not name {status} for {method} {template}");
}

fn is_of(template: &str, path: &str) -> bool {
    let (mut expected, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return true,
            (Some(expected), Some(given))
                if expected == given || (expected.starts_with('{') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_the_document_does_not_name_is_noticed() {
        let prn = "prn:1:0:device:1";
        check_named(&Method::GET, &format!("/v1/devices/{prn}"), 200);
        check_named(&Method::POST, "/v1/devices/import", 415);
        check_named(&Method::GET, "/somewhere/else", 418);
        check_named(&Method::PUT, &format!("/v1/devices/{prn}"), 405);
        let check = || check_named(&Method::GET, &format!("/v1/devices/{prn}"), 418);
        std::panic::catch_unwind(check).expect_err("418 is not named");
    }
}
