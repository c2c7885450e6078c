//! What a table says about the lists of its records: its columns, and what each filter means.

use std::str::FromStr as _;

use olivine_domain::Timestamp;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::{Id, Prn, Resource};
use olivine_domain::search::{Clause, Operator, Value};
use olivine_domain::text::Name;
use sea_orm::sea_query::{Expr, ExprTrait as _, SimpleExpr};
use sea_orm::{ColumnTrait, DbBackend, EntityTrait};
use uuid::Uuid;

use crate::dialect;
use crate::error::Error;

/// A table whose records are listed inside of their organization.
pub(crate) trait Listed: EntityTrait {
    /// What its rows stand for.
    type Item: Resource;
    const ORGANIZATION: Self::Column;
    const INSERTED_AT: Self::Column;
    const ID: Self::Column;
    /// The column that says when a record was archived, where records can be.
    const ARCHIVED_AT: Option<Self::Column> = None;
    /// The column by which it can be sorted besides the time of creation. No two records of an organization have the same text there, and an
    /// index has it.
    const IDENTIFIER: Option<Self::Column> = None;
    /// The fields of which one value is found by an index, in the order of the list. Any other condition makes the list a scan, so a field
    /// that is missing here only makes it slower to ask for. A test looks at the plan of each.
    const INDEXED: &'static [&'static str];

    /// The condition that a clause stands for; `None` where this list has no such field. A field that is no column of the same name is said
    /// here; the others are [`Scope::usual`].
    fn filter(scope: &Scope, clause: &Clause) -> Option<SimpleExpr> {
        scope.usual::<Self>(clause)
    }

    /// How many bytes a record takes that is shown `with` these others, where that may be many: a page ends where they fill it.
    fn bytes(with: &[String]) -> Option<SimpleExpr> {
        let _ = with;
        None
    }

    /// The record that a row holds.
    fn parse(row: &Self::Model) -> Result<Self::Item, Error>;

    /// Where a record is in the list.
    fn place(item: &Self::Item) -> (Timestamp, Uuid);

    /// What a record has in the column [`Self::IDENTIFIER`].
    fn identifier(item: &Self::Item) -> Option<&Name> {
        let _ = item;
        None
    }
}

/// What a clause is understood in.
pub(crate) struct Scope {
    pub(crate) backend: DbBackend,
    pub(crate) organization: Id<Organization>,
}

impl Scope {
    /// The record itself, or the column that has the field's name. Fields come from the resource's search table, never from a caller.
    pub(crate) fn usual<E: Listed>(&self, clause: &Clause) -> Option<SimpleExpr> {
        match clause.field.name {
            "prn" => self.named::<E::Item>(E::ID, clause),
            name => self.plain(E::Column::from_str(name).ok()?, clause),
        }
    }

    /// A column that holds the field's values as they are.
    pub(crate) fn plain(&self, column: impl ColumnTrait, clause: &Clause) -> Option<SimpleExpr> {
        match &clause.value {
            Value::Text(text) => match clause.operator {
                Operator::Equals => Some(column.eq(text.as_str())),
                Operator::Contains => Some(dialect::contains(self.backend, column, text)),
                Operator::ContainsIgnoringCase => {
                    Some(dialect::contains_ignoring_case(self.backend, column, text))
                }
                _ => None,
            },
            Value::Integer(number) => compare(column, clause.operator, *number),
            Value::DateTime(moment) => compare(column, clause.operator, moment.as_micros()),
            Value::Boolean(truth) => (clause.operator == Operator::Equals).then(|| column.eq(*truth)),
            Value::Prn(_) => None,
        }
    }

    /// A column that holds the key of an `R` of this organization.
    pub(crate) fn named<R: Resource>(&self, column: impl ColumnTrait, clause: &Clause) -> Option<SimpleExpr> {
        let Value::Prn(prn) = &clause.value else { return None };
        let id = prn.parse::<Prn<R>>().ok().filter(|prn| prn.organization == self.organization);
        Some(id.map_or_else(never, |prn| column.eq(prn.id.uuid())))
    }
}

/// What no record meets.
pub(crate) fn never() -> SimpleExpr {
    Expr::val(1).eq(0)
}

fn compare(column: impl ColumnTrait, operator: Operator, number: i64) -> Option<SimpleExpr> {
    match operator {
        Operator::Equals => Some(column.eq(number)),
        Operator::Less => Some(column.lt(number)),
        Operator::LessOrEqual => Some(column.lte(number)),
        Operator::More => Some(column.gt(number)),
        Operator::MoreOrEqual => Some(column.gte(number)),
        Operator::Contains | Operator::ContainsIgnoringCase => None,
    }
}
