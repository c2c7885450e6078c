//! Artifact versions: the versions of an artifact.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::artifacts::Artifact;
use crate::flags::{Removable, removable};
use crate::json::{Raw, present};

/// One version of an artifact.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ArtifactVersion {
    /// Its name everywhere.
    pub prn: String,
    /// Its owner.
    pub organization_prn: String,
    /// The artifact that it is a version of.
    pub artifact_prn: String,
    /// Free text, unique in the artifact.
    #[schema(example = "1.2.3")]
    pub version: String,
    /// What people say of it.
    pub description: Option<String>,
    /// The user's own data.
    #[schema(value_type = Option<Object>)]
    pub custom_metadata: Option<Raw>,
    /// When it was created.
    pub inserted_at: String,
    /// When it was last changed.
    pub updated_at: String,
    /// The artifact itself, with `expand[]=artifact`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
}

crate::envelopes!(
    ArtifactVersion,
    ArtifactVersionEnvelope { artifact_version },
    ArtifactVersionList { artifact_versions }
);

/// A new artifact version.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ArtifactVersionCreate {
    /// The artifact that it is a version of.
    #[arg(long, value_name = "PRN")]
    pub artifact_prn: String,
    /// The version: free text of 1–128 characters, unique in the artifact.
    #[schema(example = "1.2.3")]
    #[arg(long)]
    pub version: String,
    /// A description for people: up to 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub description: Option<String>,
    /// Any JSON object of at most 1 MB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    #[arg(skip)]
    pub custom_metadata: Option<Raw>,
    /// The UUID of its PRN; made by the server where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "UUID")]
    pub id: Option<Uuid>,
}

/// Changes to an artifact version; what is absent stays, what is null is removed. `version` can't be changed: devices report it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ArtifactVersionUpdate {
    /// A description for people: up to 2,000 characters.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, value_parser = removable::<String>)]
    pub description: Option<Removable<String>>,
    /// Any JSON object of at most 1 MB.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    #[arg(skip)]
    pub custom_metadata: Option<Option<Raw>>,
}
