//! Saved views: pages of the console that people keep for themselves, or share with their organization.
//!
//! They take no scope: a view is its owner's own and holds no data. So nobody's reach counts, and what is behind a view is asked for by
//! whoever opens it. A personal key does here what its owner may; the organization's own keys own nothing.

use olivine_domain::events::Subject;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, scope};
use olivine_domain::prn::Id;
use olivine_domain::text::Name;
pub use olivine_domain::views::Change;
use olivine_domain::views::{self as domain, Audience, NoOwner, PagePath, PageQuery, View};
use olivine_records::{Constraint, memberships, organizations, views};

use crate::error::Taken;
use crate::events::{self, EventData, Whole};
use crate::lists::{Expected, ListQuery, NewId, check_expected};
use crate::work::Work;
use crate::{Context, Error};

/// What is given of a new view, besides its owner.
#[derive(Clone, Debug)]
pub struct New {
    /// What people call it.
    pub name: Name,
    /// Which page it is.
    pub path: PagePath,
    /// What the page shows.
    pub query: PageQuery,
    /// Who sees it.
    pub audience: Audience,
}

/// Saves a view of the caller's.
pub async fn create(ctx: &Context, by: &Actor, id: NewId, new: New) -> Result<View, Error> {
    let owner = by.person.ok_or_else(|| Error::refused(NoOwner))?;
    let New { name, path, query, audience } = new;
    let new = domain::New { owner, name, path, query, audience };
    let view = new.record(id.take(ctx), by.organization, ctx.now());
    let mut w = ctx.work().await?;
    // Nobody adds another one at the same moment, or ends the membership.
    organizations::lock(&w, by.organization).await?;
    if id.is_replayable()
        && let Some(first) = views::find(&w, by.organization, view.id).await?
    {
        return Ok(first);
    }
    if memberships::find_of(&*w, by.organization, owner).await?.is_none() {
        return Err(Error::Conflict("your membership of the organization ended at the same moment"));
    }
    let room = views::room(&*w, by.organization, owner).await?;
    room.check_owner().and_then(|()| room.check_audience(audience)).map_err(Error::refused)?;
    if let Err(error) = views::insert(&w, &view).await {
        drop(w);
        return Err(taken(ctx, by, &view, error).await?);
    }
    if view.is_shared() {
        w.event(by, Subject::of(view.id), EventData::ViewCreated(Whole(&view)));
    }
    w.commit().await?;
    Ok(view)
}

/// Says which view has the name already, unless something else is wrong.
async fn taken(ctx: &Context, by: &Actor, new: &View, error: olivine_records::Error) -> Result<Error, Error> {
    if !matches!(error, olivine_records::Error::Duplicate(Constraint::ViewName)) {
        return Ok(error.into());
    }
    let other = views::find_by_name(ctx.db(), new.organization, new.owner, &new.name).await?;
    Ok(Error::Taken {
        what: Taken::Name,
        message: format!("its owner has a view named '{}' already: choose another name", new.name),
        by: other
            .filter(|other| other.is_seen_by(by))
            .map(|other| other.id.prn(other.organization).to_string()),
    })
}

/// Lists the views that the caller sees: their own, and those that are shared.
pub async fn list(ctx: &Context, by: &Actor, query: &ListQuery) -> Result<Page<View>, Error> {
    Ok(views::list(&ctx.reads_for(by), by.organization, by.person, query).await?)
}

/// Reads one view. Another person's that is not shared does not exist for the caller.
pub async fn get(ctx: &Context, by: &Actor, id: Id<View>) -> Result<View, Error> {
    let found = views::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))?;
    if found.is_seen_by(by) { Ok(found) } else { Err(Error::not_found(id)) }
}

/// Begins to change a view: reads it, and asks whether the caller may.
async fn begin(ctx: &Context, by: &Actor, id: Id<View>) -> Result<(Work, View), Error> {
    let w = ctx.work().await?;
    // Nobody shares another one at the same moment.
    organizations::lock(&w, by.organization).await?;
    let old = views::get(&*w, by.organization, id).await.map_err(Error::missing(id))?;
    if !old.is_seen_by(by) {
        return Err(Error::not_found(id));
    }
    if !old.is_changed_by(by) {
        by.authorize::<scope::OrganizationUpdate>()?;
    }
    Ok((w, old))
}

/// Changes a view.
pub async fn update(
    ctx: &Context,
    by: &Actor,
    id: Id<View>,
    expected: Expected,
    change: Change,
) -> Result<View, Error> {
    let (mut w, old) = begin(ctx, by, id).await?;
    check_expected(expected, old.revision)?;
    let Some(new) = change.apply(&old, ctx.now()) else { return Ok(old) };
    if !old.is_shared() {
        let room = views::room(&*w, by.organization, old.owner).await?;
        room.check_audience(new.audience).map_err(Error::refused)?;
    }
    if let Err(error) = views::update(&w, &old, &new).await {
        drop(w);
        return Err(taken(ctx, by, &new, error).await?);
    }
    // What is their owner's alone is no matter of the organization's audit trail.
    if old.is_shared() || new.is_shared() {
        let data = EventData::ViewUpdated(events::Change { from: &old, to: &new });
        w.event(by, Subject::of(id), data);
    }
    w.commit().await?;
    Ok(new)
}

/// Deletes a view.
pub async fn delete(ctx: &Context, by: &Actor, id: Id<View>) -> Result<(), Error> {
    let (mut w, old) = begin(ctx, by, id).await?;
    views::delete(&w, by.organization, id).await?;
    if old.is_shared() {
        w.event(by, Subject::of(id), EventData::ViewDeleted(Whole(&old)));
    }
    w.commit().await
}
