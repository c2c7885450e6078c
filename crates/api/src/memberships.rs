//! Memberships: who may do what in the organization.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::users::User;

/// A role or single scopes, in the whole organization or in some of its products and cohorts. `docs/scopes.md` explains each one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The name of a role, such as `developer`. Null: the grant has single scopes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "developer")]
    pub role: Option<String>,
    /// Names of single scopes, instead of a role. Null: the grant is a role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// The PRNs of the products that the grant reaches, with all of their cohorts. Without these and `cohort_prns`, it reaches the whole
    /// organization.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub product_prns: Vec<String>,
    /// The PRNs of the cohorts that the grant reaches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cohort_prns: Vec<String>,
}

/// A person in the organization, and what the person may do there.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Membership {
    /// The resource name (PRN) of this membership. Use it wherever the API asks for a membership: `prn:1:<organization>:membership:<uuid>`.
    pub prn: String,
    /// The PRN of the organization that the person is a member of: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// The person who is the member.
    pub user: User,
    /// What the person may do: everything that at least one of these grants allows.
    pub grants: Vec<Grant>,
    /// When the membership began, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the membership was last changed, in UTC (RFC 3339).
    pub updated_at: String,
}

crate::envelopes! {
    Membership,
    MembershipEnvelope {
        /// The membership that the request is about, as it is after the request.
        membership
    },
    MembershipList {
        /// The memberships of this page, in the order that was asked for.
        memberships,
        /// The cursor of the next page of memberships: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// Changes to a membership.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MembershipUpdate {
    /// What the person may do from now on. It replaces all earlier grants.
    pub grants: Vec<Grant>,
}

/// The API keys whose secrets a removed member may still know.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MembershipEnded {
    /// The organization's API keys that the person created. The person saw their secrets, and the keys still work: replace those that
    /// matter.
    pub api_keys: Vec<crate::api_keys::ApiKey>,
}
