//! Changes of releases, bundles and overrides.

use std::time::Duration;

use olivine_domain::Timestamp;
use olivine_domain::bundle_overrides::{Audience, BundleOverride};
use olivine_domain::bundles::Bundle;
use olivine_domain::prn::Id;
use olivine_domain::releases::graph::Placement;
use olivine_domain::releases::{PhaseValue, Release};
use olivine_domain::versions::{Requirement, Version};
use olivine_operations::releases::{Mode, PhaseChange};
use olivine_operations::{Context, Error, binaries, bundle_overrides, bundles, devices, releases};

use super::fleet::any_cohort;
use super::{VERSIONS, any, one_of, tags};
use crate::steps::{Picks, place};
use crate::world::{World, all, new_id};

fn version(pick: u8) -> Option<Version> {
    let text = VERSIONS[1..].get(usize::from(pick) % VERSIONS.len())?;
    Some(text.parse().expect("a version"))
}

fn requirement(pick: u8) -> Option<Requirement> {
    let text = [">= 0.1.0", "< 2.0.0", "", ">= 1.0.0"][usize::from(pick) % 4];
    (!text.is_empty()).then(|| text.parse().expect("a requirement"))
}

fn phase(pick: u8) -> PhaseChange {
    let numeric = |value| PhaseChange {
        mode: Some(Mode::Numeric),
        value: Some(PhaseValue::new(value).expect("a value")),
        tags: None,
    };
    match pick % 8 {
        0 => numeric(0.5),
        1 => numeric(2.0),
        2 => numeric(0.0),
        3 => PhaseChange { mode: Some(Mode::Tags), value: None, tags: Some(tags(pick / 8)) },
        _ => numeric(1.0),
    }
}

/// Within two hours before or after now.
fn moment(world: &World<'_>, pick: u8) -> Timestamp {
    let away = Duration::from_mins(u64::from(pick / 2 % 8) * 15);
    if pick.is_multiple_of(2) { world.now().plus(away) } else { world.now().minus(away) }
}

async fn any_bundle(ctx: &Context, world: &World<'_>, pick: u8) -> Result<Option<Id<Bundle>>, Error> {
    Ok(any(bundles::list(ctx, &world.may(), &all()), pick).await?.map(|bundle| bundle.id))
}

async fn list_releases(ctx: &Context, world: &World<'_>) -> Result<Vec<Release>, Error> {
    let listed = releases::list(ctx, &world.may(), &all()).await?.items;
    Ok(listed.into_iter().map(|view| view.release).collect())
}

pub(super) async fn create_release(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let [cohort, bundle, place, versioned, rest] = picks;
    let Some(cohort) = any_cohort(ctx, world, cohort).await? else { return Ok(()) };
    let Some(bundle) = any_bundle(ctx, world, bundle).await? else { return Ok(()) };
    let beside = list_releases(ctx, world).await?.into_iter().filter(|one| one.cohort == cohort.id).collect();
    let placement = place_beside(beside, place);
    let new = releases::Create {
        id: new_id(ctx),
        cohort: cohort.id,
        bundle,
        placement,
        name: world.name("release").parse().expect("a name"),
        description: None,
        version: version(versioned),
        version_requirement: requirement(versioned / 8),
        required: Some(rest % 8 == 7),
        disabled: Some(rest % 8 == 6),
        schedule_date: (rest % 8 == 5).then(|| moment(world, rest / 8)),
        phase: if placement == Placement::Sink { phase(rest / 2) } else { PhaseChange::default() },
    };
    releases::create(ctx, &world.may(), new, &None).await.map(drop)
}

pub(super) async fn change_release(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let [release, what, how, other, _] = picks;
    let all = list_releases(ctx, world).await?;
    let Some(release) = one_of(all.clone(), release) else { return Ok(()) };
    let mut change = releases::Change::default();
    match what % 9 {
        0 => change.bundle = any_bundle(ctx, world, how).await?,
        1 => change.next = Some(one_of(all, other).map(|next| next.id)),
        2 => change.name = Some(world.name("release").parse().expect("a name")),
        3 => change.version = Some(version(how)),
        4 => change.version_requirement = Some(requirement(how)),
        5 => change.required = Some(how % 2 == 0),
        6 => change.disabled = Some(how % 2 == 0),
        7 => change.schedule_date = Some((how % 4 != 0).then(|| moment(world, how))),
        _ => change.phase = phase(how),
    }
    releases::update(ctx, &world.may(), release.id, None, change, &None).await.map(drop)
}

pub(super) async fn delete_release(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let Some(release) = one_of(list_releases(ctx, world).await?, picks[0]) else { return Ok(()) };
    releases::delete(ctx, &world.may(), release.id, Some(release.id), &None).await
}

pub(super) async fn take_back_release(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let Some(release) = one_of(list_releases(ctx, world).await?, picks[0]) else { return Ok(()) };
    let wish = releases::Rollback {
        bundle: if picks[1].is_multiple_of(2) { None } else { any_bundle(ctx, world, picks[2]).await? },
        version: version(picks[3]),
        name: Some(world.name("release").parse().expect("a name")),
        dry_run: false,
    };
    Box::pin(releases::rollback(ctx, &world.may(), release.id, &wish)).await.map(drop)
}

pub(super) async fn archive_release(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let Some(release) = one_of(list_releases(ctx, world).await?, picks[0]) else { return Ok(()) };
    releases::archive(ctx, &world.may(), release.id, &None).await.map(drop)
}

