//! Invitations to the organization.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::memberships::Grant;

/// An invitation: the person with this e-mail address may join the organization.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    /// The resource name (PRN) of this invitation. Use it wherever the API asks for an invitation: `prn:1:<organization>:invitation:<uuid>`.
    pub prn: String,
    /// The PRN of the organization that the invitation is to: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// The e-mail address of the invited person. An account that is made with the invitation has this address.
    #[schema(example = "grace@example.com")]
    pub email: String,
    /// What the person will be allowed to do.
    pub grants: Vec<Grant>,
    /// Who made the invitation: the PRN of a user or an API key, or `system`.
    pub invited_by: String,
    /// When the invitation expires, in UTC (RFC 3339).
    pub expires_at: String,
    /// When the invitation was accepted, in UTC (RFC 3339). Null: it was not.
    pub accepted_at: Option<String>,
    /// When the invitation was revoked, in UTC (RFC 3339). Null: it was not.
    pub revoked_at: Option<String>,
    /// When the invitation was made, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the invitation was last changed, in UTC (RFC 3339).
    pub updated_at: String,
    /// The link to pass on to the person. It is only in the answer that makes the invitation: the server can't show it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

crate::envelopes! {
    Invitation,
    InvitationEnvelope {
        /// The invitation that the request is about, as it is after the request.
        invitation
    },
    InvitationList {
        /// The invitations of this page, in the order that was asked for.
        invitations,
        /// The cursor of the next page of invitations: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// An invitation to make, for one address.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationCreate {
    /// The address of the person to invite.
    #[schema(example = "grace@example.com")]
    pub email: String,
    /// What the person will be allowed to do: at least one grant, and nothing that the caller may not do.
    pub grants: Vec<Grant>,
}

/// The token of an invitation's link.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationToken {
    /// The token of the link: the part after its `#`.
    pub token: String,
}

/// An invitation, as shown to a person who has its link.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InvitationShown {
    /// The e-mail address of the invited person.
    pub email: String,
    /// The name of the organization that the invitation is to.
    pub organization_name: String,
    /// What the person will be allowed to do.
    pub grants: Vec<Grant>,
    /// When the invitation expires, in UTC (RFC 3339).
    pub expires_at: String,
}

/// Somebody accepts an invitation: with a new account, or signed in as the person who was invited.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationAccept {
    /// The token of the link: the part after its `#`.
    pub token: String,
    /// The name of the new person. Leave it out if you are signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Grace Hopper")]
    pub name: Option<String>,
    /// The password of the new account: 12–128 characters. Leave it out if you are signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}
