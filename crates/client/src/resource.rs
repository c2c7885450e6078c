//! What all resources have in common: where they are, and how one record or a page of them comes.

use std::fmt::Debug;

use olivine_api::lists::List;
use olivine_domain::prn::{self, Prn};
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::requests::Request;
use crate::{Client, Error, Pages, Query};

/// A kind of record.
pub trait Resource: Clone + Debug + Serialize + Send + Sync + Sized {
    /// Where its records are, below `/v1/`.
    const PATH: &'static str;
    /// What its PRNs name.
    type Named: prn::Resource;
    /// One record, under its name.
    type Envelope: DeserializeOwned + Send;
    /// A page of them.
    type List: List<Item = Self> + DeserializeOwned + Send;

    /// Takes the record out of its envelope.
    fn open(envelope: Self::Envelope) -> Self;
}

/// Records that can be created.
pub trait Create: Resource {
    /// What a new one is made of.
    type New: Serialize + Sync;
}

/// Records that can be changed.
pub trait Update: Resource {
    /// What can be changed.
    type Change: Serialize + Sync;
}

/// Records that can be deleted.
pub trait Delete: Resource {}

/// Records that can be archived.
pub trait Archive: Resource {
    /// Where to put one that is taken back; `()` where it has no place.
    type Place: Serialize + Sync;
    /// Whether it has a place.
    const HAS_PLACE: bool;
}

/// Says of a wire type where its records are and what can be done with them.
macro_rules! resource {
    ($type:ty, $path:literal, $named:ty, $envelope:ty { $name:ident }, $list:ty) => {
        impl crate::Resource for $type {
            const PATH: &'static str = $path;
            type Named = $named;
            type Envelope = $envelope;
            type List = $list;

            fn open(envelope: $envelope) -> Self {
                envelope.$name
            }
        }
    };
}
pub(crate) use resource;

impl Client {
    /// Reads a record.
    pub async fn get<R: Resource>(&self, prn: &Prn<R::Named>) -> Result<R, Error> {
        self.get_with(prn, &Query::default()).await
    }

    /// Reads a record, with related ones embedded as the query says.
    pub async fn get_with<R: Resource>(&self, prn: &Prn<R::Named>, query: &Query) -> Result<R, Error> {
        let url = query.apply(self.url(&format!("{}/{prn}", R::PATH)));
        self.send(&Request::new(Method::GET, url)).await.map(R::open)
    }

    /// Lists records, page by page.
    pub fn list<R: Resource>(&self, query: &Query) -> Pages<'_, R> {
        Pages::new(self, &self.url(R::PATH), query)
    }

    /// Creates a record.
    pub async fn create<R: Create>(&self, new: &R::New) -> Result<R, Error> {
        self.create_with(new, &Query::default()).await
    }

    /// Creates a record, under the conditions that the query says.
    pub async fn create_with<R: Create>(&self, new: &R::New, query: &Query) -> Result<R, Error> {
        let request = Request::new(Method::POST, query.apply(self.url(R::PATH))).json(new).idempotent();
        self.send(&request).await.map(R::open)
    }

    /// Changes a record.
    pub async fn update<R: Update>(&self, prn: &Prn<R::Named>, change: &R::Change) -> Result<R, Error> {
        self.update_with(prn, change, &Query::default()).await
    }

    /// Changes a record, under the conditions that the query says.
    pub async fn update_with<R: Update>(
        &self,
        prn: &Prn<R::Named>,
        change: &R::Change,
        query: &Query,
    ) -> Result<R, Error> {
        let url = query.apply(self.url(&format!("{}/{prn}", R::PATH)));
        self.send(&Request::new(Method::PATCH, url).json(change)).await.map(R::open)
    }

    /// Archives a record.
    pub async fn archive<R: Archive>(&self, prn: &Prn<R::Named>) -> Result<R, Error> {
        self.archive_with(prn, &Query::default()).await
    }

    /// Archives a record, under the conditions that the query says.
    pub async fn archive_with<R: Archive>(&self, prn: &Prn<R::Named>, query: &Query) -> Result<R, Error> {
        let url = query.apply(self.url(&format!("{}/{prn}/archive", R::PATH)));
        self.send(&Request::new(Method::POST, url)).await.map(R::open)
    }

    /// Takes an archived record back.
    pub async fn unarchive<R: Archive>(&self, prn: &Prn<R::Named>, place: &R::Place) -> Result<R, Error> {
        self.unarchive_with(prn, place, &Query::default()).await
    }

    /// Takes an archived record back, under the conditions that the query says.
    pub async fn unarchive_with<R: Archive>(
        &self,
        prn: &Prn<R::Named>,
        place: &R::Place,
        query: &Query,
    ) -> Result<R, Error> {
        let url = query.apply(self.url(&format!("{}/{prn}/unarchive", R::PATH)));
        let request = Request::new(Method::POST, url);
        let request = if R::HAS_PLACE { request.json(place) } else { request };
        self.send(&request).await.map(R::open)
    }

    /// Deletes a record.
    pub async fn delete<R: Delete>(&self, prn: &Prn<R::Named>) -> Result<(), Error> {
        self.delete_with::<R>(prn, &Query::default()).await
    }

    /// Deletes a record, under the conditions that the query says.
    pub async fn delete_with<R: Delete>(&self, prn: &Prn<R::Named>, query: &Query) -> Result<(), Error> {
        let url = query.apply(self.url(&format!("{}/{prn}", R::PATH)));
        self.send_plain(&Request::new(Method::DELETE, url)).await
    }
}
