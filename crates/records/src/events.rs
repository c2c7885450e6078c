//! Events: the audit trail. Written in the transaction of the change that they tell of; never changed, and deleted only when their time is over.

use olivine_domain::Timestamp;
use olivine_domain::cohorts::Cohort;
use olivine_domain::event_feed::{EventFilter, Named};
use olivine_domain::events::{Event, EventType, RecordedType, Subject};
use olivine_domain::organizations::Organization;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Identity, Origin, RecordedIdentity, Tenancy};
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::search::{Clause, Value};
use sea_orm::sea_query::{ExprTrait, OnConflict, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Statement,
};
use uuid::Uuid;

use crate::database::{ListReader, Reader, Write};
use crate::dialect;
use crate::entities::events::{Column, Entity, Model};
use crate::error::Error;
use crate::event_feed;
use crate::lists::{self, ListQuery, Listed};
use crate::rows::Row;
use crate::tenants::Placed as _;

const TABLE: &str = "events";

/// The most rows of one `INSERT`: with 17 columns each, well below the 32,766 values that SQLite binds.
const MOST_ROWS: usize = 1_000;

/// Adds events. Those that are there already stay as they are: a caller that never learned of its commit may repeat it.
pub async fn insert_many(write: &Write, events: &[Event]) -> Result<(), Error> {
    let once = OnConflict::column(Column::Id).do_nothing().to_owned();
    for events in events.chunks(MOST_ROWS) {
        let rows = events.iter().map(|event| row(event).into_active_model());
        let insert = Entity::insert_many(rows).on_conflict(once.clone());
        insert.exec_without_returning(write.transaction()).await?;
    }
    Ok(())
}

/// The event.
pub async fn get(reader: &impl Reader, tenancy: &Tenancy, id: Id<Event>) -> Result<Event, Error> {
    lists::get::<Entity>(reader, tenancy, id).await
}

/// What events of a feed have to meet: they are the organization's, and what the filter says.
pub(crate) fn feed_condition(scope: &lists::Scope, filter: &EventFilter) -> Condition {
    let mut condition = Condition::all().add(Column::OrganizationId.eq(scope.organization.uuid()));
    let EventFilter { kinds, resources, actors, about, products, cohorts, seen } = filter;
    for part in seen.parts() {
        condition = condition.add(Entity::within(part));
    }
    if !kinds.is_empty() {
        condition = condition.add(Column::Kind.is_in(kinds.iter().map(|kind| kind.as_str())));
    }
    if !products.is_empty() {
        condition = condition.add(Column::ProductId.is_in(products.iter().map(|id| id.uuid())));
    }
    if !cohorts.is_empty() {
        condition = condition.add(Column::CohortId.is_in(cohorts.iter().map(|id| id.uuid())));
    }
    let any_of = |named: &[Named], is_one: &dyn Fn(&Named) -> SimpleExpr| {
        let any = named.iter().map(is_one).fold(Condition::any(), Condition::add);
        (!named.is_empty()).then_some(any)
    };
    condition
        .add_option(any_of(resources, &|named| about_subject(named.subject.as_ref())))
        .add_option(any_of(actors, &|named| caused_by(named.identity)))
        .add_option(any_of(about, &|named| {
            about_subject(named.subject.as_ref()).or(caused_by(named.identity))
        }))
}

/// A page of the organization's events.
pub async fn list(
    reader: &impl ListReader,
    tenancy: &Tenancy,
    query: &ListQuery,
) -> Result<Page<Event>, Error> {
    lists::page::<Entity>(reader, tenancy, query).await
}

/// Up to `most` of the organization's events that are older, the oldest first: of one type, or of any.
pub async fn list_older(
    reader: &impl Reader,
    organization: Id<Organization>,
    kind: Option<EventType>,
    before: Timestamp,
    most: u64,
) -> Result<Vec<Id<Event>>, Error> {
    let ids = older(organization, kind, before, most).into_tuple::<Uuid>();
    Ok(ids.all(&reader.executor()).await?.into_iter().map(Id::new).collect())
}

/// The statement behind it.
pub(crate) fn older(
    organization: Id<Organization>,
    kind: Option<EventType>,
    before: Timestamp,
    most: u64,
) -> sea_orm::Select<Entity> {
    let older = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::InsertedAt.lt(before.as_micros()));
    let older = match kind {
        Some(kind) => older.filter(Column::Kind.eq(kind.as_str())),
        None => older,
    };
    older.order_by_asc(Column::InsertedAt).order_by_asc(Column::Id).limit(most)
}

/// Deletes events whose time is over.
pub async fn delete(write: &Write, organization: Id<Organization>, ids: &[Id<Event>]) -> Result<(), Error> {
    for ids in ids.chunks(lists::MOST_IDS) {
        event_feed::forget(write, organization, ids).await?;
        let these = Entity::delete_many()
            .filter(Column::OrganizationId.eq(organization.uuid()))
            .filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())));
        these.exec(write.transaction()).await?;
    }
    Ok(())
}

/// How much there is of events, as far as the database says without reading them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// About how many events there are, of all organizations.
    pub rows: u64,
    /// The bytes of the table with its indexes on PostgreSQL, of the whole database on SQLite.
    pub bytes: u64,
}

