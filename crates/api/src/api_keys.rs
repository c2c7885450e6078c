//! API keys: how callers prove who they are.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::json::present;

/// What is known of an API key.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ApiKey {
    /// Its name everywhere.
    pub prn: String,
    /// Its owner.
    pub organization_prn: String,
    /// What it is for.
    pub name: String,
    /// How the secret begins.
    #[schema(example = "olv_BwcHBwcH")]
    pub hint: String,
    /// `admin`, `writer` or `reader`; null for a key with single scopes.
    pub role: Option<String>,
    /// All that it may do.
    pub scopes: Vec<String>,
    /// When it stops working.
    pub expires_at: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<String>,
    /// When it was created.
    pub inserted_at: String,
    /// When it was last changed.
    pub updated_at: String,
    /// The secret: only in the answer that creates the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

crate::envelopes!(ApiKey, ApiKeyEnvelope { api_key }, ApiKeyList { api_keys });

/// A new API key: with a role, or with single scopes.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyCreate {
    /// What it is for: 1–128 characters.
    pub name: String,
    /// `admin`, `writer` or `reader`. A writer can release to the whole fleet; a key for CI is better made with single scopes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Single scopes, in place of a role. The scopes and roles are listed in `docs/scopes.md` and by `peridio api-keys scopes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["binary.create", "binary.upload"]))]
    pub scopes: Option<Vec<String>>,
    /// When the key stops working, in RFC 3339; never, where absent. It can't be later than the expiry of the key that makes the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// Changes to an API key; what is absent stays, what is null is removed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyUpdate {
    /// What it is for: 1–128 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When the key stops working, in RFC 3339; null for never. It can't be put off beyond the expiry of the key that makes the request.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub expires_at: Option<Option<String>>,
}
