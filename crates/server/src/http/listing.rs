//! What a list is asked for: page, order, search, equality filters by field, and what to expand. What is misspelt is refused: a filter that
//! did nothing would show too much.

use std::marker::PhantomData;

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use olivine_api::errors::{ErrorCode, ErrorItem};
use olivine_api::lists::ListParams;
use olivine_domain::archiving::ArchivedFilter;
use olivine_domain::pages::Sort;
use olivine_domain::prn::Resource;
use olivine_domain::search::{self, Field, FieldKind, FieldTable, Searchable};
use olivine_operations::lists::ListQuery;
use serde_json::json;
use utoipa::IntoParams;
use utoipa::openapi::extensions::{Extensions, ExtensionsBuilder};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, Type};

use crate::http::error::ApiError;

/// The parameter that says whether a list has archived records.
const ARCHIVED: &str = "archived";

/// The parameter that says what a list is sorted by.
const SORT: &str = "sort";

/// The query of a request, as pairs.
#[derive(Debug)]
pub struct Pairs(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Pairs {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = Query::try_from_uri(&parts.uri);
        let Query(pairs) =
            query.map_err(|error| ApiError::bad_request(format!("the query can't be read: {error}")))?;
        Ok(Self(pairs))
    }
}

/// The query of a list of `R`s. Its description in the OpenAPI document follows from the fields that it takes.
pub struct Listing<R> {
    pairs: Pairs,
    of: PhantomData<fn() -> R>,
}

impl<S: Send + Sync, R> FromRequestParts<S> for Listing<R> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Ok(Self { pairs: Pairs::from_request_parts(parts, state).await?, of: PhantomData })
    }
}

impl<R> Listing<R> {
    /// The query as it was sent.
    pub const fn pairs(&self) -> &Pairs {
        &self.pairs
    }

    /// The parameters that are not the list's but named here, and the list without them.
    pub fn split(self, own: &[&str]) -> (Vec<(String, String)>, Self) {
        let all = self.pairs.0.into_iter();
        let (own, rest) = all.partition(|(key, _)| own.contains(&key.as_str()));
        (own, Self { pairs: Pairs(rest), of: PhantomData })
    }
}

impl<R: Searchable> Listing<R> {
    /// What is asked for. The paths that can be expanded here are `known`.
    pub fn read(&self, known: &[&str]) -> Result<(ListQuery, Expand), ApiError> {
        self.pairs.list::<R>(known)
    }
}

impl<R: Searchable + Resource> IntoParams for Listing<R> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let records = plural(R::A_NAME);
        let mut all = ListParams::into_params(|| Some(ParameterIn::Query));
        for parameter in &mut all {
            let general = parameter.description.take();
            let by = if R::IS_SORTABLE { "by `sort`" } else { "by `inserted_at`" };
            parameter.description =
                general.map(|text| text.replace("records", &records).replace("by `inserted_at`", by));
            if parameter.name == "search" {
                parameter.extensions = Some(search_fields(R::FIELDS));
            }
        }
        all.extend(R::IS_SORTABLE.then(|| sort(&records)));
        all.extend(R::IS_ARCHIVABLE.then(|| archived(&records)));
        all.extend(R::FIELDS.iter().map(|field| filter(field, &records)));
        all
    }
}

/// What a search can be made of, for programs that help to write one: `x-search-fields`.
fn search_fields(table: FieldTable) -> Extensions {
    let field = |field: &Field| {
        let operators: Vec<_> = field.kind.operators().iter().map(|operator| operator.as_str()).collect();
        let mut described = json!({"name": field.name, "type": field.kind.as_str(), "operators": operators});
        if let FieldKind::Enum(words) = field.kind {
            described["values"] = json!(words);
        }
        described
    };
    let fields: Vec<_> = table.iter().map(field).collect();
    ExtensionsBuilder::new().add("x-search-fields", json!(fields)).build()
}

/// "binaries" for "a binary".
fn plural(a_name: &str) -> String {
    let name = a_name.split_once(' ').map_or(a_name, |(_, name)| name);
    name.strip_suffix("ry").map_or_else(|| format!("{name}s"), |stem| format!("{stem}ries"))
}

