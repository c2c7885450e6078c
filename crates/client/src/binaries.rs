//! Binaries: the records of contents.

use olivine_api::binaries::{
    Binary, BinaryCreate, BinaryEnvelope, BinaryImpact, BinaryImpactEnvelope, BinaryList, BinaryUpdate,
    DownloadCount, DownloadCounts, Replica, Replicas,
};
use olivine_api::releases::Release;
use olivine_domain::binaries::{Binary as Named, BinaryState};
use olivine_domain::prn::Prn;
use reqwest::{Method, Url};

use crate::requests::Request;
use crate::resource::resource;
use crate::{Client, Error, Pages, Query};

resource!(Binary, "binaries", Named, BinaryEnvelope { binary }, BinaryList);

impl crate::Create for Binary {
    type New = BinaryCreate;
}
impl crate::Update for Binary {
    type Change = BinaryUpdate;
}
impl crate::Delete for Binary {}

impl Client {
    /// Asks for a binary to go to a state.
    pub async fn ask(&self, prn: &Prn<Named>, state: BinaryState) -> Result<Binary, Error> {
        let change = BinaryUpdate { state: Some(state.to_string()), ..BinaryUpdate::default() };
        self.update::<Binary>(prn, &change).await
    }

    /// What destroying a binary would do.
    pub async fn binary_impact(&self, prn: &Prn<Named>) -> Result<BinaryImpact, Error> {
        let request = Request::new(Method::GET, self.url(&format!("binaries/{prn}/impact")));
        self.send(&request).await.map(|envelope: BinaryImpactEnvelope| envelope.impact)
    }

    /// Destroys a binary for good although live releases depend on it.
    pub async fn destroy_confirmed(&self, prn: &Prn<Named>) -> Result<Binary, Error> {
        let mut url = self.url(&format!("binaries/{prn}"));
        url.query_pairs_mut().append_pair("confirm", &prn.to_string());
        let state = Some(BinaryState::Destroyed.to_string());
        let request =
            Request::new(Method::PATCH, url).json(&BinaryUpdate { state, ..BinaryUpdate::default() });
        self.send(&request).await.map(|envelope: BinaryEnvelope| envelope.binary)
    }

    /// Lists the releases whose bundles have a binary in them.
    pub fn releases_of(&self, binary: &Prn<Named>, query: &Query) -> Pages<'_, Release> {
        Pages::new(self, &self.url(&format!("binaries/{binary}/releases")), query)
    }

    /// The copies of a binary in other storages.
    pub async fn replicas(&self, prn: &Prn<Named>) -> Result<Vec<Replica>, Error> {
        let url = self.url(&format!("binaries/{prn}/replicas"));
        let found: Replicas = self.send(&Request::new(Method::GET, url)).await?;
        Ok(found.replicas)
    }

    /// How often a binary was downloaded, day by day.
    pub async fn download_counts(&self, prn: &Prn<Named>) -> Result<Vec<DownloadCount>, Error> {
        let url = self.url(&format!("binaries/{prn}/downloads"));
        let counts: DownloadCounts = self.send(&Request::new(Method::GET, url)).await?;
        Ok(counts.downloads)
    }

    /// A fresh URL that leads to a binary's content. It is as good as a key to it: never show it.
    pub(crate) async fn download_url_once(&self, prn: &Prn<Named>) -> Result<Url, Error> {
        let url = self.url(&format!("binaries/{prn}/download"));
        self.redirected(&Request::new(Method::GET, url)).await
    }
}
