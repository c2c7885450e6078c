//! Artifact versions: the versions of an artifact.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::artifacts::Artifact;
use crate::flags::{Removable, removable};
use crate::json::{Raw, present};

/// One version of an artifact, such as version 1.2.3 of "main-firmware". It has one binary for each target.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ArtifactVersion {
    /// The resource name (PRN) of this artifact version. Use it wherever the API asks for an artifact version:
    /// `prn:1:<organization>:artifact_version:<uuid>`.
    pub prn: String,
    /// The PRN of the organization that the artifact version belongs to: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// The PRN of the artifact that this is a version of.
    pub artifact_prn: String,
    /// The version: free text, unique in the artifact. It need not be a semantic version.
    #[schema(example = "1.2.3")]
    pub version: String,
    /// Notes about the artifact version, for people. Null: there are none.
    pub description: Option<String>,
    /// Your own JSON object for the artifact version. Devices get it in the manifest, unless the binary or the bundle
    /// has metadata of its own. Null: none.
    #[schema(value_type = Option<Object>)]
    pub custom_metadata: Option<Raw>,
    /// When the artifact version was archived, in UTC (RFC 3339). Null: it is not archived.
    #[serde(default)]
    pub archived_at: Option<String>,
    /// When the artifact version was created, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the artifact version was last changed, in UTC (RFC 3339).
    pub updated_at: String,
    /// The whole artifact, if the request asked for it with `expand[]=artifact`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
}

crate::envelopes! {
    ArtifactVersion,
    ArtifactVersionEnvelope {
        /// The artifact version that the request is about, as it is after the request.
        artifact_version
    },
    ArtifactVersionList {
        /// The artifact versions of this page, in the order that was asked for.
        artifact_versions,
        /// The cursor of the next page of artifact versions: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// A new version of an artifact that exists already.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ArtifactVersionCreate {
    /// The PRN of the artifact to add a version to: `prn:1:<organization>:artifact:<uuid>`.
    #[arg(long, value_name = "PRN")]
    pub artifact_prn: String,
    /// The version: free text of 1–128 characters, unique in the artifact. It can't be changed later.
    #[schema(example = "1.2.3")]
    #[arg(long)]
    pub version: String,
    /// Notes about the artifact version, for people: up to 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub description: Option<String>,
    /// A JSON object of your own for the artifact version, at most 1 MB. Devices get it in the manifest, if the binary has none of its
    /// own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    #[arg(skip)]
    pub custom_metadata: Option<Raw>,
    /// The UUID of the new artifact version, the last part of its PRN. Default: the server makes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "UUID")]
    pub id: Option<Uuid>,
}

/// Changes to an artifact version. Fields that are absent stay as they are; null removes a value. `version` can't be changed, because
/// devices report it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ArtifactVersionUpdate {
    /// New notes about the artifact version, for people: up to 2,000 characters. Null removes them.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, help = "New notes about the artifact version, for people: up to 2,000 characters; empty removes them", value_parser = removable::<String>)]
    pub description: Option<Removable<String>>,
    /// A JSON object of your own for the artifact version, at most 1 MB. It replaces the old one as a whole; null removes it.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    #[arg(skip)]
    pub custom_metadata: Option<Option<Raw>>,
}
