//! Signing in with a browser, and links that are good once.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How people can sign in to this server.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SignInMethods {
    /// Whether people sign in with an e-mail address and a password.
    pub password: bool,
    /// Whether nobody has set the installation up yet: then `POST /v1/setup` makes the first person.
    pub setup_needed: bool,
}

/// The e-mail address and the password of a person who signs in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The person's e-mail address.
    #[schema(example = "ada@example.com")]
    pub email: String,
    /// The password that the person signs in with.
    #[schema(example = "four words or more")]
    pub password: String,
}

/// The result of signing in. The session itself is in the cookie of the answer, which scripts of a page can't read.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SignedIn {
    /// The person who is signed in.
    pub user: super::users::User,
    /// How long the session is fresh, in UTC (RFC 3339). Requests that need a fresh session are refused afterwards.
    pub fresh_until: String,
}

/// The account has a second factor, so a code is needed next.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SecondFactorNeeded {
    /// The token to send to `POST /v1/sign_in/second_factor` within five minutes. It can't be used for anything else.
    pub second_factor_token: String,
}

/// The code of a second factor, after the password.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondFactor {
    /// The token from the answer of `POST /v1/sign_in`.
    pub second_factor_token: String,
    /// The six digits that the authenticator app shows, or a recovery code.
    #[schema(example = "123456")]
    pub code: String,
}

/// The password, and a code if the account has a second factor, to make the session fresh.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reauthenticate {
    /// The password that the person signs in with.
    pub password: String,
    /// The six digits that the authenticator app shows, or a recovery code. Needed if the account has a second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The first person of an installation.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    /// The token of the set-up link: the part after its `#`.
    pub token: String,
    /// The person's name: 1–128 characters.
    #[schema(example = "Ada Lovelace")]
    pub name: String,
    /// The e-mail address that the person signs in with.
    #[schema(example = "ada@example.com")]
    pub email: String,
    /// The password to sign in with: 12–128 characters of any kind. Passwords that many people use are refused.
    pub password: String,
}

/// A new password for the account that a link is for.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordReset {
    /// The token of the link: the part after its `#`.
    pub token: String,
    /// The new password: 12–128 characters of any kind. Passwords that many people use are refused.
    pub password: String,
}

/// A link that works once. It is shown only in this answer. Pass it on in a way that you trust.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Link {
    /// The link to pass on, to be opened in a browser.
    pub url: String,
    /// When the link stops working, in UTC (RFC 3339).
    pub expires_at: String,
}
