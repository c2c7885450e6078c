//! The times of devices' checks and their answers: collected, and written in batches. Correct answers don't depend on this, so no device
//! waits for it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use olivine_domain::Timestamp;
use olivine_domain::devices::Device;
use olivine_domain::events::{Event, Subject};
use olivine_domain::permissions::{Actor, Origin};
use olivine_domain::prn::Id;
use olivine_records::devices;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::facts::DeviceFacts;
use crate::event_budgets::Until;
use crate::events::counted;
use crate::events::{EventData, Nothing};
use crate::watchdog::watched;
use crate::{Context, Error, deadlocks};

/// The most entries that may wait to be written; further ones are only counted.
const MOST: usize = 100_000;
/// How many are written in one transaction.
const BATCH: usize = 500;
/// After how long a batch is given up, with its connection. It is written again: what was written after all is not written twice.
const WRITTEN_WITHIN: Duration = Duration::from_secs(10);
/// A device that was silent for longer has connected anew.
const SILENCE: Duration = Duration::from_hours(24);

/// What waits to be written.
#[derive(Debug, Default)]
pub(super) struct CheckIns {
    waiting: Mutex<Waiting>,
    is_full: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    seen: HashMap<Id<Device>, Timestamp>,
    events: Vec<Event>,
}

impl CheckIns {
    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a device was seen.
    pub(super) fn saw(&self, ctx: &Context, device: &DeviceFacts, origin: &Origin, now: Timestamp) {
        let was_silent = device.last_connected_at.plus(SILENCE) < now;
        let mut waiting = self.waiting();
        let room = waiting.seen.len() < MOST;
        match waiting.seen.entry(device.id) {
            Entry::Occupied(mut seen) => *seen.get_mut() = now,
            Entry::Vacant(seen) if room => {
                seen.insert(now);
            }
            Entry::Vacant(_) => metrics::counter!("olivine_check_ins_dropped_total").increment(1),
        }
        if waiting.seen.len() == MOST / 2 {
            self.is_full.notify_one();
        }
        drop(waiting);
        if was_silent && !device.last_answer.is_connected.swap(true, Ordering::Relaxed) {
            self.tell(ctx, device, origin, EventData::DeviceConnected(Nothing {}));
        }
    }

    /// Notes an event that need not be durable before the answer.
    pub(super) fn tell(&self, ctx: &Context, device: &DeviceFacts, origin: &Origin, data: EventData<'_>) {
        let actor = Actor::device(device.belongs.organization, device.id, origin.clone());
        let Some(mut event) = crate::events::new(ctx, &actor, Subject::of(device.id), data) else {
            return;
        };
        (event.product, event.cohort) = (Some(device.belongs.product), device.belongs.cohort);
        let mut waiting = self.waiting();
        if waiting.events.len() < MOST {
            waiting.events.push(event);
        } else {
            metrics::counter!("olivine_check_ins_dropped_total").increment(1);
        }
    }

    fn take(&self) -> Waiting {
        std::mem::take(&mut *self.waiting())
    }

    /// Puts back what could not be written.
    fn put_back(&self, seen: &[(Id<Device>, Timestamp)], events: Vec<Event>) {
        let mut waiting = self.waiting();
        for (device, at) in seen {
            if waiting.seen.len() < MOST {
                waiting.seen.entry(*device).or_insert(*at);
            }
        }
        let room = MOST.saturating_sub(waiting.events.len());
        waiting.events.extend(events.into_iter().take(room));
    }
}

/// Writes what waits, every some seconds until `stop`, and once more then.
pub(super) async fn write_regularly(ctx: &Context, stop: &CancellationToken) {
    let check_ins = &ctx.memory().check_ins;
    while !stop.is_cancelled() {
        tokio::select! {
            () = tokio::time::sleep(ctx.settings().check_in_delay) => {}
            () = check_ins.is_full.notified() => {}
            () = stop.cancelled() => {}
        }
        write(ctx, Until::Hour(ctx.now())).await;
    }
}

/// Writes what waits now, and how many events were left out until then.
pub(super) async fn write(ctx: &Context, until: Until) {
    let check_ins = &ctx.memory().check_ins;
    let Waiting { seen, mut events } = check_ins.take();
    events.extend(ctx.event_budgets().take(until).into_iter().filter_map(|omitted| counted(ctx, omitted)));
    events.extend(ctx.memory().refusals.take(ctx, until));
    let mut seen: Vec<_> = seen.into_iter().collect();
    // Neighbours are in one transaction, and the database finds them on the same pages.
    seen.sort_unstable();
    for batch in seen.chunks(BATCH) {
        let told = events.split_off(events.len().saturating_sub(BATCH));
        write_batch(ctx, batch, told).await;
    }
    while !events.is_empty() {
        let told = events.split_off(events.len().saturating_sub(BATCH));
        write_batch(ctx, &[], told).await;
    }
}

async fn write_batch(ctx: &Context, seen: &[(Id<Device>, Timestamp)], told: Vec<Event>) {
    let write = || try_to_put_down(ctx, seen, &told);
    let written = watched(ctx, "check_ins", WRITTEN_WITHIN, deadlocks::retry(ctx, write)).await;
    if let Err(error) = written {
        tracing::warn!(error = &error as &dyn std::error::Error, "check-ins can't be written; later again");
        ctx.memory().check_ins.put_back(seen, told);
    }
}

async fn try_to_put_down(
    ctx: &Context,
    seen: &[(Id<Device>, Timestamp)],
    told: &[Event],
) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    devices::touch(&w, seen).await?;
    w.recorded(told.iter().cloned());
    w.commit().await
}
