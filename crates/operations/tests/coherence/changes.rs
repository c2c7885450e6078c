//! Making changes: each kind of them through its operation.

mod content;
mod fleet;
mod identity;
mod rollout;

use olivine_domain::pages::Page;
use olivine_domain::tags::Tags;
use olivine_domain::target::Target;
use olivine_operations::{Context, Error, bundles, devices, releases};

use crate::steps::{Change, Kind, Picks, place};
use crate::world::{World, all};

/// The versions that devices report; releases have all but the first, or none.
pub(crate) const VERSIONS: [&str; 4] = ["0.9.0", "1.0.0", "1.1.0", "2.0.0"];

/// Makes what every history begins with.
pub(crate) async fn begin(world: &World<'_>) -> Result<(), Error> {
    // Odd numbers choose records from the oldest on.
    const BEGINNING: [(Kind, Picks); 13] = [
        (Kind::CreateProduct, [1, 0, 0, 0, 0]),
        (Kind::CreateProduct, [0, 0, 0, 0, 0]),
        (Kind::CreateCohort, [1, 0, 0, 0, 0]),
        (Kind::CreateCohort, [3, 0, 0, 0, 0]),
        (Kind::CreateBundle, [1, 3, 5, 0, 0]),
        (Kind::CreateBundle, [1, 3, 3, 0, 0]),
        (Kind::CreateRelease, [1, 1, 0, 0, 8]),
        (Kind::CreateRelease, [1, 3, 0, 1, 8]),
        (Kind::CreateDevice, [0, 1, 1, 0, 0]),
        (Kind::CreateDevice, [1, 1, 1, 1, 0]),
        (Kind::CreateDevice, [2, 3, 1, 0, 1]),
        (Kind::RegisterCertificate, [0, 1, 0, 0, 0]),
        (Kind::RegisterCertificate, [1, 3, 0, 0, 0]),
    ];
    content::begin(&world.first, world).await?;
    for (kind, picks) in BEGINNING {
        make(&world.first, world, Change { kind, picks }).await?;
    }
    olivine_operations::distribution::catch_up(&world.second).await?;
    see(world).await
}

/// Makes a change.
pub(crate) async fn make(ctx: &Context, world: &World<'_>, change: Change) -> Result<(), Error> {
    use Kind as K;
    let Change { kind, picks } = change;
    match kind {
        K::CreateLine => create_line(ctx, world, picks).await,
        K::CreateProduct => fleet::create_product(ctx, world, picks).await,
        K::RetargetProduct => fleet::retarget_product(ctx, world, picks).await,
        K::DeleteProduct => fleet::delete_product(ctx, world, picks).await,
        K::CreateCohort => fleet::create_cohort(ctx, world, picks).await,
        K::RenameCohort => fleet::rename_cohort(ctx, world, picks).await,
        K::DeleteCohort => fleet::delete_cohort(ctx, world, picks).await,
        K::CreateDevice => fleet::create_device(ctx, world, picks).await,
        K::MoveDevice | K::TagDevice | K::RetargetDevice | K::RenameDevice | K::QuarantineDevice => {
            fleet::change_device(ctx, world, kind, picks).await
        }
        K::DeleteDevice => fleet::delete_device(ctx, world, picks).await,
        K::ImportDevices => fleet::import(ctx, world, picks).await,
        K::RegisterCertificate => identity::register(ctx, world, picks).await,
        K::RemoveCertificate => identity::remove(ctx, world, picks).await,
        K::CreateAuthority => identity::create_authority(ctx, world, picks).await,
        K::ChangeAuthority => identity::change_authority(ctx, world, picks).await,
        K::DeleteAuthority => identity::delete_authority(ctx, world, picks).await,
        K::Appear => identity::appear(ctx, world, picks).await,
        K::CreateRelease => rollout::create_release(ctx, world, picks).await,
        K::ChangeRelease => rollout::change_release(ctx, world, picks).await,
        K::DeleteRelease => rollout::delete_release(ctx, world, picks).await,
        K::ReplaceRelease => rollout::replace_release(ctx, world, picks).await,
        K::TakeBackRelease => rollout::take_back_release(ctx, world, picks).await,
        K::ArchiveRelease => rollout::archive_release(ctx, world, picks).await,
        K::UnarchiveRelease => rollout::unarchive_release(ctx, world, picks).await,
        K::CreateBundle => rollout::create_bundle(ctx, world, picks).await,
        K::RenameBundle => rollout::rename_bundle(ctx, world, picks).await,
        K::DeleteBundle => rollout::delete_bundle(ctx, world, picks).await,
        K::CreateOverride => rollout::create_override(ctx, world, picks).await,
        K::ChangeOverride => rollout::change_override(ctx, world, picks).await,
        K::DeleteOverride => rollout::delete_override(ctx, world, picks).await,
        K::ChangeKey => content::change_key(ctx, world, picks).await,
        K::CreateBinary => content::create_binary(ctx, world, picks).await,
        K::AskBinary => content::ask_binary(ctx, world, picks).await,
        K::Sign => content::sign(ctx, world, picks).await,
        K::Unsign => content::unsign(ctx, world, picks).await,
        K::ChangeOrganization => content::change_organization(ctx, world, picks).await,
        K::Stop => fleet::stop_or_resume(ctx, world, picks).await,
        K::PassTime => {
            world.pass(std::time::Duration::from_mins(u64::from(picks[0] % 4) * 25 + 5));
            Ok(())
        }
    }
}

