//! Artifacts: the types of binaries.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::flags::{Removable, removable};
use crate::json::{Raw, present};

/// The type of a binary ("main-firmware", "ml-model").
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Artifact {
    /// Its name everywhere.
    #[schema(
        example = "prn:1:0190163d-8694-739b-aea5-966c26f8ad91:artifact:019a0000-0000-7000-8000-000000000001"
    )]
    pub prn: String,
    /// Its owner.
    pub organization_prn: String,
    /// Unique in the organization.
    #[schema(example = "main-firmware")]
    pub name: String,
    /// What people say of it.
    pub description: Option<String>,
    /// The user's own data.
    #[schema(value_type = Option<Object>)]
    pub custom_metadata: Option<Raw>,
    /// When it was created.
    pub inserted_at: String,
    /// When it was last changed.
    pub updated_at: String,
}

crate::envelopes!(Artifact, ArtifactEnvelope { artifact }, ArtifactList { artifacts });

/// A new artifact.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ArtifactCreate {
    /// 1–128 characters, unique in the organization.
    #[schema(example = "main-firmware")]
    #[arg(long)]
    pub name: String,
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

/// Changes to an artifact; what is absent stays, what is null is removed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ArtifactUpdate {
    /// 1–128 characters, unique in the organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub name: Option<String>,
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
