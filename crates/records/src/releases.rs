//! Releases: their records, and how they point to each other.
//!
//! Only the holder of the cohort's lock changes a graph. The database checks links at the end of the transaction, but it refuses a second
//! release without a next one at once. So write links in an order in which a cohort never has two final releases in between.

mod row;

use olivine_domain::binaries::Binary;
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::organizations::Organization;
use olivine_domain::pages::Page;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::text::Name;
use sea_orm::sea_query::LockType;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
};

use crate::bundles;
use crate::changes::{self, replace};
use crate::database::{ListReader, Reader, Write};
use crate::entities::distribution::releases::{Column, Entity};
use crate::entities::distribution::{device_outcomes, release_claims, release_days};
use crate::entities::fleet::cohorts;
use crate::error::Error;
use crate::lists::{self, ListQuery};

const TABLE: &str = "all_releases";

/// The release, if the organization has it.
pub async fn find(
    reader: &impl Reader,
    tenancy: &Tenancy,
    id: Id<Release>,
) -> Result<Option<Release>, Error> {
    lists::find::<Entity>(reader, tenancy, id).await
}

/// The release.
pub async fn get(reader: &impl Reader, tenancy: &Tenancy, id: Id<Release>) -> Result<Release, Error> {
    lists::get::<Entity>(reader, tenancy, id).await
}

/// The release, which nobody else changes or claims until the transaction ends.
pub async fn lock(write: &Write, tenancy: &Tenancy, id: Id<Release>) -> Result<Release, Error> {
    // What refers to the release (its numbers, say) is written meanwhile; else a device that writes them and then waits for a claim to
    // end could be waited for by that claim.
    lists::lock::<Entity>(write, tenancy, id, LockType::NoKeyUpdate).await
}

/// Keeps everybody else from editing the graph of a cohort that the organization has, until the transaction ends.
pub async fn lock_cohort(write: &Write, tenancy: &Tenancy, cohort: Id<Cohort>) -> Result<(), Error> {
    // Devices may join meanwhile: what refers to the cohort waits only for its deletion.
    lists::lock::<cohorts::Entity>(write, tenancy, cohort, LockType::NoKeyUpdate).await.map(drop)
}

/// The release of that name in the cohort.
pub async fn find_by_name(
    reader: &impl Reader,
    organization: Id<Organization>,
    cohort: Id<Cohort>,
    name: &Name,
) -> Result<Option<Release>, Error> {
    let row = Entity::find().filter(of(organization, cohort)).filter(Column::Name.eq(name.as_str()));
    row.one(&reader.executor()).await?.as_ref().map(row::parse).transpose()
}

/// The given releases that belong to the organization, in no particular order.
pub async fn get_many(
    reader: &impl Reader,
    tenancy: &Tenancy,
    ids: &[Id<Release>],
) -> Result<Vec<Release>, Error> {
    lists::get_many::<Entity>(reader, tenancy, ids.iter().map(|id| id.uuid())).await
}

/// A page of the organization's releases.
pub async fn list(
    reader: &impl ListReader,
    tenancy: &Tenancy,
    query: &ListQuery,
) -> Result<Page<Release>, Error> {
    lists::page::<Entity>(reader, tenancy, query).await
}

/// A page of the releases whose bundles have this binary.
pub async fn list_with_binary(
    reader: &impl ListReader,
    tenancy: &Tenancy,
    binary: Id<Binary>,
    query: &ListQuery,
) -> Result<Page<Release>, Error> {
    let bundles = bundles::with_binary(tenancy.organization(), binary).into_query();
    let using = Condition::all().add(Column::BundleId.in_subquery(bundles));
    lists::page_of::<Entity>(reader, tenancy, using, query).await
}

/// A page of the releases that bring this bundle.
pub async fn list_with_bundle(
    reader: &impl ListReader,
    tenancy: &Tenancy,
    bundle: Id<Bundle>,
    query: &ListQuery,
) -> Result<Page<Release>, Error> {
    let using = Condition::all().add(Column::BundleId.eq(bundle.uuid()));
    lists::page_of::<Entity>(reader, tenancy, using, query).await
}

/// All releases of a cohort, the oldest first.
pub async fn list_graph(
    reader: &impl Reader,
    organization: Id<Organization>,
    cohort: Id<Cohort>,
) -> Result<Vec<Release>, Error> {
    let rows = graph(organization, cohort).all(&reader.executor()).await?;
    rows.iter().map(row::parse).collect()
}

pub(crate) fn graph(organization: Id<Organization>, cohort: Id<Cohort>) -> Select<Entity> {
    Entity::find().filter(of(organization, cohort)).order_by_asc(Column::InsertedAt).order_by_asc(Column::Id)
}

/// Adds a release to a cohort that the organization has.
pub async fn insert(write: &Write, release: &Release) -> Result<(), Error> {
    let row = row::row(release)?.into_active_model();
    Entity::insert(row).exec_without_returning(write.transaction()).await?;
    Ok(())
}

/// Replaces what can change (also to what it points), if nobody else did since `expected`. Claims are counted elsewhere.
pub async fn update(write: &Write, old: &Release, new: &Release) -> Result<(), Error> {
    replace(write, &row::row(old)?, &row::row(new)?).await
}

/// Deletes a release with its claims and numbers. What points to it must point elsewhere before the transaction ends.
pub async fn delete(write: &Write, organization: Id<Organization>, id: Id<Release>) -> Result<(), Error> {
    use device_outcomes::Column as Outcome;
    use release_claims::Column as Claim;
    use release_days::Column as Day;
    let (owner, release) = (organization.uuid(), id.uuid());
    let transaction = write.transaction();
    // The release is locked first and deleted last: a transaction that claims it waits for this lock, and then finds no release.
    let locked = Entity::find().filter(one(organization, id)).lock_exclusive().one(transaction).await?;
    locked.ok_or(Error::NotFound { table: TABLE })?;
    let claims = Condition::all().add(Claim::OrganizationId.eq(owner)).add(Claim::ReleaseId.eq(release));
    release_claims::Entity::delete_many().filter(claims).exec(transaction).await?;
    let days = Condition::all().add(Day::OrganizationId.eq(owner)).add(Day::ReleaseId.eq(release));
    release_days::Entity::delete_many().filter(days).exec(transaction).await?;
    let outcomes =
        Condition::all().add(Outcome::OrganizationId.eq(owner)).add(Outcome::ReleaseId.eq(release));
    device_outcomes::Entity::delete_many().filter(outcomes).exec(transaction).await?;
    changes::delete::<Entity>(write, organization, id).await
}

fn one(organization: Id<Organization>, id: Id<Release>) -> Condition {
    Condition::all().add(Column::Id.eq(id.uuid())).add(Column::OrganizationId.eq(organization.uuid()))
}

fn of(organization: Id<Organization>, cohort: Id<Cohort>) -> Condition {
    Condition::all()
        .add(Column::OrganizationId.eq(organization.uuid()))
        .add(Column::CohortId.eq(cohort.uuid()))
}
