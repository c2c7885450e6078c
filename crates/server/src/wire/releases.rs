//! Releases.

use olivine_api::releases as api;
use olivine_domain::releases::Phase;
use olivine_operations::releases::View;

use crate::wire;

/// The record by itself.
pub fn show_release(view: View) -> api::Release {
    let View { release, affected_by } = view;
    let organization = release.organization;
    let (phase_value, phase_tags) = match &release.phase {
        Phase::Numeric(value) => (Some(value.get()), Vec::new()),
        Phase::Tags(tags) => (None, tags.iter().map(str::to_owned).collect()),
    };
    api::Release {
        prn: release.id.prn(organization).to_string(),
        organization_prn: wire::organization(organization),
        cohort_prn: release.cohort.prn(organization).to_string(),
        bundle_prn: release.bundle.prn(organization).to_string(),
        next_release_prn: wire::text(release.next.map(|next| next.prn(organization))),
        phase_mode: release.phase.mode().to_owned(),
        phase_value,
        phase_tags,
        name: release.name.to_string(),
        description: wire::text(release.description),
        version: wire::text(release.version),
        version_requirement: wire::text(release.version_requirement),
        required: release.required,
        disabled: release.disabled,
        schedule_date: wire::text(release.schedule_date),
        claims: release.claims,
        affected_by: affected_by.iter().map(|binary| binary.prn(organization).to_string()).collect(),
        archived_at: wire::text(release.archived_at),
        inserted_at: release.inserted_at.to_string(),
        updated_at: release.updated_at.to_string(),
        bundle: None,
        cohort: None,
    }
}
