//! The emergency stop: no update for any device of the organization, of a product or of a cohort, until somebody resumes it. Nothing else is
//! changed by it, so that everything goes on afterwards where it was.

use olivine_domain::events::Subject;
use olivine_domain::permissions::{Actor, Authorized, OrganizationScope, OutsideReach, scope};
pub use olivine_domain::stops::Extent;
use olivine_domain::stops::{Stop, check_room};
use olivine_domain::text::Reason;
use olivine_records::{Write, cohorts, organizations, products, stops};

use crate::events::{EventData, StopFacts};
use crate::{Context, Error};

/// What is stopped in the caller's organization, for who may see or change it.
pub async fn list<S: OrganizationScope>(ctx: &Context, by: &Authorized<S>) -> Result<Vec<Stop>, Error> {
    seen(ctx, by, stops::list(ctx.db(), by.organization).await?).await
}

/// Those that concern what the caller may see.
async fn seen(ctx: &Context, by: &Actor, mut all: Vec<Stop>) -> Result<Vec<Stop>, Error> {
    let products: Vec<_> = all.iter().filter_map(|stop| stop.extent.product()).collect();
    let cohorts: Vec<_> = all.iter().filter_map(|stop| stop.extent.cohort()).collect();
    if products.is_empty() && cohorts.is_empty() {
        return Ok(all);
    }
    // Stops are visible to the whole organization, except for products and cohorts that the caller does not reach.
    if !by.is_limited() {
        return Ok(all);
    }
    let in_products = by.authorize::<scope::ProductRead>()?.tenancy();
    let in_cohorts = by.authorize::<scope::CohortRead>()?.tenancy();
    let products = products::get_many(ctx.db(), &in_products, &products).await?;
    let cohorts = cohorts::get_many(ctx.db(), &in_cohorts, &cohorts).await?;
    all.retain(|stop| match stop.extent {
        Extent::Organization => true,
        Extent::Product(id) => products.iter().any(|product| product.id == id),
        Extent::Cohort(id) => cohorts.iter().any(|cohort| cohort.id == id),
    });
    Ok(all)
}

/// Stops distribution, and returns all that is stopped then. What is stopped already stays as it is, with its reason.
pub async fn stop(
    ctx: &Context,
    by: &Authorized<scope::ReleaseStop>,
    extent: Extent,
    reason: Reason,
) -> Result<Vec<Stop>, Error> {
    let mut w = ctx.work().await?;
    let mut all = lock(&w, by, extent).await?;
    if all.iter().any(|stop| stop.extent == extent) {
        drop(w);
        return seen(ctx, by, all).await;
    }
    check_room(&all, extent).map_err(Error::refused)?;
    let stopped_by = by.identity.into();
    let stop = Stop { organization: by.organization, extent, reason, stopped_by, stopped_at: w.now() };
    stops::insert(&w, &stop).await?;
    w.event(by, Subject::of(by.organization), EventData::OrganizationStopped(facts(&stop)));
    w.commit().await?;
    all.push(stop);
    seen(ctx, by, all).await
}

/// Ends a stop, and returns those that are still on. Each stop is ended separately: a device stays stopped as long as any stop concerns it.
pub async fn resume(
    ctx: &Context,
    by: &Authorized<scope::ReleaseUpdate>,
    extent: Extent,
) -> Result<Vec<Stop>, Error> {
    let mut w = ctx.work().await?;
    let all = lock(&w, by, extent).await?;
    let (over, left): (Vec<_>, Vec<_>) = all.into_iter().partition(|stop| stop.extent == extent);
    let Some(stop) = over.first() else {
        drop(w);
        return seen(ctx, by, left).await;
    };
    stops::delete(&w, stop).await?;
    w.event(by, Subject::of(by.organization), EventData::OrganizationResumed(facts(stop)));
    w.commit().await?;
    seen(ctx, by, left).await
}

/// All stops, which nobody changes until the transaction ends. What is to be stopped or resumed must be there, and stays; it may be archived.
async fn lock<S: OrganizationScope>(
    w: &Write,
    by: &Authorized<S>,
    extent: Extent,
) -> Result<Vec<Stop>, Error> {
    let tenancy = &by.tenancy();
    match extent {
        Extent::Organization if tenancy.changed().is_some() => {
            return Err(OutsideReach::Organization(S::SCOPE).into());
        }
        Extent::Organization => {}
        Extent::Product(id) => {
            products::get_to_use(w, tenancy, id).await.map_err(Error::missing(id))?;
        }
        Extent::Cohort(id) => {
            cohorts::get_to_use(w, tenancy, id).await.map_err(Error::missing(id))?;
        }
    }
    organizations::lock(w, by.organization).await?;
    Ok(stops::list(w, by.organization).await?)
}

fn facts(stop: &Stop) -> StopFacts {
    StopFacts {
        product_prn: stop.extent.product().map(|id| id.prn(stop.organization)),
        cohort_prn: stop.extent.cohort().map(|id| id.prn(stop.organization)),
        reason: stop.reason.to_string(),
        stopped_at: stop.stopped_at,
    }
}
