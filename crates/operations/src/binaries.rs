//! Binaries: create, read, change, delete, download; and, in submodules, the steps of their lifecycle.

mod confirmation;
mod create;
mod deletion;
mod downloads;
mod lifecycle;

pub use create::{Create, create};
pub use deletion::delete;
pub use downloads::{DayOfDownloads, count_downloads, download_url};
pub use lifecycle::{Update, update};
pub(crate) use lifecycle::{delete_content_of, drop_parts, start_verification, store};

use olivine_content::ContentKey;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::binaries::Binary;
use olivine_domain::organizations::Organization;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::Replica;
use olivine_records::binaries::BinaryHead;
use olivine_records::binary_parts::Upload;
use olivine_records::binary_signatures::SignatureWithKey;
use olivine_records::{artifact_versions, binaries, binary_replicas, binary_signatures};

use crate::lists::ListQuery;
use crate::{Context, Error};

/// A binary with its signatures, as it is shown.
#[derive(Clone, Debug)]
pub struct View {
    /// The record.
    pub binary: Binary,
    /// Its signatures, oldest first.
    pub signatures: Vec<SignatureWithKey>,
}

/// The copies of a binary besides the first, and of a destroyed one those that are yet to be deleted.
pub async fn list_replicas(
    ctx: &Context,
    by: &Authorized<scope::BinaryRead>,
    id: Id<Binary>,
) -> Result<Vec<Replica>, Error> {
    head(ctx, by.organization, id).await?;
    Ok(binary_replicas::list_for(ctx.db(), by.organization, &[id]).await?)
}

/// The name of a binary's content in storage.
pub(crate) const fn content_key(binary: &Binary) -> ContentKey {
    key_of(Upload::of(binary))
}

/// The name in storage of what an upload brings.
pub(crate) const fn key_of(upload: Upload) -> ContentKey {
    ContentKey { organization: upload.organization, binary: upload.binary, generation: upload.generation }
}

/// What is known of an organization's binary without the texts that its owner gave it, which may be large.
pub(crate) async fn head(
    ctx: &Context,
    organization: Id<Organization>,
    id: Id<Binary>,
) -> Result<BinaryHead, Error> {
    let head = binaries::find_head_of_any_organization(ctx.db(), id).await?;
    head.filter(|head| head.organization == organization).ok_or_else(|| Error::not_found(id))
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

/// Adds what a binary is shown with.
pub(crate) async fn view(ctx: &Context, binary: Binary) -> Result<View, Error> {
    let signatures = binary_signatures::list_for(ctx.db(), binary.organization, &[binary.id]).await?;
    Ok(View { binary, signatures })
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
