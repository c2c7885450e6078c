//! What contents there should be, by the records.

use olivine_domain::binaries::{Binary, BinaryState, Generation};
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::TABLE;
use crate::database::Reader;
use crate::entities::binaries::{Column, Entity};
use crate::error::Error;
use crate::rows::Row;

/// The content of one binary, or what has arrived of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedContent {
    /// The owner.
    pub organization: Id<Organization>,
    /// The binary.
    pub binary: Id<Binary>,
    /// The attempt at uploading that counts.
    pub generation: Generation,
    /// Where the binary is in its lifecycle.
    pub state: BinaryState,
    /// Where it is, copies aside.
    pub storage: Id<StorageBackend>,
    /// How many bytes are on record.
    pub bytes: u64,
}

type Columns = (Uuid, Uuid, i64, String, Uuid, i64);

/// The contents of all organizations after that binary, in the order of the binaries' keys: what begun uploads and finished ones have.
pub async fn list_contents_of_all_organizations(
    reader: &impl Reader,
    after: Option<Id<Binary>>,
    limit: u64,
) -> Result<Vec<RecordedContent>, Error> {
    let mut select = Entity::find()
        .select_only()
        .columns([
            Column::OrganizationId,
            Column::Id,
            Column::Generation,
            Column::State,
            Column::StorageBackendId,
            Column::BytesUploaded,
        ])
        .filter(Column::State.ne(BinaryState::Destroyed.as_str()))
        .filter(Column::UploadSession.is_not_null())
        .order_by_asc(Column::Id)
        .limit(limit);
    if let Some(after) = after {
        select = select.filter(Column::Id.gt(after.uuid()));
    }
    let rows: Vec<Columns> = select.into_tuple().all(&reader.executor()).await?;
    let parse = |(organization, id, generation, state, storage, bytes): Columns| {
        let row = Row::new(TABLE, id);
        Ok(RecordedContent {
            organization: Id::new(organization),
            binary: Id::new(id),
            generation: Generation::new(row.number("generation", generation)?),
            state: row.known("state", BinaryState::from_name(&state))?,
            storage: Id::new(storage),
            bytes: row.number("bytes_uploaded", bytes)?,
        })
    };
    rows.into_iter().map(parse).collect()
}
