//! Bulk operations: one change for many devices. A job makes it in batches (`batch.rs`), each by the rules for a single device, and asks
//! before each what its caller may.

mod batch;
mod principal;

use olivine_domain::bulk_operations::{
    Action, BulkOperation, BulkRefusal, MOST_NAMED, MOST_RUNNING, Progress, Selection, State,
};
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::events::Subject;
use olivine_domain::organizations::Revision;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, Tenancy, scope};
use olivine_domain::prn::Id;
use olivine_domain::search::{Clause, Searchable as _, parse};
use olivine_records::lists::Matching;
use olivine_records::{Write, bulk_operations, bundle_overrides, cohorts, devices, organizations};

pub(crate) use batch::{Left, carry_on};

use crate::archiving::to_use;
use crate::events::{BulkEnded, BulkFacts, EventData};
use crate::jobs::orders::CarryOutBulkOperation;
use crate::lists::{ListQuery, NewId};
use crate::work::Work;
use crate::{Context, Error};

/// What somebody wants.
#[derive(Clone, Debug)]
pub struct Create {
    /// The key of the record.
    pub id: NewId,
    /// What is to be done to each device.
    pub action: Action,
    /// To which.
    pub selection: Selection,
    /// How many devices the caller was shown; another number is refused.
    pub confirm_count: Option<u64>,
}

/// What it would do.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What is to be done to each device.
    pub action: Action,
    /// How many devices there are.
    pub matching: Matching,
}

/// How far a caller may do this: the one place that says which scope an action takes.
fn reach_of(by: &Actor, action: &Action) -> Result<Tenancy, Error> {
    match action {
        Action::Move(_) | Action::Tag(_) | Action::Untag(_) | Action::Quarantine | Action::Lift => {
            Ok(by.authorize::<scope::DeviceUpdate>()?.tenancy())
        }
    }
}

/// Begins a bulk operation.
pub async fn create(
    ctx: &Context,
    by: &Authorized<scope::DeviceUpdate>,
    wish: Create,
) -> Result<BulkOperation, Error> {
    let (w, new) = begin(ctx, by, wish).await?;
    w.commit().await?;
    Ok(new)
}

/// Says what [`create`] would do.
pub async fn plan(
    ctx: &Context,
    by: &Authorized<scope::DeviceUpdate>,
    wish: Create,
) -> Result<Planned, Error> {
    let (w, new) = begin(ctx, by, wish).await?;
    w.undo().await?;
    Ok(Planned { action: new.action, matching: Matching { count: new.matched, is_exact: new.is_exact } })
}

async fn begin(
    ctx: &Context,
    by: &Authorized<scope::DeviceUpdate>,
    wish: Create,
) -> Result<(Work, BulkOperation), Error> {
    let Create { id, action, selection, confirm_count } = wish;
    let (tenancy, organization, now) = (reach_of(by, &action)?, by.organization, ctx.now());
    let selection = distinct(selection)?;
    if let Action::Move(cohort) = action {
        cohorts::get(ctx.db(), &tenancy, cohort).await.map_err(Error::missing(cohort))?;
    }
    let matching = count(ctx, by, &tenancy, &selection).await?;
    let mut w = ctx.work().await?;
    let (id, is_replayable) = (id.take(ctx), id.is_replayable());
    if is_replayable && let Some(first) = bulk_operations::find(&w, organization, id).await? {
        return Ok((w, first));
    }
    check_whole(&w, &tenancy, &action).await?;
    if let Some(confirmed) = confirm_count.filter(|confirmed| *confirmed != matching.count) {
        return Err(Error::refused(BulkRefusal::OtherCount { count: matching.count, confirmed }));
    }
    // Nobody begins another one at the same moment.
    organizations::lock(&w, organization).await?;
    if bulk_operations::count_running(&w, organization).await? >= MOST_RUNNING {
        return Err(Error::refused(BulkRefusal::TooManyRunning));
    }
    let new = BulkOperation {
        id,
        organization,
        action,
        selection,
        matched: matching.count,
        is_exact: matching.is_exact,
        state: State::Running,
        stopped_because: None,
        progress: Progress::default(),
        principal: principal::of(by, &tenancy),
        revision: Revision::FIRST,
        inserted_at: now,
        updated_at: now,
        finished_at: None,
    };
    bulk_operations::insert(&w, &new).await?;
    w.event(by, Subject::of(new.id), EventData::BulkOperationCreated(facts(&new)));
    w.order(Some(organization), &CarryOutBulkOperation { operation: new.id });
    Ok((w, new))
}

fn facts(operation: &BulkOperation) -> BulkFacts {
    BulkFacts {
        action: operation.action.as_str(),
        cohort_prn: operation.action.cohort().map(|cohort| cohort.prn(operation.organization)),
        tags: operation.action.tags().map(|tags| tags.iter().map(str::to_owned).collect()),
        search: match &operation.selection {
            Selection::Search(search) => Some(search.clone()),
            Selection::Devices(_) => None,
        },
        matched: operation.matched,
    }
}

