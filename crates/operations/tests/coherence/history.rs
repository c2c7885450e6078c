//! Playing a history: change after change, and a comparison after each.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use olivine_operations::{Context, Error, distribution};

use crate::changes;
use crate::comparison::{self, Difference};
use crate::steps::{Asked, Check, Course, Kind, Maker, Said, Step};
use crate::world::{Site, World};

/// Between two steps, so that records sort in the order in which they were made.
const TICK: Duration = Duration::from_millis(2);
const COMMITTED_WITHIN: Duration = Duration::from_secs(10);
const POLL_EVERY: Duration = Duration::from_millis(20);

/// Plays a history to its end; says what was different, and what had happened until then.
pub(crate) async fn play(site: &Site, steps: Vec<Step>) -> Result<(), String> {
    let world = World::open(site).await;
    let mut outcome = Ok(());
    for step in &steps {
        outcome = take(&world, step).await;
        if outcome.is_err() {
            break;
        }
    }
    if outcome.is_ok() {
        outcome = end(&world).await;
    }
    outcome.map_err(|Difference(text)| format!("{text}\n\nWhat had happened:\n{}\n", world.story()))
}

/// All devices ask once more, as they do all the time; then everything must fit together.
async fn end(world: &World<'_>) -> Result<(), Difference> {
    let (first, second) = world.processes(Maker::First);
    comparison::ask(world, first, second, &Check { at: Asked::First, device: 0, said: Said::Same }).await?;
    comparison::count(world).await
}

async fn take(world: &World<'_>, step: &Step) -> Result<(), Difference> {
    let (maker, other) = world.processes(step.by);
    world.pass(TICK);
    let outcome = make(world, step, maker, other).await;
    world.note(format!("{:?} {:?} {:?}: {outcome:?}", step.by, step.course, step.change));
    if let Err(error) = outcome {
        check_expected(&error)?;
    }
    changes::see(world).await?;
    if let Some(check) = &step.check
        && check.at == Asked::Unaware
    {
        comparison::ask_unaware(world, other, check).await?;
        // What a process does that does not know of a change yet is news to the one that made it.
        distribution::catch_up(maker).await?;
    }
    distribution::catch_up(other).await?;
    compare(world, step).await?;
    if let Some(check) = &step.check {
        let (asked, other) = match check.at {
            Asked::Second => world.processes(Maker::Second),
            Asked::First | Asked::Unaware => world.processes(Maker::First),
        };
        comparison::ask(world, asked, other, check).await?;
    }
    Ok(())
}

/// Compares answers. A commit that nobody waits for any more may come a little later, even between one answer and the next.
async fn compare(world: &World<'_>, step: &Step) -> Result<(), Difference> {
    let deadline = Instant::now() + COMMITTED_WITHIN;
    let is_over = || !matches!(step.course, Course::BrokenOff(_)) || Instant::now() > deadline;
    loop {
        let outcome = comparison::compare(world, step).await;
        if outcome.is_ok() || is_over() {
            return outcome;
        }
        tokio::time::sleep(POLL_EVERY).await;
        for ctx in [&world.first, &world.second] {
            distribution::catch_up(ctx).await?;
        }
    }
}

/// Makes a change.
async fn make(world: &World<'_>, step: &Step, maker: &Context, other: &Context) -> Result<(), Error> {
    // On the heap, because it holds what any change needs.
    let change = Box::pin(changes::make(maker, world, step.change));
    match step.course {
        Course::AmongQuestions => {
            let questions = comparison::ask_meanwhile(world, maker, other);
            tokio::join!(change, questions).0
        }
        // The job that verifies its content would go on beside the history.
        Course::BrokenOff(polls) if step.change.kind != Kind::CreateBinary => {
            let outcome = break_off(change, polls).await;
            world.come_to_rest(maker).await?;
            // It may be made without having been put into force: the next look finds it.
            distribution::catch_up(maker).await?;
            outcome.unwrap_or(Ok(()))
        }
        Course::Alone | Course::BrokenOff(_) => change.await,
    }
}

/// What comes of a future that is dropped when it has been polled so many times; `None` if it was dropped.
async fn break_off<T>(future: impl Future<Output = T>, polls: u8) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|waker| match future.as_mut().poll(waker) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// Refusals are part of every history; failures are not.
pub(crate) fn check_expected(error: &Error) -> Result<(), Difference> {
    match error {
        Error::Internal(_)
        | Error::Unavailable { .. }
        | Error::StorageFull
        | Error::Unauthenticated(_)
        | Error::Forbidden(_) => Err(Difference(format!("this should not fail: {error:?}"))),
        _ => Ok(()),
    }
}