/// The parameter that filters `records` by a field, as the OpenAPI document describes it.
fn filter(field: &Field, records: &str) -> Parameter {
    let name = field.name;
    let schema = match field.kind {
        FieldKind::Integer => ObjectBuilder::new().schema_type(Type::Integer),
        FieldKind::Boolean => ObjectBuilder::new().schema_type(Type::Boolean),
        FieldKind::Enum(words) => {
            ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.to_vec()))
        }
        FieldKind::Text | FieldKind::DateTime | FieldKind::Prn => {
            ObjectBuilder::new().schema_type(Type::String)
        }
    };
    let description = match field.kind {
        FieldKind::Boolean => format!("Only {records} whose `{name}` is as given: `true` or `false`."),
        FieldKind::DateTime => {
            format!("Only {records} with exactly this `{name}`, such as `2026-01-15T10:30:00Z`.")
        }
        FieldKind::Text | FieldKind::Integer | FieldKind::Enum(_) | FieldKind::Prn => {
            format!("Only {records} whose `{name}` equals this value.")
        }
    };
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query);
    parameter.required(Required::False).description(Some(description)).schema(Some(schema)).build()
}

/// The parameter that says what `records` are sorted by.
fn sort(records: &str) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(Sort::NAMES));
    let description = format!(
        "What the {records} are sorted by: `inserted_at` (the time of creation, the default) or `identifier` (byte by byte, so `B` comes before `a`). `order` says in which direction. With `identifier` and a filter, the time of the search is limited."
    );
    let parameter = ParameterBuilder::new().name(SORT).parameter_in(ParameterIn::Query);
    parameter.required(Required::False).description(Some(description)).schema(Some(schema)).build()
}

/// The parameter that says whether a list has archived `records`.
fn archived(records: &str) -> Parameter {
    let schema =
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(ArchivedFilter::NAMES.to_vec()));
    let description = format!(
        "Whether to list archived {records}: `false` (the default) leaves them out, `true` lists only them, `any` lists both."
    );
    let parameter = ParameterBuilder::new().name(ARCHIVED).parameter_in(ParameterIn::Query);
    parameter.required(Required::False).description(Some(description)).schema(Some(schema)).build()
}

/// What is wanted besides the records themselves.
#[derive(Clone, Debug, Default)]
pub struct Expand(Vec<String>);

impl Expand {
    /// Whether `path` is wanted, or something below it.
    pub fn wants(&self, path: &str) -> bool {
        let below = |wanted: &String| {
            wanted.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.0.iter().any(below)
    }
}

fn is_expand(key: &str) -> bool {
    key == "expand[]" || key == "expand"
}

/// Refuses a confirmation that names another record.
pub fn check_confirm(value: &str, prn: &str) -> Result<(), ApiError> {
    if value == prn {
        return Ok(());
    }
    Err(bad_parameter("confirm", format!("it takes the PRN of the record itself, {prn}")))
}

/// What is wrong with a parameter.
pub(crate) fn bad_parameter(name: &str, problem: impl std::fmt::Display) -> ApiError {
    let item = ErrorItem::new(ErrorCode::BadRequest, format!("{name}: {problem}")).with("parameter", name);
    ApiError::new(http::StatusCode::BAD_REQUEST, item)
}

impl Pairs {
    /// All of them, in order.
    pub fn all(&self) -> &[(String, String)] {
        &self.0
    }

    /// The query of a single read, which can only expand.
    pub fn expand(&self, known: &[&str]) -> Result<Expand, ApiError> {
        self.selection([], known).map(|([], expand)| expand)
    }

    /// The query of a read that takes these parameters, and what to expand. Of a parameter that is given twice the last one counts.
    pub fn selection<const N: usize>(
        &self,
        names: [&str; N],
        known: &[&str],
    ) -> Result<([Option<&str>; N], Expand), ApiError> {
        let (mut values, mut expand) = ([None; N], Expand::default());
        for (key, value) in &self.0 {
            if is_expand(key) {
                expand.0.push(known_path(value, known)?);
            } else if let Some(place) = names.iter().position(|name| name == key) {
                values[place] = Some(value.as_str());
            } else {
                let all: Vec<_> = names.iter().copied().chain(["expand[]"]).collect();
                let verb = if all.len() == 1 { "is" } else { "are" };
                let problem = format!("there is no such parameter here; there {verb}: {}", all.join(", "));
                return Err(bad_parameter(key, problem));
            }
        }
        Ok((values, expand))
    }

