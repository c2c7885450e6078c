//! A time limit for each round of the background loops, so that none of them hangs because of one hanging connection.

use std::time::Duration;

use crate::{Context, Error};

/// How long a round may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// The first time.
    pub(crate) first: Duration,
    /// After a round that failed: the database may be slow rather than gone.
    pub(crate) then: Duration,
}

impl Patience {
    /// How long the next round may take.
    pub(crate) const fn after(self, failed: bool) -> Duration {
        if failed { self.then } else { self.first }
    }
}

/// Runs one round of the loop `name`. If it takes longer than `within` it is given up, and so are all connections that exist by then: the
/// next round gets a new one.
pub(crate) async fn watched<T>(
    ctx: &Context,
    name: &'static str,
    within: Duration,
    round: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match tokio::time::timeout(within, round).await {
        Ok(ended) => ended,
        Err(source) => {
            metrics::counter!("olivine_rounds_given_up_total", "loop" => name).increment(1);
            ctx.db().distrust_connections();
            Err(Error::Unavailable { what: "database", source: source.into() })
        }
    }
}
