//! Tags as they are stored: `,beta,eu,`, and nothing for none, so that each tag stands between commas and can be searched for.

use olivine_domain::search::{Clause, Operator, Value};
use olivine_domain::tags::Tags;
use sea_orm::ColumnTrait;
use sea_orm::sea_query::SimpleExpr;

use crate::dialect;
use crate::error::Error;
use crate::lists::{Scope, never};
use crate::rows::Row;

/// Tags as a column holds them.
pub(crate) fn stored(tags: &Tags) -> String {
    if tags.is_empty() {
        return String::new();
    }
    tags.iter().fold(String::from(","), |stored, tag| stored + tag + ",")
}

/// The tags that a column holds.
pub(crate) fn parse(row: &Row, column: &'static str, stored: &str) -> Result<Tags, Error> {
    let listed = match stored {
        "" => None,
        stored => {
            let inner = stored.strip_prefix(',').and_then(|rest| rest.strip_suffix(','));
            Some(row.known(column, inner)?)
        }
    };
    let tags = Tags::from_record(listed.iter().flat_map(|listed| listed.split(',')));
    row.known(column, tags)
}

/// A search for a tag, or for a piece of one. No tag contains a comma, so a search for one finds nothing.
pub(crate) fn clause(scope: &Scope, column: impl ColumnTrait, clause: &Clause) -> Option<SimpleExpr> {
    let Value::Text(text) = &clause.value else { return None };
    if text.contains(',') {
        return Some(never());
    }
    match clause.operator {
        Operator::Equals => Some(dialect::contains(scope.backend, column, &format!(",{text},"))),
        Operator::Contains => Some(dialect::contains(scope.backend, column, text)),
        Operator::ContainsIgnoringCase => Some(dialect::contains_ignoring_case(scope.backend, column, text)),
        _ => None,
    }
}
