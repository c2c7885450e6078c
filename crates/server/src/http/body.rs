//! Request bodies: JSON with known fields, read within limits, with errors that name the field.

use std::borrow::Cow;

use axum::extract::{FromRef, FromRequest, Request};
use olivine_api::errors::{ErrorCode, ErrorItem};
use olivine_domain::nesting::{DEEPEST, is_deeper_than};
use olivine_domain::text;
use serde::de::DeserializeOwned;

use crate::http::content_types::Content;
use crate::http::error::ApiError;
use crate::http::limits::Limits;
use crate::http::reading::read_small;

/// A JSON body.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T, S> FromRequest<S> for Json<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
    Limits: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        Content::Json.check(&request)?;
        let (parts, body) = request.into_parts();
        let bytes = read_small(&parts.extensions, body, &Limits::from_ref(state)).await?;
        parse(&bytes).map(Self)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let bytes = &*unmarked(bytes)?;
    // Types would also be read from lists, in which nobody can misspell a field.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(ApiError::bad_request("the body must be one JSON object: {…}"));
    }
    // Before anything is built of it. Metadata is one level further down, and has its own limit.
    if is_deeper_than(DEEPEST + 1, bytes) {
        let message = format!(
            "the body's JSON may have at most {DEEPEST} levels of objects and lists, one in the other"
        );
        return Err(ApiError::invalid(vec![ErrorItem::new(ErrorCode::Invalid, message)]));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| explain(&error))?;
    json.end().map_err(|error| ApiError::bad_request(format!("the body is not one JSON object: {error}")))?;
    Ok(value)
}

/// The body in UTF-8: an editor or a shell may have put a byte-order mark before it, or have written UTF-16.
fn unmarked(bytes: &[u8]) -> Result<Cow<'_, [u8]>, ApiError> {
    if bytes.trim_ascii_start().first().is_none_or(u8::is_ascii_graphic) && !bytes.contains(&0) {
        return Ok(bytes.into());
    }
    let text = text::decode(bytes);
    text.map(|text| text.into_bytes().into())
        .map_err(|problem| ApiError::bad_request(format!("the body must be one JSON object: {problem}")))
}

/// What does not have the form of JSON is a bad request; JSON of the wrong form is invalid in one field.
fn explain(error: &serde_path_to_error::Error<serde_json::Error>) -> ApiError {
    let inner = error.inner();
    if !inner.is_data() {
        return ApiError::bad_request(format!("the body is not JSON: {inner}"));
    }
    let text = inner.to_string();
    let problem = text.rsplit_once(" at line ").map_or(text.as_str(), |(problem, _)| problem);
    let named = |prefix: &str| problem.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
    let (code, field) =
        match (named("unknown field `"), named("missing field `").or(named("duplicate field `"))) {
            (Some(field), _) => (ErrorCode::UnknownField, field.to_owned()),
            (_, Some(field)) => (ErrorCode::Invalid, field.to_owned()),
            _ => (ErrorCode::Invalid, error.path().to_string()),
        };
    let problem = in_words(problem);
    let message = format!("{field}: {problem}");
    ApiError::invalid(vec![ErrorItem::new(code, message).with("field", field)])
}

/// What a parser calls by the names of machine types.
fn in_words(problem: &str) -> String {
    let words = [
        ("expected u64", "expected a whole number, 0 or more"),
        ("expected u8", "expected a whole number from 0 to 255"),
        ("expected a formatted UUID string", "expected a UUID"),
    ];
    let word =
        words.into_iter().find_map(|(name, words)| Some(format!("{}{words}", problem.strip_suffix(name)?)));
    word.unwrap_or_else(|| problem.to_owned())
}
