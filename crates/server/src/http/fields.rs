//! Parsing what callers wrote into the domain's values, with one error per field that is wrong.

use std::fmt::Display;
use std::str::FromStr;

use olivine_api::errors::{ErrorCode, ErrorItem};
use olivine_api::json::Raw;
use olivine_domain::metadata::{CustomMetadata, InvalidMetadata};
use olivine_domain::organizations::Organization;
use olivine_domain::prn::{Id, Prn, Resource};
use olivine_operations::Error;

use crate::http::error::ApiError;

/// Collects what is wrong.
#[derive(Debug, Default)]
pub struct Fields {
    wrong: Vec<ErrorItem>,
}

impl Fields {
    /// Notes that a field's value is not possible.
    pub fn refuse(&mut self, field: &str, problem: impl Display) {
        let item = ErrorItem::new(ErrorCode::Invalid, format!("{field}: {problem}"));
        self.wrong.push(item.with("field", field));
    }

    /// The value, or a note.
    pub fn take<T, E: Display>(&mut self, field: &str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|problem| self.refuse(field, problem)).ok()
    }

    /// A value in the form of a text.
    pub fn parse<T: FromStr<Err: Display>>(&mut self, field: &str, text: &str) -> Option<T> {
        self.take(field, text.parse())
    }

    /// A value that may be absent.
    pub fn optional<T: FromStr<Err: Display>>(&mut self, field: &str, text: Option<String>) -> Option<T> {
        text.and_then(|text| self.parse(field, &text))
    }

    /// A change: absent, null, or a value.
    pub fn change<T: FromStr<Err: Display>>(
        &mut self,
        field: &str,
        text: Option<Option<String>>,
    ) -> Option<Option<T>> {
        text.map(|text| self.optional(field, text))
    }

    /// Custom metadata that may be absent.
    pub fn metadata(&mut self, json: Option<Raw>) -> Option<CustomMetadata> {
        let problem = match CustomMetadata::from_json(json?.get()) {
            Ok(metadata) => return Some(metadata),
            Err(problem) => problem,
        };
        let item = |code| ErrorItem::new(code, problem.to_string()).with("field", "custom_metadata");
        self.wrong.push(match problem {
            InvalidMetadata::TooLarge(_) => {
                item(ErrorCode::PayloadTooLarge).with("limit", olivine_domain::metadata::MAX_BYTES)
            }
            InvalidMetadata::NotAnObject | InvalidMetadata::TooDeep => item(ErrorCode::Invalid),
        });
        None
    }

    /// A change of custom metadata: absent, null, or an object.
    pub fn metadata_change(&mut self, json: Option<Option<Raw>>) -> Option<Option<CustomMetadata>> {
        json.map(|json| self.metadata(json))
    }

    /// Ends the collection: with the values if all are there.
    pub fn all<T>(self, values: Option<T>) -> Result<T, ApiError> {
        match values {
            Some(values) if self.wrong.is_empty() => Ok(values),
            _ => Err(ApiError::invalid(self.wrong)),
        }
    }
}

/// The key of a record that a caller named, if it is of their own organization; otherwise it does not exist for them.
pub fn own<R: Resource>(prn: Prn<R>, organization: Id<Organization>) -> Result<Id<R>, ApiError> {
    if prn.organization == organization { Ok(prn.id) } else { Err(Error::not_found(prn.id).into()) }
}

/// The record that a path names: 400 for what is no PRN of its type, 404 for one of another organization.
pub fn named<R: Resource>(text: &str, organization: Id<Organization>) -> Result<Id<R>, ApiError> {
    let prn = text.parse::<Prn<R>>().map_err(|problem| ApiError::bad_request(problem.to_string()))?;
    own(prn, organization)
}
