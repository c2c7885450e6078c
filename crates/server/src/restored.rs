//! The first start of a data folder that was made of a backup: what was ended since must not come back with it.

use std::path::Path;

use anyhow::Context as _;
use olivine_domain::permissions::Authorized;
use olivine_domain::permissions::installation::UserUpdate;
use olivine_operations::Context;
use olivine_operations::people::sessions;

/// Says, in a data folder, that it was made of a backup and not started since.
pub const RESTORED_FILE: &str = "restored";

/// Ends all sessions and voids all links, if this is such a start.
pub async fn end_sessions(ctx: &Context, by: &Authorized<UserUpdate>, folder: &Path) -> anyhow::Result<()> {
    let mark = folder.join(RESTORED_FILE);
    if mark.exists() {
        sessions::end_everybodys(ctx, by).await.context("ending the sessions of a restored server")?;
        std::fs::remove_file(&mark).with_context(|| format!("removing {}", mark.display()))?;
    }
    Ok(())
}
