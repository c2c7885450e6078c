//! Distribution: who asks, what they get, and what becomes of it.
//!
//! A device that is known and unchanged is answered from memory. Whatever a change touches of that memory is noted in the change's own
//! transaction, so that no process goes on with what is over.

pub mod changes;
pub(crate) mod memory;

use tokio_util::sync::CancellationToken;

use crate::{Context, Error};

/// Begins to follow what other processes change; before the first question is answered.
pub async fn begin(ctx: &Context) -> Result<(), Error> {
    changes::begin(ctx).await
}

/// Does what distribution needs beside answering, until `stop`.
pub async fn run(ctx: Context, stop: CancellationToken) {
    changes::follow(&ctx, &stop).await;
}
