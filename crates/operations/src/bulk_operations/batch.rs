//! One batch of a bulk operation: a transaction that changes some devices and says where the next batch begins. Whoever dies over it leaves
//! both undone, so that each device is changed once.

use std::collections::{BTreeMap, HashMap};

use olivine_domain::bulk_operations::{
    Action, BATCH, BulkOperation, Position, Progress, Refused, Selection, State,
};
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::events::Subject;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Actor, Tenancy};
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::time::Timestamp;
use olivine_records::bulk_operations;
use olivine_records::devices::{self, Piece};

use super::principal::{self, Ended};
use super::{check_whole, clauses, ended};
use crate::devices::{check_place, record_change};
use crate::events::belonging::Belonging;
use crate::events::{BulkBatch, EventData, MOST_ENTRIES};
use crate::work::Work;
use crate::{Context, Error, deadlocks};

/// So many batches are done at once; then others' jobs have their turn.
const MOST_BATCHES: usize = 20;

/// Whether batches are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Some are.
    Some,
    /// None is, or it was ended.
    None,
}

/// Does some batches.
pub(crate) async fn carry_on(
    ctx: &Context,
    organization: Id<Organization>,
    id: Id<BulkOperation>,
) -> Result<Left, Error> {
    for _ in 0..MOST_BATCHES {
        if deadlocks::retry(ctx, || one(ctx, organization, id)).await? == Left::None {
            return Ok(Left::None);
        }
    }
    Ok(Left::Some)
}

/// Does one batch, in one transaction.
async fn one(ctx: &Context, organization: Id<Organization>, id: Id<BulkOperation>) -> Result<Left, Error> {
    let mut w = ctx.work().await?;
    let old = match bulk_operations::lock(&w, organization, id).await {
        Ok(operation) if operation.state == State::Running => operation,
        Ok(_) | Err(olivine_records::Error::NotFound { .. }) => return Ok(Left::None),
        Err(error) => return Err(error.into()),
    };
    let (by, tenancy) = match principal::still(ctx, &w, &old).await? {
        Ok(still) => still,
        Err(Ended(why)) => return stop(ctx, w, &old, why).await,
    };
    let piece = match next(&w, &tenancy, &old).await {
        Ok(piece) => piece,
        Err(Error::Invalid { problem, .. }) => return stop(ctx, w, &old, problem).await,
        Err(error) => return Err(error),
    };
    let found = devices::lock_many(&w, &tenancy.to_change(), &piece.devices).await?;
    match check_whole(&w, &tenancy, &old.action).await {
        Ok(()) => {}
        Err(error @ (Error::NotFound { .. } | Error::Refused(_) | Error::Invalid { .. })) => {
            return stop(ctx, w, &old, error.to_string()).await;
        }
        Err(error) => return Err(error),
    }
    let mut batch = Batch::new(&old, &tenancy, ctx.now());
    batch.note_missing(&piece.devices, &found);
    for device in found {
        batch.change(&mut w, &by, device).await?;
    }
    let Batch { mut progress, changed, .. } = batch;
    record(&mut w, &by, &old, &changed);
    progress.position = piece.position.or(progress.position);
    let further = old.further(progress, ctx.now());
    let new = match piece.position {
        Some(_) => further,
        None => further.ended(State::Finished, None, ctx.now()),
    };
    bulk_operations::update(&w, &old, &new).await?;
    if new.state != State::Running {
        w.event(&by, Subject::of(id), EventData::BulkOperationFinished(ended(&new)));
    }
    w.commit().await?;
    Ok(if new.state == State::Running { Left::Some } else { Left::None })
}

/// Ends it where it can't go on. What is done stays done.
async fn stop(ctx: &Context, mut w: Work, old: &BulkOperation, why: String) -> Result<Left, Error> {
    let new = old.ended(State::Stopped, Some(why), ctx.now());
    bulk_operations::update(&w, old, &new).await?;
    let server = Actor::system(old.organization);
    w.event(&server, Subject::of(old.id), EventData::BulkOperationFinished(ended(&new)));
    w.commit().await?;
    Ok(Left::None)
}

/// The devices of the next batch.
async fn next(w: &Work, tenancy: &Tenancy, operation: &BulkOperation) -> Result<Piece, Error> {
    let after = operation.progress.position;
    match &operation.selection {
        Selection::Search(search) => {
            let (reach, until) = (tenancy.to_change(), operation.inserted_at);
            Ok(devices::next_piece(w, &reach, &clauses(search)?, after, until, BATCH as u64).await?)
        }
        Selection::Devices(named) => {
            let left = named.iter().copied().filter(|id| after.is_none_or(|after| *id > after.id));
            let devices: Vec<_> = left.take(BATCH).collect();
            let last = devices.last().filter(|last| named.last() != Some(last)).copied();
            let position = last.map(|id| Position { inserted_at: Timestamp::EPOCH, id });
            Ok(Piece { devices, position })
        }
    }
}

