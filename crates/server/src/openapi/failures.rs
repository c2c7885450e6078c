//! Which failures each operation can answer with. They follow from what an operation takes, by one table, so that no operation's
//! description lacks one. What only some operations answer (such as 404 for a record that a body names) stands at the operation itself.

use http::StatusCode;
use olivine_api::errors::ErrorBody;
use utoipa::PartialSchema as _;
use utoipa::ToSchema as _;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder};
use utoipa::openapi::{ObjectBuilder, Type};

use super::operations;

/// What is asked for.
struct Asked<'a> {
    method: &'a str,
    path: &'a str,
    /// The content types of the body, if it takes one.
    body: Option<Vec<&'a str>>,
}

impl Asked<'_> {
    fn takes(&self, content_type: &str) -> bool {
        self.body.as_ref().is_some_and(|types| types.contains(&content_type))
    }
}

/// One failure of many operations.
struct Failure {
    status: StatusCode,
    /// The name of its description in the document.
    name: &'static str,
    description: &'static str,
    /// A header that it comes with, and what that says.
    header: Option<(&'static str, &'static str)>,
    /// Of which operations.
    happens: fn(&Asked<'_>) -> bool,
}

const RETRY_AFTER: Option<(&str, &str)> = Some(("Retry-After", "After how many seconds to try again"));

const FAILURES: &[Failure] = &[
    Failure {
        status: StatusCode::BAD_REQUEST,
        name: "BadRequest",
        description: "The path, the query, a header or the body can't be read",
        header: None,
        happens: |_| true,
    },
    Failure {
        status: StatusCode::UNAUTHORIZED,
        name: "Unauthenticated",
        description: "There is no API key, or it is unknown, expired or revoked",
        header: Some(("WWW-Authenticate", "How to authenticate: `Bearer`")),
        happens: |_| true,
    },
    Failure {
        status: StatusCode::FORBIDDEN,
        name: "Forbidden",
        description: "The API key or the person lacks a scope, which the context names, or may not do this as they are",
        header: None,
        // Every key may ask who it is, but for that of a person who lacks a second factor.
        happens: |_| true,
    },
    Failure {
        status: StatusCode::NOT_FOUND,
        name: "NotFound",
        description: "There is no such record in this organization",
        header: None,
        happens: |asked| asked.path.contains('{'),
    },
    Failure {
        status: StatusCode::REQUEST_TIMEOUT,
        name: "RequestTimeout",
        description: "The body did not arrive in time. A JSON body has 30 seconds (`limits.request_seconds`); an upload must bring at least 1 KiB \
                      per second (`limits.upload_bytes_per_second`). Send the request again",
        header: None,
        happens: |asked| asked.body.is_some(),
    },
    Failure {
        status: StatusCode::CONFLICT,
        name: "Conflict",
        description: "The state of this record or of another one does not allow the request; the code says why",
        header: None,
        happens: |asked| asked.method != "GET",
    },
    Failure {
        status: StatusCode::PRECONDITION_FAILED,
        name: "PreconditionFailed",
        description: "The record is no longer the one that `If-Match` names",
        header: None,
        happens: |asked| asked.method == "PATCH",
    },
    Failure {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        name: "PayloadTooLarge",
        description: "The body is larger than the limit that the message names",
        header: None,
        happens: |asked| asked.body.is_some(),
    },
    Failure {
        status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
        name: "UnsupportedMediaType",
        description: "The body has another content type than the one described",
        header: None,
        happens: |asked| asked.takes("application/json") || asked.takes("text/csv"),
    },
    Failure {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        name: "Invalid",
        description: "A value is not valid; there is one error for each field",
        header: None,
        // Also without a body, an `Idempotency-Key` may have been used for another request.
        happens: |asked| asked.body.is_some() || asked.method == "POST",
    },
    Failure {
        status: StatusCode::TOO_MANY_REQUESTS,
        name: "TooManyRequests",
        description: "This caller, or all callers together, send more requests than the server takes: try again after `Retry-After` seconds",
        header: RETRY_AFTER,
        happens: |_| true,
    },
    Failure {
        status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        name: "HeadersTooLarge",
        description: "The header section is larger than the server accepts (64 KiB)",
        header: None,
        happens: |_| true,
    },
    Failure {
        status: StatusCode::SERVICE_UNAVAILABLE,
        name: "Unavailable",
        description: "Something that the server depends on, such as its database or a storage, is down",
        header: RETRY_AFTER,
        happens: |_| true,
    },
    Failure {
        status: StatusCode::INSUFFICIENT_STORAGE,
        name: "StorageFull",
        description: "The server's disk or its storage is full, so nothing was changed. The operator has to free space; then send the request \
                      again",
        header: None,
        // That a download was asked for is put on record.
        happens: |asked| asked.method != "GET" || asked.path.ends_with("/download"),
    },
];

/// Adds them to all operations of the document.
pub(crate) fn describe(document: &mut Document) {
    let components = document.components.get_or_insert_default();
    components.schemas.entry(ErrorBody::name().into_owned()).or_insert_with(ErrorBody::schema);
    for failure in FAILURES {
        components.responses.insert(failure.name.to_owned(), RefOr::T(response(failure)));
    }
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            add(path, method, operation);
        }
    }
}

