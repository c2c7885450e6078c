//! The query of a list, and the id that create operations take.

pub use olivine_records::ListQuery;

use olivine_domain::organizations::Revision;
use olivine_domain::prn::Id;
use olivine_domain::search::{Clause, FieldTable, equals};
use uuid::Uuid;

use crate::{Context, Error};

/// Where the key of a new record comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewId {
    /// The server makes one.
    #[default]
    Fresh,
    /// The caller chose it; a record that has it already is an error.
    Chosen(Uuid),
    /// It was made for an `Idempotency-Key`; a record that has it already is the answer to the same request.
    Replayable(Uuid),
}

impl NewId {
    /// The key.
    pub fn take<R>(self, ctx: &Context) -> Id<R> {
        match self {
            Self::Fresh => ctx.new_id(),
            Self::Chosen(uuid) | Self::Replayable(uuid) => Id::new(uuid),
        }
    }

    /// Whether a record that has this key already is the answer.
    pub const fn is_replayable(self) -> bool {
        matches!(self, Self::Replayable(_))
    }
}

/// The clause that a field has a value.
pub(crate) fn having(table: FieldTable, name: &str, value: &str) -> Result<Clause, Error> {
    let field = table.iter().find(|field| field.name == name);
    let field = field.ok_or_else(|| Error::internal("a field that can't be searched"))?;
    equals(field, value).map_err(Error::internal)
}

/// The revision that the caller read (`If-Match`), where they say.
pub type Expected = Option<Revision>;

/// Refuses a change to a record that is no longer as the caller read it.
pub(crate) fn check_expected(expected: Expected, actual: Revision) -> Result<(), Error> {
    match expected {
        Some(expected) if expected != actual => Err(Error::PreconditionFailed),
        _ => Ok(()),
    }
}