pub(super) async fn unarchive_release(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let all = list_releases(ctx, world).await?;
    let archived = all.iter().filter(|release| release.archived_at.is_some()).cloned().collect();
    let Some(archived) = one_of(archived, picks[0]) else { return Ok(()) };
    let beside = all.into_iter().filter(|one| one.cohort == archived.cohort).collect();
    let placement = place_beside(beside, picks[2]);
    releases::unarchive(ctx, &world.may(), archived.id, placement, &None).await.map(drop)
}

/// A place in a cohort with these releases.
fn place_beside(beside: Vec<Release>, pick: u8) -> Placement {
    match (pick % 4, one_of(beside, pick / 4)) {
        (2, Some(beside)) => Placement::Before(beside.id),
        (3, Some(beside)) => Placement::After(beside.id),
        _ => Placement::Sink,
    }
}

/// As people do who want of a release what can't be changed.
pub(super) async fn replace_release(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let Some(old) = one_of(list_releases(ctx, world).await?, picks[0]) else { return Ok(()) };
    releases::delete(ctx, &world.may(), old.id, Some(old.id), &None).await?;
    let new = releases::Create {
        id: new_id(ctx),
        cohort: old.cohort,
        bundle: old.bundle,
        placement: old.next.map_or(Placement::Sink, Placement::Before),
        name: old.name,
        description: None,
        version: old.version,
        version_requirement: old.version_requirement,
        required: None,
        disabled: None,
        schedule_date: None,
        phase: PhaseChange::default(),
    };
    releases::create(ctx, &world.may(), new, &None).await.map(drop)
}

/// Of up to three binaries.
pub(super) async fn create_bundle(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let known = binaries::list(ctx, &world.may(), &all()).await?.items;
    let mut chosen: Vec<_> = Vec::new();
    for pick in &picks[..3] {
        let Some(place) = place(*pick, known.len()) else { return Ok(()) };
        let id = known[place].binary.id;
        if !chosen.contains(&id) {
            chosen.push(id);
        }
    }
    let ingredient = |binary| bundles::Ingredient { binary, custom_metadata: None };
    let ingredients = bundles::Ingredients::Binaries(chosen.into_iter().map(ingredient).collect());
    let new = bundles::Create { id: new_id(ctx), name: None, ingredients };
    bundles::create(ctx, &world.may(), new).await.map(drop)
}

pub(super) async fn rename_bundle(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let Some(bundle) = any_bundle(ctx, world, picks[0]).await? else { return Ok(()) };
    let change = bundles::Change { name: Some(Some(world.name("bundle").parse().expect("a name"))) };
    bundles::update(ctx, &world.may(), bundle, None, change).await.map(drop)
}

pub(super) async fn delete_bundle(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let Some(bundle) = any_bundle(ctx, world, picks[0]).await? else { return Ok(()) };
    bundles::delete(ctx, &world.may(), bundle).await
}

async fn audience(ctx: &Context, world: &World<'_>, pick: u8) -> Result<Option<Audience>, Error> {
    Ok(match pick % 3 {
        0 => {
            let device = any(devices::list(ctx, &world.may(), &all()), pick / 3).await?;
            device.map(|device| Audience::Devices(vec![device.id]))
        }
        1 => Some(Audience::Tags(tags(pick / 3 % 3 + 1))),
        _ => any_cohort(ctx, world, pick / 3).await?.map(|cohort| Audience::Cohort(cohort.id)),
    })
}

pub(super) async fn create_override(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let [bundle, whom, starts, ends, _] = picks;
    let Some(bundle) = any_bundle(ctx, world, bundle).await? else { return Ok(()) };
    let Some(audience) = audience(ctx, world, whom).await? else { return Ok(()) };
    let new = bundle_overrides::Create {
        id: new_id(ctx),
        name: world.name("override").parse().expect("a name"),
        description: None,
        bundle,
        starts_at: Some(moment(world, starts)),
        ends_at: (ends % 3 != 0).then(|| moment(world, ends / 3 * 2)),
        audience,
    };
    bundle_overrides::create(
        ctx,
        &world.may::<olivine_domain::permissions::scope::BundleOverrideCreate>().into(),
        new,
    )
    .await
    .map(drop)
}

async fn any_override(ctx: &Context, world: &World<'_>, pick: u8) -> Result<Option<BundleOverride>, Error> {
    any(bundle_overrides::list(ctx, &world.may(), &all()), pick).await
}

pub(super) async fn change_override(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let [one, what, how, ..] = picks;
    let Some(one) = any_override(ctx, world, one).await? else { return Ok(()) };
    let mut change = bundle_overrides::Change::default();
    match what % 5 {
        0 => change.bundle = any_bundle(ctx, world, how).await?,
        1 => change.starts_at = Some(moment(world, how)),
        2 => change.ends_at = Some((how % 3 != 0).then(|| moment(world, how))),
        3 => change.audience = audience(ctx, world, how).await?,
        _ => change.name = Some(world.name("override").parse().expect("a name")),
    }
    bundle_overrides::update(ctx, &world.may(), one.id, None, change).await.map(drop)
}

pub(super) async fn delete_override(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let Some(one) = any_override(ctx, world, picks[0]).await? else { return Ok(()) };
    bundle_overrides::delete(ctx, &world.may(), one.id).await
}
