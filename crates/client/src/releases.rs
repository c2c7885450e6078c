//! Releases: a cohort's update paths, and how far its devices came on them.

use olivine_api::release_graphs::{ReleaseGraph, ReleaseGraphEnvelope};
use olivine_api::release_insights::ReleaseInsights;
use olivine_api::releases::{
    Adoption, Release, ReleaseCreate, ReleaseEnvelope, ReleaseList, ReleaseUnarchive, ReleaseUpdate,
    Rollback, RollbackCreate,
};
use olivine_domain::cohorts::Cohort;
use olivine_domain::prn::Prn;
use olivine_domain::releases::Release as Named;
use reqwest::Method;

use crate::requests::Request;
use crate::resource::resource;
use crate::{Client, Error};

resource!(Release, "releases", Named, ReleaseEnvelope { release }, ReleaseList);

impl crate::Create for Release {
    type New = ReleaseCreate;
}
impl crate::Update for Release {
    type Change = ReleaseUpdate;
}
impl crate::Delete for Release {}
impl crate::Archive for Release {
    type Place = ReleaseUnarchive;
    const HAS_PLACE: bool = true;
}

impl Client {
    /// How far a cohort's devices came, seen from one of its releases.
    pub async fn adoption(&self, prn: &Prn<Named>) -> Result<Adoption, Error> {
        self.send(&Request::new(Method::GET, self.url(&format!("releases/{prn}/adoption")))).await
    }

    /// What devices reported about a release.
    pub async fn insights(&self, prn: &Prn<Named>) -> Result<ReleaseInsights, Error> {
        self.send(&Request::new(Method::GET, self.url(&format!("releases/{prn}/insights")))).await
    }

    /// A cohort's releases, with their devices and where these go.
    pub async fn release_graph(&self, cohort: &Prn<Cohort>) -> Result<ReleaseGraph, Error> {
        let request = Request::new(Method::GET, self.url(&format!("cohorts/{cohort}/graph")));
        self.send(&request).await.map(|envelope: ReleaseGraphEnvelope| envelope.graph)
    }

    /// Takes a release back, or says what this would do.
    pub async fn roll_back(&self, prn: &Prn<Named>, how: &RollbackCreate) -> Result<Rollback, Error> {
        let url = self.url(&format!("releases/{prn}/rollback"));
        self.send(&Request::new(Method::POST, url).json(how)).await
    }
}
