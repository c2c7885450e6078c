//! The organization that the caller belongs to.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::flags::{Removable, removable};
use crate::json::present;

/// The organization of the request: one tenant, with its settings.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Organization {
    /// The organization's PRN: `prn:1:<uuid>`. It is the beginning of all PRNs of its records.
    pub prn: String,
    /// The organization's name, for people.
    pub name: String,
    /// How many different keys must have signed a binary before it can be released.
    pub required_signatures: u8,
    /// How many bytes of content the organization may store. Null: no limit.
    pub storage_quota: Option<u64>,
    /// How many bytes of content are stored, or declared for uploads.
    pub storage_used: u64,
    /// Whether a device with an expired certificate is refused. If false, it may connect, and an event is written.
    pub strict_certificate_expiry: bool,
    /// Whether members need a second factor. A member without one can only set one up, and can do nothing else in the organization. The
    /// member's personal keys can do nothing. Keys of the organization are not affected.
    #[serde(default)]
    pub require_second_factor: bool,
    /// The PRN of the storage backend for the content of new binaries. Null: the server's own storage.
    pub storage_backend_prn: Option<String>,
    /// The PRN of the storage backend for the content of archived artifact versions that no release and no bundle override can serve. Null:
    /// their content stays where it is.
    pub archive_storage_backend_prn: Option<String>,
    /// For how many seconds a download URL works. Null: the default of the server.
    pub download_url_seconds: Option<u32>,
    /// The kind of download URLs that devices get: `direct` (to the storage or its CDN), `short` (a URL of some hundred characters at the
    /// server, which redirects there) or `streamed` (a short one too, but the server sends the bytes itself).
    #[schema(example = "direct")]
    pub download_url_style: String,
    /// The emergency stops that are in effect now, oldest first. Empty: distribution is not stopped.
    #[serde(default)]
    pub stops: Vec<Stop>,
    /// When the organization was created, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the organization was last changed, in UTC (RFC 3339).
    pub updated_at: String,
}

/// The organization, under the key `organization`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OrganizationEnvelope {
    /// The organization of the request, as it is after the request.
    pub organization: Organization,
}

/// Changes to the organization. Fields that are absent stay as they are; null removes a value.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct OrganizationUpdate {
    /// The organization's name, for people: 1–128 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub name: Option<String>,
    /// How many different keys must have signed a binary before it can be released: 1 to 10. It applies to binaries that are signed from
    /// now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "COUNT")]
    pub required_signatures: Option<u8>,
    /// How many bytes of content the organization may store. Null: no limit. Lowering it deletes nothing.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    #[arg(skip)]
    pub storage_quota: Option<Option<u64>>,
    /// Whether to refuse devices with an expired certificate, instead of only writing an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "BOOLEAN")]
    pub strict_certificate_expiry: Option<bool>,
    /// Whether members need a second factor to do anything in the organization. A person who has none can't switch it on. Only a signed-in
    /// person can switch it off, not an API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(
        long,
        value_name = "BOOLEAN",
        help = "Whether members need a second factor to do anything in the organization. Only a signed-in person can switch it off, or 'olivine organizations update'"
    )]
    pub require_second_factor: Option<bool>,
    /// The PRN of the storage backend for the content of new binaries. Null: the server's own storage. Content that exists stays where it
    /// is.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, value_name = "PRN", help = "The PRN of the storage backend for the content of new binaries; empty for the server's own storage. Content that exists stays where it is", value_parser = removable::<String>)]
    pub storage_backend_prn: Option<Removable<String>>,
    /// The PRN of the storage backend for the content of archived artifact versions that no release and no bundle override can serve. The
    /// server moves their content there, and back to the storage of new binaries when something can serve it again. It must be another
    /// storage backend than that of new binaries; the server tries it before it accepts it. Null: nothing more is moved, and content that is
    /// there stays there.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, value_name = "PRN", help = "The PRN of the storage backend to move the content of archived artifact versions to, once no release and no bundle override can serve it; empty for none. Content that is there then stays there", value_parser = removable::<String>)]
    pub archive_storage_backend_prn: Option<Removable<String>>,
    /// For how many seconds a download URL works: 60 to 604,800 (a week). Null: the default of the server.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>)]
    #[arg(long, value_name = "SECONDS", help = "For how many seconds a download URL works: 60 to 604,800 (a week); empty for the server's default", value_parser = removable::<u32>)]
    pub download_url_seconds: Option<Removable<u32>>,
    /// The kind of download URLs that devices get: `direct` (to the storage or its CDN), `short` (redirected by the server) or `streamed`
    /// (the server sends the bytes itself).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(
        long,
        help = "The kind of download URLs that devices get: direct (to the storage or its CDN), short (redirected by the server) or streamed (the server sends the bytes itself)"
    )]
    pub download_url_style: Option<String>,
}

