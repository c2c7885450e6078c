//! Artifacts: the types of binaries.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::flags::{Removable, removable};
use crate::json::{Raw, present};

/// A type of binary, such as "main-firmware" or "ml-model". It has versions, and each version has binaries.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Artifact {
    /// The resource name (PRN) of this artifact. Use it wherever the API asks for an artifact: `prn:1:<organization>:artifact:<uuid>`.
    #[schema(
        example = "prn:1:0190163d-8694-739b-aea5-966c26f8ad91:artifact:019a0000-0000-7000-8000-000000000001"
    )]
    pub prn: String,
    /// The PRN of the organization that the artifact belongs to: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// The artifact's name, unique in the organization.
    #[schema(example = "main-firmware")]
    pub name: String,
    /// Notes about the artifact, for people. Null: there are none.
    pub description: Option<String>,
    /// Your own JSON object for the artifact. Devices get it in the manifest, unless the artifact version, the binary or the bundle has
    /// metadata of its own. Null: none.
    #[schema(value_type = Option<Object>)]
    pub custom_metadata: Option<Raw>,
    /// When the artifact was archived, in UTC (RFC 3339). Null: it is not archived.
    #[serde(default)]
    pub archived_at: Option<String>,
    /// When the artifact was created, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the artifact was last changed, in UTC (RFC 3339).
    pub updated_at: String,
}

crate::envelopes! {
    Artifact,
    ArtifactEnvelope {
        /// The artifact that the request is about, as it is after the request.
        artifact
    },
    ArtifactList {
        /// The artifacts of this page, in the order that was asked for.
        artifacts,
        /// The cursor of the next page of artifacts: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// A new artifact: a type of binary that does not exist yet.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ArtifactCreate {
    /// The artifact's name: 1–128 characters, unique in the organization.
    #[schema(example = "main-firmware")]
    #[arg(long)]
    pub name: String,
    /// Notes about the artifact, for people: up to 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub description: Option<String>,
    /// A JSON object of your own for the artifact, at most 1 MB. Devices get it in the manifest, if neither the version nor the binary
    /// has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    #[arg(skip)]
    pub custom_metadata: Option<Raw>,
    /// The UUID of the new artifact, the last part of its PRN. Default: the server makes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "UUID")]
    pub id: Option<Uuid>,
}

/// Changes to an artifact. Fields that are absent stay as they are; null removes a value.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ArtifactUpdate {
    /// The artifact's name: 1–128 characters, unique in the organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub name: Option<String>,
    /// New notes about the artifact, for people: up to 2,000 characters. Null removes them.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, help = "New notes about the artifact, for people: up to 2,000 characters; empty removes them", value_parser = removable::<String>)]
    pub description: Option<Removable<String>>,
    /// A JSON object of your own for the artifact, at most 1 MB. It replaces the old one as a whole; null removes it.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    #[arg(skip)]
    pub custom_metadata: Option<Option<Raw>>,
}
