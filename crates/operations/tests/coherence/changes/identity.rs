//! Changes of certificates and authorities; and devices that make themselves known.

use olivine_domain::ca_certificates::{CaCertificate, Jitp, Renewals};
use olivine_domain::certificates::{IdentifierSource, Intermediates, SignatureCheck};
use olivine_domain::permissions::Origin;
use olivine_operations::distribution::Shown;
use olivine_operations::{Context, Error, ca_certificates, device_certificates, devices, distribution};

use super::fleet::{any_product, cohort_of};
use super::{any, tags, target};
use crate::steps::Picks;
use crate::world::{World, all, new_id};

pub(super) async fn register(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let [certificate, device, is_signed, authority, number] = picks;
    let Some(device) = any(devices::list(ctx, &world.may(), &all()), device).await? else { return Ok(()) };
    let factory = &world.factory;
    // Mostly its own one: those of authorities are there to appear by themselves.
    let certificate =
        if is_signed % 4 == 3 { factory.signed(authority, number) } else { factory.own(certificate) };
    let new = device_certificates::Create {
        id: new_id(ctx),
        device: device.id,
        certificate,
        verification_certificate: None,
    };
    device_certificates::create(ctx, &world.may(), new).await.map(drop)
}

pub(super) async fn remove(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let Some(one) = any(device_certificates::list(ctx, &world.may(), &all()), picks[0]).await? else {
        return Ok(());
    };
    device_certificates::delete(ctx, &world.may(), one.id).await
}

async fn jitp(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<Option<Jitp>, Error> {
    let [_, product, cohort, tagged, targeted] = picks;
    let Some(product) = any_product(ctx, world, product).await?.filter(|_| targeted % 5 != 4) else {
        return Ok(None);
    };
    let cohort = cohort_of(ctx, world, product, cohort).await?;
    let (tags, target) = (tags(tagged), target(targeted));
    Ok(Some(Jitp {
        product,
        cohort,
        tags,
        target,
        description: None,
        identifier: IdentifierSource::default(),
    }))
}

fn renewals(pick: u8) -> Renewals {
    Renewals::ALL[usize::from(pick) % Renewals::ALL.len()]
}

pub(super) async fn create_authority(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let jitp = jitp(ctx, world, picks).await?;
    let code = ca_certificates::create_verification_code(ctx, &world.may()).await?.code;
    let new = ca_certificates::Create {
        id: new_id(ctx),
        certificate: world.factory.authority(picks[0]).certificate.clone(),
        verification_certificate: world.factory.proof(picks[0], &code),
        description: None,
        jitp,
        renewals: renewals(picks[4]),
    };
    ca_certificates::create(ctx, &world.may(), new).await.map(drop)
}

async fn any_authority(ctx: &Context, world: &World<'_>, pick: u8) -> Result<Option<CaCertificate>, Error> {
    any(ca_certificates::list(ctx, &world.may(), &all()), pick).await
}

pub(super) async fn change_authority(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let Some(ca) = any_authority(ctx, world, picks[0]).await? else { return Ok(()) };
    let jitp = Some(jitp(ctx, world, picks).await?);
    let renewals = Some(renewals(picks[4]));
    let change = ca_certificates::Change { jitp, renewals, ..ca_certificates::Change::default() };
    ca_certificates::update(ctx, &world.may(), ca.id, None, change).await.map(drop)
}

pub(super) async fn delete_authority(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let Some(ca) = any_authority(ctx, world, picks[0]).await? else { return Ok(()) };
    ca_certificates::delete(ctx, &world.may(), ca.id).await
}

/// A device shows what an authority signed. If a device is made of it, it is one as the authority's settings say now.
pub(super) async fn appear(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let shown = world.factory.signed(picks[0], picks[1]);
    let before = devices::list(ctx, &world.may(), &all()).await?.items;
    let known = distribution::authenticate(
        ctx,
        Shown { certificate: &shown, intermediates: &Intermediates::default() },
        &Origin::default(),
    )
    .await?;
    if before.iter().any(|device| device.id == known.device) {
        return Ok(());
    }
    let made = devices::get(ctx, &world.may(), known.device).await?;
    let authorities = ca_certificates::list(ctx, &world.may(), &all()).await?.items;
    let jitp = authorities
        .into_iter()
        .find(|ca| shown.signature_by(&ca.certificate) == SignatureCheck::Signed)
        .and_then(|ca| ca.jitp);
    let jitp = jitp.ok_or_else(|| Error::NotFound { what: "authority", named: String::new() })?;
    let as_set = (jitp.product, jitp.cohort, jitp.tags, jitp.target);
    assert_eq!((made.product, made.cohort, made.tags, made.target), as_set, "{:?}", known.device);
    Ok(())
}
