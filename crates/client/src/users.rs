//! Who the caller is, and the members of the organization.

use olivine_api::users::{Me, MeEnvelope, User, UserEnvelope, UserList};
use olivine_domain::users::User as Named;
use reqwest::Method;

use crate::requests::Request;
use crate::resource::resource;
use crate::{Client, Error};

resource!(User, "users", Named, UserEnvelope { user }, UserList);

impl Client {
    /// What the API key is and may.
    pub async fn me(&self) -> Result<Me, Error> {
        Ok(self.me_and_server().await?.user)
    }

    /// The API key with its permissions, and the server's version.
    pub async fn me_and_server(&self) -> Result<MeEnvelope, Error> {
        self.send(&Request::new(Method::GET, self.url("users/me"))).await
    }
}
