//! Deletes a content, and is tried again until storage confirms.

use olivine_content::ContentKey;
use olivine_domain::binaries::{Binary, Generation};
use olivine_domain::prn::Id;
use olivine_records::jobs::Job;

use super::runner::Outcome;
use crate::{Context, Error};

pub(super) async fn run(
    ctx: &Context,
    job: &Job,
    binary: Id<Binary>,
    generation: Generation,
) -> Result<Outcome, Error> {
    if let Some(organization) = job.organization {
        ctx.content().delete(&ContentKey { organization, binary, generation }).await?;
    }
    Ok(Outcome::Done)
}
