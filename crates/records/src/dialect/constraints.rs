//! What each database calls the things that must be unique.

use crate::error::Constraint;

/// The name of a unique index in PostgreSQL, and its columns as SQLite names them in its message.
const fn names(constraint: Constraint) -> (&'static str, &'static str) {
    match constraint {
        Constraint::OrganizationName => ("organizations_name", "organizations.name"),
        Constraint::ApiKeyHash => ("api_keys_hash", "api_keys.hash"),
        Constraint::ArtifactName => ("artifacts_name", "artifacts.organization_id, artifacts.name"),
        Constraint::ArtifactVersion => {
            ("artifact_versions_version", "artifact_versions.artifact_id, artifact_versions.version")
        }
        Constraint::BinaryTarget => ("binaries_target", "binaries.artifact_version_id, binaries.target_key"),
        Constraint::BinaryPartIndex => {
            ("binary_parts_index", "binary_parts.binary_id, binary_parts.generation, binary_parts.part_index")
        }
        Constraint::SigningKeyId => {
            ("signing_keys_keyid", "signing_keys.organization_id, signing_keys.keyid")
        }
        Constraint::SigningKeyName => {
            ("signing_keys_name", "signing_keys.organization_id, signing_keys.name")
        }
        Constraint::BinarySignature => {
            ("binary_signatures_key", "binary_signatures.binary_id, binary_signatures.signing_key_id")
        }
        Constraint::JobDedup => ("jobs_dedup", "jobs.dedup_key"),
        Constraint::BundleName => ("bundles_name", "bundles.organization_id, bundles.name"),
        Constraint::BundleBinary => {
            ("bundle_binaries_binary", "bundle_binaries.bundle_id, bundle_binaries.binary_id")
        }
        Constraint::ProductName => ("products_name", "products.organization_id, products.name"),
        Constraint::CohortName => ("cohorts_name", "cohorts.product_id, cohorts.name"),
        Constraint::DeviceIdentifier => ("devices_identifier", "devices.organization_id, devices.identifier"),
        Constraint::CaFingerprint => ("ca_certificates_fingerprint", "ca_certificates.fingerprint"),
        Constraint::DeviceFingerprint => (
            "device_certificates_fingerprint",
            "device_certificates.fingerprint, device_certificates.organization_id",
        ),
        Constraint::ReleaseName => ("releases_name", "all_releases.cohort_id, all_releases.name"),
        Constraint::ReleaseSink => ("releases_sink", "all_releases.cohort_id"),
        Constraint::ReleaseClaim => {
            ("release_claims_pkey", "release_claims.release_id, release_claims.device_id")
        }
        Constraint::BundleOverrideName => {
            ("bundle_overrides_name", "bundle_overrides.organization_id, bundle_overrides.name")
        }
        Constraint::StorageBackendName => {
            ("storage_backends_name", "storage_backends.organization_id, storage_backends.name")
        }
        Constraint::StorageBackendServer => ("storage_backends_server", "storage_backends.url"),
        Constraint::UserEmail => ("users_email", "users.email"),
        Constraint::MembershipUser => {
            ("memberships_user", "memberships.user_id, memberships.organization_id")
        }
        Constraint::ViewName => ("views_name", "views.organization_id, views.owner_id, views.name"),
        Constraint::PrimaryKey | Constraint::Other => ("", ""),
    }
}

pub(super) fn of_postgres(name: &str) -> Constraint {
    let named = Constraint::NAMED.into_iter().find(|known| names(*known).0 == name);
    // The unique (organization, id) exists for foreign keys only: it is violated only if an id is used again.
    let is_key = name.ends_with("_pkey") || name.ends_with("_owner");
    named.unwrap_or(if is_key { Constraint::PrimaryKey } else { Constraint::Other })
}

pub(super) fn of_sqlite(message: &str) -> Constraint {
    let columns = message.rsplit_once("failed: ").map_or(message, |(_, columns)| columns).trim();
    if columns.rsplit_once('.').is_some_and(|(_, column)| column == "id") {
        return Constraint::PrimaryKey;
    }
    Constraint::NAMED.into_iter().find(|known| names(*known).1 == columns).unwrap_or(Constraint::Other)
}
