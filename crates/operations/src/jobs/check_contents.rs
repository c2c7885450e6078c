//! Checks whether the contents of a bundle are still where the records say. A device that could not install it may be the first to notice
//! that somebody deleted or replaced an object in a store: devices download there, so the server sees nothing of it.

use std::collections::BTreeMap;

use olivine_domain::binaries::Binary;
use olivine_domain::bundles::Bundle;
use olivine_domain::contents::Content;
use olivine_domain::contents::replicas::Replica;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_records::{binaries, bundles, replicas};

use super::job::{Claimed, Job, Lane, Outcome, without_organization};
use super::orders::CheckContents;
use crate::content::damage;
use crate::content_audit::{Looked, Options, Recorded, problem};
use crate::{Context, Error, storages};

impl Job for CheckContents {
    const KIND: &'static str = "check_contents";
    const LANE: Lane = Lane::Remote;

    fn subject(&self) -> String {
        self.bundle.to_string()
    }

    async fn run(self, ctx: &Context, claimed: Claimed<'_>) -> Result<Outcome, Error> {
        let Some(organization) = claimed.organization() else { return Ok(without_organization()) };
        run(ctx, organization, self.bundle).await
    }
}

async fn run(ctx: &Context, organization: Id<Organization>, bundle: Id<Bundle>) -> Result<Outcome, Error> {
    let entries = bundles::content_of(ctx.db(), organization, &[bundle]).await?;
    let ids: Vec<_> = entries.iter().map(|entry| entry.binary).collect();
    let content_ids: Vec<_> = ids.iter().map(|id| Binary::content_of(*id)).collect();
    let mut copies: BTreeMap<_, Vec<Replica>> = BTreeMap::new();
    for replica in replicas::list_for(ctx.db(), organization, &content_ids).await? {
        copies.entry(replica.content).or_default().push(replica);
    }
    let binaries = binaries::get_many(ctx.db(), organization, &ids).await?;
    let contents: Vec<_> = binaries.iter().map(Binary::content).collect();
    let mut by_storage: BTreeMap<_, Vec<Recorded<'_>>> = BTreeMap::new();
    for content in contents.iter().filter(|content| content.is_verified()) {
        for place in places(content, copies.get(&content.id).map_or(&[], Vec::as_slice)) {
            by_storage.entry(place.storage).or_default().push(place);
        }
    }
    // One storage that can't be reached doesn't keep the others from being looked at.
    let mut failure = None;
    for (storage, places) in by_storage {
        // A folder that is not mounted has nothing: that says nothing of the contents.
        if let Err(error) = storages::identity::check_now(ctx, storage).await {
            failure.get_or_insert(error);
            continue;
        }
        for place in places {
            if let Err(error) = look(ctx, place).await {
                failure.get_or_insert(error);
            }
        }
    }
    failure.map_or(Ok(Outcome::Done), Err)
}

/// Where the complete content should be.
fn places<'a>(content: &'a Content, copies: &'a [Replica]) -> impl Iterator<Item = Recorded<'a>> {
    let copies = copies
        .iter()
        .filter(|copy| copy.is_complete_copy_of(content.key()) && copy.storage != content.storage);
    let first = Recorded { storage: content.storage, content, since: content.updated_at };
    let copies = copies.map(move |copy| Recorded { storage: copy.storage, content, since: copy.updated_at });
    std::iter::once(first).chain(copies)
}

async fn look(ctx: &Context, place: Recorded<'_>) -> Result<(), Error> {
    let Some(problem) = problem(ctx, place, Options::default(), &mut Looked::default()).await? else {
        return Ok(());
    };
    let key = place.content.key();
    tracing::error!(
        content = %key,
        storage = %place.storage,
        problem = problem.as_str(),
        "a content that devices are offered is not as it was verified: 'olivine content audit --repair' puts a copy in its place where there is one"
    );
    metrics::counter!("olivine_damaged_contents_total").increment(1);
    damage::note(ctx, place.content.kind, key, place.storage, "after a device could not install it").await;
    Ok(())
}
