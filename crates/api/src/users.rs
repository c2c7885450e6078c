//! Who the caller is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The caller: the API key of this request, and what it may do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The PRN of the API key of this request.
    pub prn: String,
    /// The PRN of the only organization that the key can see.
    pub organization_prn: String,
    /// The name of that organization, for people.
    pub organization_name: String,
    /// What the key of this request is for, as given when it was created.
    pub name: String,
    /// The role of the key: `admin`, `writer` or `reader`. Null for a key that has single scopes.
    pub role: Option<String>,
    /// All scopes that the caller has, also where they come from its role.
    pub scopes: Vec<String>,
    /// When the key of this request stops working, in UTC (RFC 3339). Null: it never expires.
    pub expires_at: Option<String>,
}

/// The caller, under the key `user`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MeEnvelope {
    /// The API key of this request and its permissions.
    pub user: Me,
    /// The server that answers. Null: it is one of an earlier version, which did not say.
    #[serde(default)]
    pub server: Option<ServerInfo>,
}

/// What a server says of itself to those who may use it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ServerInfo {
    /// The version of Olivine that the server runs.
    #[schema(example = "0.1.0")]
    pub version: String,
}
