//! Records of a product or a cohort, for callers that reach only some of these: the conditions that are added to their queries.

use olivine_domain::permissions::Part;
use sea_orm::sea_query::{ExprTrait, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

use crate::entities::distribution::{bundle_override_devices, bundle_overrides, releases};
use crate::entities::events;
use crate::entities::fleet::{ca_certificates, cohorts, device_certificates, devices, products};
use crate::tenants::Placed;

fn products_of(part: &Part) -> impl Iterator<Item = Uuid> {
    part.products.iter().map(|id| id.uuid())
}

fn cohorts_of(part: &Part) -> impl Iterator<Item = Uuid> {
    part.cohorts.iter().map(|id| id.uuid())
}

/// Records that say which product and which cohort they are of.
fn of_either(product: impl ColumnTrait, cohort: impl ColumnTrait, part: &Part) -> Condition {
    // Without a cohort, the condition must be false and not unknown: others ask for its opposite.
    let in_cohort = cohort.is_not_null().and(cohort.is_in(cohorts_of(part)));
    Condition::any().add(in_cohort).add(product.is_in(products_of(part)))
}

/// Records that say which cohort they are of.
fn of_cohort(cohort: impl ColumnTrait, part: &Part) -> Condition {
    let of_products = cohorts::Entity::find()
        .select_only()
        .column(cohorts::Column::Id)
        .filter(cohorts::Column::ProductId.is_in(products_of(part)));
    Condition::any().add(cohort.is_in(cohorts_of(part))).add(cohort.in_subquery(of_products.into_query()))
}

impl Placed for products::Entity {
    fn within(part: &Part) -> Condition {
        Condition::all().add(products::Column::Id.is_in(products_of(part)))
    }

    /// A caller that reaches a cohort sees its product.
    fn seen_within(part: &Part) -> Condition {
        let of_cohorts = cohorts::Entity::find()
            .select_only()
            .column(cohorts::Column::ProductId)
            .filter(cohorts::Column::Id.is_in(cohorts_of(part)));
        let of_cohorts = products::Column::Id.in_subquery(of_cohorts.into_query());
        Condition::any().add(Self::within(part)).add(of_cohorts)
    }
}

impl Placed for cohorts::Entity {
    fn within(part: &Part) -> Condition {
        of_either(cohorts::Column::ProductId, cohorts::Column::Id, part)
    }
}

impl Placed for devices::Entity {
    fn within(part: &Part) -> Condition {
        of_either(devices::Column::ProductId, devices::Column::CohortId, part)
    }
}

impl Placed for device_certificates::Entity {
    fn within(part: &Part) -> Condition {
        let own = devices::Entity::find()
            .select_only()
            .column(devices::Column::Id)
            .filter(devices::Entity::within(part));
        Condition::all().add(device_certificates::Column::DeviceId.in_subquery(own.into_query()))
    }
}

impl Placed for releases::Entity {
    fn within(part: &Part) -> Condition {
        of_cohort(releases::Column::CohortId, part)
    }
}

impl Placed for events::Entity {
    /// One that is of no product concerns the whole organization. So do those that a server of the version before wrote.
    fn within(part: &Part) -> Condition {
        of_either(events::Column::ProductId, events::Column::CohortId, part)
    }
}

impl Placed for ca_certificates::Entity {
    /// What new devices become. An authority that makes none is one of the whole organization.
    fn within(part: &Part) -> Condition {
        of_either(ca_certificates::Column::JitpProductId, ca_certificates::Column::JitpCohortId, part)
    }
}

impl Placed for bundle_overrides::Entity {
    /// Those for a cohort, and those for single devices of which all are reached. Tags are on any devices.
    fn within(part: &Part) -> Condition {
        use bundle_override_devices::Column as Named;
        let named = |condition: SimpleExpr| {
            let devices =
                bundle_override_devices::Entity::find().select_only().column(Named::BundleOverrideId);
            bundle_overrides::Column::Id.in_subquery(devices.filter(condition).into_query())
        };
        let reached = devices::Entity::find()
            .select_only()
            .column(devices::Column::Id)
            .filter(devices::Entity::within(part))
            .into_query();
        let of_devices = Condition::all()
            .add(named(Named::DeviceId.in_subquery(reached.clone())))
            .add(named(Named::DeviceId.not_in_subquery(reached)).not());
        Condition::any().add(of_cohort(bundle_overrides::Column::CohortId, part)).add(of_devices)
    }
}
