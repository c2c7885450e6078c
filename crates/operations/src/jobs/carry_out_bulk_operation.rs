//! Carries out a bulk operation, batch after batch. The position is kept with each batch, so that it does not matter who does the next.

use super::job::{Claimed, Job, Outcome, without_organization};
use super::orders::CarryOutBulkOperation;
use crate::bulk_operations::{Left, carry_on};
use crate::{Context, Error};

impl Job for CarryOutBulkOperation {
    const KIND: &'static str = "carry_out_bulk_operation";

    fn subject(&self) -> String {
        self.operation.to_string()
    }

    async fn run(self, ctx: &Context, claimed: Claimed<'_>) -> Result<Outcome, Error> {
        let Some(organization) = claimed.organization() else { return Ok(without_organization()) };
        Ok(match carry_on(ctx, organization, self.operation).await? {
            Left::None => Outcome::Done,
            // Others have their turn in between.
            Left::Some => Outcome::Again(ctx.now()),
        })
    }
}
