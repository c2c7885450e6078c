//! Plans: what a change would do, without doing it.

use olivine_api::bundle_overrides::{BundleOverrideCreate, BundleOverrideUpdate};
use olivine_api::plans::{BundleOverridePlan, BundleOverridePlanEnvelope, ReleasePlan, ReleasePlanEnvelope};
use olivine_api::releases::{ReleaseCreate, ReleaseUnarchive, ReleaseUpdate};
use olivine_domain::bundle_overrides::BundleOverride;
use olivine_domain::prn::Prn;
use olivine_domain::releases::Release;
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::requests::Request;
use crate::{Client, Error, Query};

/// A change of a cohort's releases.
#[derive(Clone, Debug)]
pub enum ReleaseEdit {
    /// A new one.
    Create(Box<ReleaseCreate>),
    /// Other values of one.
    Update(Prn<Release>, Box<ReleaseUpdate>),
    /// One less.
    Delete(Prn<Release>),
    /// One out of the path.
    Archive(Prn<Release>),
    /// One back into the path.
    Unarchive(Prn<Release>, ReleaseUnarchive),
}

impl Client {
    /// What a change of a cohort's releases would do. The query has the conditions of the change itself.
    pub async fn plan_release(&self, edit: &ReleaseEdit, query: &Query) -> Result<ReleasePlan, Error> {
        let path = |prn: &Prn<Release>, rest: &str| format!("releases/{prn}{rest}");
        let envelope: ReleasePlanEnvelope = match edit {
            ReleaseEdit::Create(new) => self.plan(Method::POST, "releases", Some(new), query).await?,
            ReleaseEdit::Update(prn, change) => {
                self.plan(Method::PATCH, &path(prn, ""), Some(change), query).await?
            }
            ReleaseEdit::Delete(prn) => self.plan(Method::DELETE, &path(prn, ""), None::<&()>, query).await?,
            ReleaseEdit::Archive(prn) => {
                self.plan(Method::POST, &path(prn, "/archive"), None::<&()>, query).await?
            }
            ReleaseEdit::Unarchive(prn, place) => {
                self.plan(Method::POST, &path(prn, "/unarchive"), Some(place), query).await?
            }
        };
        Ok(envelope.plan)
    }

    /// What a new bundle override would do.
    pub async fn plan_bundle_override(
        &self,
        new: &BundleOverrideCreate,
    ) -> Result<BundleOverridePlan, Error> {
        let planned = self.plan(Method::POST, "bundle_overrides", Some(new), &Query::default()).await;
        planned.map(|envelope: BundleOverridePlanEnvelope| envelope.plan)
    }

    /// What a change of a bundle override would do.
    pub async fn plan_bundle_override_change(
        &self,
        prn: &Prn<BundleOverride>,
        change: &BundleOverrideUpdate,
    ) -> Result<BundleOverridePlan, Error> {
        let path = format!("bundle_overrides/{prn}");
        let planned = self.plan(Method::PATCH, &path, Some(change), &Query::default()).await;
        planned.map(|envelope: BundleOverridePlanEnvelope| envelope.plan)
    }

    async fn plan<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
        query: &Query,
    ) -> Result<T, Error> {
        let url = query.clone().with("dry_run", Some(true)).apply(self.url(path));
        let request = Request::new(method, url);
        self.send(&match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }
}
