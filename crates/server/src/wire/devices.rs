//! Devices.

use olivine_api::devices as api;
use olivine_domain::devices::Device;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_operations::devices::Said;

use crate::wire;

/// The record by itself.
pub fn show_device(device: Device) -> api::Device {
    let organization = device.organization;
    api::Device {
        prn: device.id.prn(organization).to_string(),
        organization_prn: wire::organization(organization),
        product_prn: device.product.prn(organization).to_string(),
        cohort_prn: wire::text(device.cohort.map(|cohort| cohort.prn(organization))),
        identifier: device.identifier.to_string(),
        description: wire::text(device.description),
        tags: device.tags.iter().map(str::to_owned).collect(),
        target: wire::text(device.target),
        quarantined: device.quarantined,
        reported_release_prn: wire::text(device.reported.release.map(|release| release.prn(organization))),
        reported_bundle_prn: wire::text(device.reported.bundle.map(|bundle| bundle.prn(organization))),
        reported_release_version_problem: wire::text(device.reported.version_problem()),
        reported_release_version: wire::text(device.reported.version),
        release_prn: wire::text(device.release.map(|release| release.prn(organization))),
        outcome: device.outcome.as_ref().map(|outcome| outcome.status.as_str().to_owned()),
        outcome_release_prn: wire::text(device.outcome.map(|outcome| outcome.release.prn(organization))),
        last_connected_at: wire::text(device.last_connected_at),
        inserted_at: device.inserted_at.to_string(),
        updated_at: device.updated_at.to_string(),
        product: None,
        cohort: None,
        last_report: None,
    }
}

/// What a device said of an update from a release.
pub fn show_last_report(said: Said, organization: Id<Organization>) -> api::LastReport {
    let Said { outcome, detail } = said;
    api::LastReport {
        outcome: outcome.status.as_str().to_owned(),
        release_prn: outcome.release.prn(organization).to_string(),
        detail: wire::text(detail),
        reported_at: outcome.at.to_string(),
    }
}
