//! Notifies the other processes of an installation, right after a commit, that there is something to read, and receives their
//! notifications. This only saves time: a process that gets no notification finds the change by polling.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use olivine_records::Signals;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Context;
use crate::watchdog::watched;

/// The shortest pause between two calls, so that many changes cost one.
const PAUSE: Duration = Duration::from_millis(50);
/// After how long a call is given up, with its connection: other processes poll in any case.
const CALLED_WITHIN: Duration = Duration::from_secs(2);
/// How long to wait before connecting again.
const RECONNECT_AFTER: Duration = Duration::from_secs(1);

/// What is to be called out.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    changes: AtomicBool,
    jobs: AtomicBool,
    events: AtomicBool,
    bell: Notify,
}

impl Outbox {
    /// Something changed that others remember.
    pub(crate) fn changed(&self) {
        self.changes.store(true, Ordering::Release);
        self.bell.notify_one();
    }

    /// A job waits for a runner.
    pub(crate) fn ordered(&self) {
        self.jobs.store(true, Ordering::Release);
        self.bell.notify_one();
    }

    /// There are new events.
    pub(crate) fn noted(&self) {
        self.events.store(true, Ordering::Release);
        self.bell.notify_one();
    }

    fn take(&self) -> Signals {
        Signals {
            changes: self.changes.swap(false, Ordering::AcqRel),
            jobs: self.jobs.swap(false, Ordering::AcqRel),
            events: self.events.swap(false, Ordering::AcqRel),
        }
    }
}

/// Calls out and hears until `stop`; what is to be called out then still is.
pub async fn run(ctx: Context, stop: CancellationToken) {
    let own = ctx.new_uuid();
    tokio::join!(call_out(&ctx, own, &stop), hear(&ctx, own, &stop));
}

async fn call_out(ctx: &Context, own: Uuid, stop: &CancellationToken) {
    let outbox = ctx.outbox();
    loop {
        let is_last = stop.run_until_cancelled(outbox.bell.notified()).await.is_none();
        let call = async { Ok(ctx.db().signal(own, outbox.take()).await?) };
        if let Err(error) = watched(ctx, "signals", CALLED_WITHIN, call).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "other processes could not be told; they will look"
            );
        }
        if is_last {
            return;
        }
        stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
    }
}

async fn hear(ctx: &Context, own: Uuid, stop: &CancellationToken) {
    let Some(mut listener) = ctx.db().listener(own) else { return };
    while let Some(heard) = stop.run_until_cancelled(listener.hear()).await {
        match heard {
            Ok(signals) => {
                if signals.changes {
                    ctx.memory().look_soon();
                }
                if signals.jobs {
                    ctx.ring_here();
                }
                if signals.events {
                    ctx.feeds().ring();
                }
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "other processes can't be heard; looking for their changes all the same"
                );
                stop.run_until_cancelled(tokio::time::sleep(RECONNECT_AFTER)).await;
            }
        }
    }
}
