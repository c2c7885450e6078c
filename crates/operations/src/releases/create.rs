//! Creating a release: its place in the graph, and its record.

use olivine_domain::Timestamp;
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::events::Subject;
use olivine_domain::organizations::Revision;
use olivine_domain::permissions::{Actor, Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::releases::graph::Placement;
use olivine_domain::releases::phases::PhaseChange;
use olivine_domain::releases::{Phase, Release};
use olivine_domain::text::{Description, Name};
use olivine_domain::versions::{Requirement, Version};
use olivine_records::{Constraint, releases};

use super::edits::{Edit, Planned};
use super::graphs::{self, ExpectedGraph, check_graph};
use super::names::name_taken;
use super::view::View;
use crate::archiving::to_use;
use crate::events::{EventData, Whole};
use crate::lists::NewId;
use crate::{Context, Error};

/// A new release.
#[derive(Clone, Debug)]
pub struct Create {
    /// Its key.
    pub id: NewId,
    /// The cohort whose devices get it.
    pub cohort: Id<Cohort>,
    /// What they get.
    pub bundle: Id<Bundle>,
    /// Where in the graph.
    pub placement: Placement,
    /// Unique in the cohort.
    pub name: Name,
    /// What people say of it.
    pub description: Option<Description>,
    /// Its version.
    pub version: Option<Version>,
    /// Which versions a device may have to get it.
    pub version_requirement: Option<Requirement>,
    /// Whether devices must stop at it on their way; false where it is not said.
    pub required: Option<bool>,
    /// Whether nobody gets it for now; false where it is not said.
    pub disabled: Option<bool>,
    /// When it is served from.
    pub schedule_date: Option<Timestamp>,
    /// Whom it is for, as a change of "everyone".
    pub phase: PhaseChange,
}

/// Creates a release at its place in the graph.
pub async fn create(
    ctx: &Context,
    by: &Authorized<scope::ReleaseCreate>,
    new: Create,
    expected: &ExpectedGraph,
) -> Result<View, Error> {
    edit(ctx, by, new, expected).await?.commit(ctx).await
}

/// Says what [`create`] would do.
pub async fn plan_create(
    ctx: &Context,
    by: &Authorized<scope::ReleaseCreate>,
    new: Create,
    expected: &ExpectedGraph,
) -> Result<Planned, Error> {
    edit(ctx, by, new, expected).await?.plan(ctx).await
}

async fn edit(
    ctx: &Context,
    by: &Authorized<scope::ReleaseCreate>,
    new: Create,
    expected: &ExpectedGraph,
) -> Result<Edit, Error> {
    let (id, placement) = (new.id, new.placement);
    let mut new = record(ctx, by, new)?;
    let mut w = ctx.work().await?;
    let graph = graphs::lock_open(&w, &by.tenancy(), new.cohort).await?;
    if id.is_replayable()
        && let Some(first) = graph.known(new.id)
    {
        let (old, new) = (Some(first.clone()), first.clone());
        return Ok(Edit { w, before: graph, old, new });
    }
    check_graph(expected, &graph, new.cohort.prn(by.organization))?;
    to_use::<Bundle>(&w, &by.organization, new.bundle).await?;
    let links = match graph.plan_create(&new, placement, ctx.now()) {
        Ok(links) => links,
        Err(refusal) => return Err(graphs::explain(&w, &by.tenancy().to_see(), refusal).await?),
    };
    new.next = links.next_of_new;
    // The links are written before the release, because two releases without a next one must never exist at the same time.
    graphs::relink(ctx, &mut w, by, &graph, &links.relink).await?;
    match releases::insert(&w, &new).await {
        Err(olivine_records::Error::Duplicate(Constraint::ReleaseName)) => {
            drop(w);
            return Err(name_taken(ctx, &new).await?);
        }
        Err(olivine_records::Error::ParentMissing) => return Err(Error::not_found(new.bundle)),
        other => other?,
    }
    w.event(by, Subject::of(new.id), EventData::ReleaseCreated(Whole(&new)));
    Ok(Edit { w, before: graph, old: None, new })
}

fn record(ctx: &Context, by: &Actor, new: Create) -> Result<Release, Error> {
    let now = ctx.now();
    Ok(Release {
        id: new.id.take(ctx),
        organization: by.organization,
        cohort: new.cohort,
        bundle: new.bundle,
        next: None,
        name: new.name,
        description: new.description,
        version: new.version,
        version_requirement: new.version_requirement,
        required: new.required.unwrap_or_default(),
        disabled: new.disabled.unwrap_or_default(),
        schedule_date: new.schedule_date,
        phase: new.phase.apply(&Phase::EVERYONE)?,
        claims: 0,
        archived_at: None,
        revision: Revision::FIRST,
        inserted_at: now,
        updated_at: now,
    })
}
