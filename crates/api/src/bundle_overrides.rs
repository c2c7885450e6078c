//! Bundle overrides: a bundle forced on chosen devices for some time.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::bundles::Bundle;
use crate::flags::{Removable, removable};
use crate::json::present;

/// A bundle forced on chosen devices.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BundleOverride {
    /// Its name everywhere.
    pub prn: String,
    /// Its owner.
    pub organization_prn: String,
    /// Unique in the organization.
    pub name: String,
    /// What people say of it.
    pub description: Option<String>,
    /// What the devices get.
    pub bundle_prn: String,
    /// From when on.
    pub starts_at: String,
    /// Until when; null for no end.
    pub ends_at: Option<String>,
    /// On these devices.
    pub device_prns: Option<Vec<String>>,
    /// Or on those that have any of these tags.
    pub tags: Option<Vec<String>>,
    /// Or on those of this cohort.
    pub cohort_prn: Option<String>,
    /// When it was created.
    pub inserted_at: String,
    /// When it was last changed.
    pub updated_at: String,
    /// The bundle itself, with `expand[]=bundle`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Bundle>,
}

crate::envelopes!(
    BundleOverride,
    BundleOverrideEnvelope { bundle_override },
    BundleOverrideList { bundle_overrides }
);

/// A new override. Of `device_prns`, `tags` and `cohort_prn` exactly one is given.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct BundleOverrideCreate {
    /// 1–128 characters, unique in the organization.
    #[arg(long)]
    pub name: String,
    /// A description for people: up to 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub description: Option<String>,
    /// What the devices get.
    #[arg(long, value_name = "PRN")]
    pub bundle_prn: String,
    /// From when on; from now on where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "DATE-TIME")]
    pub starts_at: Option<String>,
    /// Until when; without end where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "DATE-TIME")]
    pub ends_at: Option<String>,
    /// On these devices: 1 to 10,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub device_prns: Option<Vec<String>>,
    /// Or on those that have any of these tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub tags: Option<Vec<String>>,
    /// Or on those of this cohort.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub cohort_prn: Option<String>,
    /// The UUID of its PRN; made by the server where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "UUID")]
    pub id: Option<Uuid>,
}

/// Changes to an override; what is absent stays, what is null is removed. Naming one of `device_prns`, `tags` and `cohort_prn`
/// replaces whichever there was.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct BundleOverrideUpdate {
    /// 1–128 characters, unique in the organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub name: Option<String>,
    /// A description for people: up to 2,000 characters.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, value_parser = removable::<String>)]
    pub description: Option<Removable<String>>,
    /// What the devices get.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "PRN")]
    pub bundle_prn: Option<String>,
    /// From when on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "DATE-TIME")]
    pub starts_at: Option<String>,
    /// Until when.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(
        long,
        value_name = "DATE-TIME",
        value_parser = removable::<String>,
        help = "Until when; empty for no end"
    )]
    pub ends_at: Option<Removable<String>>,
    /// On these devices: 1 to 10,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub device_prns: Option<Vec<String>>,
    /// Or on those that have any of these tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub tags: Option<Vec<String>>,
    /// Or on those of this cohort.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub cohort_prn: Option<String>,
}
