//! Drops the parts of uploads that were abandoned, so that storage does not fill with leftovers. The records stay.

use std::time::Duration;

use olivine_domain::binaries::{Action, decide};
use olivine_domain::events::Subject;
use olivine_domain::permissions::Actor;
use olivine_domain::time::Timestamp;
use olivine_records::binaries::{self, AbandonedUpload};
use serde::{Deserialize, Serialize};

use super::job::{Claimed, Job, Outcome};
use crate::binaries::steps::drop_parts;
use crate::events::{EventData, UploadExpired};
use crate::{Context, Error, events};

const EVERY: Duration = Duration::from_mins(10);
const BATCH: u64 = 100;

/// Drop the parts of uploads that were abandoned.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ExpireUploads {}

impl Job for ExpireUploads {
    const KIND: &'static str = "expire_uploads";
    const RECURRING: Option<Self> = Some(Self {});

    async fn run(self, ctx: &Context, _: Claimed<'_>) -> Result<Outcome, Error> {
        let before = ctx.now().minus(ctx.settings().upload_retention);
        loop {
            let abandoned = binaries::list_abandoned_of_all_organizations(ctx.db(), before, BATCH).await?;
            for upload in &abandoned {
                expire(ctx, *upload, before).await?;
            }
            // Each one expired has left the list; one that did not is looked at again next time.
            if abandoned.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) {
                return Ok(Outcome::Again(ctx.now().plus(EVERY)));
            }
        }
    }
}

async fn expire(ctx: &Context, upload: AbandonedUpload, before: Timestamp) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let Some(binary) = binaries::find_locked(&w, upload.organization, upload.binary).await? else {
        return Ok(());
    };
    let is_abandoned = binary.generation == upload.generation && binary.updated_at < before;
    if !is_abandoned || decide(binary.state, binary.ever_signed, Action::ExpireUpload).is_err() {
        return Ok(());
    }
    let new = drop_parts(ctx, &mut w, binary.clone()).await?;
    let actor = Actor::system(upload.organization);
    let expired = UploadExpired { last_change: binary.updated_at };
    let data = EventData::BinaryUploadExpired((events::Change { from: &binary, to: &new }, expired));
    w.event(&actor, Subject::of(new.id), data);
    w.commit().await?;
    Ok(())
}