    /// The query of a change that may ask for `confirm=<prn>`: whether the record was named once more.
    pub fn confirm(&self, prn: &str) -> Result<bool, ApiError> {
        for (key, value) in &self.0 {
            if key != "confirm" {
                return Err(bad_parameter(key, "there is no such parameter here; there is: confirm"));
            }
            check_confirm(value, prn)?;
        }
        Ok(!self.0.is_empty())
    }

    fn list<R: Searchable>(&self, known: &[&str]) -> Result<(ListQuery, Expand), ApiError> {
        let (mut query, mut expand) = (ListQuery::default(), Expand::default());
        if R::IS_ARCHIVABLE {
            query.archived = ArchivedFilter::Without;
        }
        for (key, value) in &self.0 {
            match key.as_str() {
                "limit" => query.limit = value.parse().map_err(|error| bad_parameter(key, error))?,
                "order" => query.order = value.parse().map_err(|error| bad_parameter(key, error))?,
                "page" => query.after = Some(value.parse().map_err(|error| bad_parameter(key, error))?),
                SORT if R::IS_SORTABLE => {
                    query.sort = value.parse().map_err(|error| bad_parameter(key, error))?;
                }
                ARCHIVED if R::IS_ARCHIVABLE => {
                    query.archived = value.parse().map_err(|error| bad_parameter(key, error))?;
                }
                "search" => query.clauses.extend(search(value, R::FIELDS)?),
                key if is_expand(key) => expand.0.push(known_path(value, known)?),
                key => {
                    let field = R::FIELDS.iter().find(|field| field.name == key);
                    let field = field.ok_or_else(|| unknown::<R>(key))?;
                    let clause = search::equals(field, value).map_err(|error| bad_parameter(key, error))?;
                    query.clauses.push(clause);
                }
            }
        }
        check_page(&query)?;
        query.with.clone_from(&expand.0);
        Ok((query, expand))
    }
}

/// Refuses a page of a list in another order.
fn check_page(query: &ListQuery) -> Result<(), ApiError> {
    let Some(cursor) = &query.after else { return Ok(()) };
    let other = if cursor.sort() != query.sort {
        "that is sorted by something else: keep sort as it was"
    } else if cursor.order != query.order {
        "of the other order: keep order as it was"
    } else {
        return Ok(());
    };
    Err(bad_parameter("page", format!("this page belongs to a list {other}")))
}

/// The clauses of a search.
pub fn search(text: &str, table: FieldTable) -> Result<Vec<search::Clause>, ApiError> {
    search::parse(text, table).map_err(|error| {
        let item = ErrorItem::new(ErrorCode::BadRequest, error.to_string());
        let item = item.with("parameter", "search").with("position", error.position);
        ApiError::new(http::StatusCode::BAD_REQUEST, item)
    })
}

fn unknown<R: Searchable>(key: &str) -> ApiError {
    let sort = if R::IS_SORTABLE { "sort, " } else { "" };
    let archived = R::IS_ARCHIVABLE.then_some(ARCHIVED);
    let fields: Vec<_> = archived.into_iter().chain(R::FIELDS.iter().map(|field| field.name)).collect();
    let problem = format!(
        "there is no such parameter here; there are: limit, order, {sort}page, search, expand[], and the fields {}",
        fields.join(", ")
    );
    bad_parameter(key, problem)
}

fn known_path(path: &str, known: &[&str]) -> Result<String, ApiError> {
    if known.contains(&path) {
        Ok(path.to_owned())
    } else if known.is_empty() {
        Err(bad_parameter("expand[]", "nothing can be expanded here"))
    } else {
        Err(bad_parameter("expand[]", format!("'{path}' can't be expanded; there is: {}", known.join(", "))))
    }
}
