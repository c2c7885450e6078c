//! The devices that a search finds, in pieces, to go through all of them. Even if it finds few devices, no piece costs more than reading
//! some thousands of devices.

use olivine_domain::bulk_operations::Position;
use olivine_domain::devices::Device;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_domain::search::Clause;
use olivine_domain::time::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait as _, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{TABLE, row};
use crate::database::{Reader, Write};
use crate::entities::fleet::devices::{Column, Entity};
use crate::error::Error;
use crate::lists::{self, ListQuery, MOST_IDS, Scope};
use crate::rows::Row;
use crate::tenants::Tenant;

/// How many devices are looked at for one piece.
const LOOKED_AT: u64 = 5_000;

/// A piece of what a search finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The devices, in the order of the list.
    pub devices: Vec<Id<Device>>,
    /// The last device that was looked at; `None` where none is left.
    pub position: Option<Position>,
}

/// The first `most` devices after `after` that a search finds, of those that were there at a moment.
pub async fn next_piece(
    reader: &impl Reader,
    tenancy: &Tenancy,
    clauses: &[Clause],
    after: Option<Position>,
    until: Timestamp,
    most: u64,
) -> Result<Piece, Error> {
    let organization = tenancy.organization();
    let executor = reader.executor();
    let here = |select: sea_orm::Select<Entity>| {
        let select = select.filter(Column::InsertedAt.lte(until.as_micros()));
        let select = after.iter().fold(select, |select, after| select.filter(place().gt(seen(*after))));
        select.order_by_asc(Column::InsertedAt).order_by_asc(Column::Id)
    };
    let all = here(Entity::find().filter(Column::OrganizationId.eq(organization.uuid())));
    let end = all.select_only().columns([Column::InsertedAt, Column::Id]).offset(LOOKED_AT - 1).limit(1);
    let end = end.into_tuple::<(i64, Uuid)>().one(&executor).await?.map(position).transpose()?;

    let scope = Scope { backend: executor.get_database_backend(), organization };
    let query = ListQuery { clauses: clauses.to_vec(), ..ListQuery::default() };
    let mut found = lists::select::<Entity>(&scope, &query)?;
    // The order and the limit of a page are others than those of a piece.
    sea_orm::QueryTrait::query(&mut found).clear_order_by().reset_limit();
    let found = here(found.filter(Tenant::<Entity>::seen(tenancy)));
    let found = end.iter().fold(found, |found, end| found.filter(place().lte(seen(*end))));
    let found = found.select_only().columns([Column::InsertedAt, Column::Id]).limit(most);
    let found: Vec<(i64, Uuid)> = found.into_tuple().all(&executor).await?;
    let is_full = found.len() as u64 >= most;
    let last = found.last().copied().map(position).transpose()?;
    Ok(Piece {
        devices: found.into_iter().map(|(_, id)| Id::new(id)).collect(),
        position: if is_full { last } else { end },
    })
}

fn place() -> SimpleExpr {
    Expr::tuple([Expr::col(Column::InsertedAt), Expr::col(Column::Id)])
}

fn seen(position: Position) -> SimpleExpr {
    Expr::tuple([Expr::val(position.inserted_at.as_micros()), Expr::val(position.id.uuid())])
}

fn position((inserted_at, id): (i64, Uuid)) -> Result<Position, Error> {
    let inserted_at = Row::new(TABLE, id).moment("inserted_at", inserted_at)?;
    Ok(Position { inserted_at, id: Id::new(id) })
}

/// Those of the devices that may be changed, which nobody else changes until the transaction ends, in the order of their keys.
pub async fn lock_many(write: &Write, tenancy: &Tenancy, ids: &[Id<Device>]) -> Result<Vec<Device>, Error> {
    let tenant: &Tenancy = tenancy;
    let mut ids: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
    ids.sort_unstable();
    let mut devices = Vec::with_capacity(ids.len());
    for ids in ids.chunks(MOST_IDS) {
        let own = Entity::find()
            .filter(Column::OrganizationId.eq(tenant.organization().uuid()))
            .filter(Column::Id.is_in(ids.iter().copied()))
            .filter(Tenant::<Entity>::seen(tenant));
        let own = Tenant::<Entity>::changed(tenant).into_iter().fold(own, QueryFilter::filter);
        let locked = own.order_by_asc(Column::Id).lock(LockType::Update);
        for row in locked.all(write.transaction()).await? {
            devices.push(row::parse(&row)?);
        }
    }
    Ok(devices)
}
