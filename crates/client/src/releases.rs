//! Releases: a cohort's update paths, and how far its devices came on them.

use olivine_api::releases::{Adoption, Release, ReleaseCreate, ReleaseEnvelope, ReleaseList, ReleaseUpdate};
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

impl Client {
    /// How far a cohort's devices came, seen from one of its releases.
    pub async fn adoption(&self, prn: &Prn<Named>) -> Result<Adoption, Error> {
        self.send(&Request::new(Method::GET, self.url(&format!("releases/{prn}/adoption")))).await
    }
}
