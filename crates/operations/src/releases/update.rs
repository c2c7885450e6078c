//! Changing a release: its fields, and to what it points.

use olivine_domain::Timestamp;
use olivine_domain::bundles::Bundle;
use olivine_domain::events::Subject;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::releases::channel::{Channel, ChannelRefusal};
use olivine_domain::text::{Description, Name};
use olivine_domain::versions::{Requirement, Version};
use olivine_records::{Constraint, bundles, releases};

use super::channels;
use super::names::name_taken;
use super::phases::PhaseChange;
use super::view::{View, view};
use crate::events::EventData;
use crate::lists::{Expected, check_expected};
use crate::{Context, Error, events};

/// Changes: what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// What devices get.
    pub bundle: Option<Id<Bundle>>,
    /// The release that comes after it.
    pub next: Option<Option<Id<Release>>>,
    /// Unique in the cohort.
    pub name: Option<Name>,
    /// What people say of it.
    pub description: Option<Option<Description>>,
    /// Its version.
    pub version: Option<Option<Version>>,
    /// Which versions a device may have to get it.
    pub version_requirement: Option<Option<Requirement>>,
    /// Whether devices must stop at it on their way.
    pub required: Option<bool>,
    /// Whether nobody gets it for now.
    pub disabled: Option<bool>,
    /// When it is served from.
    pub schedule_date: Option<Option<Timestamp>>,
    /// Whom it is for.
    pub phase: PhaseChange,
}

/// Changes a release. Its claims stay, whatever becomes of its phase.
pub async fn update(
    ctx: &Context,
    by: &Authorized<scope::ReleaseUpdate>,
    id: Id<Release>,
    expected: Expected,
    change: Update,
) -> Result<View, Error> {
    let mut w = ctx.work().await?;
    let cohort = releases::get(&w, by.organization, id).await.map_err(Error::missing(id))?.cohort;
    let channel = channels::lock(&w, by.organization, cohort).await?;
    let old = channel.get(id).ok_or_else(|| Error::not_found(id))?;
    check_expected(expected, old.revision)?;
    let mut new = changed(old, change)?;
    if new == *old {
        drop(w);
        return view(ctx, new).await;
    }
    if let Err(refusal) = check(&channel, old, &new, ctx.now()) {
        return Err(channels::explain(&w, by.organization, refusal).await?);
    }
    if new.bundle != old.bundle {
        bundles::get(&w, by.organization, new.bundle).await.map_err(Error::missing(new.bundle))?;
    }
    new.revision = old.revision.next();
    new.updated_at = ctx.now();
    match releases::update(&w, old, &new).await {
        Err(olivine_records::Error::Duplicate(Constraint::ReleaseName)) => {
            drop(w);
            return Err(name_taken(ctx, &new).await?);
        }
        Err(olivine_records::Error::ParentMissing) => return Err(Error::not_found(new.bundle)),
        other => other?,
    }
    let data = EventData::ReleaseUpdated(events::Change { from: old, to: &new });
    w.event(by, Subject::of(id), data);
    w.commit().await?;
    view(ctx, new).await
}

/// Whether the channel would still be one.
fn check(channel: &Channel, old: &Release, new: &Release, now: Timestamp) -> Result<(), ChannelRefusal> {
    if new.next != old.next {
        channel.plan_repoint(old.id, new.next)?;
    }
    if (new.schedule_date, &new.phase) != (old.schedule_date, &old.phase) {
        // Pointing elsewhere never makes a sink, nor unmakes one: the channel as it was tells who it is.
        channel.plan_constraint(new, now)?;
    }
    Ok(())
}

fn changed(old: &Release, change: Update) -> Result<Release, Error> {
    Ok(Release {
        bundle: change.bundle.unwrap_or(old.bundle),
        next: change.next.unwrap_or(old.next),
        name: change.name.unwrap_or_else(|| old.name.clone()),
        description: change.description.unwrap_or_else(|| old.description.clone()),
        version: change.version.unwrap_or_else(|| old.version.clone()),
        version_requirement: change.version_requirement.unwrap_or_else(|| old.version_requirement.clone()),
        required: change.required.unwrap_or(old.required),
        disabled: change.disabled.unwrap_or(old.disabled),
        schedule_date: change.schedule_date.unwrap_or(old.schedule_date),
        phase: change.phase.apply(&old.phase)?,
        ..old.clone()
    })
}
