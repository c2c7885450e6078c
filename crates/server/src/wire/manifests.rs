//! Manifests.

use olivine_api::json::RawValue;
use olivine_api::manifests::{ManifestEntry, ManifestSignature};
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_operations::distribution::{Entry, Manifest};

/// The entries, with their URLs where there are any.
pub fn show_manifest(manifest: &Manifest) -> Vec<ManifestEntry> {
    let organization = manifest.template().organization;
    let entries = manifest.entries().map(|(entry, url)| ManifestEntry {
        url: url.map(|url| url.url.clone()),
        url_expires_at: url.map(|url| url.expires_at.to_string()),
        ..show_entry(entry, organization)
    });
    entries.collect()
}

/// An entry, without its URL.
pub fn show_entry(entry: &Entry, organization: Id<Organization>) -> ManifestEntry {
    let signatures = entry.signatures.iter().map(|(signature, key)| ManifestSignature {
        signing_key_prn: key.id.prn(organization).to_string(),
        keyid: key.keyid().to_string(),
        signature: signature.signature.to_string(),
        public_value: key.public_key().public_value(),
    });
    let metadata = entry.custom_metadata.as_ref();
    ManifestEntry {
        artifact_prn: entry.artifact.prn(organization).to_string(),
        artifact_name: None,
        artifact_version_prn: entry.artifact_version.prn(organization).to_string(),
        artifact_version: entry.version.to_string(),
        binary_prn: entry.binary.prn(organization).to_string(),
        target: entry.target.to_string(),
        size: entry.size,
        hash: entry.hash.to_string(),
        custom_metadata: metadata.and_then(|json| RawValue::from_string(json.as_json().to_owned()).ok()),
        signatures: signatures.collect(),
        url: None,
        url_expires_at: None,
    }
}

/// Where the first of the contents is, if there is any.
pub fn first_url(manifest: &Manifest) -> Option<&str> {
    manifest.entries().find_map(|(_, url)| Some(&*url?.url))
}
