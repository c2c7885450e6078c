//! Where records are looked for: in an organization, or in the products and cohorts of it that the caller reaches.

use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Part, Tenancy};
use olivine_domain::prn::Id;
use sea_orm::{ColumnTrait, Condition, QueryFilter, QuerySelect, Select};
use uuid::Uuid;

use crate::database::Executor;
use crate::error::Error;
use crate::lists::listed::Listed;

/// A table whose records are of a product or a cohort, so that somebody may reach some of them only.
pub(crate) trait Placed: Listed {
    /// The records that are of one of these products or cohorts. The organization is asked for besides.
    fn within(part: &Part) -> Condition;

    /// The records that a caller with that reach may see.
    fn seen_within(part: &Part) -> Condition {
        Self::within(part)
    }
}

/// Where records of a table are looked for: in an organization, or in the part of it that the caller reaches.
pub(crate) trait Tenant<E: Listed>: Copy + Send + Sync {
    /// The organization.
    fn organization(self) -> Id<Organization>;

    /// What else a record meets that may be seen.
    fn seen(self) -> Condition;

    /// What it meets, of that, where not all of it may be changed.
    fn changed(self) -> Option<Condition>;
}

impl<E: Listed> Tenant<E> for Id<Organization> {
    fn organization(self) -> Id<Organization> {
        self
    }

    fn seen(self) -> Condition {
        Condition::all()
    }

    fn changed(self) -> Option<Condition> {
        None
    }
}

impl<E: Listed> Tenant<E> for &Id<Organization> {
    fn organization(self) -> Id<Organization> {
        *self
    }

    fn seen(self) -> Condition {
        Condition::all()
    }

    fn changed(self) -> Option<Condition> {
        None
    }
}

impl<E: Placed> Tenant<E> for &Tenancy {
    fn organization(self) -> Id<Organization> {
        Tenancy::organization(self)
    }

    fn seen(self) -> Condition {
        self.seen().parts().iter().map(E::seen_within).fold(Condition::all(), Condition::add)
    }

    fn changed(self) -> Option<Condition> {
        let limits = self.changed()?;
        Some(limits.parts().iter().map(E::within).fold(Condition::all(), Condition::add))
    }
}

/// Refuses a record that may be seen, but not be changed.
pub(crate) async fn check_changed<E: Listed>(
    executor: Executor<'_>,
    tenant: impl Tenant<E>,
    id: Uuid,
) -> Result<(), Error> {
    let Some(changed) = tenant.changed() else { return Ok(()) };
    let own = E::find().select_only().column(E::ID).filter(E::ID.eq(id));
    let own = own.filter(E::ORGANIZATION.eq(tenant.organization().uuid())).filter(changed);
    own.into_tuple::<Uuid>().one(&executor).await?.map(drop).ok_or(Error::OutsideReach)
}

/// The one record that is selected, if it may be seen; refused if it is to be changed and must not.
pub(crate) async fn first<E: Listed>(
    executor: Executor<'_>,
    tenant: impl Tenant<E>,
    select: Select<E>,
) -> Result<Option<E::Item>, Error>
where
    E::Model: Send + Sync,
{
    let select = select.filter(E::ORGANIZATION.eq(tenant.organization().uuid())).filter(tenant.seen());
    let Some(row) = select.one(&executor).await? else { return Ok(None) };
    let item = E::parse(&row)?;
    check_changed::<E>(executor, tenant, E::place(&item).1).await?;
    Ok(Some(item))
}
