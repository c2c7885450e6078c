//! Deleting the record of a binary that never was signed.

use olivine_domain::binaries::{Action, Binary, decide};
use olivine_domain::events::Subject;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Id;
use olivine_records::{binaries, organizations};

use super::steps::delete_content_of;
use super::store::signed;
use crate::events::{EventData, Whole};
use crate::{Context, Error};

/// Deletes the record of a binary that never was signed (and so is in no bundle), and orders the deletion of what was uploaded.
pub async fn delete(
    ctx: &Context,
    by: &Authorized<scope::BinaryDelete>,
    id: Id<Binary>,
) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let binary = binaries::lock(&w, by.organization, id).await.map_err(Error::missing(id))?;
    decide(binary.state, binary.ever_signed, Action::Delete)?;
    delete_content_of(ctx, &mut w, &binary, false).await?;
    organizations::reserve(&w, binary.organization, -signed(binary.content().reserved_bytes())).await?;
    binaries::delete(&w, binary.organization, id).await?;
    w.event(by, Subject::of(id), EventData::BinaryDeleted(Whole(&binary)));
    w.commit().await?;
    Ok(())
}