/// An emergency stop that is on: its devices get no update, from no release and from no bundle override.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stop {
    /// The PRN of the product whose devices are stopped. Null: the stop is not about one product.
    pub product_prn: Option<String>,
    /// The PRN of the cohort whose devices are stopped. Null: the stop is not about one cohort. If the product is null too, all devices of
    /// the organization are stopped.
    pub cohort_prn: Option<String>,
    /// Why distribution was stopped, as the person or program that stopped it wrote it.
    #[schema(example = "Devices do not come back after the update")]
    pub reason: String,
    /// Who stopped it: the PRN of a user or an API key, or `system`.
    pub stopped_by: String,
    /// When the stop began, in UTC (RFC 3339).
    pub stopped_at: String,
}

/// The emergency stops that are on, under the key `stops`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StopList {
    /// All emergency stops that are on after the request, oldest first.
    pub stops: Vec<Stop>,
}

/// A new emergency stop: of one product, of one cohort, or of the whole organization if neither is given.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct StopCreate {
    /// Why distribution is stopped: 1–500 characters on one line. It is shown in the organization, in the audit trail and in explanations
    /// of update checks.
    #[schema(example = "Devices do not come back after the update")]
    #[arg(long)]
    pub reason: String,
    /// The PRN of the product whose devices get no updates. If it is absent, the stop is not limited to one product.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "PRN", conflicts_with = "cohort_prn")]
    pub product_prn: Option<String>,
    /// The PRN of the cohort whose devices get no updates. If it is absent, the stop is not limited to one cohort.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "PRN")]
    pub cohort_prn: Option<String>,
}

/// The emergency stop to end: that of one product, of one cohort, or of the whole organization if neither is given.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct StopEnd {
    /// The PRN of the product whose stop ends. If it is absent, the stop is not that of a product.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "PRN", conflicts_with = "cohort_prn")]
    pub product_prn: Option<String>,
    /// The PRN of the cohort whose stop ends. If it is absent, the stop is not that of a cohort.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "PRN")]
    pub cohort_prn: Option<String>,
}

/// An organization, as the administrators of the installation see it from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrganizationEntry {
    /// The PRN of this organization: `prn:1:<uuid>`.
    pub prn: String,
    /// The name of this organization, unique on the server.
    #[schema(example = "Acme")]
    pub name: String,
    /// Whether the person who asks is a member of it. Without a membership, nothing else of it can be seen.
    pub is_member: bool,
    /// When the organization was created, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the organization was last changed, in UTC (RFC 3339).
    pub updated_at: String,
}

/// One organization of the installation, under the key `organization`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OrganizationEntryEnvelope {
    /// The organization that the request is about, as it is after the request.
    pub organization: OrganizationEntry,
}

/// Organizations of the installation, under the key `organizations`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OrganizationEntryList {
    /// All organizations that the caller may see, the oldest first.
    pub organizations: Vec<OrganizationEntry>,
}

/// A new organization of the installation.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationCreate {
    /// The name of the new organization: 1–128 characters, unique on the server.
    #[schema(example = "Acme")]
    pub name: String,
    /// Whether the person who asks becomes a member with the role `admin`. Default: true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join: Option<bool>,
}

/// Another name for an organization of the installation.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationRename {
    /// The new name of the organization: 1–128 characters, unique on the server.
    #[schema(example = "Acme Devices")]
    pub name: String,
}
