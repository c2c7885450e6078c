//! Who the caller is.

use olivine_api::users::{Me, MeEnvelope};
use reqwest::Method;

use crate::requests::Request;
use crate::{Client, Error};

impl Client {
    /// What the API key is and may.
    pub async fn me(&self) -> Result<Me, Error> {
        Ok(self.me_and_server().await?.user)
    }

    /// What the API key is and may, and what the server says of itself.
    pub async fn me_and_server(&self) -> Result<MeEnvelope, Error> {
        self.send(&Request::new(Method::GET, self.url("users/me"))).await
    }
}
