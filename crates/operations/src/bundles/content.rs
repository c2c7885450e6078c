//! The hash of a bundle's content, by which two bundles can be told the same.

use olivine_domain::binaries::Binary;
use olivine_domain::hash::{Sha256Digest, Sha256Hasher};
use olivine_domain::metadata::CustomMetadata;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use serde_json::Value;

/// One binary of a bundle, with its metadata in it.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) binary: Binary,
    pub(super) custom_metadata: Option<CustomMetadata>,
}

/// The SHA-256 of the bundle's canonical JSON: a list with one object per binary, in the bundle's order, without spaces.
///
/// An object's keys are those of the Admin API, in this order: `artifact_version_prn`, `custom_metadata`, `hash`, `prn`, `size`, `target`.
/// Metadata stands there as a JSON string of its text, byte for byte as it was given (or null), since it may hold numbers that no two
/// programs write the same.
pub(super) fn hash(organization: Id<Organization>, parts: &[Part]) -> Sha256Digest {
    let mut hasher = Sha256Hasher::new();
    hasher.update(b"[");
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            hasher.update(b",");
        }
        hasher.update(canonical(organization, part).as_bytes());
    }
    hasher.update(b"]");
    hasher.finish()
}

fn canonical(organization: Id<Organization>, part: &Part) -> String {
    let Part { binary, custom_metadata } = part;
    let metadata = custom_metadata.as_ref().map(CustomMetadata::as_json);
    let metadata = metadata.map_or(Value::Null, Value::from);
    let size = binary.size.map_or(Value::Null, Value::from);
    let text = |text: String| Value::from(text);
    format!(
        "{{\"artifact_version_prn\":{},\"custom_metadata\":{metadata},\"hash\":{},\"prn\":{},\"size\":{size},\"target\":{}}}",
        text(binary.artifact_version.prn(organization).to_string()),
        text(binary.hash.to_string()),
        text(binary.id.prn(organization).to_string()),
        text(binary.target.to_string()),
    )
}
