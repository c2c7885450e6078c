//! The options that all lists take.

use clap::Args;
use olivine_client::{Pages, Query, Resource};
use olivine_domain::pages::Order;

use crate::messages;

/// The default limit for lists.
const USUAL: usize = 100;

/// Which records to list, and in which order.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "List options")]
pub(crate) struct ListOptions {
    /// List at most this many records [default: 100]
    #[arg(long, value_name = "COUNT", conflicts_with = "all")]
    limit: Option<usize>,
    /// List all records
    #[arg(long)]
    all: bool,
    /// The order, by time of creation unless sorted otherwise: asc (oldest first) or desc (newest first)
    #[arg(long, value_name = "ORDER", value_parser = ["asc", "desc"])]
    order: Option<String>,
    #[arg(
        help = "Only records that match, for example: \"inserted_at>='2026-01-01T00:00:00Z' and description~'east blue'\"",
        long,
        value_name = "CLAUSES"
    )]
    search: Option<String>,
}

impl ListOptions {
    /// The newest `limit` records.
    pub(crate) fn newest(limit: usize) -> Self {
        Self { limit: Some(limit), order: Some(Order::Desc.to_string()), ..Self::default() }
    }

    /// Notes that there are more records, unless the user asked for a limit.
    pub(crate) fn note_more<R: Resource>(&self, pages: &Pages<'_, R>) {
        if pages.has_more() && self.limit.is_none() {
            messages::note("there are more; --all lists every one, --limit another number of them");
        }
    }

    /// The maximum number of records to print, or `None` for all.
    pub(crate) fn most(&self) -> Option<usize> {
        if self.all { None } else { Some(self.limit.unwrap_or(USUAL)) }
    }

    /// Adds the options to the filters of a resource.
    pub(crate) fn apply(&self, query: Query) -> Query {
        query.with("order", self.order.as_ref()).with("search", self.search.as_ref()).limit(self.most())
    }
}

/// The option that selects certificates with warnings.
#[derive(Debug, Default, Args)]
pub(crate) struct Weak {
    /// Only certificates that the server would refuse today, because of a weak key or signature. They keep working; `warnings` says what is
    /// wrong with each. This reads all certificates
    #[arg(long)]
    pub(crate) with_warnings: bool,
}

/// What to embed in a record.
#[derive(Debug, Default, Args)]
pub(crate) struct Expand {
    #[arg(
        help = "Include a related record, such as product or artifact_version.artifact; can be repeated",
        long,
        value_name = "PATH",
        value_delimiter = ','
    )]
    pub(crate) expand: Vec<String>,
}
