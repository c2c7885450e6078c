//! Lists: the parameters that all of them take, and the pages that come back.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What each list takes, besides equality filters by field.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// The most records of a page: 1 to 100, by default 10. A page ends earlier where its `custom_metadata` reaches 1 MB;
    /// without a `next_page` it is the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// `asc` (default) or `desc`, by `inserted_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// The `next_page` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// One to five clauses joined by `and`, each a key, an operator (`:` `~` `-` `<` `<=` `>` `>=`) and a value:
    /// `inserted_at>='2026-01-01T00:00:00Z' and description~'east blue'`.
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
