//! Bundle overrides.

use olivine_api::bundle_overrides as api;
use olivine_domain::bundle_overrides::{Audience, BundleOverride};

use crate::wire;

/// The record by itself.
pub fn show_bundle_override(found: BundleOverride) -> api::BundleOverride {
    let organization = found.organization;
    let (mut device_prns, mut tags, mut cohort_prn) = (None, None, None);
    match found.audience {
        Audience::Devices(devices) => {
            device_prns = Some(devices.iter().map(|device| device.prn(organization).to_string()).collect());
        }
        Audience::Tags(own) => tags = Some(own.iter().map(str::to_owned).collect()),
        Audience::Cohort(cohort) => cohort_prn = Some(cohort.prn(organization).to_string()),
    }
    api::BundleOverride {
        prn: found.id.prn(organization).to_string(),
        organization_prn: wire::organization(organization),
        name: found.name.to_string(),
        description: wire::text(found.description),
        bundle_prn: found.bundle.prn(organization).to_string(),
        starts_at: found.starts_at.to_string(),
        ends_at: wire::text(found.ends_at),
        device_prns,
        tags,
        cohort_prn,
        inserted_at: found.inserted_at.to_string(),
        updated_at: found.updated_at.to_string(),
        bundle: None,
    }
}
