//! Which fields of each record events show. Each record is taken apart completely, so a new field does not compile before it is decided
//! here whether events show it.

use olivine_domain::api_keys::ApiKey;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::artifacts::Artifact;
use olivine_domain::binaries::Binary;
use olivine_domain::binary_parts::BinaryPart;
use olivine_domain::bundles::Bundle;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Role, Scope};
use olivine_domain::signing_keys::SigningKey;
use olivine_domain::storage_backends::StorageBackend;

use super::fields::{Field, Recorded, Secret, Storage};

/// A list of fields: by the name of the binding, or by the name before the `=`.
macro_rules! fields {
    ($($name:literal = $value:expr),* $(,)?) => {
        vec![$(Field::new($name, &$value)),*]
    };
}

mod fleet;
mod people;

impl Recorded for ApiKey {
    const KNOWN_BY: &'static [&'static str] = &["name", "hint"];

    fn fields(&self) -> Vec<Field> {
        let Self {
            id: _,
            organization,
            name,
            hint,
            grants,
            expires_at,
            revoked_at,
            revision: _,
            inserted_at: _,
            updated_at: _,
            owner,
            // It is who caused the event.
            created_by: _,
        } = self;
        let role = grants.role();
        let scopes = if role.is_some() { Vec::new() } else { grants.scopes().map(Scope::as_str).collect() };
        let role = role.map(Role::as_str);
        fields! {
            "name" = name, "hint" = hint, "role" = role, "scopes" = scopes,
            "limited_to" = people::limits(grants, *organization), "expires_at" = expires_at,
            "revoked_at" = revoked_at, "owner_prn" = owner.map(|owner| owner.prn(self.organization).to_string()),
        }
    }
}

impl Recorded for Artifact {
    const KNOWN_BY: &'static [&'static str] = &["name"];

    fn fields(&self) -> Vec<Field> {
        let Self {
            id: _,
            organization: _,
            name,
            description,
            custom_metadata,
            archived_at,
            revision: _,
            inserted_at: _,
            updated_at: _,
        } = self;
        fields! {
            "name" = name, "description" = description, "custom_metadata" = custom_metadata,
            "archived_at" = archived_at,
        }
    }
}

impl Recorded for ArtifactVersion {
    const KNOWN_BY: &'static [&'static str] = &["artifact_prn", "version"];

    fn fields(&self) -> Vec<Field> {
        let Self {
            id: _,
            organization,
            artifact,
            version,
            description,
            custom_metadata,
            archived_at,
            revision: _,
            inserted_at: _,
            updated_at: _,
        } = self;
        fields! {
            "artifact_prn" = artifact.prn(*organization), "version" = version, "description" = description,
            "custom_metadata" = custom_metadata, "archived_at" = archived_at,
        }
    }
}

impl Recorded for Binary {
    const KNOWN_BY: &'static [&'static str] = &["artifact_version_prn", "target", "hash", "size"];

    fn fields(&self) -> Vec<Field> {
        let Self {
            id: _,
            organization,
            artifact_version,
            target,
            hash,
            size,
            size_declared: _,
            state,
            description,
            custom_metadata,
            bytes_uploaded,
            generation: _,
            storage,
            upload_session: _,
            ever_signed: _,
            verification_error: _,
            revision: _,
            inserted_at: _,
            updated_at: _,
        } = self;
        fields! {
            "artifact_version_prn" = artifact_version.prn(*organization), "target" = target, "hash" = hash,
            "size" = size, "state" = state, "description" = description, "custom_metadata" = custom_metadata,
            "bytes_uploaded" = bytes_uploaded, "storage_backend_prn" = Storage(*storage, *organization),
        }
    }
}

impl Recorded for BinaryPart {
    const KNOWN_BY: &'static [&'static str] = &["binary_prn", "index"];

    fn fields(&self) -> Vec<Field> {
        let Self {
            id: _,
            organization,
            content: _,
            generation: _,
            index,
            size,
            hash,
            state,
            inserted_at: _,
            updated_at: _,
        } = self;
        fields! {
            "binary_prn" = self.binary().prn(*organization), "index" = index, "size" = size, "hash" = hash,
            "state" = state,
        }
    }
}

impl Recorded for Bundle {
    const KNOWN_BY: &'static [&'static str] = &["name", "hash"];

    fn fields(&self) -> Vec<Field> {
        let Self {
            id: _,
            organization: _,
            name,
            hash,
            archived_at,
            revision: _,
            inserted_at: _,
            updated_at: _,
        } = self;
        fields! { "name" = name, "hash" = hash, "archived_at" = archived_at }
    }
}

impl Recorded for Organization {
    const KNOWN_BY: &'static [&'static str] = &["name"];

    fn fields(&self) -> Vec<Field> {
        let Self {
            id,
            name,
            signature_policy,
            storage_quota,
            storage_used: _,
            strict_certificate_expiry,
            require_second_factor,
            storage,
            archive_storage,
            download_url_seconds,
            download_url_style,
            revision: _,
            inserted_at: _,
            updated_at: _,
        } = self;
        fields! {
            "name" = name, "required_signatures" = signature_policy.required(), "storage_quota" = storage_quota,
            "strict_certificate_expiry" = strict_certificate_expiry, "require_second_factor" = require_second_factor,
            "storage_backend_prn" = storage.map(|storage| storage.prn(*id)),
            "archive_storage_backend_prn" = archive_storage.map(|storage| storage.prn(*id)),
            "download_url_seconds" = download_url_seconds, "download_url_style" = download_url_style,
        }
    }
}

impl Recorded for SigningKey {
    const KNOWN_BY: &'static [&'static str] = &["name", "keyid"];

    fn fields(&self) -> Vec<Field> {
        let Self {
            id: _,
            organization: _,
            name,
            material: _,
            status,
            revision: _,
            inserted_at: _,
            updated_at: _,
        } = self;
        fields! { "name" = name, "keyid" = self.keyid(), "state" = status }
    }
}

impl Recorded for StorageBackend {
    const KNOWN_BY: &'static [&'static str] = &["name", "url"];

    fn fields(&self) -> Vec<Field> {
        let Self {
            id: _,
            organization: _,
            name,
            url,
            endpoint,
            region,
            sealed_credentials,
            sealed_cdn,
            near,
            replicates,
            position,
            checksums,
            revision: _,
            inserted_at: _,
            updated_at: _,
        } = self;
        fields! {
            "name" = name, "url" = url, "endpoint" = endpoint, "region" = region,
            "credentials" = Secret(sealed_credentials.as_ref()), "cdn" = Secret(sealed_cdn.as_ref()),
            "near_tags" = near, "replicates" = replicates, "position" = position, "checksums" = checksums,
        }
    }
}
