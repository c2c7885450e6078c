//! The organization that the caller belongs to.

use olivine_api::organizations::{
    Organization, OrganizationEnvelope, OrganizationUpdate, StopCreate, StopEnd, StopList,
};
use olivine_api::overview::{Overview, OverviewEnvelope};
use olivine_api::server::{Server, ServerEnvelope};
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

    /// The organization at a glance.
    pub async fn overview(&self) -> Result<Overview, Error> {
        let request = Request::new(Method::GET, self.url("overview"));
        self.send(&request).await.map(|envelope: OverviewEnvelope| envelope.overview)
    }

    /// Which server answers.
    pub async fn server(&self) -> Result<Server, Error> {
        let request = Request::new(Method::GET, self.url("server"));
        self.send(&request).await.map(|envelope: ServerEnvelope| envelope.server)
    }

    /// Stops distribution: for the organization, a product or a cohort.
    pub async fn stop(&self, stop: &StopCreate) -> Result<StopList, Error> {
        self.send(&Request::new(Method::POST, self.url("organization/stop")).json(stop)).await
    }

    /// Ends a stop.
    pub async fn resume(&self, stop: &StopEnd) -> Result<StopList, Error> {
        self.send(&Request::new(Method::POST, self.url("organization/resume")).json(stop)).await
    }
}
