//! Which storages a person's browser may send parts to: those of the organizations that the person is a member of, and the server's own.
//!
//! Only origins are told (`https://bucket.s3.amazonaws.com`), never a URL or a credential.

use std::collections::BTreeSet;

use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_records::storage_backends;

use super::Person;
use crate::{Context, Error, storages};

/// The origins, in alphabetical order. A storage that can't be opened is left out: nothing can be sent to it either.
pub async fn list(ctx: &Context, person: &Person) -> Result<BTreeSet<String>, Error> {
    let mut origins = BTreeSet::new();
    for id in storages_of(ctx, person).await? {
        if let Ok(opened) = storages::opened(ctx, id).await {
            origins.extend(opened.backend.upload_origin().await);
        }
    }
    Ok(origins)
}

async fn storages_of(ctx: &Context, person: &Person) -> Result<Vec<Id<StorageBackend>>, Error> {
    let mut all = vec![ctx.storages().own];
    for place in &person.places {
        let backends = storage_backends::list_all(ctx.db(), Some(place.membership.organization)).await?;
        all.extend(backends.into_iter().map(|backend| backend.id));
    }
    Ok(all)
}
