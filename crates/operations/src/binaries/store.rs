//! Writing a binary's record, together with what it takes of the quota.

use olivine_domain::binaries::Binary;
use olivine_records::{Write, binaries, organizations};

use crate::{Context, Error};

/// Writes the changed record, and adjusts the used quota by the difference in size.
pub(crate) async fn store(ctx: &Context, w: &Write, old: &Binary, new: Binary) -> Result<Binary, Error> {
    let new = Binary { revision: old.revision.next(), updated_at: ctx.now(), ..new };
    let change = signed(new.content().reserved_bytes()) - signed(old.content().reserved_bytes());
    if change != 0 {
        organizations::reserve(w, new.organization, change).await?;
    }
    binaries::update(w, old, &new).await?;
    Ok(new)
}

/// Sizes are bounded far below what fits.
pub(super) fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
