//! Bundle overrides: a bundle forced on chosen devices for some time.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::bundles::Bundle;
use crate::flags::{Removable, removable};
use crate::json::present;

/// A bundle override: it gives one bundle to chosen devices for some time. While it is active, it wins over all releases.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BundleOverride {
    /// The resource name (PRN) of this override. Use it wherever the API asks for an override: `prn:1:<organization>:bundle_override:<uuid>`.
    pub prn: String,
    /// The PRN of the organization that the override belongs to: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// The override's name, unique in the organization.
    pub name: String,
    /// Notes about the override, for people. Null: there are none.
    pub description: Option<String>,
    /// The PRN of the bundle that the chosen devices get.
    pub bundle_prn: String,
    /// When the override begins to apply, in UTC (RFC 3339).
    pub starts_at: String,
    /// When the override stops applying, in UTC (RFC 3339). Null: it has no end.
    pub ends_at: Option<String>,
    /// The PRNs of the devices that it applies to. Null if it chooses by tags or cohort.
    pub device_prns: Option<Vec<String>>,
    /// It applies to devices that have at least one of these tags. Null if it chooses by device or cohort.
    pub tags: Option<Vec<String>>,
    /// The PRN of the cohort whose devices it applies to. Null if it chooses by device or tags.
    pub cohort_prn: Option<String>,
    /// When the override was created, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the override was last changed, in UTC (RFC 3339).
    pub updated_at: String,
    /// The override's whole bundle, if the request asked for it with `expand[]=bundle`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Bundle>,
}

crate::envelopes! {
    BundleOverride,
    BundleOverrideEnvelope {
        /// The bundle override that the request is about, as it is after the request.
        bundle_override
    },
    BundleOverrideList {
        /// The bundle overrides of this page, in the order that was asked for.
        bundle_overrides,
        /// The cursor of the next page of bundle overrides: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// A new bundle override. Give exactly one of `device_prns`, `tags` and `cohort_prn`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct BundleOverrideCreate {
    /// The override's name: 1–128 characters, unique in the organization.
    #[arg(long)]
    pub name: String,
    /// Notes about the override, for people: up to 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub description: Option<String>,
    /// The PRN of the bundle that the chosen devices get: `prn:1:<organization>:bundle:<uuid>`.
    #[arg(long, value_name = "PRN")]
    pub bundle_prn: String,
    /// When the override begins to apply, in RFC 3339. Default: now.
    #[schema(example = "2026-12-03T08:00:00Z")]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "DATE-TIME")]
    pub starts_at: Option<String>,
    /// When the override stops applying, in RFC 3339. Default: it has no end.
    #[schema(example = "2026-12-10T08:00:00Z")]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "DATE-TIME")]
    pub ends_at: Option<String>,
    /// The PRNs of the devices to apply it to: 1 to 10,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub device_prns: Option<Vec<String>>,
    /// Applies it to devices that have at least one of these tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub tags: Option<Vec<String>>,
    /// The PRN of the cohort whose devices to apply it to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub cohort_prn: Option<String>,
    /// The UUID of the new override, the last part of its PRN. Default: the server makes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "UUID")]
    pub id: Option<Uuid>,
}

/// Changes to a bundle override. Fields that are absent stay as they are; null removes a value. Giving one of `device_prns`, `tags` and
/// `cohort_prn` replaces the previous choice of devices.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct BundleOverrideUpdate {
    /// The override's name: 1–128 characters, unique in the organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub name: Option<String>,
    /// New notes about the override, for people: up to 2,000 characters. Null removes them.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, help = "New notes about the override, for people: up to 2,000 characters; empty removes them", value_parser = removable::<String>)]
    pub description: Option<Removable<String>>,
    /// The PRN of the bundle that the chosen devices get from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "PRN")]
    pub bundle_prn: Option<String>,
    /// When the override begins to apply, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "DATE-TIME")]
    pub starts_at: Option<String>,
    /// When the override stops applying, in RFC 3339. Null: it has no end.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(
        long,
        value_name = "DATE-TIME",
        value_parser = removable::<String>,
        help = "When the override stops applying, in RFC 3339; empty for no end"
    )]
    pub ends_at: Option<Removable<String>>,
    /// The PRNs of the devices to apply it to from now on: 1 to 10,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub device_prns: Option<Vec<String>>,
    /// Applies it from now on to devices that have at least one of these tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub tags: Option<Vec<String>>,
    /// The PRN of the cohort whose devices to apply it to from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(skip)]
    pub cohort_prn: Option<String>,
}
