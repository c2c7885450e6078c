//! The file with the link for an installation's first person: a person who can read the data folder may become its administrator.

use std::path::Path;

use anyhow::Context as _;
use olivine_domain::invitations::LinkToken;
use olivine_domain::permissions::Authorized;
use olivine_domain::permissions::installation::UserCreate;
use olivine_operations::Context;
use olivine_operations::people::set_up::{self, OnlyFirst};

use crate::startup::write_private;

/// The name of the file in the data folder.
pub const SETUP_LINK_FILE: &str = "setup-link";

/// A link to a page of the server with this URL. The token is behind the `#`, so that no log and no referrer has it.
pub(crate) fn link(url: &str, page: &str, token: &LinkToken) -> String {
    format!("{}/{page}#{}", url.trim_end_matches('/'), token.reveal())
}

/// Makes a link where there is neither one nor a person yet, and takes the file away once there is somebody.
pub async fn ensure(
    ctx: &Context,
    by: &Authorized<UserCreate>,
    folder: &Path,
    url: &str,
) -> anyhow::Result<()> {
    let path = folder.join(SETUP_LINK_FILE);
    if set_up::is_done(ctx).await? {
        return match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error)
                .with_context(|| format!("removing {}, which opens nothing any more", path.display())),
            _ => Ok(()),
        };
    }
    make(ctx, by, &path, url, OnlyFirst::Yes).await.map(drop)
}

/// Makes a link in place of the one that there may be, and returns it.
pub async fn replace(
    ctx: &Context,
    by: &Authorized<UserCreate>,
    folder: &Path,
    url: &str,
) -> anyhow::Result<String> {
    let made = make(ctx, by, &folder.join(SETUP_LINK_FILE), url, OnlyFirst::No).await?;
    made.context("there is no organization yet: start the server once")
}

async fn make(
    ctx: &Context,
    by: &Authorized<UserCreate>,
    path: &Path,
    url: &str,
    only: OnlyFirst,
) -> anyhow::Result<Option<String>> {
    let keep = |token: &LinkToken| {
        write_private(path, format!("{}\n", link(url, "setup", token)).as_bytes())
            .map_err(std::io::Error::other)
    };
    let token = set_up::link(ctx, by, only, keep).await.context("making the link for the first person")?;
    Ok(token.map(|token| link(url, "setup", &token)))
}
