//! Exports of events: all that a filter finds in a period, read a page at a time. Neither a transaction nor the used memory grows with it.

use olivine_domain::event_exports::ExportSpan;
use olivine_domain::events::Event;
use olivine_domain::pages::Limit;
use olivine_domain::permissions::{Authorized, scope};
use olivine_records::ListQuery;

use super::callers::{StreamCaller, is_unchanged};
use crate::error::Unauthenticated;
use crate::{Context, Error};

/// An export that goes on.
#[derive(Debug)]
pub struct Export {
    ctx: Context,
    by: Authorized<scope::EventRead>,
    caller: StreamCaller,
    query: ListQuery,
    /// The page that was read when it began.
    first: Option<Vec<Event>>,
    is_over: bool,
}

impl Export {
    /// Begins an export with its first page, so that a query that can't be answered is refused at once.
    pub async fn begin(
        ctx: &Context,
        by: Authorized<scope::EventRead>,
        caller: StreamCaller,
        mut query: ListQuery,
        span: ExportSpan,
    ) -> Result<Self, Error> {
        query.clauses.extend(span.clauses());
        query.limit = Limit::MOST;
        let mut export = Self { ctx: ctx.clone(), by, caller, query, first: None, is_over: false };
        export.first = Some(export.read().await?);
        Ok(export)
    }

    /// The next events; `None` after the last ones. Fails where the caller may not do any more what they might when it began.
    pub async fn next(&mut self) -> Result<Option<Vec<Event>>, Error> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        if self.is_over {
            return Ok(None);
        }
        if !is_unchanged(&self.ctx, &self.caller).await? {
            return Err(Unauthenticated::Changed.into());
        }
        self.read().await.map(Some)
    }

    async fn read(&mut self) -> Result<Vec<Event>, Error> {
        let page = super::list(&self.ctx, &self.by, &self.query).await?;
        self.is_over = page.next.is_none();
        self.query.after = page.next;
        Ok(page.items)
    }
}
