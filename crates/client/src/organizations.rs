//! The organization that the caller belongs to.

use olivine_api::organizations::{Organization, OrganizationEnvelope, OrganizationUpdate};
use reqwest::Method;

use crate::requests::Request;
use crate::{Client, Error};

impl Client {
    /// Reads the organization's settings.
    pub async fn organization(&self) -> Result<Organization, Error> {
        let request = Request::new(Method::GET, self.url("organization"));
        self.send(&request).await.map(|envelope: OrganizationEnvelope| envelope.organization)
    }

    /// Changes the organization's settings.
    pub async fn update_organization(&self, change: &OrganizationUpdate) -> Result<Organization, Error> {
        let request = Request::new(Method::PATCH, self.url("organization")).json(change);
        self.send(&request).await.map(|envelope: OrganizationEnvelope| envelope.organization)
    }
}
