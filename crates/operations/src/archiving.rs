//! Archiving records and taking them back, and what goes with it for all kinds of records: something new uses a record only if it is not
//! archived, and nobody archives it at the same moment. Releases, which also have a place in a graph, are archived in [`crate::releases`].

use std::future::{Future, Ready, ready};

use olivine_domain::archiving::{self as rules, Archivable, usable};
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::artifacts::Artifact;
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::events::Subject;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Actor, Tenancy};
use olivine_domain::prn::{Id, Resource};
use olivine_domain::products::Product;
use olivine_records::{Write, artifact_versions, artifacts, bundles, cohorts, devices, products};

use crate::events::{Change, EventData};
use crate::{Context, Error};

/// Records that others use, and that can be archived.
pub(crate) trait Used: Archivable {
    /// Where the record is looked for: in the organization, or, for callers that reach only some of these records, among those.
    type Tenant: Sync;

    /// The record, which nobody archives until the transaction ends.
    fn get_to_use(
        w: &Write,
        tenant: &Self::Tenant,
        id: Id<Self>,
    ) -> impl Future<Output = Result<Self, olivine_records::Error>> + Send;
}

macro_rules! used {
    ($($record:ident in $records:ident of $tenant:ty;)*) => {
        $(impl Used for $record {
            type Tenant = $tenant;

            fn get_to_use(
                w: &Write,
                tenant: &Self::Tenant,
                id: Id<Self>,
            ) -> impl Future<Output = Result<Self, olivine_records::Error>> + Send {
                $records::get_to_use(w, tenant, id)
            }
        })*
    };
}

used! {
    Artifact in artifacts of Id<Organization>;
    ArtifactVersion in artifact_versions of Id<Organization>;
    Bundle in bundles of Id<Organization>;
    Cohort in cohorts of Tenancy;
    Product in products of Tenancy;
}

/// The record, for something new that uses it in the same transaction; refused if it is archived.
pub(crate) async fn to_use<R: Used>(w: &Write, tenant: &R::Tenant, id: Id<R>) -> Result<R, Error> {
    let record = R::get_to_use(w, tenant, id).await.map_err(Error::missing(id))?;
    usable(&record).map_err(Error::refused)?;
    Ok(record)
}

/// The artifact version, for a new binary; refused if it or its artifact is archived.
pub(crate) async fn version_to_use(
    w: &Write,
    organization: Id<Organization>,
    id: Id<ArtifactVersion>,
) -> Result<(), Error> {
    let version = to_use::<ArtifactVersion>(w, &organization, id).await?;
    to_use::<Artifact>(w, &organization, version.artifact).await.map(drop)
}

/// What is said of another record that has a name already.
pub(crate) fn if_archived(other: Option<&impl Archivable>) -> &'static str {
    if other.is_some_and(|other| other.archived_at().is_some()) { " (it is archived)" } else { "" }
}

