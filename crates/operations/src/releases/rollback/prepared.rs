//! What a rollback is decided on: the graph, the devices on the release, and what the bundle has for them. Reads only.

use olivine_domain::Target;
use olivine_domain::archiving::usable;
use olivine_domain::bundle_overrides::MOST_DEVICES;
use olivine_domain::bundles::{Candidate, select};
use olivine_domain::devices::Device;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Authorized, Tenancy, scope};
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::releases::graph::ReleaseGraph;
use olivine_domain::releases::rollback::{Plan, Request, Seen, Way, plan};
use olivine_domain::text::{FromRecord as _, Name};
use olivine_records::devices::OnRelease;
use olivine_records::{Reader, bundles, cohorts, devices, products, releases};

use super::forced::Forced;
use super::{Devices, Rollback, RolledBack, graph, words};
use crate::distribution::reports::recorded;
use crate::releases::refusals::RollbackUndeliverable;
use crate::releases::view::view;
use crate::{Context, Error};

/// Everything that a rollback writes, as of one look.
pub(super) struct Prepared {
    pub(super) dry_run: bool,
    pub(super) release: Release,
    /// The cohort's releases as they are before it.
    pub(super) graph: ReleaseGraph,
    pub(super) plan: Plan,
    pub(super) devices: Devices,
    /// The devices that need the override, in the order of their keys.
    pub(super) forced_devices: Vec<Id<Device>>,
    pub(super) forced: Option<Forced>,
    pub(super) onward: Option<Release>,
}

impl Prepared {
    pub(super) async fn read(
        ctx: &Context,
        reader: &impl Reader,
        by: &Authorized<scope::ReleaseUpdate>,
        id: Id<Release>,
        wish: &Rollback,
    ) -> Result<Self, Error> {
        let organization = by.organization;
        let release = releases::get(reader, &by.tenancy(), id).await.map_err(Error::missing(id))?;
        if let Some(bundle) = wish.bundle {
            let bundle = bundles::get(reader, organization, bundle).await.map_err(Error::missing(bundle))?;
            usable(&bundle).map_err(Error::refused)?;
        }
        let graph = graph(reader, &release).await?;
        let groups = devices::group_on_release(reader, organization, id).await?;
        let name = wish.name.clone().unwrap_or_else(|| new_name(&graph, &release));
        let request = Request {
            release: id,
            bundle: wish.bundle,
            version: wish.version.as_ref(),
            new_id: ctx.new_id(),
            new_name: &name,
            now: ctx.now(),
        };
        let plan = plan(&graph, &request, &seen(&groups))?;
        if plan.added.is_some() {
            let adding = by.authorize::<scope::ReleaseCreate>()?.tenancy();
            let cohort = cohorts::get(reader, &adding, release.cohort).await;
            usable(&cohort.map_err(Error::missing(release.cohort))?).map_err(Error::refused)?;
        }
        let mut devices = count(&groups, &plan.ways);
        devices.without_binary = without_binary(reader, &release, &plan, &groups).await?;
        let forced_devices = to_force(reader, organization, &release, &groups, &plan.ways).await?;
        let forced = match plan.bundle.filter(|_| !forced_devices.is_empty()) {
            Some(bundle) => {
                let forcing = by.authorize::<scope::BundleOverrideCreate>()?.tenancy();
                let cohort = cohorts::get(reader, &forcing, release.cohort).await;
                cohort.map_err(Error::missing(release.cohort))?;
                Some(Forced::read(reader, &release, bundle, &forced_devices, ctx.now()).await?)
            }
            None => None,
        };
        let onward = plan.onward.and_then(|next| graph.get(next)).cloned();
        Ok(Self { dry_run: wish.dry_run, release, graph, plan, devices, forced_devices, forced, onward })
    }

    /// What the caller is told.
    pub(super) async fn seen(self, ctx: &Context) -> Result<RolledBack, Error> {
        let steps =
            words::steps(&self.release, &self.plan, self.onward.as_ref(), self.forced.as_ref(), self.devices);
        let mut stopped = self.plan.stopped.clone();
        if self.dry_run {
            // What would be added is not there to point to.
            stopped.next = self.release.next;
        }
        let is_forced_anew = self.forced.as_ref().is_some_and(Forced::is_change);
        Ok(RolledBack {
            dry_run: self.dry_run,
            changed: self.plan.stopped != self.release || is_forced_anew,
            bundle: self.plan.bundle,
            added: self.plan.added,
            onward: self.onward,
            bundle_override: self.forced.map(|forced| forced.new),
            devices: self.devices,
            steps,
            release: view(ctx, stopped).await?,
        })
    }
}

