//! `dry_run` and `graph_revision`: what a change would do, and the graph that it was planned with.

use axum::extract::{FromRequestParts, Query};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use olivine_operations::releases::{ExpectedGraph, GraphRevision};

use crate::http::error::ApiError;
use crate::http::listing::{Pairs, bad_parameter, check_confirm};

/// The name of the parameter, and of the field in bodies that have it.
pub const DRY_RUN: &str = "dry_run";

/// Whether something is to be done, or only to be tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Intent {
    /// It is to be done.
    #[default]
    Real,
    /// The caller wants to know what it would do.
    DryRun,
}

/// The query of a change that can be tried: `dry_run`.
#[derive(Clone, Copy, Debug)]
pub struct Trial(pub Intent);

impl<S: Send + Sync> FromRequestParts<S> for Trial {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let pairs = Pairs::from_request_parts(parts, state).await?;
        let [dry_run] = only(&pairs, [DRY_RUN])?;
        Ok(Self(intent(dry_run)?))
    }
}

/// The query of a change of a release graph: `dry_run`, `graph_revision`, and `confirm` where it is looked for.
#[derive(Clone, Debug)]
pub struct GraphEdit {
    /// Whether it is only tried.
    pub intent: Intent,
    /// The graph that the caller planned with.
    pub expected: ExpectedGraph,
}

impl<S: Send + Sync> FromRequestParts<S> for GraphEdit {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let pairs = Pairs::from_request_parts(parts, state).await?;
        let [dry_run, revision] = only(&pairs, [DRY_RUN, "graph_revision"])?;
        Self::new(dry_run, revision)
    }
}

impl GraphEdit {
    /// Of a deletion, which may be confirmed with the record's PRN: whether it is.
    pub fn confirmed(pairs: &Pairs, prn: &str) -> Result<(Self, bool), ApiError> {
        let [dry_run, revision, confirm] = only(pairs, [DRY_RUN, "graph_revision", "confirm"])?;
        for (_, value) in pairs.all().iter().filter(|(key, _)| key == "confirm") {
            check_confirm(value, prn)?;
        }
        Ok((Self::new(dry_run, revision)?, confirm.is_some()))
    }

    fn new(dry_run: Option<&str>, revision: Option<&str>) -> Result<Self, ApiError> {
        let expected = revision.map(|text| GraphRevision::new(text.to_owned()));
        Ok(Self { intent: intent(dry_run)?, expected })
    }
}

fn intent(dry_run: Option<&str>) -> Result<Intent, ApiError> {
    match dry_run {
        Some("true") => Ok(Intent::DryRun),
        None | Some("false") => Ok(Intent::Real),
        Some(_) => Err(bad_parameter(DRY_RUN, "it takes true or false")),
    }
}

/// The values of these parameters; others are refused. Of one that is given twice the last one counts.
fn only<'a, const N: usize>(pairs: &'a Pairs, names: [&str; N]) -> Result<[Option<&'a str>; N], ApiError> {
    let mut values = [None; N];
    for (key, value) in pairs.all() {
        let Some(place) = names.iter().position(|name| name == key) else {
            let problem = format!("there is no such parameter here; there is: {}", names.join(", "));
            return Err(bad_parameter(key, problem));
        };
        values[place] = Some(value.as_str());
    }
    Ok(values)
}

/// Whether a request asks for a dry run, in its query or in its JSON body: nothing of that is kept.
pub fn is_asked_for(parts: &Parts, body: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Asked {
        #[serde(default)]
        dry_run: bool,
    }
    let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).unwrap_or_default().0;
    let in_query = query.iter().any(|(key, value)| key == DRY_RUN && value == "true");
    in_query || serde_json::from_slice(body).is_ok_and(|Asked { dry_run }| dry_run)
}

/// The answer to a change that can be tried.
#[derive(Debug)]
pub enum Tried<R, P> {
    /// What was done.
    Real(R),
    /// What would be done.
    Plan(P),
}

impl<R: IntoResponse, P: serde::Serialize> IntoResponse for Tried<R, P> {
    fn into_response(self) -> Response {
        match self {
            Self::Real(done) => done.into_response(),
            Self::Plan(plan) => axum::Json(plan).into_response(),
        }
    }
}
