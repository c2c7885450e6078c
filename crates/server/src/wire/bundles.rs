//! Bundles.

use olivine_api::bundles as api;
use olivine_domain::bundles::Bundle;

use crate::wire;

/// The record by itself.
pub fn show_bundle(bundle: Bundle) -> api::Bundle {
    api::Bundle {
        prn: bundle.id.prn(bundle.organization).to_string(),
        organization_prn: wire::organization(bundle.organization),
        name: wire::text(bundle.name),
        hash: bundle.hash.to_string(),
        binaries: None,
        archived_at: wire::text(bundle.archived_at),
        inserted_at: bundle.inserted_at.to_string(),
        updated_at: bundle.updated_at.to_string(),
    }
}
