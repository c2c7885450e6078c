//! Bundles: create, read, rename, delete.

mod content;
mod create;

pub use create::{Create, Ingredient, Ingredients, create};
pub use olivine_records::bundles::BundledBinary;

use olivine_domain::archiving::ArchivedFilter;
use olivine_domain::bundles::Bundle;
pub use olivine_domain::bundles::Change;
use olivine_domain::events::Subject;
use olivine_domain::pages::{Limit, Page};
use olivine_domain::permissions::{Actor, Authorized, Tenancy, scope};
use olivine_domain::prn::Id;
use olivine_domain::text::Name;
use olivine_records::{Constraint, Write, bundle_overrides, bundles, releases};

use crate::error::{Error, Taken};
use crate::events::{EventData, Whole};
use crate::lists::{Expected, ListQuery, check_expected};
use crate::{Context, archiving, events};

/// A bundle with what it is made of, as it is shown.
#[derive(Clone, Debug)]
pub struct View {
    /// The record.
    pub bundle: Bundle,
    /// Its binaries, in its order.
    pub binaries: Vec<BundledBinary>,
}

fn name_taken(name: &Name, other: Option<Bundle>) -> Error {
    let is_archived = archiving::if_archived(other.as_ref());
    Error::Taken {
        what: Taken::Name,
        message: format!(
            "there is a bundle named '{name}' already{is_archived}: use it, or choose another name"
        ),
        by: other.map(|other| other.id.prn(other.organization).to_string()),
    }
}

/// Lists bundles.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::BundleRead>,
    query: &ListQuery,
) -> Result<Page<Bundle>, Error> {
    Ok(bundles::list(&ctx.reads_for(by), by.organization, query).await?)
}

/// Reads one bundle.
pub async fn get(ctx: &Context, by: &Authorized<scope::BundleRead>, id: Id<Bundle>) -> Result<View, Error> {
    let bundle = bundles::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))?;
    view(ctx, bundle).await
}

/// Adds what a bundle is shown with.
async fn view(ctx: &Context, bundle: Bundle) -> Result<View, Error> {
    let binaries = bundles::content_of(ctx.db(), bundle.organization, &[bundle.id]).await?;
    Ok(View { bundle, binaries })
}

/// Several bundles, for `expand[]=bundle`: one query, whatever their number.
pub async fn get_many(ctx: &Context, by: &Actor, ids: &[Id<Bundle>]) -> Result<Vec<Bundle>, Error> {
    by.authorize::<scope::BundleRead>()?;
    Ok(bundles::get_many(ctx.db(), by.organization, ids).await?)
}

/// What these bundles are made of, for `expand[]=binaries`: one query, whatever their number.
pub async fn content_of(
    ctx: &Context,
    by: &Authorized<scope::BundleRead>,
    ids: &[Id<Bundle>],
) -> Result<Vec<BundledBinary>, Error> {
    Ok(bundles::content_of(ctx.db(), by.organization, ids).await?)
}

/// Renames a bundle: nothing else of it ever changes.
pub async fn update(
    ctx: &Context,
    by: &Authorized<scope::BundleUpdate>,
    id: Id<Bundle>,
    expected: Expected,
    change: Change,
) -> Result<View, Error> {
    let mut w = ctx.work().await?;
    let old = bundles::get(&w, by.organization, id).await.map_err(Error::missing(id))?;
    check_expected(expected, old.revision)?;
    let Some(new) = change.apply(&old, ctx.now()) else {
        drop(w);
        return view(ctx, old).await;
    };
    match (bundles::update(&w, &old, &new).await, &new.name) {
        (Err(olivine_records::Error::Duplicate(Constraint::BundleName)), Some(name)) => {
            drop(w);
            let other = bundles::find_by_name(ctx.db(), by.organization, name).await?;
            return Err(name_taken(name, other));
        }
        (outcome, _) => outcome?,
    }
    let data = EventData::BundleUpdated(events::Change { from: &old, to: &new });
    w.event(by, Subject::of(id), data);
    w.commit().await?;
    view(ctx, new).await
}