fn add(path: &str, method: &str, operation: &mut Operation) {
    let Operation { request_body, responses, .. } = operation;
    let body = match request_body {
        Some(RefOr::T(body)) => Some(body.content.keys().map(String::as_str).collect()),
        Some(RefOr::Ref(_)) => Some(Vec::new()),
        None => None,
    };
    let asked = Asked { method, path, body };
    for failure in FAILURES {
        let status = failure.status.as_str().to_owned();
        // One that the operation names itself is described in the same words.
        if (failure.happens)(&asked) || responses.responses.contains_key(&status) {
            responses.responses.insert(status, Ref::from_response_name(failure.name).into());
        }
    }
}

fn response(failure: &Failure) -> Response {
    let errors = ContentBuilder::new().schema(Some(Ref::from_schema_name(ErrorBody::name()))).build();
    let response =
        ResponseBuilder::new().description(failure.description).content("application/json", errors);
    let Some((name, says)) = failure.header else { return response.build() };
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    response.header(name, HeaderBuilder::new().schema(Some(text)).description(Some(says)).build()).build()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    fn statuses(operation: &Value) -> Vec<&str> {
        operation["responses"].as_object().unwrap().keys().map(String::as_str).collect()
    }

    #[test]
    fn each_operation_names_the_failures_that_it_can_have() {
        let document = serde_json::to_value(crate::admin::document()).unwrap();
        let mut count = 0;
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                count += 1;
                let statuses = statuses(operation);
                let names = |status: &str| statuses.contains(&status);
                let what = format!("{method} {path}: {statuses:?}");
                assert!(["400", "401", "429", "431", "503"].into_iter().all(names), "{what}");
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                let mut names_of_parameters = parameters.map(|parameter| &parameter["name"]);
                let has_condition =
                    method == "patch" || names_of_parameters.any(|name| name == "graph_revision");
                assert_eq!(names("412"), has_condition, "{what}");
                assert_eq!(names("413"), operation["requestBody"].is_object(), "{what}");
                assert!(names("404") || !path.contains('{'), "{what}");
                assert!(names("409") || method == "get", "{what}");
            }
        }
        assert!(count > 80, "{count}");
    }

    #[test]
    fn each_failure_is_described_with_its_body() {
        let document = serde_json::to_value(crate::admin::document()).unwrap();
        let responses = document["components"]["responses"].as_object().unwrap();
        for (name, response) in responses {
            assert!(!response["description"].as_str().unwrap().is_empty(), "{name}");
            let schema = &response["content"]["application/json"]["schema"]["$ref"];
            assert!(document.pointer(schema.as_str().unwrap().trim_start_matches('#')).is_some(), "{name}");
        }
        assert!(responses["Unauthenticated"]["headers"]["WWW-Authenticate"].is_object());
        assert!(responses["Unavailable"]["headers"]["Retry-After"].is_object());
    }
}
