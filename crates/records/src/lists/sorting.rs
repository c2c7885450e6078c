//! What a list is sorted by: the time of creation, or the identifier. Each order has an index, which a page walks from the cursor on.

use std::time::Duration;

use olivine_domain::pages::{Last, Order, Sort};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, Select};

use super::{ListQuery, Listed};
use crate::error::Error;

/// Sorts what is selected, and begins after the cursor.
pub(super) fn in_order<E: Listed>(mut select: Select<E>, query: &ListQuery) -> Result<Select<E>, Error> {
    let columns = match (query.sort, E::IDENTIFIER) {
        (Sort::InsertedAt, _) => vec![E::INSERTED_AT, E::ID],
        (Sort::Identifier, Some(identifier)) => vec![identifier],
        (Sort::Identifier, None) => return Err(Error::Unsearchable { field: "identifier".to_owned() }),
    };
    if let Some(cursor) = &query.after {
        let place = Expr::tuple(columns.iter().map(|column| Expr::col(column.as_column_ref())));
        let seen = match &cursor.last {
            Last::Inserted { at, id } => Expr::tuple([Expr::val(at.as_micros()), Expr::val(*id)]),
            Last::Identifier(identifier) => Expr::tuple([Expr::val(identifier.as_str())]),
        };
        select = select.filter(match query.order {
            Order::Asc => place.gt(seen),
            Order::Desc => place.lt(seen),
        });
    }
    let order = match query.order {
        Order::Asc => sea_orm::Order::Asc,
        Order::Desc => sea_orm::Order::Desc,
    };
    Ok(columns.into_iter().fold(select, |select, column| select.order_by(column, order.clone())))
}

/// Where a record is in a list that is sorted so.
pub(super) fn last<E: Listed>(item: &E::Item, sort: Sort) -> Last {
    match (sort, E::identifier(item)) {
        (Sort::Identifier, Some(identifier)) => Last::Identifier(identifier.clone()),
        (Sort::Identifier, None) | (Sort::InsertedAt, _) => {
            let (at, id) = E::place(item);
            Last::Inserted { at, id }
        }
    }
}

/// What it means that the time of such a list was over.
pub(super) fn too_many(error: Error, limit: Duration) -> Error {
    if super::is_out_of_time(&error) { Error::TooManyToSort { seconds: limit.as_secs() } } else { error }
}

/// Whether a list in its order may have to look through more records than it shows. The index of identifiers has no other column, so a
/// filter drops records that were read already.
pub(super) fn is_scan<E: Listed>(query: &ListQuery) -> bool {
    match query.sort {
        Sort::InsertedAt => super::is_scan::<E>(&query.clauses),
        Sort::Identifier => !query.clauses.is_empty(),
    }
}
