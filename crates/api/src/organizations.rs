//! The organization that the caller belongs to.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::flags::{Removable, removable};
use crate::json::present;

/// A tenant and its settings.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Organization {
    /// Its name everywhere.
    pub prn: String,
    /// For people.
    pub name: String,
    /// By how many different keys a binary must be signed.
    pub required_signatures: u8,
    /// The most bytes of content; null for no limit.
    pub storage_quota: Option<u64>,
    /// The bytes of content that are stored or declared for upload.
    pub storage_used: u64,
    /// Whether a device whose certificate has expired is refused, instead of only noted.
    pub strict_certificate_expiry: bool,
    /// Where the contents of new binaries go; null for the server's own storage.
    pub storage_backend_prn: Option<String>,
    /// For how many seconds download URLs are good; null for what the server's operator decided.
    pub download_url_seconds: Option<u32>,
    /// What devices' download URLs are like: `direct` (to the storage or its CDN), `short` (a URL of some hundred characters that
    /// redirects there), `streamed` (a short one too, but the server gives out the bytes itself).
    #[schema(example = "direct")]
    pub download_url_style: String,
    /// When it was created.
    pub inserted_at: String,
    /// When it was last changed.
    pub updated_at: String,
}

/// The organization, under its name.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OrganizationEnvelope {
    /// The record.
    pub organization: Organization,
}

/// Changes to the organization; what is absent stays, what is null is removed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct OrganizationUpdate {
    /// For people: 1–128 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub name: Option<String>,
    /// By how many different keys a binary must be signed: 1 to 10. Applies to binaries that are signed from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "COUNT")]
    pub required_signatures: Option<u8>,
    /// The most bytes of content.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    #[arg(skip)]
    pub storage_quota: Option<Option<u64>>,
    /// Whether a device whose certificate has expired is refused, instead of only noted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "BOOLEAN")]
    pub strict_certificate_expiry: Option<bool>,
    /// Where the contents of new binaries go. What there is stays where it is.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[arg(long, value_name = "PRN", help = "Where the contents of new binaries go; empty for the server's own storage", value_parser = removable::<String>)]
    pub storage_backend_prn: Option<Removable<String>>,
    /// For how many seconds download URLs are good: 60 to 604,800, a week.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>)]
    #[arg(long, value_name = "SECONDS", help = "For how many seconds download URLs are good; empty for the server's default", value_parser = removable::<u32>)]
    pub download_url_seconds: Option<Removable<u32>>,
    /// `direct`, `short` or `streamed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, help = "What devices' download URLs are like")]
    pub download_url_style: Option<String>,
}
