//! Bulk operations: what is done to which devices, and how far it is.

use olivine_domain::Timestamp;
use olivine_domain::bulk_operations::{
    Action, BulkOperation, Position, Principal, Progress, Refused, Selection, State,
};
use olivine_domain::devices::Device;
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::pages::Page;
use olivine_domain::permissions::RecordedIdentity;
use olivine_domain::prn::Id;
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, Select};
use uuid::Uuid;

use crate::changes::{self, replace};
use crate::database::{ListReader, Reader, Write};
use crate::entities::fleet::bulk_operations::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::{self, ListQuery, Listed};
use crate::rows::{Row, stored};
use crate::tags;

const TABLE: &str = "bulk_operations";

/// The bulk operation, if the organization has it.
pub async fn find(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<BulkOperation>,
) -> Result<Option<BulkOperation>, Error> {
    lists::find::<Entity>(reader, organization, id).await
}

/// The bulk operation.
pub async fn get(
    reader: &impl Reader,
    organization: Id<Organization>,
    id: Id<BulkOperation>,
) -> Result<BulkOperation, Error> {
    lists::get::<Entity>(reader, organization, id).await
}

/// The bulk operation, which nobody else carries on or ends until the transaction ends.
pub async fn lock(
    write: &Write,
    organization: Id<Organization>,
    id: Id<BulkOperation>,
) -> Result<BulkOperation, Error> {
    lists::lock::<Entity>(write, organization, id, LockType::Update).await
}

/// A page of the organization's bulk operations; of those that one caller asked for, where one is named.
pub async fn list(
    reader: &impl ListReader,
    organization: Id<Organization>,
    started_by: Option<&RecordedIdentity>,
    query: &ListQuery,
) -> Result<Page<BulkOperation>, Error> {
    let Some(caller) = started_by else { return lists::page::<Entity>(reader, organization, query).await };
    lists::page_of::<Entity>(reader, organization, started_by_one(caller), query).await
}

/// What those meet that one caller asked for.
pub(crate) fn started_by_one(caller: &RecordedIdentity) -> Condition {
    Condition::all().add(Column::StartedByKind.eq(caller.kind())).add(Column::StartedById.eq(caller.id()))
}

/// How many of the organization's are running.
pub async fn count_running(reader: &impl Reader, organization: Id<Organization>) -> Result<u64, Error> {
    Ok(running(organization).count(&reader.executor()).await?)
}

/// The organization's that are running.
pub(crate) fn running(organization: Id<Organization>) -> Select<Entity> {
    let running = Condition::all()
        .add(Column::OrganizationId.eq(organization.uuid()))
        .add(Column::FinishedAt.is_null());
    Entity::find().filter(running)
}

/// Adds a bulk operation.
pub async fn insert(write: &Write, operation: &BulkOperation) -> Result<(), Error> {
    changes::insert(write, row(operation)?).await
}

/// Replaces a bulk operation, if nobody else did since `old`.
pub async fn update(write: &Write, old: &BulkOperation, new: &BulkOperation) -> Result<(), Error> {
    replace(write, &row(old)?, &row(new)?).await
}

/// Deletes up to `most` of those that were over before a moment, of any organization.
pub async fn purge(write: &Write, before: Timestamp, most: u64) -> Result<u64, Error> {
    let over: Vec<Uuid> = over(before, most).into_tuple().all(write.transaction()).await?;
    let deleted = Entity::delete_many().filter(Column::Id.is_in(over)).exec(write.transaction()).await?;
    Ok(deleted.rows_affected)
}

/// The keys of up to `most` of those that were over before a moment.
pub(crate) fn over(before: Timestamp, most: u64) -> Select<Entity> {
    let over = Entity::find().select_only().column(Column::Id);
    over.filter(Column::FinishedAt.lt(before.as_micros())).limit(most)
}

impl Listed for Entity {
    type Item = BulkOperation;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const INDEXED: &'static [&'static str] = &["prn"];

    fn parse(model: &Model) -> Result<BulkOperation, Error> {
        parse(model)
    }

    fn place(operation: &BulkOperation) -> (Timestamp, Uuid) {
        (operation.inserted_at, operation.id.uuid())
    }
}

