//! How many devices a search finds, and what they have alike. Costs no more for a large fleet than for one of some thousand devices.

use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::{Facet, MOST_FACETS};
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::search::Clause;
use olivine_records::devices::{self, FacetValue};
use olivine_records::lists::Matching;

use crate::{Context, Error};

/// What devices are told apart by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alike {
    /// They have none.
    Nothing,
    /// A tag, a target, an outcome or a version.
    Text(String),
    /// Their release.
    Release(Id<Release>),
    /// Their cohort.
    Cohort(Id<Cohort>),
}

/// How many devices have what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facets {
    /// The most common values, most devices first.
    pub values: Vec<(Alike, u64)>,
    /// Whether there are more values than these.
    pub has_more: bool,
    /// How many devices were counted.
    pub counted: Matching,
}

/// Counts the devices that a search finds. All devices are counted by the numbers of their cohorts.
pub async fn count_matching(
    ctx: &Context,
    by: &Authorized<scope::DeviceRead>,
    clauses: &[Clause],
) -> Result<Matching, Error> {
    if clauses.is_empty() {
        return count_all(ctx, by).await;
    }
    Ok(devices::count_matching(&ctx.reads_for(by), &by.tenancy(), clauses).await?)
}

/// Counts all devices that `by` reaches.
pub(crate) async fn count_all(ctx: &Context, by: &Authorized<scope::DeviceRead>) -> Result<Matching, Error> {
    let (cohorts, without) = devices::count_by_cohort(&ctx.reads_for(by), &by.tenancy()).await?;
    Ok(all(&cohorts, without))
}

/// Counts the devices that a search finds by what they have alike.
pub async fn facets(
    ctx: &Context,
    by: &Authorized<scope::DeviceRead>,
    facet: Facet,
    clauses: &[Clause],
) -> Result<Facets, Error> {
    let reads = ctx.reads_for(by);
    if facet == Facet::Cohort && clauses.is_empty() {
        let (cohorts, without) = devices::count_by_cohort(&reads, &by.tenancy()).await?;
        let counted = all(&cohorts, without);
        let of_cohorts = cohorts.into_iter().map(|(id, devices)| (Alike::Cohort(id), devices));
        let none = (without.count > 0).then_some((Alike::Nothing, without.count));
        return Ok(most_common(of_cohorts.chain(none).collect(), counted));
    }
    let found = devices::facets(&reads, &by.tenancy(), facet, clauses).await?;
    let alike = |value| match (value, facet) {
        (None, _) => Alike::Nothing,
        (Some(FacetValue::Text(text)), _) => Alike::Text(text),
        (Some(FacetValue::Key(key)), Facet::Cohort) => Alike::Cohort(Id::new(key)),
        (Some(FacetValue::Key(key)), _) => Alike::Release(Id::new(key)),
    };
    let values = found.values.into_iter().map(|(value, devices)| (alike(value), devices));
    Ok(most_common(values.collect(), found.counted))
}

fn all(cohorts: &[(Id<Cohort>, u64)], without: Matching) -> Matching {
    let in_cohorts: u64 = cohorts.iter().map(|(_, devices)| devices).sum();
    Matching { count: in_cohorts + without.count, is_exact: without.is_exact }
}

fn most_common(mut values: Vec<(Alike, u64)>, counted: Matching) -> Facets {
    // Of equally many, the same ones come first each time.
    values.sort_by_cached_key(|(value, devices)| (std::cmp::Reverse(*devices), format!("{value:?}")));
    let has_more = values.len() > MOST_FACETS;
    values.truncate(MOST_FACETS);
    Facets { values, has_more, counted }
}
