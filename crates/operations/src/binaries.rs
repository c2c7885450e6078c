//! Binaries: create, read, change, delete, download; and, in submodules, the steps of their lifecycle.

mod confirmation;
mod create;
mod deletion;
mod downloads;
mod impact;
mod lifecycle;
pub(crate) mod steps;
pub(crate) mod store;
pub(crate) mod view;

pub use confirmation::ConfirmationRequired;
pub use create::{Create, create};
pub use deletion::delete;
pub use downloads::{DayOfDownloads, count_downloads, download_url};
pub use impact::{Impact, ReleaseImpact, impact};
pub use lifecycle::{Update, update};
pub use view::View;

use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::binaries::Binary;
use olivine_domain::contents::replicas::Replica;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, scope};
use olivine_domain::prn::Id;
use olivine_records::binary_signatures::SignatureWithKey;
use olivine_records::{artifact_versions, binaries, binary_signatures, replicas};

use self::view::{head, view};
use crate::lists::ListQuery;
use crate::{Context, Error};

/// The copies of a binary besides the first, and of a destroyed one those that are yet to be deleted.
pub async fn list_replicas(
    ctx: &Context,
    by: &Authorized<scope::BinaryRead>,
    id: Id<Binary>,
) -> Result<Vec<Replica>, Error> {
    head(ctx, by.organization, id).await?;
    Ok(replicas::list_for(ctx.db(), by.organization, &[Binary::content_of(id)]).await?)
}

/// Lists binaries.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::BinaryRead>,
    query: &ListQuery,
) -> Result<Page<View>, Error> {
    let page = binaries::list(&ctx.reads_for(by), by.organization, query).await?;
    let mut signatures = signatures_of(ctx, by, &page.items).await?;
    Ok(page.map(|binary| {
        let (own, others) = signatures.drain(..).partition(|found| found.signature.binary == binary.id);
        signatures = others;
        View { binary, signatures: own }
    }))
}

async fn signatures_of(ctx: &Context, by: &Actor, of: &[Binary]) -> Result<Vec<SignatureWithKey>, Error> {
    let ids: Vec<_> = of.iter().map(|binary| binary.id).collect();
    Ok(binary_signatures::list_for(ctx.db(), by.organization, &ids).await?)
}

/// Reads one binary.
pub async fn get(ctx: &Context, by: &Authorized<scope::BinaryRead>, id: Id<Binary>) -> Result<View, Error> {
    let binary = binaries::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))?;
    view(ctx, binary).await
}

/// Several binaries, for `expand[]=binary`: two queries, whatever their number.
pub async fn get_many(ctx: &Context, by: &Actor, ids: &[Id<Binary>]) -> Result<Vec<View>, Error> {
    by.authorize::<scope::BinaryRead>()?;
    let found = binaries::get_many(ctx.db(), by.organization, ids).await?;
    let signatures = signatures_of(ctx, by, &found).await?;
    let own =
        |binary: &Binary| signatures.iter().filter(|s| s.signature.binary == binary.id).cloned().collect();
    Ok(found.into_iter().map(|binary| View { signatures: own(&binary), binary }).collect())
}

/// The artifact versions of these binaries, for `expand[]=artifact_version`: one query, whatever their number.
pub async fn versions_of(
    ctx: &Context,
    by: &Actor,
    binaries: impl IntoIterator<Item = &Binary>,
) -> Result<Vec<ArtifactVersion>, Error> {
    by.authorize::<scope::ArtifactVersionRead>()?;
    let mut ids: Vec<_> = binaries.into_iter().map(|binary| binary.artifact_version).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(artifact_versions::get_many(ctx.db(), by.organization, &ids).await?)
}
