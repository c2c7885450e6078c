//! Warnings of versions that do not order as people mean them. They keep nothing from being done.

use olivine_api::releases::Release;
use olivine_client::{Client, Query};
use olivine_domain::prn::Prn;
use olivine_domain::releases::Release as Named;
use olivine_domain::versions::{Version, doubt};

use crate::messages;

/// Warns of the version of a new release. What is no version at all is the server's to refuse.
pub(crate) async fn warn_of_new(client: &Client, cohort_prn: &str, version: Option<&str>) {
    if let Some(version) = version.and_then(|version| version.parse().ok()) {
        warn(client, cohort_prn, None, &version).await;
    }
}

/// Warns of the new version of a release.
pub(crate) async fn warn_of_changed(client: &Client, release: &Prn<Named>, version: &str) {
    let Ok(version) = version.parse() else { return };
    // Where it can't be read, it can't be changed either, and that is said then.
    if let Ok(found) = client.get::<Release>(release).await {
        warn(client, &found.cohort_prn, Some(&found.prn), &version).await;
    }
}

async fn warn(client: &Client, cohort_prn: &str, own: Option<&str>, version: &Version) {
    let mut others = Vec::new();
    if version.is_pre_release() {
        let query = Query::default().with("cohort_prn", Some(cohort_prn));
        // Without the scope to list releases, the warning is only about the version itself.
        let releases = client.list::<Release>(&query).all().await.unwrap_or_default();
        let of_others = releases.into_iter().filter(|release| Some(release.prn.as_str()) != own);
        others.extend(of_others.filter_map(|release| release.version?.parse::<Version>().ok()));
    }
    if let Some(doubt) = doubt(version, &others) {
        messages::warning(&doubt.to_string());
    }
}
