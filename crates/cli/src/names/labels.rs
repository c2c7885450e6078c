//! The opposite of a lookup: the names of the records whose PRNs are in a table.

use std::collections::{BTreeSet, HashMap};

use olivine_api::api_keys::ApiKey;
use olivine_api::artifact_versions::ArtifactVersion;
use olivine_api::artifacts::Artifact;
use olivine_api::binaries::Binary;
use olivine_api::bundle_overrides::BundleOverride;
use olivine_api::bundles::Bundle;
use olivine_api::ca_certificates::CaCertificate;
use olivine_api::cohorts::Cohort;
use olivine_api::device_certificates::DeviceCertificate;
use olivine_api::devices::Device;
use olivine_api::products::Product;
use olivine_api::releases::Release;
use olivine_api::signing_keys::SigningKey;
use olivine_api::storage_backends::StorageBackend;
use olivine_api::users::User;
use olivine_api::views::View;
use olivine_client::{Client, Query, Resource};
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Prn;
use serde_json::Value;
use tokio::task::JoinSet;

use super::kinds::Kind;
use crate::output::{short, visible};

/// How many names are requested at the same time: fewer than a server allows one caller.
const AT_ONCE: usize = 8;

/// The names of these records. Records that are gone, or that the API key may not read, are left out.
pub(crate) async fn labels(client: &Client, prns: BTreeSet<String>) -> HashMap<String, String> {
    let mut left = prns.into_iter();
    let mut asked = JoinSet::new();
    let mut found = HashMap::new();
    loop {
        while asked.len() < AT_ONCE
            && let Some(prn) = left.next()
        {
            let client = client.clone();
            asked.spawn(async move { label(&client, &prn).await.map(|label| (prn, label)) });
        }
        match asked.join_next().await {
            None => return found,
            Some(label) => found.extend(label.ok().flatten()),
        }
    }
}

/// The PRNs in a text, such as a device's report or the reason of a decision.
pub(crate) fn prns_in(text: &str) -> Vec<&str> {
    let is_of_prn = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '-');
    let begins = text.match_indices("prn:1:").map(|(start, _)| &text[start..]);
    begins.map(|rest| &rest[..rest.find(|c| !is_of_prn(c)).unwrap_or(rest.len())]).map(trimmed).collect()
}

/// A PRN at the end of a clause may be followed by a colon.
fn trimmed(prn: &str) -> &str {
    prn.trim_end_matches([':', '-'])
}

/// A text with names in place of PRNs; a PRN without a name is shortened.
pub(crate) fn name_prns(text: &str, labels: &HashMap<String, String>) -> String {
    let (mut named, mut rest) = (String::new(), text);
    for prn in prns_in(text) {
        if let Some((before, after)) = rest.split_once(prn) {
            named += before;
            named += &labels.get(prn).cloned().unwrap_or_else(|| short(prn));
            rest = after;
        }
    }
    named + rest
}

async fn label(client: &Client, prn: &str) -> Option<String> {
    if let Ok(organization) = prn.parse::<Prn<Organization>>() {
        let own = client.organization().await.ok()?;
        return (own.prn == organization.to_string()).then(|| visible(&own.name));
    }
    // The PRN of a user contains no organization.
    let kind = prn.split(':').nth_back(1).and_then(Kind::called)?;
    let (record, parts) = match kind {
        Kind::ApiKey => (get::<ApiKey>(client, prn, None).await?, &["/name"] as &[&str]),
        Kind::Artifact => (get::<Artifact>(client, prn, None).await?, &["/name"] as _),
        Kind::Bundle => (get::<Bundle>(client, prn, None).await?, &["/name"] as _),
        Kind::BundleOverride => (get::<BundleOverride>(client, prn, None).await?, &["/name"] as _),
        Kind::Product => (get::<Product>(client, prn, None).await?, &["/name"] as _),
        Kind::SigningKey => (get::<SigningKey>(client, prn, None).await?, &["/name"] as _),
        Kind::StorageBackend => (get::<StorageBackend>(client, prn, None).await?, &["/name"] as _),
        Kind::Device => (get::<Device>(client, prn, None).await?, &["/identifier"] as _),
        Kind::CaCertificate => (get::<CaCertificate>(client, prn, None).await?, &["/subject"] as _),
        Kind::DeviceCertificate => {
            (get::<DeviceCertificate>(client, prn, Some("device")).await?, &["/device/identifier"] as _)
        }
        Kind::Cohort => {
            (get::<Cohort>(client, prn, Some("product")).await?, &["/product/name", "/name"] as _)
        }
        Kind::Release => (
            match get::<Release>(client, prn, Some("cohort.product")).await {
                Some(release) => release,
                // A server of an earlier version does not return the product.
                None => get::<Release>(client, prn, Some("cohort")).await?,
            },
            &["/cohort/product/name", "/cohort/name", "/name"] as _,
        ),
        Kind::ArtifactVersion => (
            get::<ArtifactVersion>(client, prn, Some("artifact")).await?,
            &["/artifact/name", "/version"] as _,
        ),
        Kind::Binary => {
            let parts = &["/artifact_version/artifact/name", "/artifact_version/version", "/target"];
            (get::<Binary>(client, prn, Some("artifact_version.artifact")).await?, parts as _)
        }
        Kind::User => (get::<User>(client, prn, None).await?, &["/name"] as _),
        Kind::View => (get::<View>(client, prn, None).await?, &["/name"] as _),
        // The PRN of an organization has another form.
        Kind::Organization
        | Kind::Invitation
        | Kind::Membership
        | Kind::BinarySignature
        | Kind::Event
        | Kind::Job
        | Kind::BulkOperation => return None,
    };
    let parts: Vec<&str> = parts.iter().filter_map(|part| record.pointer(part)?.as_str()).collect();
    Some(visible(&parts.join("/")))
}

async fn get<R: Resource>(client: &Client, prn: &str, expand: Option<&str>) -> Option<Value> {
    let expand: Vec<String> = expand.into_iter().map(str::to_owned).collect();
    let record: R = client.get_with(&prn.parse().ok()?, &Query::default().expand(&expand)).await.ok()?;
    serde_json::to_value(record).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_replace_prns_in_texts() {
        let labels = HashMap::from([("prn:1:o:artifact:a-1".to_owned(), "main-firmware".to_owned())]);
        let text = "1.2.0 of prn:1:o:artifact:a-1: it failed (prn:1:o:binary:0123456789abcdef)";
        assert_eq!(prns_in(text), ["prn:1:o:artifact:a-1", "prn:1:o:binary:0123456789abcdef"]);
        assert_eq!(name_prns(text, &labels), "1.2.0 of main-firmware: it failed (…89abcdef)");
        assert_eq!(name_prns("nothing", &labels), "nothing");
    }
}
