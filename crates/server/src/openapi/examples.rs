//! The examples of the documents: requests that a test has sent to a server, and the answers to them. `crates/testkit/tests/in_process/examples`
//! records them into `examples.json`; none is written by hand.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder};
use utoipa::openapi::{Content, ObjectBuilder, OpenApi as Document, RefOr, Response, Type};

use super::operations;

const RECORDED: &str = include_str!("examples.json");

/// One request and the answer to it.
#[derive(Debug, Deserialize)]
struct Example {
    /// The values of parameters in the path, the query and the headers, by their names.
    #[serde(default)]
    parameters: BTreeMap<String, Value>,
    request: Option<Value>,
    status: u16,
    /// The URL to which the answer redirects.
    location: Option<String>,
    answer: Option<Value>,
}

/// Adds its example to each operation of the document, and to each failure that the document describes by a name.
pub(crate) fn add(document: &mut Document) {
    let recorded: BTreeMap<String, Example> =
        serde_json::from_str(RECORDED).expect("the test that writes the examples reads them too");
    for (_, operation) in document.paths.paths.values_mut().flat_map(operations) {
        let id = operation.operation_id.as_deref().unwrap_or_default();
        if let Some(example) = recorded.get(id) {
            show(operation, example);
        }
    }
    let failures = document.components.iter_mut().flat_map(|components| &mut components.responses);
    for (name, failure) in failures {
        if let (RefOr::T(response), Some(example)) = (failure, recorded.get(name)) {
            set(response.content.values_mut(), example.answer.as_ref());
        }
    }
}

fn show(operation: &mut Operation, example: &Example) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(described) = parameter else { continue };
        if let Some(value) = example.parameters.get(&described.name) {
            let builder = ParameterBuilder::from(std::mem::take(described));
            *described = builder.example(Some(value.clone())).build();
        }
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        set(body.content.values_mut(), example.request.as_ref());
    }
    if let Some(RefOr::T(response)) = operation.responses.responses.get_mut(&example.status.to_string()) {
        set(response.content.values_mut(), example.answer.as_ref());
        if let Some(location) = &example.location {
            redirect(response, location);
        }
    }
}

fn set<'a>(contents: impl Iterator<Item = &'a mut RefOr<Content>>, example: Option<&Value>) {
    for content in contents {
        if let RefOr::T(content) = content {
            content.example = example.cloned();
        }
    }
}

fn redirect(response: &mut Response, location: &str) {
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    let mut header =
        HeaderBuilder::new().schema(Some(text)).description(Some("The URL to go on at.")).build();
    header.example = Some(location.into());
    response.headers.insert("Location".to_owned(), RefOr::T(header));
}
