//! Finding records by a PRN, a hash, a name and the like.

use olivine_api::lookup::{Hit, LookupResult};
use reqwest::Method;

use crate::requests::Request;
use crate::{Client, Error, Query};

impl Client {
    /// Up to five records of each kind: by PRN, hash, key id, fingerprint, or the beginning of a name.
    pub async fn lookup(&self, text: &str) -> Result<Vec<Hit>, Error> {
        let url = Query::default().with("q", Some(text)).apply(self.url("lookup"));
        self.send(&Request::new(Method::GET, url)).await.map(|result: LookupResult| result.hits)
    }
}
