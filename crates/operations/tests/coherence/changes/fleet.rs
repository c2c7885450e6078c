//! Changes of products, cohorts and devices.

use std::fmt::Write as _;
use std::io::Write as _;

use olivine_domain::cohorts::Cohort;
use olivine_domain::permissions::scope;
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_operations::stops::{self, Extent};
use olivine_operations::{Context, Error, cohorts, device_import, devices, products};

use super::{any, one_of, tags, target};
use crate::factory::name;
use crate::steps::{Kind, Picks};
use crate::world::{World, all, new_id};

/// More would only make a history slower, and less happen to each.
const MOST_DEVICES: usize = 8;
const MOST_COHORTS: usize = 5;

pub(super) async fn create_product(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let name = world.name("product").parse().expect("a name");
    let new = products::New { name, description: None, target: target(picks[0]) };
    products::create(ctx, &world.may(), new_id(ctx), new).await.map(drop)
}

pub(super) async fn any_product(
    ctx: &Context,
    world: &World<'_>,
    pick: u8,
) -> Result<Option<Id<Product>>, Error> {
    Ok(any(products::list(ctx, &world.may(), &all()), pick).await?.map(|product| product.id))
}

pub(super) async fn any_cohort(ctx: &Context, world: &World<'_>, pick: u8) -> Result<Option<Cohort>, Error> {
    any(cohorts::list(ctx, &world.may(), &all()), pick).await
}

/// A cohort of a product; none where there is none, and now and then.
pub(super) async fn cohort_of(
    ctx: &Context,
    world: &World<'_>,
    product: Id<Product>,
    pick: u8,
) -> Result<Option<Id<Cohort>>, Error> {
    let own = cohorts::list(ctx, &world.may(), &all()).await?.items.into_iter();
    let own = own.filter(|cohort| cohort.product == product).map(|cohort| cohort.id).collect();
    Ok(one_of(own, pick).filter(|_| pick < 224))
}

pub(super) async fn retarget_product(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let Some(id) = any_product(ctx, world, picks[0]).await? else { return Ok(()) };
    let change = products::Change { target: Some(target(picks[1])), ..products::Change::default() };
    products::update(ctx, &world.may(), id, None, change).await.map(drop)
}

pub(super) async fn delete_product(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let Some(id) = any_product(ctx, world, picks[0]).await? else { return Ok(()) };
    products::delete(ctx, &world.may(), id).await
}

pub(super) async fn create_cohort(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let there = cohorts::list(ctx, &world.may(), &all()).await?.items.len();
    let product = any_product(ctx, world, picks[0]).await?;
    let Some(product) = product.filter(|_| there < MOST_COHORTS) else { return Ok(()) };
    let name = world.name("cohort").parse().expect("a name");
    let new = cohorts::New { product, name, description: None };
    cohorts::create(ctx, &world.may(), new_id(ctx), new).await.map(drop)
}

pub(super) async fn rename_cohort(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let Some(cohort) = any_cohort(ctx, world, picks[0]).await? else { return Ok(()) };
    let name = Some(world.name("cohort").parse().expect("a name"));
    let change = cohorts::Change { name, ..cohorts::Change::default() };
    cohorts::update(ctx, &world.may(), cohort.id, None, change).await.map(drop)
}

pub(super) async fn delete_cohort(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let Some(cohort) = any_cohort(ctx, world, picks[0]).await? else { return Ok(()) };
    cohorts::delete(ctx, &world.may(), cohort.id).await
}

/// Stops the organization, a product or a cohort; or resumes it, twice as often, so that most of a history goes on.
pub(super) async fn stop_or_resume(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let [what, which, how, ..] = picks;
    let product = any_product(ctx, world, which).await?;
    let cohort = any_cohort(ctx, world, which).await?;
    let extent = match (what % 3, product, cohort) {
        (0, Some(product), _) => Extent::Product(product),
        (1, _, Some(cohort)) => Extent::Cohort(cohort.id),
        _ => Extent::Organization,
    };
    if how % 3 == 0 {
        let reason = "a drill".parse().expect("a reason");
        return stops::stop(ctx, &world.may(), extent, reason).await.map(drop);
    }
    let all = stops::list(ctx, &world.may::<scope::OrganizationRead>()).await?;
    let extent = one_of(all, which).map_or(extent, |stop| stop.extent);
    stops::resume(ctx, &world.may(), extent).await.map(drop)
}

pub(super) async fn create_device(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let [named, product, cohort, tagged, targeted] = picks;
    let living = devices::list(ctx, &world.may(), &all()).await?.items.len();
    let Some(product) = any_product(ctx, world, product).await?.filter(|_| living < MOST_DEVICES) else {
        return Ok(());
    };
    let new = devices::New {
        identifier: name(named).parse().expect("an identifier"),
        product,
        cohort: cohort_of(ctx, world, product, cohort).await?,
        description: None,
        tags: tags(tagged),
        target: target(targeted),
        quarantined: false,
    };
    devices::create(ctx, &world.may(), new_id(ctx), new).await.map(drop)
}

pub(super) async fn change_device(
    ctx: &Context,
    world: &World<'_>,
    kind: Kind,
    picks: Picks,
) -> Result<(), Error> {
    let [device, one, other, ..] = picks;
    let Some(device) = any(devices::list(ctx, &world.may(), &all()), device).await? else { return Ok(()) };
    let mut change = devices::Change::default();
    match kind {
        Kind::MoveDevice => {
            let Some(product) = any_product(ctx, world, one).await? else { return Ok(()) };
            let cohort = cohort_of(ctx, world, product, other).await?;
            (change.product, change.cohort) = (Some(product), Some(cohort));
        }
        Kind::TagDevice => change.tags = Some(tags(one)),
        Kind::RetargetDevice => change.target = Some(target(one)),
        Kind::RenameDevice => change.identifier = Some(name(one).parse().expect("an identifier")),
        _ => change.quarantined = Some(one % 3 == 0),
    }
    devices::update(
        ctx,
        &world.may::<olivine_domain::permissions::scope::DeviceUpdate>().into(),
        device.id,
        None,
        change,
    )
    .await
    .map(drop)
}

pub(super) async fn delete_device(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let Some(device) = any(devices::list(ctx, &world.may(), &all()), picks[0]).await? else { return Ok(()) };
    devices::delete(ctx, &world.may(), device.id).await
}

/// Two devices, which may exist already, into a cohort; one of them with a certificate.
pub(super) async fn import(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let [first, second, cohort, tagged, certificate] = picks;
    let Some(cohort) = any_cohort(ctx, world, cohort).await? else { return Ok(()) };
    let organization = world.actor.organization;
    let (product, cohort) = (cohort.product.prn(organization), cohort.id.prn(organization));
    let tags = tags(tagged).iter().collect::<Vec<_>>().join(";");
    let pem = world.factory.own(certificate).pem();
    let mut text = "identifier,product,cohort,tags,certificate\n".to_owned();
    for (named, pem) in [(first, ""), (second, pem.as_str())] {
        writeln!(text, "{},{product},{cohort},{tags},\"{pem}\"", name(named))
            .expect("a String takes everything");
    }
    let mut file = tempfile::tempfile_in(world.root()).expect("a file");
    file.write_all(text.as_bytes()).expect("a file can be written");
    let import = device_import::Import::default();
    device_import::import(ctx, &world.may(), import, &file).await.map(drop)
}
