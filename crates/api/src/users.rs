//! Users, and who the caller is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The caller: the API key or the person of this request, and what it may do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The PRN of the API key or of the user of this request.
    pub prn: String,
    /// `api_key` or `user`: what the caller is. Null: the server is of an earlier version, which knew only keys.
    #[serde(default)]
    pub kind: Option<String>,
    /// The PRN of the organization of this request. Null for a person who is in none, or in several and named none of them.
    pub organization_prn: Option<String>,
    /// The name of the organization of this request. Null where `organization_prn` is null.
    pub organization_name: Option<String>,
    /// The person's name, or the name of the API key of this request.
    pub name: String,
    /// The e-mail address of the person. Null for a key.
    #[serde(default)]
    pub email: Option<String>,
    /// The role of the caller in the organization. Null if it has single scopes, or several roles.
    pub role: Option<String>,
    /// All scopes that the caller has in the organization, also where they come from its roles.
    pub scopes: Vec<String>,
    /// When the key or the session of this request stops working, in UTC (RFC 3339). Null: it never expires.
    pub expires_at: Option<String>,
    /// Whether the person administers the whole installation. Always false for a key.
    #[serde(default)]
    pub is_administrator: bool,
    /// When the second factor was set up, in UTC (RFC 3339). Null: the caller has none.
    #[serde(default)]
    pub second_factor_since: Option<String>,
    /// How long the session is fresh, in UTC (RFC 3339). Null for a key, which needs no fresh session.
    #[serde(default)]
    pub fresh_until: Option<String>,
    /// All organizations that the person is in. Empty for a key.
    #[serde(default)]
    pub organizations: Vec<MyOrganization>,
}

/// The caller, under the key `user`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MeEnvelope {
    /// The caller of this request and its permissions.
    pub user: Me,
    /// The server that answers. Null: a server of an earlier version answered, which did not send this.
    #[serde(default)]
    pub server: Option<ServerInfo>,
}

/// Facts about the server, for callers that may use it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ServerInfo {
    /// The version of Olivine that the server runs.
    #[schema(example = "0.1.0")]
    pub version: String,
}

/// A person who can sign in.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// The resource name (PRN) of this user. Use it wherever the API asks for a user: `prn:1:user:<uuid>`.
    pub prn: String,
    /// The e-mail address that the person signs in with.
    #[schema(example = "ada@example.com")]
    pub email: String,
    /// The person's name, as other people see it.
    #[schema(example = "Ada Lovelace")]
    pub name: String,
    /// Whether the person administers the whole installation.
    pub is_administrator: bool,
    /// When the second factor was set up, in UTC (RFC 3339). Null: the person has none.
    pub second_factor_since: Option<String>,
    /// When the account was disabled, in UTC (RFC 3339). Null: it is not disabled.
    pub disabled_at: Option<String>,
    /// When the account was created, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the account was last changed, in UTC (RFC 3339).
    pub updated_at: String,
}

crate::envelopes! {
    User,
    UserEnvelope {
        /// The user that the request is about, as it is after the request.
        user
    },
    UserList {
        /// The users of this page, in the order that was asked for.
        users,
        /// The cursor of the next page of users: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// Changes to an account. Fields that are absent stay as they are.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserUpdate {
    /// The person's name: 1–128 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// True disables the account: nobody can sign in to it, and all its sessions end. False enables it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

/// Changes to the caller's own account.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeUpdate {
    /// Your name: 1–128 characters.
    pub name: String,
}

/// A new password for the caller's own account.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The new password: 12–128 characters of any kind. Passwords that many people use are refused.
    pub password: String,
}

/// An authenticator app that is not confirmed yet.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TotpBegun {
    /// The secret to type into the app (Base32). It is shown only in this answer.
    pub secret: String,
    /// The secret as an `otpauth` URL, to show as a QR code.
    pub url: String,
}

/// A code of an authenticator app.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpCode {
    /// The six digits that the app shows now.
    #[schema(example = "123456")]
    pub code: String,
}

/// Recovery codes: each lets you sign in once if the authenticator app is lost.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecoveryCodes {
    /// The codes. They are shown only in this answer: keep them where nobody else finds them.
    pub recovery_codes: Vec<String>,
}

/// A browser in which somebody is signed in.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// The PRN of this session: `prn:1:user_session:<uuid>`.
    pub prn: String,
    /// Whether it is the session of this request.
    pub is_current: bool,
    /// The browser's `User-Agent`. Null: it sent none.
    pub client: Option<String>,
    /// The IP address from which the session was begun. Null: it is not known.
    pub address: Option<String>,
    /// Whether the person used a second factor to begin the session.
    pub has_second_factor: bool,
    /// When the session was last used, to the minute, in UTC (RFC 3339).
    pub last_seen_at: String,
    /// When the session ends if it is not used again, in UTC (RFC 3339).
    pub ends_at: String,
    /// When the session began, in UTC (RFC 3339).
    pub inserted_at: String,
}

/// The sessions of the signed-in person.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionList {
    /// The sessions, the newest first.
    pub sessions: Vec<Session>,
}

/// An organization that the caller is in.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MyOrganization {
    /// The PRN of the organization: `prn:1:<uuid>`.
    pub prn: String,
    /// The name of the organization, for the header `olivine-organization`.
    pub name: String,
    /// What the caller may do in this organization.
    pub grants: Vec<crate::memberships::Grant>,
    /// Whether the organization requires a second factor of its members. A person who has none can only set one up, and can do nothing else
    /// there.
    #[serde(default)]
    pub requires_second_factor: bool,
}
