//! The unit of work: one transaction with everything that belongs to it.
//!
//! Operations that call each other pass the same [`Work`] on, so that related changes are committed together. Events, jobs, moves of
//! devices and the cache entries to invalidate are collected; only [`Work::commit`] writes them, invalidates the caches and notifies other
//! processes. Which cache entries an event invalidates follows from the event (`concerned.rs`), so no caller can forget it.

mod archive_looks;
mod concerned;

use std::collections::BTreeSet;
use std::ops::Deref;

use olivine_domain::binaries::Binary;
use olivine_domain::devices::Device;
use olivine_domain::events::{Event, Subject};
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::Actor;
use olivine_domain::prn::Id;
use olivine_domain::time::Timestamp;
use olivine_records::jobs::{self, NewJob};
use olivine_records::{Write, events as records};

use self::archive_looks::{looks, may_move_contents};
use self::concerned::concern;
use crate::devices::moves::Moves;
use crate::distribution::changes::{self, Change, Changes};
use crate::events::belonging::{self, Belonging, belonging};
use crate::events::{self, EventData};
use crate::jobs::job::{Listed, new_job};
use crate::{Context, Error};

/// So many events are written at once.
const EVENTS_AT_ONCE: usize = 1_000;

/// A transaction that was begun, and what goes with it. Dropping it undoes all of it.
///
/// A dry run is the same use case on the same [`Work`], which ends with [`Work::undo`] instead of [`Work::commit`].
#[derive(Debug)]
pub(crate) struct Work {
    ctx: Context,
    write: Write,
    events: Vec<Event>,
    /// Where those of the events belong that don't say it themselves, by their place among them.
    belongings: Vec<(usize, Belonging)>,
    /// Whether any were written.
    has_events: bool,
    orders: Vec<NewJob>,
    looks: BTreeSet<Id<Organization>>,
    changes: Changes,
    moves: Moves,
}

impl Context {
    /// Begins a unit of work.
    pub(crate) async fn work(&self) -> Result<Work, Error> {
        Ok(Work {
            ctx: self.clone(),
            write: self.db().write().await?,
            events: Vec::new(),
            belongings: Vec::new(),
            has_events: false,
            orders: Vec::new(),
            looks: BTreeSet::new(),
            changes: Changes::default(),
            moves: Moves::default(),
        })
    }
}

/// Reads and writes records in the transaction.
impl Deref for Work {
    type Target = Write;

    fn deref(&self) -> &Write {
        &self.write
    }
}

impl Work {
    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        self.ctx.now()
    }

    /// Adds an event to the audit trail, unless its cause (a device, key or binary) is over the budget for events of this type, and notes
    /// which cached records it invalidates.
    pub(crate) fn event(&mut self, by: &Actor, subject: impl Into<Subject>, data: EventData<'_>) {
        let subject = subject.into();
        let belonging = belonging(&data, &subject);
        self.event_of(belonging, by, subject, data);
    }

    /// The same of a record whose product and cohort are known here, or are not those that the data say.
    pub(crate) fn event_of(
        &mut self,
        belonging: Belonging,
        by: &Actor,
        subject: impl Into<Subject>,
        data: EventData<'_>,
    ) {
        let subject = subject.into();
        concern(&data, &subject, by.organization, &mut self.changes);
        if may_move_contents(&data) {
            self.looks.insert(by.organization);
        }
        if let Some(event) = events::new(&self.ctx, by, subject, data) {
            self.belongings.push((self.events.len(), belonging));
            self.events.push(event);
        }
    }

    /// Events that were made before, and that put nothing out of date.
    pub(crate) fn recorded(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            if event.subject.is_a::<Device>() && event.product.is_none() {
                self.belongings.push((self.events.len(), Belonging::OfDevice(Id::new(event.subject.id))));
            }
            self.events.push(event);
        }
    }

    /// A cache entry to invalidate that does not follow from an event.
    pub(crate) fn changed(&mut self, organization: Id<Organization>, change: Change) {
        self.changes.add(organization, change);
    }

    /// A binary that bundles may serve differently now, although no event says so.
    pub(crate) fn changed_binary(&mut self, binary: &Binary) {
        self.changes.add_binary(binary);
    }

    /// A job to be done once this is committed, unless the same is waiting already.
    pub(crate) fn order<J: Listed>(&mut self, organization: Option<Id<Organization>>, job: &J) {
        self.orders.push(new_job(&self.ctx, organization, job));
    }

    /// A job to be done at that moment, once this is committed; earlier, if the same waits for an earlier one.
    pub(crate) fn order_at<J: Listed>(
        &mut self,
        organization: Option<Id<Organization>>,
        job: &J,
        run_at: Timestamp,
    ) {
        self.orders.push(NewJob { run_at, ..new_job(&self.ctx, organization, job) });
    }

    /// Devices that come into cohorts and releases, or leave them: counted with the commit.
    pub(crate) fn moves(&mut self) -> &mut Moves {
        &mut self.moves
    }

    /// Counts the moves so far now, where what follows locks releases: cohorts are locked before them.
    pub(crate) async fn count_moves(&mut self) -> Result<(), Error> {
        let moves = std::mem::take(&mut self.moves);
        moves.count(&self.write, &self.ctx.now().day(), &mut self.changes).await
    }

    /// Writes the events so far where they are many, so that memory does not grow with them.
    pub(crate) async fn write_events(&mut self) -> Result<(), Error> {
        if self.events.len() >= EVENTS_AT_ONCE {
            self.insert_events().await?;
        }
        Ok(())
    }

    async fn insert_events(&mut self) -> Result<(), Error> {
        belonging::look_up(&self.write, &mut self.events, &self.belongings).await?;
        records::insert_many(&self.write, &self.events).await?;
        self.has_events |= !self.events.is_empty();
        self.events.clear();
        self.belongings.clear();
        Ok(())
    }

    /// Ends a dry run: nothing of it is kept, and nobody is told of it.
    pub(crate) async fn undo(self) -> Result<(), Error> {
        Ok(self.write.undo().await?)
    }

    /// Writes what was collected, commits, invalidates the caches of this process and notifies the others.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        // The rows of cohorts and days come last among the locks, so that they are not held for long.
        self.count_moves().await?;
        self.insert_events().await?;
        let Self { ctx, write, has_events, mut orders, looks: of, changes, .. } = self;
        orders.extend(looks(&ctx, &write, of).await?);
        let has_orders = !orders.is_empty();
        for order in orders {
            jobs::enqueue(&write, order).await?;
        }
        let announced = changes::announce(&ctx, &write, changes).await?;
        write.commit().await?;
        announced.apply(&ctx);
        if has_events {
            ctx.feeds().ring();
            ctx.outbox().noted();
        }
        if has_orders {
            ctx.ring();
        }
        Ok(())
    }
}