/// Records that are archived by what stands here.
pub(crate) trait Archive: Used + Send + Sync + 'static {
    /// The record, which nothing new uses until the transaction ends.
    fn get_to_archive(
        w: &Write,
        tenant: &Self::Tenant,
        id: Id<Self>,
    ) -> impl Future<Output = Result<Self, olivine_records::Error>> + Send;

    /// Replaces the record.
    fn update(
        w: &Write,
        old: &Self,
        new: &Self,
    ) -> impl Future<Output = Result<(), olivine_records::Error>> + Send;

    /// Refuses while something still needs the record.
    fn check_unused(
        &self,
        by: &Actor,
        ctx: &Context,
        w: &Write,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Refuses while what the record belongs to is archived.
    fn check_owner(&self, w: &Write) -> impl Future<Output = Result<(), Error>> + Send;

    /// The event that it was archived.
    fn archived(change: Change<'_, Self>) -> EventData<'_>;

    /// The event that it was taken back.
    fn unarchived(change: Change<'_, Self>) -> EventData<'_>;
}

/// Archives a record. Doing it again changes nothing.
pub(crate) async fn archive<R: Archive>(
    ctx: &Context,
    by: &Actor,
    tenant: &R::Tenant,
    id: Id<R>,
) -> Result<R, Error> {
    let mut w = ctx.work().await?;
    let old = R::get_to_archive(&w, tenant, id).await.map_err(Error::missing(id))?;
    let Some(new) = rules::archive(&old, ctx.now()) else { return Ok(old) };
    old.check_unused(by, ctx, &w).await?;
    R::update(&w, &old, &new).await?;
    w.event(by, Subject::of(id), R::archived(Change { from: &old, to: &new }));
    w.commit().await?;
    Ok(new)
}

/// Takes an archived record back. Doing it again changes nothing.
pub(crate) async fn unarchive<R: Archive>(
    ctx: &Context,
    by: &Actor,
    tenant: &R::Tenant,
    id: Id<R>,
) -> Result<R, Error> {
    let mut w = ctx.work().await?;
    let old = R::get_to_archive(&w, tenant, id).await.map_err(Error::missing(id))?;
    let Some(new) = rules::unarchive(&old, ctx.now()) else { return Ok(old) };
    new.check_owner(&w).await?;
    R::update(&w, &old, &new).await?;
    w.event(by, Subject::of(id), R::unarchived(Change { from: &old, to: &new }));
    w.commit().await?;
    Ok(new)
}

/// Implements [`Archive`]; the two rules are functions of the record.
macro_rules! archive {
    ($($record:ident in $records:ident: $archived:ident, $unarchived:ident, $unused:ident, $owner:ident;)*) => {
        $(impl Archive for $record {
            fn get_to_archive(
                w: &Write,
                tenant: &Self::Tenant,
                id: Id<Self>,
            ) -> impl Future<Output = Result<Self, olivine_records::Error>> + Send {
                $records::get_to_archive(w, tenant, id)
            }

            fn update(
                w: &Write,
                old: &Self,
                new: &Self,
            ) -> impl Future<Output = Result<(), olivine_records::Error>> + Send {
                $records::update(w, old, new)
            }

            fn check_unused(
                &self,
                by: &Actor,
                ctx: &Context,
                w: &Write,
            ) -> impl Future<Output = Result<(), Error>> + Send {
                $unused(self, by, ctx, w)
            }

            fn check_owner(&self, w: &Write) -> impl Future<Output = Result<(), Error>> + Send {
                $owner(self, w)
            }

            fn archived(change: Change<'_, Self>) -> EventData<'_> {
                EventData::$archived(change)
            }

            fn unarchived(change: Change<'_, Self>) -> EventData<'_> {
                EventData::$unarchived(change)
            }
        })*
    };
}

archive! {
    Artifact in artifacts: ArtifactArchived, ArtifactUnarchived, never_needed, has_no_owner;
    ArtifactVersion in artifact_versions: ArtifactVersionArchived, ArtifactVersionUnarchived, never_needed, artifact_of;
    Bundle in bundles: BundleArchived, BundleUnarchived, bundle_unused, has_no_owner;
    Cohort in cohorts: CohortArchived, CohortUnarchived, cohort_empty, product_of;
    Product in products: ProductArchived, ProductUnarchived, product_empty, has_no_owner;
}

/// Bundles go on with what they have.
fn never_needed<R: Resource>(_: &R, _: &Actor, _: &Context, _: &Write) -> Ready<Result<(), Error>> {
    ready(Ok(()))
}

fn has_no_owner<R: Resource>(_: &R, _: &Write) -> Ready<Result<(), Error>> {
    ready(Ok(()))
}

async fn artifact_of(version: &ArtifactVersion, w: &Write) -> Result<(), Error> {
    to_use::<Artifact>(w, &version.organization, version.artifact).await.map(drop)
}

async fn product_of(cohort: &Cohort, w: &Write) -> Result<(), Error> {
    // The product of a cohort never changes, so a caller that reaches the cohort may do this.
    to_use::<Product>(w, &Tenancy::of_server(cohort.organization), cohort.product).await.map(drop)
}

async fn bundle_unused(bundle: &Bundle, by: &Actor, ctx: &Context, w: &Write) -> Result<(), Error> {
    crate::bundles::check_unused(bundle, by, ctx, w).await
}

fn cohort_empty(cohort: &Cohort, _: &Actor, _: &Context, _: &Write) -> Ready<Result<(), Error>> {
    ready(match cohort.devices {
        0 => Ok(()),
        devices => Err(Error::InUse(format!(
            "this cohort can't be archived, because it has devices ({devices}): move them to another cohort first"
        ))),
    })
}

async fn product_empty(product: &Product, _: &Actor, _: &Context, w: &Write) -> Result<(), Error> {
    if devices::is_any_of_product(w, product.organization, product.id).await? {
        return Err(Error::InUse(
            "this product can't be archived, because it has devices: move them to another product or delete them first"
                .to_owned(),
        ));
    }
    Ok(())
}
