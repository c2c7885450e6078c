//! Repeats a transaction that the database undid because another one waited for the same records (a deadlock, or a serialization failure).
//! Transactions for requests of devices use this: a device must never get an error because of a deadlock.

use std::time::Duration;

use crate::{Context, Error};

/// How often a transaction is tried again.
const RETRIES: u32 = 3;
/// How long to wait before the first of them, at most; twice as long before each following one.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// Does `attempt`, and again if a deadlock undid it. Each attempt must begin its own transaction, and read in it all that it depends on.
pub(crate) async fn retry<T, F>(ctx: &Context, attempt: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    for retry in 0..RETRIES {
        match attempt().await {
            Err(Error::Deadlock) => {
                metrics::counter!("olivine_deadlocks_total").increment(1);
                tracing::debug!(retry, "a deadlock undid a transaction: once more");
            }
            other => return other,
        }
        // Not at the same moment as the other one.
        let [random] = ctx.random_bytes::<1>();
        let longest = FIRST_PAUSE * 2_u32.pow(retry);
        tokio::time::sleep(longest.mul_f64(0.1 + 0.9 * f64::from(random) / 255.0)).await;
    }
    attempt().await
}
