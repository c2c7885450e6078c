//! Products: create, read, change, delete.

use olivine_domain::events::Subject;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Authorized, Tenancy, scope};
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
pub use olivine_domain::products::{Change, New};
use olivine_domain::text::Name;
use olivine_records::{Constraint, products};

use crate::error::{Error, Taken};
use crate::events::{EventData, Whole};
use crate::lists::{Expected, ListQuery, NewId, check_expected};
use crate::{Context, archiving, events};

/// Creates a product.
pub async fn create(
    ctx: &Context,
    by: &Authorized<scope::ProductCreate>,
    id: NewId,
    new: New,
) -> Result<Product, Error> {
    let product = new.record(id.take(ctx), by.organization, ctx.now());
    let mut w = ctx.work().await?;
    if let Err(error) = products::insert(&w, &product).await {
        drop(w);
        return already_there(ctx, &by.tenancy().to_see(), &product, id, error).await;
    }
    let data = EventData::ProductCreated(Whole(&product));
    w.event(by, Subject::of(product.id), data);
    w.commit().await?;
    Ok(product)
}

/// Tells a product of the same name from the answer to a repeated request.
async fn already_there(
    ctx: &Context,
    seen: &Tenancy,
    new: &Product,
    id: NewId,
    error: olivine_records::Error,
) -> Result<Product, Error> {
    match error {
        olivine_records::Error::Duplicate(Constraint::PrimaryKey) if id.is_replayable() => {
            products::get(ctx.db(), seen, new.id).await.map_err(Error::missing(new.id))
        }
        olivine_records::Error::Duplicate(Constraint::ProductName) => {
            let other = products::find_by_name(ctx.db(), seen, &new.name).await?;
            match other {
                Some(other) if id.is_replayable() && other.id == new.id => Ok(other),
                other => Err(name_taken(&new.name, other)),
            }
        }
        other => Err(other.into()),
    }
}

fn name_taken(name: &Name, other: Option<Product>) -> Error {
    let is_archived = archiving::if_archived(other.as_ref());
    Error::Taken {
        what: Taken::Name,
        message: format!(
            "there is a product named '{name}' already{is_archived}: use it, or choose another name"
        ),
        by: other.map(|other| other.id.prn(other.organization).to_string()),
    }
}

/// Lists products.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::ProductRead>,
    query: &ListQuery,
) -> Result<Page<Product>, Error> {
    Ok(products::list(&ctx.reads_for(by), &by.tenancy(), query).await?)
}

/// Reads one product.
pub async fn get(
    ctx: &Context,
    by: &Authorized<scope::ProductRead>,
    id: Id<Product>,
) -> Result<Product, Error> {
    products::get(ctx.db(), &by.tenancy(), id).await.map_err(Error::missing(id))
}

/// Changes a product.
pub async fn update(
    ctx: &Context,
    by: &Authorized<scope::ProductUpdate>,
    id: Id<Product>,
    expected: Expected,
    change: Change,
) -> Result<Product, Error> {
    let mut w = ctx.work().await?;
    let old = products::get(&w, &by.tenancy(), id).await.map_err(Error::missing(id))?;
    check_expected(expected, old.revision)?;
    let Some(new) = change.apply(&old, ctx.now()) else { return Ok(old) };
    match products::update(&w, &old, &new).await {
        Err(olivine_records::Error::Duplicate(Constraint::ProductName)) => {
            drop(w);
            let other = products::find_by_name(ctx.db(), &by.tenancy().to_see(), &new.name).await?;
            return Err(name_taken(&new.name, other));
        }
        other => other?,
    }
    let data = EventData::ProductUpdated(events::Change { from: &old, to: &new });
    w.event(by, Subject::of(id), data);
    w.commit().await?;
    Ok(new)
}

/// Archives a product. Refused while it has devices. Doing it again changes nothing.
pub async fn archive(
    ctx: &Context,
    by: &Authorized<scope::ProductUpdate>,
    id: Id<Product>,
) -> Result<Product, Error> {
    archiving::archive(ctx, by, &by.tenancy(), id).await
}

/// Takes a product back from the archive. Doing it again changes nothing.
pub async fn unarchive(
    ctx: &Context,
    by: &Authorized<scope::ProductUpdate>,
    id: Id<Product>,
) -> Result<Product, Error> {
    archiving::unarchive(ctx, by, &by.tenancy(), id).await
}

/// Deletes a product that has neither cohorts nor devices.
pub async fn delete(
    ctx: &Context,
    by: &Authorized<scope::ProductDelete>,
    id: Id<Product>,
) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let product = products::get(&w, &by.tenancy(), id).await.map_err(Error::missing(id))?;
    match products::delete(&w, by.organization, id).await {
        Err(olivine_records::Error::StillReferenced { .. }) => {
            let message = "this product has cohorts, devices, or CA certificates that provision devices of it: \
                           delete or change these first";
            return Err(Error::InUse(message.to_owned()));
        }
        other => other?,
    }
    let data = EventData::ProductDeleted(Whole(&product));
    w.event(by, Subject::of(id), data);
    w.commit().await
}