pub(crate) fn seen(groups: &[OnRelease]) -> Vec<Seen> {
    let seen = |group: &OnRelease| Seen { report: recorded(&group.reported), devices: group.devices };
    groups.iter().map(seen).collect()
}

fn count(groups: &[OnRelease], ways: &[Way]) -> Devices {
    let mut devices = Devices::default();
    for (group, way) in groups.iter().zip(ways) {
        devices.on += group.devices;
        match way {
            Way::Release(_) => devices.by_release += group.devices,
            Way::Override => devices.by_override += group.devices,
            Way::None => devices.not_reached += group.devices,
        }
    }
    devices
}

async fn to_force(
    reader: &impl Reader,
    organization: Id<Organization>,
    release: &Release,
    groups: &[OnRelease],
    ways: &[Way],
) -> Result<Vec<Id<Device>>, Error> {
    let mut all = Vec::new();
    let most = MOST_DEVICES as u64 + 1;
    for (group, _) in groups.iter().zip(ways).filter(|(_, way)| **way == Way::Override) {
        all.extend(devices::list_on_release(reader, organization, release.id, group, most).await?);
        if all.len() > MOST_DEVICES {
            return Err(Error::Invalid {
                field: "release_version",
                problem: format!(
                    "more than {MOST_DEVICES} devices on this release report only a version, which no older release can reach, and one bundle \
                 override can't name so many: create a bundle override for a tag of theirs or for the cohort, and set disabled to true; or \
                 build the old firmware with a newer version, and give its bundle and that version here"
                ),
            });
        }
    }
    all.sort_unstable();
    Ok(all)
}

/// How many of the devices that come back the bundle has nothing for. If that is all of them, going back is refused.
async fn without_binary(
    reader: &impl Reader,
    release: &Release,
    plan: &Plan,
    groups: &[OnRelease],
) -> Result<u64, Error> {
    let Some(bundle) = plan.bundle else { return Ok(0) };
    let comes_back = |way: &Way| match way {
        Way::Release(to) => plan.onward != Some(*to),
        Way::Override => true,
        Way::None => false,
    };
    let organization = release.organization;
    let content = bundles::content_of(reader, organization, &[bundle]).await?;
    let candidates: Vec<_> = content
        .iter()
        .map(|binary| Candidate::new(binary.artifact_version, &binary.target, binary.state, binary.size))
        .collect();
    let everywhere = Tenancy::of_server(organization);
    let cohort =
        cohorts::get(reader, &everywhere, release.cohort).await.map_err(Error::missing(release.cohort))?;
    let product =
        products::get(reader, &everywhere, cohort.product).await.map_err(Error::missing(cohort.product))?;
    let verdict = |own: Option<&Target>| {
        select(&candidates, own.or(product.target.as_ref())).err().map(|why| why.to_string())
    };
    let (mut reached, mut without, mut reason) = (0, 0, None);
    for (group, _) in groups.iter().zip(&plan.ways).filter(|(_, way)| comes_back(way)) {
        reached += group.devices;
        if let Some(why) = verdict(group.target.as_ref()) {
            without += group.devices;
            reason = Some(why);
        }
    }
    if reached == 0 && plan.added.is_some() && !candidates.iter().any(|candidate| candidate.is_servable) {
        // For devices that are still installing it, which are not known by now.
        reason = verdict(None);
    }
    match reason {
        Some(reason) if without == reached => {
            let bundle = bundle.prn(organization).to_string();
            Err(Error::refused(RollbackUndeliverable { bundle, reason }))
        }
        _ => Ok(without),
    }
}

/// A name that no release of the cohort has.
fn new_name(graph: &ReleaseGraph, release: &Release) -> Name {
    const MOST: usize = 100;
    let start: String = release.name.as_str().chars().take(MOST).collect();
    let named = |number: usize| {
        let name = match number {
            1 => format!("rollback of {}", start.trim_end()),
            _ => format!("rollback of {} ({number})", start.trim_end()),
        };
        Name::from_record(&name).expect("a part of a name with some words around it is one")
    };
    let most = graph.records().count() + 1;
    let free = (1..=most).map(named).find(|name| graph.records().all(|one| one.name != *name));
    free.expect("of one name more than there are releases, one is free")
}