/// Estimates how much there is.
pub async fn size(reader: &impl Reader) -> Result<Size, Error> {
    let executor = reader.executor();
    let sql = dialect::size_of_events(executor.get_database_backend());
    let row = executor.query_one_raw(Statement::from_string(executor.get_database_backend(), sql)).await?;
    let row = row.ok_or(Error::NotFound { table: TABLE })?;
    let number = |index: usize| -> Result<u64, Error> {
        Ok(u64::try_from(row.try_get_by_index::<i64>(index)?).unwrap_or_default())
    };
    Ok(Size { rows: number(0)?, bytes: number(1)? })
}

impl Listed for Entity {
    type Item = Event;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const INDEXED: &'static [&'static str] =
        &["prn", "type", "resource_prn", "actor_prn", "product_prn", "cohort_prn"];

    fn filter(scope: &lists::Scope, clause: &Clause) -> Option<SimpleExpr> {
        match clause.field.name {
            "type" => scope.plain(Column::Kind, clause),
            "resource_prn" => resource(scope, clause),
            "actor_prn" => actor(scope, clause),
            "about_prn" => Some(resource(scope, clause)?.or(actor(scope, clause)?)),
            "product_prn" => scope.named::<Product>(Column::ProductId, clause),
            "cohort_prn" => scope.named::<Cohort>(Column::CohortId, clause),
            _ => scope.usual::<Self>(clause),
        }
    }

    fn parse(model: &Model) -> Result<Event, Error> {
        parse(model)
    }

    fn place(event: &Event) -> (Timestamp, Uuid) {
        (event.inserted_at, event.id.uuid())
    }
}

/// Events of one actor. API keys and devices have columns of their own, which rows of every version have, and which have indexes.
fn actor(scope: &lists::Scope, clause: &Clause) -> Option<SimpleExpr> {
    let Value::Prn(prn) = &clause.value else { return None };
    Some(caused_by(Identity::from_prn(prn, scope.organization)))
}

fn caused_by(identity: Option<Identity>) -> SimpleExpr {
    match identity {
        // Also what the person did with keys of their own.
        Some(Identity::User(user)) => Column::UserId.eq(user.uuid()),
        Some(Identity::ApiKey(key)) => Column::ApiKeyId.eq(key.uuid()),
        Some(Identity::Device(device)) => Column::DeviceId.eq(device.uuid()),
        Some(Identity::System) | None => lists::never(),
    }
}

/// Events about one record of any type, also one that this version does not know.
fn resource(scope: &lists::Scope, clause: &Clause) -> Option<SimpleExpr> {
    let Value::Prn(prn) = &clause.value else { return None };
    Some(about_subject(Subject::from_prn(prn, scope.organization).as_ref()))
}

fn about_subject(subject: Option<&Subject>) -> SimpleExpr {
    let Some(Subject { kind, id }) = subject else { return lists::never() };
    let same_kind = kind
        .as_ref()
        .map_or_else(|| Column::SubjectKind.is_null(), |kind| Column::SubjectKind.eq(kind.as_str()));
    Column::SubjectId.eq(*id).and(same_kind)
}

fn row(event: &Event) -> Model {
    // Servers of the version before read only these two columns.
    let (api_key_id, device_id) = match event.identity {
        RecordedIdentity::Known(Identity::ApiKey(key)) => (Some(key.uuid()), None),
        RecordedIdentity::Known(Identity::Device(device)) => (None, Some(device.uuid())),
        RecordedIdentity::Known(Identity::User(_) | Identity::System) | RecordedIdentity::Other { .. } => {
            (None, None)
        }
    };
    Model {
        id: event.id.uuid(),
        organization_id: event.organization.uuid(),
        kind: event.kind.as_str().to_owned(),
        api_key_id,
        device_id,
        subject_kind: event.subject.kind.clone(),
        subject_id: event.subject.id,
        data: event.data.clone(),
        request_id: event.origin.request_id.clone(),
        address: event.origin.address.map(|address| address.to_string()),
        inserted_at: event.inserted_at.as_micros(),
        caller_request_id: event.origin.caller_request_id.clone(),
        actor_kind: Some(event.identity.kind().to_owned()),
        actor_id: event.identity.id(),
        user_id: event.person.map(Id::uuid),
        product_id: event.product.map(Id::uuid),
        cohort_id: event.cohort.map(Id::uuid),
    }
}

/// The actor of a row. Rows that servers of the version before wrote have no kind.
fn identity(model: &Model) -> RecordedIdentity {
    if let Some(kind) = &model.actor_kind {
        return RecordedIdentity::from_stored(kind, model.actor_id);
    }
    RecordedIdentity::Known(match (model.api_key_id, model.device_id) {
        (Some(key), _) => Identity::ApiKey(Id::new(key)),
        (None, Some(device)) => Identity::Device(Id::new(device)),
        (None, None) => Identity::System,
    })
}

pub(crate) fn parse(model: &Model) -> Result<Event, Error> {
    let row = Row::new(TABLE, model.id);
    Ok(Event {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        kind: RecordedType::from_name(&model.kind),
        identity: identity(model),
        person: model.user_id.map(Id::new),
        product: model.product_id.map(Id::new),
        cohort: model.cohort_id.map(Id::new),
        subject: Subject { kind: model.subject_kind.clone(), id: model.subject_id },
        data: model.data.clone(),
        origin: Origin {
            request_id: model.request_id.clone(),
            caller_request_id: model.caller_request_id.clone(),
            address: row.optional("address", model.address.as_deref())?,
        },
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
    })
}
