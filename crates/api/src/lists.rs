//! Lists: the parameters that all of them take, and the pages that come back.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The parameters that each list takes, besides equality filters by field.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// How many records a page has at most: 1 to 100, by default 10. A page ends earlier when the large texts of its records reach 1 MB
    /// together, so only a null `next_page` marks the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The order of the records, by `inserted_at`: `asc` (oldest first, the default) or `desc` (newest first).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// The `next_page` of the previous page of records, to continue after it. Default: the first page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Only records that match all of one to five clauses, joined by `and`. A clause is a field, an operator and a value, such as
    /// `inserted_at>='2026-01-01T00:00:00Z'`. The fields are those by which this list can be filtered with a parameter. Operators: `:`
    /// (equals), `~` (contains), `-` (contains, ignoring case), `<`, `<=`, `>` and `>=`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
}

/// A page of a list.
pub trait List {
    /// The records that it lists.
    type Item;

    /// The records, and the cursor of the next page.
    fn into_page(self) -> (Vec<Self::Item>, Option<String>);
}