fn row(operation: &BulkOperation) -> Result<Model, Error> {
    let BulkOperation { progress, principal, .. } = operation;
    let (search, devices) = match &operation.selection {
        Selection::Search(search) => (Some(search.clone()), None),
        Selection::Devices(devices) => {
            let ids: Vec<_> = devices.iter().map(|id| id.uuid().to_string()).collect();
            (None, Some(ids.join(",")))
        }
    };
    Ok(Model {
        id: operation.id.uuid(),
        organization_id: operation.organization.uuid(),
        action: operation.action.as_str().to_owned(),
        cohort_id: operation.action.cohort().map(Id::uuid),
        tags: operation.action.tags().map(tags::stored).unwrap_or_default(),
        search,
        devices,
        matched: stored("matched", operation.matched)?,
        is_exact: operation.is_exact,
        state: operation.state.as_str().to_owned(),
        stopped_because: operation.stopped_because.clone(),
        changed: stored("changed", progress.changed)?,
        unchanged: stored("unchanged", progress.unchanged)?,
        refused: stored("refused", progress.refused)?,
        refusals: progress.refusals.iter().map(line).collect(),
        position_inserted_at: progress.position.map(|position| position.inserted_at.as_micros()),
        position_id: progress.position.map(|position| position.id.uuid()),
        started_by_kind: principal.identity.kind().to_owned(),
        started_by_id: principal.identity.id(),
        person_id: principal.person.map(Id::uuid),
        reach: principal.reach.clone(),
        request_id: principal.request_id.clone(),
        revision: operation.revision.get(),
        inserted_at: operation.inserted_at.as_micros(),
        updated_at: operation.updated_at.as_micros(),
        finished_at: operation.finished_at.map(Timestamp::as_micros),
    })
}

fn line(refused: &Refused) -> String {
    let on_one_line = |text: &str| text.replace(['\t', '\n', '\r'], " ");
    format!("{}\t{}\t{}\n", refused.device.uuid(), on_one_line(&refused.code), on_one_line(&refused.message))
}

fn parse(model: &Model) -> Result<BulkOperation, Error> {
    let row = Row::new(TABLE, model.id);
    let position = model.position_inserted_at.zip(model.position_id);
    let position = position.map(|(inserted_at, id)| {
        let inserted_at = row.moment("position_inserted_at", inserted_at)?;
        Ok::<_, Error>(Position { inserted_at, id: Id::new(id) })
    });
    Ok(BulkOperation {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        action: action(&row, model)?,
        selection: selection(&row, model)?,
        matched: row.number("matched", model.matched)?,
        is_exact: model.is_exact,
        state: row.known("state", model.state.parse::<State>().ok())?,
        stopped_because: model.stopped_because.clone(),
        progress: Progress {
            changed: row.number("changed", model.changed)?,
            unchanged: row.number("unchanged", model.unchanged)?,
            refused: row.number("refused", model.refused)?,
            refusals: model.refusals.lines().map(|line| refused(&row, line)).collect::<Result<_, _>>()?,
            position: position.transpose()?,
        },
        principal: Principal {
            identity: RecordedIdentity::from_stored(&model.started_by_kind, model.started_by_id),
            person: model.person_id.map(Id::new),
            reach: model.reach.clone(),
            request_id: model.request_id.clone(),
        },
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
        finished_at: row.optional_moment("finished_at", model.finished_at)?,
    })
}

fn action(row: &Row, model: &Model) -> Result<Action, Error> {
    Ok(match model.action.as_str() {
        "move" => Action::Move(Id::new(row.known("cohort_id", model.cohort_id)?)),
        "tag" => Action::Tag(tags::parse(row, "tags", &model.tags)?),
        "untag" => Action::Untag(tags::parse(row, "tags", &model.tags)?),
        "quarantine" => Action::Quarantine,
        "lift" => Action::Lift,
        _ => return Err(row.corrupt("action")),
    })
}

fn selection(row: &Row, model: &Model) -> Result<Selection, Error> {
    if let Some(search) = &model.search {
        return Ok(Selection::Search(search.clone()));
    }
    let devices = row.known("devices", model.devices.as_deref())?;
    let ids: Result<Vec<Id<Device>>, _> = devices
        .split(',')
        .filter(|text| !text.is_empty())
        .map(|text| row.known("devices", Uuid::try_parse(text).ok()).map(Id::new))
        .collect();
    Ok(Selection::Devices(ids?))
}

fn refused(row: &Row, line: &str) -> Result<Refused, Error> {
    let mut parts = line.splitn(3, '\t');
    let mut next = || row.known("refusals", parts.next());
    let device = row.known("refusals", Uuid::try_parse(next()?).ok())?;
    Ok(Refused { device: Id::new(device), code: next()?.to_owned(), message: next()?.to_owned() })
}
