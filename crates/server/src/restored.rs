//! The first start of a data folder that was restored from a backup: sessions and links that were ended since must not work again.

use std::path::Path;

use anyhow::Context as _;
use olivine_domain::permissions::installation::ServerOperator;
use olivine_operations::Context;
use olivine_operations::events::feed;
use olivine_operations::people::sessions;

/// Says, in a data folder, that it was made of a backup and not started since.
pub const RESTORED_FILE: &str = "restored";

/// If this is such a start, ends all sessions, voids all links, and makes the event feeds new ones: cursors may have been given out since for
/// events that are not there any more.
pub async fn begin_anew(ctx: &Context, operator: &ServerOperator, folder: &Path) -> anyhow::Result<()> {
    let mark = folder.join(RESTORED_FILE);
    if mark.exists() {
        let ended = sessions::end_everybodys(ctx, &operator.authorize()).await;
        ended.context("ending the sessions of a restored server")?;
        feed::renew(ctx, &operator.authorize()).await.context("making the event feeds new ones")?;
        std::fs::remove_file(&mark).with_context(|| format!("removing {}", mark.display()))?;
    }
    Ok(())
}