/// Devices in the order of their keys, each once.
fn distinct(selection: Selection) -> Result<Selection, Error> {
    let Selection::Devices(mut devices) = selection else { return Ok(selection) };
    devices.sort_unstable();
    devices.dedup();
    let refuse = |problem: String| Err(Error::Invalid { field: "device_prns", problem });
    match devices.len() {
        0 => refuse("name at least one device".to_owned()),
        1..=MOST_NAMED => Ok(Selection::Devices(devices)),
        given => {
            refuse(format!("at most {MOST_NAMED} devices can be named, got {given}: choose them by a search"))
        }
    }
}

/// The clauses of a search that was stored.
fn clauses(search: &str) -> Result<Vec<Clause>, Error> {
    if search.trim().is_empty() {
        return Ok(Vec::new());
    }
    parse(search, Device::FIELDS)
        .map_err(|problem| Error::Invalid { field: "search", problem: problem.to_string() })
}

/// How many devices there are. One that is named and is not there, or is out of reach, is an error.
async fn count(
    ctx: &Context,
    by: &Actor,
    tenancy: &Tenancy,
    selection: &Selection,
) -> Result<Matching, Error> {
    match selection {
        Selection::Search(search) => {
            let (reads, changed) = (ctx.reads_for(by), tenancy.to_change());
            Ok(devices::count_matching(&reads, &changed, &clauses(search)?).await?)
        }
        Selection::Devices(named) => {
            let missing = bundle_overrides::list_missing_devices(ctx.db(), &tenancy.to_see(), named).await?;
            if let Some(missing) = missing.first() {
                return Err(Error::not_found(*missing));
            }
            devices::check_reached(ctx.db(), tenancy, named).await?;
            Ok(Matching { count: named.len() as u64, is_exact: true })
        }
    }
}

/// Refuses what can be done to no device at all.
async fn check_whole(w: &Write, tenancy: &Tenancy, action: &Action) -> Result<(), Error> {
    match action {
        Action::Move(cohort) => to_use::<Cohort>(w, tenancy, *cohort).await.map(drop),
        Action::Tag(tags) | Action::Untag(tags) if tags.is_empty() => {
            Err(Error::Invalid { field: "tags", problem: "name at least one tag".to_owned() })
        }
        Action::Tag(_) | Action::Untag(_) | Action::Quarantine | Action::Lift => Ok(()),
    }
}

/// Who does not reach the whole organization sees only what they asked for themselves: others' searches and refusals name what they may not
/// know of.
fn is_seen(by: &Authorized<scope::DeviceRead>, operation: &BulkOperation) -> bool {
    by.tenancy().seen().is_whole() || operation.principal.identity == by.identity.into()
}

/// Lists bulk operations.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::DeviceRead>,
    query: &ListQuery,
) -> Result<Page<BulkOperation>, Error> {
    let own = by.identity.into();
    let own = (!by.tenancy().seen().is_whole()).then_some(&own);
    Ok(bulk_operations::list(&ctx.reads_for(by), by.organization, own, query).await?)
}

/// Reads one bulk operation.
pub async fn get(
    ctx: &Context,
    by: &Authorized<scope::DeviceRead>,
    id: Id<BulkOperation>,
) -> Result<BulkOperation, Error> {
    let found = bulk_operations::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))?;
    if is_seen(by, &found) { Ok(found) } else { Err(Error::not_found(id)) }
}

/// Breaks off a running bulk operation: what is done stays done.
pub async fn cancel(
    ctx: &Context,
    by: &Authorized<scope::DeviceUpdate>,
    id: Id<BulkOperation>,
) -> Result<BulkOperation, Error> {
    let mut w = ctx.work().await?;
    let old = bulk_operations::lock(&w, by.organization, id).await.map_err(Error::missing(id))?;
    if !by.tenancy().to_change().seen().is_whole() && old.principal.identity != by.identity.into() {
        return Err(Error::not_found(id));
    }
    reach_of(by, &old.action)?;
    match old.state {
        State::Cancelled => return Ok(old),
        State::Finished | State::Stopped => {
            return Err(Error::refused(BulkRefusal::NotRunning(old.state)));
        }
        State::Running => {}
    }
    let new = old.ended(State::Cancelled, None, ctx.now());
    bulk_operations::update(&w, &old, &new).await?;
    w.event(by, Subject::of(id), EventData::BulkOperationFinished(ended(&new)));
    w.commit().await?;
    Ok(new)
}

/// How it ended.
fn ended(operation: &BulkOperation) -> BulkEnded {
    BulkEnded {
        state: operation.state.as_str(),
        stopped_because: operation.stopped_because.clone(),
        changed: operation.progress.changed,
        unchanged: operation.progress.unchanged,
        refused: operation.progress.refused,
    }
}
