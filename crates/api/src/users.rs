//! Who the caller is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The caller: what its key is and may.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The key's PRN.
    pub prn: String,
    /// The only organization that it can see.
    pub organization_prn: String,
    /// That organization's name.
    pub organization_name: String,
    /// What the key is for.
    pub name: String,
    /// `admin`, `writer` or `reader`; null for a key with single scopes.
    pub role: Option<String>,
    /// All that it may do.
    pub scopes: Vec<String>,
    /// When it stops working.
    pub expires_at: Option<String>,
}

/// The caller, under `user`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MeEnvelope {
    /// The caller.
    pub user: Me,
}
