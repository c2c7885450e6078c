//! Prevents the deletion of contents while a backup is made. The hold expires by itself if the backup dies.

use std::time::Duration;

use olivine_domain::permissions::{Authorized, installation};
use olivine_domain::time::Timestamp;
use olivine_records::{Reader, settings};
use uuid::Uuid;

use crate::{Context, Error};

/// The name under which the hold is stored.
pub const HOLD: &str = "content_hold";
/// How long a hold lasts unless it is renewed.
const LASTS: Duration = Duration::from_secs(20);
/// How often to renew it.
pub const RENEW_EVERY: Duration = Duration::from_secs(4);
/// How often to check whether the hold has ended.
const LOOK_EVERY: Duration = Duration::from_secs(5);

const LOST: Error =
    Error::Conflict("the hold on the contents ran out before the backup was done: the machine stood still");

/// A hold on deletions: all contents stay where they are.
#[derive(Clone, Copy, Debug)]
pub struct Hold(Uuid);

/// Takes the hold: contents whose deletion is ordered from now on stay until the hold is released or expires. The caller knows that no
/// other backup is being made, so a hold that there is belongs to one that was killed.
pub async fn hold(ctx: &Context, _: &Authorized<installation::ContentHold>) -> Result<Hold, Error> {
    let hold = Hold(ctx.new_uuid());
    let w = ctx.work().await?;
    settings::put(&w, HOLD, &written(hold, ctx.now())).await?;
    w.commit().await?;
    Ok(hold)
}

/// Lets it last longer; an error where it has run out.
pub async fn renew(ctx: &Context, hold: Hold) -> Result<(), Error> {
    let w = ctx.work().await?;
    if !stored(&w).await?.is_some_and(|(owner, until)| owner == hold.0 && until > ctx.now()) {
        return Err(LOST);
    }
    settings::put(&w, HOLD, &written(hold, ctx.now())).await?;
    w.commit().await
}

/// Ends it; an error where it had run out before.
pub async fn release(ctx: &Context, hold: Hold) -> Result<(), Error> {
    renew(ctx, hold).await?;
    let w = ctx.work().await?;
    settings::delete(&w, HOLD).await?;
    w.commit().await
}

/// When to look again whether contents may be deleted, if they may not now.
pub(crate) async fn held_until(ctx: &Context) -> Result<Option<Timestamp>, Error> {
    let now = ctx.now();
    let held = stored(ctx.db()).await?.filter(|(_, until)| *until > now);
    Ok(held.map(|(_, until)| until.min(now.plus(LOOK_EVERY))))
}

fn written(hold: Hold, now: Timestamp) -> String {
    format!("{} {}", hold.0, now.plus(LASTS).as_micros())
}

/// Whose hold there is, and until when.
async fn stored(reader: &impl Reader) -> Result<Option<(Uuid, Timestamp)>, Error> {
    let read = |text: String| {
        let (owner, until) = text.split_once(' ')?;
        Some((Uuid::try_parse(owner).ok()?, Timestamp::from_micros(until.parse().ok()?)?))
    };
    Ok(settings::find(reader, HOLD).await?.and_then(read))
}