/// A product with a cohort that has a release, and a device that is moved there: each chosen as the youngest by the next.
async fn create_line(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let [targeted, bundle, device, versioned, _] = picks;
    fleet::create_product(ctx, world, [targeted, 0, 0, 0, 0]).await?;
    fleet::create_cohort(ctx, world, [0; 5]).await?;
    rollout::create_release(ctx, world, [0, bundle, 0, versioned, 8]).await?;
    fleet::change_device(ctx, world, Kind::MoveDevice, [device, 0, 0, 0, 0]).await
}

/// Remembers what there is, for when it is gone.
pub(crate) async fn see(world: &World<'_>) -> Result<(), Error> {
    let ctx = &world.first;
    let devices = devices::list(ctx, &world.may(), &all()).await?.items;
    let releases = releases::list(ctx, &world.may(), &all()).await?.items;
    let bundles = bundles::list(ctx, &world.may(), &all()).await?.items;
    let mut seen = world.seen.lock().expect("no panics here");
    add(&mut seen.devices, devices.iter().map(|device| device.id));
    add(&mut seen.releases, releases.iter().map(|view| (view.release.id, view.release.cohort)));
    add(&mut seen.bundles, bundles.iter().map(|bundle| bundle.id));
    Ok(())
}

fn add<T: PartialEq>(to: &mut Vec<T>, all: impl Iterator<Item = T>) {
    for one in all {
        if !to.contains(&one) {
            to.push(one);
        }
    }
}

/// One of a list, if it is not empty.
async fn any<T>(listed: impl Future<Output = Result<Page<T>, Error>>, pick: u8) -> Result<Option<T>, Error> {
    Ok(one_of(listed.await?.items, pick))
}

fn one_of<T>(mut items: Vec<T>, pick: u8) -> Option<T> {
    let place = place(pick, items.len())?;
    Some(items.swap_remove(place))
}

/// A target, or none.
fn target(pick: u8) -> Option<Target> {
    let target = ["", "gateway", "sensor"][usize::from(pick) % 3];
    (!target.is_empty()).then(|| target.parse().expect("a target"))
}

fn tags(pick: u8) -> Tags {
    const CHOICES: [&[&str]; 4] = [&[], &["beta"], &["eu"], &["beta", "eu"]];
    Tags::new(CHOICES[usize::from(pick) % 4].iter().copied()).expect("tags")
}
