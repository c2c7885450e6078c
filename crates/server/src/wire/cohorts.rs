//! Cohorts.

use olivine_api::cohorts as api;
use olivine_domain::cohorts::Cohort;

use crate::wire;

/// The record by itself.
pub fn show_cohort(cohort: Cohort) -> api::Cohort {
    api::Cohort {
        prn: cohort.id.prn(cohort.organization).to_string(),
        organization_prn: wire::organization(cohort.organization),
        product_prn: cohort.product.prn(cohort.organization).to_string(),
        name: cohort.name.to_string(),
        description: wire::text(cohort.description),
        device_count: cohort.devices,
        archived_at: wire::text(cohort.archived_at),
        inserted_at: cohort.inserted_at.to_string(),
        updated_at: cohort.updated_at.to_string(),
        product: None,
    }
}
