//! Records whose names begin with a text: one walk along an index by name for each kind.

use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::artifacts::Artifact;
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::lookups::{LookupText, MOST_OF_A_KIND};
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::releases::Release;
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect, Select};

use crate::database::ListReader;
use crate::entities::distribution::{bundles, releases};
use crate::entities::fleet::{cohorts, devices, products};
use crate::entities::{artifact_versions, artifacts};
use crate::error::Error;
use crate::lists::{Listed, too_broad};
use crate::tenants::Tenant;

macro_rules! beginning_with {
    ($($(#[$doc:meta])* $name:ident($tenant:ty, $entity:ident, $column:ident) -> $item:ty;)*) => {
        $($(#[$doc])*
        pub async fn $name(
            reader: &impl ListReader,
            tenant: $tenant,
            text: &LookupText,
        ) -> Result<Vec<$item>, Error> {
            read::<$entity::Entity>(reader, tenant, $entity::Column::$column, text).await
        })*
    };
}

beginning_with! {
    /// Artifacts, by name.
    artifacts_named(Id<Organization>, artifacts, Name) -> Artifact;
    /// Artifact versions, by version.
    artifact_versions_of_version(Id<Organization>, artifact_versions, Version) -> ArtifactVersion;
    /// Bundles, by name.
    bundles_named(Id<Organization>, bundles, Name) -> Bundle;
    /// Products, by name.
    products_named(&Tenancy, products, Name) -> Product;
    /// Cohorts, by name.
    cohorts_named(&Tenancy, cohorts, Name) -> Cohort;
    /// Devices, by identifier.
    devices_identified(&Tenancy, devices, Identifier) -> Device;
    /// Releases, by name.
    releases_named(&Tenancy, releases, Name) -> Release;
    /// Releases, by version.
    releases_of_version(&Tenancy, releases, Version) -> Release;
}

async fn read<E: Listed>(
    reader: &impl ListReader,
    tenant: impl Tenant<E>,
    column: E::Column,
    text: &LookupText,
) -> Result<Vec<E::Item>, Error>
where
    E::Model: Send + Sync,
{
    let seen = tenant.seen();
    let is_part = !seen.is_empty();
    let select = beginning::<E>(tenant.organization(), column, text).filter(seen);
    let rows = if is_part {
        // For a caller that reaches only a part, this may have to walk past all other records.
        let scanner = reader.scanner().await?;
        let rows = select.all(&scanner.executor()).await.map_err(Error::from);
        rows.map_err(|error| too_broad(error, reader.scan_limit(), E::INDEXED))?
    } else {
        select.all(&reader.executor()).await?
    };
    rows.iter().map(E::parse).collect()
}

/// The statement behind it.
pub(crate) fn beginning<E: Listed>(
    organization: Id<Organization>,
    column: E::Column,
    text: &LookupText,
) -> Select<E> {
    let begins =
        Condition::all().add(column.gte(text.as_str())).add_option(text.end().map(|end| column.lt(end)));
    E::find()
        .filter(E::ORGANIZATION.eq(organization.uuid()))
        .filter(begins)
        .order_by_asc(column)
        .limit(MOST_OF_A_KIND)
}