/// Archives a bundle. Refused while a release on a path or an override that is not over uses it. Doing it again changes nothing.
pub async fn archive(
    ctx: &Context,
    by: &Authorized<scope::BundleUpdate>,
    id: Id<Bundle>,
) -> Result<View, Error> {
    let bundle = archiving::archive(ctx, by, &by.organization, id).await?;
    view(ctx, bundle).await
}

/// Takes a bundle back from the archive. Doing it again changes nothing.
pub async fn unarchive(
    ctx: &Context,
    by: &Authorized<scope::BundleUpdate>,
    id: Id<Bundle>,
) -> Result<View, Error> {
    let bundle = archiving::unarchive(ctx, by, &by.organization, id).await?;
    view(ctx, bundle).await
}

/// Deletes a bundle that neither a release nor an override uses.
pub async fn delete(
    ctx: &Context,
    by: &Authorized<scope::BundleDelete>,
    id: Id<Bundle>,
) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let bundle = bundles::get(&w, by.organization, id).await.map_err(Error::missing(id))?;
    match bundles::delete(&w, by.organization, id).await {
        Err(olivine_records::Error::StillReferenced { .. }) => {
            drop(w);
            return Err(in_use(ctx, by, &bundle).await?);
        }
        other => other?,
    }
    w.event(by, Subject::of(id), EventData::BundleDeleted(Whole(&bundle)));
    w.commit().await
}

/// Refuses to archive a bundle that devices may be given.
pub(crate) async fn check_unused(bundle: &Bundle, by: &Actor, ctx: &Context, w: &Write) -> Result<(), Error> {
    let (organization, id) = (bundle.organization, bundle.id);
    let few = Limit::new(5).unwrap_or_default();
    let query = ListQuery { limit: few, archived: ArchivedFilter::Without, ..ListQuery::default() };
    let releases = releases::list_with_bundle(w, &Tenancy::of_server(organization), id, &query).await?.items;
    let overrides = bundle_overrides::list_current(w, organization, ctx.now()).await?;
    let overrides = overrides.iter().filter(|current| current.bundle == id).take(few.get());
    let overrides = overrides.map(|used| named("bundle override", &used.name, used.id.prn(organization)));
    let releases = releases.iter().map(|used| named("release", &used.name, used.id.prn(organization)));
    let users: Vec<_> = releases.chain(overrides).collect();
    if users.is_empty() {
        return Ok(());
    }
    let users = shown(by, &users);
    Err(Error::InUse(format!(
        "this bundle can't be archived, because it is used by {users}: give them another bundle, archive the releases, or end the overrides first"
    )))
}

/// The names of a bundle's releases and overrides, for callers that may see all of them.
fn shown(by: &Actor, users: &[String]) -> String {
    let sees = by.authorize::<scope::ReleaseRead>().map(|by| by.tenancy());
    let sees_all = sees.is_ok_and(|tenancy| tenancy.seen().is_whole());
    if sees_all { users.join(", ") } else { "releases or bundle overrides".to_owned() }
}

/// Who uses a bundle that somebody wanted to delete.
async fn in_use(ctx: &Context, by: &Actor, bundle: &Bundle) -> Result<Error, Error> {
    let (organization, id) = (bundle.organization, bundle.id);
    let few = ListQuery { limit: Limit::new(5).unwrap_or_default(), ..ListQuery::default() };
    let (reader, everywhere) = (ctx.reads_for(by), Tenancy::of_server(organization));
    let releases = releases::list_with_bundle(&reader, &everywhere, id, &few).await?;
    let overrides = bundle_overrides::list_with_bundle(&reader, &everywhere, id, &few).await?;
    let more = releases.next.is_some() || overrides.next.is_some();
    let releases = releases.items.iter().map(|used| named("release", &used.name, used.id.prn(organization)));
    let overrides =
        overrides.items.iter().map(|used| named("bundle override", &used.name, used.id.prn(organization)));
    let users: Vec<_> = releases.chain(overrides).collect();
    let users = shown(by, &users);
    let and_more = if more { " and more" } else { "" };
    Ok(Error::InUse(format!(
        "this bundle is used by {users}{and_more}: give them another bundle or delete them first"
    )))
}

fn named(kind: &str, name: &Name, prn: impl std::fmt::Display) -> String {
    format!("the {kind} '{name}' ({prn})")
}
