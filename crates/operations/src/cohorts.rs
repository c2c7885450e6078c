//! Cohorts: create, read, change, delete.

use olivine_domain::cohorts::Cohort;
pub use olivine_domain::cohorts::{Change, New};
use olivine_domain::events::Subject;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, Tenancy, scope};
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::text::Name;
use olivine_records::{Constraint, cohorts, products};

use crate::error::{Error, Taken};
use crate::events::{EventData, Whole};
use crate::lists::{Expected, ListQuery, NewId, check_expected};
use crate::{Context, archiving, events};

/// Creates a cohort.
pub async fn create(
    ctx: &Context,
    by: &Authorized<scope::CohortCreate>,
    id: NewId,
    new: New,
) -> Result<Cohort, Error> {
    let cohort = new.record(id.take(ctx), by.organization, ctx.now());
    let mut w = ctx.work().await?;
    archiving::to_use::<Product>(&w, &by.tenancy(), cohort.product).await?;
    if let Err(error) = cohorts::insert(&w, &cohort).await {
        drop(w);
        return already_there(ctx, &by.tenancy().to_see(), &cohort, id, error).await;
    }
    let data = EventData::CohortCreated(Whole(&cohort));
    w.event(by, Subject::of(cohort.id), data);
    w.commit().await?;
    Ok(cohort)
}

/// Tells a cohort of the same name from the answer to a repeated request.
async fn already_there(
    ctx: &Context,
    seen: &Tenancy,
    new: &Cohort,
    id: NewId,
    error: olivine_records::Error,
) -> Result<Cohort, Error> {
    match error {
        olivine_records::Error::Duplicate(Constraint::PrimaryKey) if id.is_replayable() => {
            cohorts::get(ctx.db(), seen, new.id).await.map_err(Error::missing(new.id))
        }
        olivine_records::Error::Duplicate(Constraint::CohortName) => {
            let other = cohorts::find_by_name(ctx.db(), seen, new.product, &new.name).await?;
            match other {
                Some(other) if id.is_replayable() && other.id == new.id => Ok(other),
                other => Err(name_taken(&new.name, other)),
            }
        }
        olivine_records::Error::ParentMissing => Err(Error::not_found(new.product)),
        other => Err(other.into()),
    }
}

fn name_taken(name: &Name, other: Option<Cohort>) -> Error {
    let is_archived = archiving::if_archived(other.as_ref());
    Error::Taken {
        what: Taken::Name,
        message: format!(
            "this product has a cohort named '{name}' already{is_archived}: use it, or choose another name"
        ),
        by: other.map(|other| other.id.prn(other.organization).to_string()),
    }
}

/// Lists cohorts.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::CohortRead>,
    query: &ListQuery,
) -> Result<Page<Cohort>, Error> {
    Ok(cohorts::list(&ctx.reads_for(by), &by.tenancy(), query).await?)
}

/// Reads one cohort.
pub async fn get(ctx: &Context, by: &Authorized<scope::CohortRead>, id: Id<Cohort>) -> Result<Cohort, Error> {
    cohorts::get(ctx.db(), &by.tenancy(), id).await.map_err(Error::missing(id))
}

/// Products by their keys, for `expand[]=product`: one query, whatever their number.
pub async fn products_of(
    ctx: &Context,
    by: &Actor,
    products: impl IntoIterator<Item = Id<Product>>,
) -> Result<Vec<Product>, Error> {
    let by = by.authorize::<scope::ProductRead>()?;
    let ids: Vec<_> = products.into_iter().collect();
    Ok(products::get_many(ctx.db(), &by.tenancy(), &ids).await?)
}

/// Changes a cohort.
pub async fn update(
    ctx: &Context,
    by: &Authorized<scope::CohortUpdate>,
    id: Id<Cohort>,
    expected: Expected,
    change: Change,
) -> Result<Cohort, Error> {
    let mut w = ctx.work().await?;
    let old = cohorts::get(&w, &by.tenancy(), id).await.map_err(Error::missing(id))?;
    check_expected(expected, old.revision)?;
    let Some(new) = change.apply(&old, ctx.now()) else { return Ok(old) };
    match cohorts::update(&w, &old, &new).await {
        Err(olivine_records::Error::Duplicate(Constraint::CohortName)) => {
            drop(w);
            let other =
                cohorts::find_by_name(ctx.db(), &by.tenancy().to_see(), new.product, &new.name).await?;
            return Err(name_taken(&new.name, other));
        }
        other => other?,
    }
    let data = EventData::CohortUpdated(events::Change { from: &old, to: &new });
    w.event(by, Subject::of(id), data);
    w.commit().await?;
    Ok(new)
}

/// Archives a cohort. Refused while it has devices. Doing it again changes nothing.
pub async fn archive(
    ctx: &Context,
    by: &Authorized<scope::CohortUpdate>,
    id: Id<Cohort>,
) -> Result<Cohort, Error> {
    archiving::archive(ctx, by, &by.tenancy(), id).await
}

/// Takes a cohort back from the archive. Doing it again changes nothing.
pub async fn unarchive(
    ctx: &Context,
    by: &Authorized<scope::CohortUpdate>,
    id: Id<Cohort>,
) -> Result<Cohort, Error> {
    archiving::unarchive(ctx, by, &by.tenancy(), id).await
}

/// Deletes a cohort that has neither devices nor releases.
pub async fn delete(
    ctx: &Context,
    by: &Authorized<scope::CohortDelete>,
    id: Id<Cohort>,
) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let cohort = cohorts::get(&w, &by.tenancy(), id).await.map_err(Error::missing(id))?;
    match cohorts::delete(&w, by.organization, id).await {
        Err(olivine_records::Error::StillReferenced { .. }) => {
            let message = "this cohort has devices or releases, or is where a bundle override or a CA \
                           certificate's provisioning leads: move, change or delete these first";
            return Err(Error::InUse(message.to_owned()));
        }
        other => other?,
    }
    let data = EventData::CohortDeleted(Whole(&cohort));
    w.event(by, Subject::of(id), data);
    w.commit().await
}
