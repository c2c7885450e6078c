//! Warnings about versions whose order differs from what people expect. They never prevent a change.

use olivine_api::releases::Release;
use olivine_client::{Client, Query};
use olivine_domain::prn::Prn;
use olivine_domain::releases::Release as Named;
use olivine_domain::versions::{Version, doubt};

use crate::messages;

/// Warns about the version of a new release. An invalid version is left to the server to refuse.
pub(crate) async fn warn_of_new(client: &Client, cohort_prn: &str, version: Option<&str>) {
    if let Some(version) = version.and_then(|version| version.parse().ok()) {
        warn(client, cohort_prn, None, &version).await;
    }
}

/// Warns about the new version of a release.
pub(crate) async fn warn_of_changed(client: &Client, release: &Prn<Named>, version: &str) {
    let Ok(version) = version.parse() else { return };
    // If the release can't be read, the change fails as well and reports the error.
    if let Ok(found) = client.get::<Release>(release).await {
        warn(client, &found.cohort_prn, Some(&found.prn), &version).await;
    }
}

async fn warn(client: &Client, cohort_prn: &str, own: Option<&str>, version: &Version) {
    let mut others = Vec::new();
    if version.is_pre_release() {
        let query = Query::default().with("cohort_prn", Some(cohort_prn));
        // Without the scope to list releases, only the version itself is checked.
        let releases = client.list::<Release>(&query).all().await.unwrap_or_default();
        let of_others = releases.into_iter().filter(|release| Some(release.prn.as_str()) != own);
        others.extend(of_others.filter_map(|release| release.version?.parse::<Version>().ok()));
    }
    if let Some(doubt) = doubt(version, &others) {
        messages::warning(&doubt.to_string());
    }
}