/// What a batch did so far.
struct Batch<'a> {
    operation: &'a BulkOperation,
    tenancy: &'a Tenancy,
    now: Timestamp,
    progress: Progress,
    /// Each device before and after.
    changed: Vec<(Device, Device)>,
    /// Whether devices of a product may come into the cohort: the same for all of them.
    places: HashMap<Id<Product>, Result<(), (String, String)>>,
}

impl<'a> Batch<'a> {
    fn new(operation: &'a BulkOperation, tenancy: &'a Tenancy, now: Timestamp) -> Self {
        let progress = operation.progress.clone();
        Self { operation, tenancy, now, progress, changed: Vec::new(), places: HashMap::new() }
    }

    /// Devices that were named and are gone. What a search found a moment ago and is gone does not count.
    fn note_missing(&mut self, wanted: &[Id<Device>], found: &[Device]) {
        if matches!(self.operation.selection, Selection::Search(_)) {
            return;
        }
        for id in wanted.iter().filter(|id| !found.iter().any(|device| device.id == **id)) {
            let message = "this device was deleted, or can't be reached any more".to_owned();
            self.progress.refuse(Refused { device: *id, code: "not_found".to_owned(), message });
        }
    }

    /// Changes a device, with the events that it has where it is changed by itself: its history is the same, and says who asked for it.
    async fn change(&mut self, w: &mut Work, by: &Actor, old: Device) -> Result<(), Error> {
        let refuse = |(code, message): (String, String)| Refused { device: old.id, code, message };
        let change = match self.operation.action.change(&old) {
            Ok(change) => change,
            Err(problem) => {
                self.progress.refuse(refuse(("invalid".to_owned(), problem.to_string())));
                return Ok(());
            }
        };
        let Some(new) = change.apply(&old, self.now) else {
            self.progress.unchanged += 1;
            return Ok(());
        };
        if new.is_moved_from(&old)
            && let Err(problem) = self.check_place(w, &new).await?
        {
            self.progress.refuse(refuse(problem));
            return Ok(());
        }
        devices::update(w, &old, &new).await?;
        record_change(w, by, &old, &new);
        self.progress.changed += 1;
        self.changed.push((old, new));
        Ok(())
    }

    /// Asks once for each product.
    async fn check_place(&mut self, w: &Work, new: &Device) -> Result<Result<(), (String, String)>, Error> {
        if let Some(known) = self.places.get(&new.product) {
            return Ok(known.clone());
        }
        let checked = match check_place(w, self.tenancy, new).await {
            Ok(()) => Ok(()),
            Err(Error::Invalid { problem, .. }) => Err(("invalid".to_owned(), problem)),
            Err(Error::Refused(refusal)) => Err((refusal.code().to_owned(), refusal.to_string())),
            Err(error) => return Err(error),
        };
        self.places.insert(new.product, checked.clone());
        Ok(checked)
    }
}

/// A place, and whether devices leave it, come to it or stay there.
type Side = (Id<Product>, Option<Id<Cohort>>, Option<&'static str>);

/// Events for each cohort, which name all of its devices and no other cohort: not everybody sees all of them. An event names so many that
/// none is cut.
fn record(w: &mut Work, by: &Actor, operation: &BulkOperation, changed: &[(Device, Device)]) {
    let organization = operation.organization;
    let mut sides: BTreeMap<Side, Vec<Id<Device>>> = BTreeMap::new();
    for (old, new) in changed {
        let mut note =
            |of: &Device, side| sides.entry((of.product, of.cohort, side)).or_default().push(of.id);
        if matches!(operation.action, Action::Move(_)) {
            if old.cohort.is_some() {
                note(old, Some("left"));
            }
            note(new, Some("joined"));
        } else {
            note(new, None);
        }
    }
    let pieces = sides
        .iter()
        .flat_map(|(side, devices)| devices.chunks(MOST_ENTRIES).map(move |devices| (*side, devices)));
    for ((product, cohort, direction), devices) in pieces {
        let data = BulkBatch {
            action: operation.action.as_str(),
            direction,
            tags: operation.action.tags().map(|tags| tags.iter().map(str::to_owned).collect()),
            cohort_prn: cohort.map(|cohort| cohort.prn(organization)),
            device_prns: devices.iter().map(|device| device.prn(organization)).collect(),
        };
        let belonging = Belonging::Known(Some(product), cohort);
        w.event_of(belonging, by, Subject::of(operation.id), EventData::BulkOperationProgressed(data));
    }
}
