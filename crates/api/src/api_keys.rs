//! API keys: how callers prove who they are.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::json::present;
use crate::memberships::Grant;

/// An API key: the credential of a person, a script or CI for the Admin API. The secret itself is shown only when the key is created.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ApiKey {
    /// The resource name (PRN) of this API key. Use it wherever the API asks for an API key: `prn:1:<organization>:api_key:<uuid>`.
    pub prn: String,
    /// The PRN of the organization that the API key belongs to: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// What the API key is for, as given when it was created.
    #[schema(example = "ci")]
    pub name: String,
    /// The first characters of the secret, to recognize the key by. They are not enough to use it.
    #[schema(example = "olv_BwcHBwcH")]
    pub hint: String,
    /// The role that the key has, such as `reader` or `admin`. Null for a key that has single scopes only.
    pub role: Option<String>,
    /// All scopes that the key has, also where they come from its role. `docs/scopes.md` explains each one.
    pub scopes: Vec<String>,
    /// The PRNs of the products that the key reaches, with all of their cohorts. Without these and `cohort_prns`, it reaches the whole
    /// organization.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub product_prns: Vec<String>,
    /// The PRNs of the cohorts that the key reaches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cohort_prns: Vec<String>,
    /// What the key was given: a role, single scopes, or one grant of each. Empty: the server is of an earlier version.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// The PRN of the user whose personal key it is: it may do no more than that person may, and ends with the membership. Null: it is a key
    /// of the organization.
    #[serde(default)]
    pub owner_prn: Option<String>,
    /// When the key stops working, in UTC (RFC 3339). Null: it never expires.
    pub expires_at: Option<String>,
    /// When the key was revoked, in UTC (RFC 3339). Null: it is not revoked. A revoked key never works again.
    pub revoked_at: Option<String>,
    /// When the API key was created, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the API key was last changed, in UTC (RFC 3339).
    pub updated_at: String,
    /// The secret, for the header `Authorization: Bearer …`. It is only in the answer that creates the key: the server can't show it
    /// again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

crate::envelopes! {
    ApiKey,
    ApiKeyEnvelope {
        /// The API key that the request is about, as it is after the request.
        api_key
    },
    ApiKeyList {
        /// The API keys of this page, in the order that was asked for.
        api_keys,
        /// The cursor of the next page of API keys: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// The personal API keys of the caller.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PersonalKeys {
    /// The keys, the oldest first.
    pub api_keys: Vec<ApiKey>,
}

/// A new API key, with a role, single scopes, or both. It can't have scopes that the key of this request lacks.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyCreate {
    /// What the new key is for: 1–128 characters.
    #[schema(example = "ci")]
    pub name: String,
    /// The key's role: `reader`, `viewer`, `support`, `developer`, `signer`, `release_manager`, `writer` or `admin`. `docs/scopes.md` explains
    /// them. A writer can release to the whole fleet, so give CI single scopes instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Single scopes, instead of a role or in addition to it. `docs/scopes.md` and `peridio api-keys scopes` list them all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["binary.create", "binary.upload"]))]
    pub scopes: Option<Vec<String>>,
    /// The PRNs of the products that the key is to reach, with all of their cohorts. Default: the whole organization.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub product_prns: Vec<String>,
    /// The PRNs of the cohorts that the key is to reach. Default: the whole organization.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cohort_prns: Vec<String>,
    /// When the key stops working, in RFC 3339. Default: never. It can't be later than the expiry of the key that makes the request.
    #[schema(example = "2027-01-01T00:00:00Z")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// Changes to an API key. Fields that are absent stay as they are; null removes a value. Role and scopes never change.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyUpdate {
    /// What the key is for: 1–128 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When the key stops working, in RFC 3339. Null: never. It can't be later than the expiry of the key that makes the request.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub expires_at: Option<Option<String>>,
}
