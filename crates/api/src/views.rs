//! Saved views: pages of the console that people keep, or share.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A page of the web console with a search, saved under a name. A view is only a link and contains no data: the person who opens it sees
/// only what their own permissions allow.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct View {
    /// The resource name (PRN) of this view. Use it wherever the API asks for a view: `prn:1:<organization>:view:<uuid>`.
    pub prn: String,
    /// The PRN of the organization that the view is in: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// The PRN of the person whose view it is: `prn:1:user:<uuid>`.
    pub owner_prn: String,
    /// The view's name, unique among the views of its owner in the organization.
    #[schema(example = "Canaries that are silent")]
    pub name: String,
    /// The path of the page in the console, beginning with one `/`. It never leads to another host.
    #[schema(example = "/devices")]
    pub path: String,
    /// The part of the address of the page after the `?`. Empty: the page without a search.
    #[schema(example = "q=tag:%27canary%27")]
    pub query: String,
    /// Whether everybody in the organization sees the view.
    pub shared: bool,
    /// When the view was created, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the view was last changed, in UTC (RFC 3339).
    pub updated_at: String,
}

crate::envelopes! {
    View,
    ViewEnvelope {
        /// The view that the request is about, as it is after the request.
        view
    },
    ViewList {
        /// The views of this page, in the order that was asked for.
        views,
        /// The cursor of the next page of views: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// A new view of the caller's: a page of the web console under a name.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ViewCreate {
    /// The view's name: 1–128 characters, unique among the caller's views.
    #[schema(example = "Canaries that are silent")]
    #[arg(long)]
    pub name: String,
    /// The path of the page in the console: 1–500 characters, beginning with one `/`.
    #[schema(example = "/devices")]
    #[arg(long)]
    pub path: String,
    /// The part of the address of the page after the `?`: up to 2,000 characters. Default: empty.
    #[schema(example = "q=tag:%27canary%27")]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub query: Option<String>,
    /// Whether everybody in the organization sees the view. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    pub shared: Option<bool>,
    /// The UUID of the new view, the last part of its PRN. Default: the server makes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "UUID")]
    pub id: Option<Uuid>,
}

/// Changes to a view. Fields that are absent stay as they are.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ViewUpdate {
    /// The view's name: 1–128 characters, unique among the views of its owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub name: Option<String>,
    /// The path of the page in the console: 1–500 characters, beginning with one `/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub path: Option<String>,
    /// The part of the address of the page after the `?`: up to 2,000 characters. An empty text removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long)]
    pub query: Option<String>,
    /// Whether everybody in the organization sees the view.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    pub shared: Option<bool>,
}
