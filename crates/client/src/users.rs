//! Who the caller is.

use olivine_api::users::{Me, MeEnvelope};
use reqwest::Method;

use crate::requests::Request;
use crate::{Client, Error};

impl Client {
    /// What the API key is and may.
    pub async fn me(&self) -> Result<Me, Error> {
        let envelope: MeEnvelope = self.send(&Request::new(Method::GET, self.url("users/me"))).await?;
        Ok(envelope.user)
    }
}
