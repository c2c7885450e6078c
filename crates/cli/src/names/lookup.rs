//! Finds the record that a name means by asking the server. It must never choose between several records with the same name.

use olivine_api::api_keys::ApiKey;
use olivine_api::artifact_versions::ArtifactVersion;
use olivine_api::artifacts::Artifact;
use olivine_api::binaries::Binary;
use olivine_api::binary_signatures::BinarySignature;
use olivine_api::bundle_overrides::BundleOverride;
use olivine_api::bundles::Bundle;
use olivine_api::ca_certificates::CaCertificate;
use olivine_api::cohorts::Cohort;
use olivine_api::device_certificates::DeviceCertificate;
use olivine_api::devices::Device;
use olivine_api::invitations::Invitation;
use olivine_api::memberships::Membership;
use olivine_api::products::Product;
use olivine_api::releases::Release;
use olivine_api::signing_keys::SigningKey;
use olivine_api::storage_backends::StorageBackend;
use olivine_api::users::User;
use olivine_api::views::View;
use olivine_client::{Client, Query, Resource};
use olivine_domain::binaries::BinaryState;
use serde_json::Value;

use super::kinds::Kind;
use super::values::is_prn;
use crate::failure::Failure;
use crate::output::visible;

/// The maximum number of records in an error message.
const FEW: usize = 10;

/// The PRN of the one record that a name means.
pub(super) async fn prn(client: &Client, kind: Kind, name: &str) -> Result<String, Failure> {
    let search = Search { client, kind, name };
    let parts: Vec<&str> = name.split('/').collect();
    match kind {
        Kind::ApiKey => search.one::<ApiKey>(Query::default(), "name", name).await,
        Kind::Artifact => search.one::<Artifact>(Query::default(), "name", name).await,
        Kind::Bundle => search.one::<Bundle>(Query::default(), "name", name).await,
        Kind::BundleOverride => search.one::<BundleOverride>(Query::default(), "name", name).await,
        Kind::CaCertificate => search.one::<CaCertificate>(Query::default(), "description", name).await,
        Kind::Device => search.one::<Device>(Query::default(), "identifier", name).await,
        Kind::Product => search.one::<Product>(Query::default(), "name", name).await,
        Kind::SigningKey => search.one::<SigningKey>(Query::default(), "name", name).await,
        Kind::StorageBackend => search.one::<StorageBackend>(Query::default(), "name", name).await,
        Kind::View => search.one::<View>(Query::default(), "name", name).await,
        Kind::ArtifactVersion => match split(name) {
            Some((artifact, version)) => {
                let query = within(client, Kind::Artifact, artifact).await?;
                search.one::<ArtifactVersion>(query, "version", version).await
            }
            None => Err(search.incomplete()),
        },
        Kind::Cohort => match split(name) {
            Some((product, cohort)) => {
                let query = within(client, Kind::Product, product).await?;
                search.one::<Cohort>(query, "name", cohort).await
            }
            None => search.one::<Cohort>(Query::default(), "name", name).await,
        },
        Kind::Release => match split(name) {
            Some((cohort, release)) => {
                let query = within(client, Kind::Cohort, cohort).await?;
                search.one::<Release>(query, "name", release).await
            }
            None => search.one::<Release>(Query::default(), "name", name).await,
        },
        Kind::Binary => match (split(name), parts.len()) {
            (Some((version, target)), 3..) => {
                let query = within(client, Kind::ArtifactVersion, version).await?;
                search.one::<Binary>(query, "target", target).await
            }
            (Some(_), _) => search.sole::<Binary>(within(client, Kind::ArtifactVersion, name).await?).await,
            (None, _) => Err(search.incomplete()),
        },
        Kind::BinarySignature => match (split(name), parts.len()) {
            (Some((binary, key)), 4..) => {
                let query = within(client, Kind::Binary, binary).await?;
                let key = Box::pin(prn(client, Kind::SigningKey, key)).await?;
                search.one::<BinarySignature>(query, "signing_key_prn", &key).await
            }
            _ => Err(search.incomplete()),
        },
        Kind::DeviceCertificate => match split(name) {
            Some((device, fingerprint)) => {
                let query = within(client, Kind::Device, device).await?;
                search.one::<DeviceCertificate>(query, "fingerprint", fingerprint).await
            }
            None => search.sole::<DeviceCertificate>(within(client, Kind::Device, name).await?).await,
        },
        // E-mail addresses are stored in lower case.
        Kind::User => search.one::<User>(Query::default(), "email", &name.to_ascii_lowercase()).await,
        Kind::Invitation => {
            search.one::<Invitation>(Query::default(), "email", &name.to_ascii_lowercase()).await
        }
        Kind::Membership => search.sole::<Membership>(within(client, Kind::User, name).await?).await,
        // Each API key belongs to one organization, and there is no list of organizations.
        Kind::Organization => match client.organization().await? {
            own if own.name == name => Ok(own.prn),
            own => Err(Failure::new(format!(
                "the organization is called '{}', not '{}'",
                visible(&own.name),
                visible(name)
            ))),
        },
        Kind::Event | Kind::Job | Kind::BulkOperation => Err(search.incomplete()),
    }
}

/// The parts before and after the last slash.
fn split(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once('/').filter(|(before, after)| !before.is_empty() && !after.is_empty())
}

/// A filter for the records that belong to the parent with this name.
async fn within(client: &Client, kind: Kind, name: &str) -> Result<Query, Failure> {
    let found = if is_prn(name) { name.to_owned() } else { Box::pin(prn(client, kind, name)).await? };
    Ok(Query::default().with(&format!("{}_prn", kind.word()), Some(found)))
}

/// The search for one record.
struct Search<'a> {
    client: &'a Client,
    kind: Kind,
    name: &'a str,
}

impl Search<'_> {
    /// The only record whose field `key` has this value.
    async fn one<R: Resource>(&self, among: Query, key: &str, value: &str) -> Result<String, Failure> {
        let query = among.clone().with(key, Some(value));
        let mut found = self.list::<R>(&query).await?;
        if found.is_empty() && self.kind.can_be_archived() {
            found = self.list::<R>(&query.with("archived", Some("true"))).await?;
        }
        // Never act on a record that the server returned for another reason than its name. (A fingerprint can be written in several ways.)
        found.retain(|record| key == "fingerprint" || record[key].as_str().is_none_or(|own| own == value));
        match live(found).as_slice() {
            [found] => self.prn_of(found),
            [] => Err(self.unknown::<R>(&among).await),
            _ => Err(self.ambiguous::<R>(&among.with(key, Some(value))).await),
        }
    }

    /// The only record that the filter finds.
    async fn sole<R: Resource>(&self, among: Query) -> Result<String, Failure> {
        let found = self.list::<R>(&among).await?;
        match live(found).as_slice() {
            [found] => self.prn_of(found),
            [] => Err(self.unknown::<R>(&among).await),
            _ => Err(self.ambiguous::<R>(&among).await),
        }
    }

    async fn list<R: Resource>(&self, query: &Query) -> Result<Vec<Value>, Failure> {
        let records = self.client.list::<R>(&query.clone().limit(Some(FEW + 1))).all().await?;
        let values = records.iter().map(serde_json::to_value).collect::<Result<_, _>>();
        values.map_err(|error| Failure::with_source("can't read the server's answer", error))
    }

    fn prn_of(&self, found: &Value) -> Result<String, Failure> {
        let prn = found["prn"].as_str().map(str::to_owned);
        prn.ok_or_else(|| Failure::new(format!("the server gave {} without a PRN", self.kind.a_name())))
    }

    fn incomplete(&self) -> Failure {
        Failure::usage(format!(
            "'{}' does not name {}: give {} or its PRN",
            visible(self.name),
            self.kind.a_name(),
            self.kind.form()
        ))
    }

    async fn unknown<R: Resource>(&self, among: &Query) -> Failure {
        let kind = self.kind.name();
        let name = visible(self.name);
        let there_are = match self.list::<R>(among).await.map(live) {
            Err(failure) => return failure,
            Ok(records) if records.is_empty() => "there is none".to_owned(),
            Ok(records) => {
                let names: Vec<String> = records.iter().take(FEW).map(label).collect();
                let more = if records.len() > FEW { ", and more" } else { "" };
                format!("there are: {}{more}", names.join(", "))
            }
        };
        Failure::new(format!("there is no {kind} '{name}'; {there_are}"))
    }

    /// The error for an ambiguous name. It lists what distinguishes the records: a cohort's product, a release's cohort.
    async fn ambiguous<R: Resource>(&self, among: &Query) -> Failure {
        let expand = match self.kind {
            Kind::Cohort => vec!["product".to_owned()],
            Kind::Release => vec!["cohort".to_owned()],
            _ => Vec::new(),
        };
        let found = match self.list::<R>(&among.clone().expand(&expand)).await.map(live) {
            Ok(found) => found,
            Err(failure) => return failure,
        };
        let line = |record: &Value| {
            let parent =
                [&record["product"], &record["cohort"]].into_iter().find(|parent| parent.is_object());
            let parent = parent.map(|parent| format!("{}/", label(parent))).unwrap_or_default();
            format!("\n  {}  {parent}{}", record["prn"].as_str().unwrap_or_default(), label(record))
        };
        let lines: String = found.iter().take(FEW).map(line).collect();
        Failure::new(format!(
            "'{}' can mean several records; give one of these, as {} or by its PRN:{lines}{}",
            visible(self.name),
            self.kind.form(),
            if found.len() > FEW { "\n  and more" } else { "" }
        ))
    }
}

/// Leaves out records that are destroyed or revoked, unless there are no others.
fn live(found: Vec<Value>) -> Vec<Value> {
    let is_live = |record: &&Value| {
        record["state"] != BinaryState::Destroyed.as_str()
            && record.get("revoked_at").is_none_or(Value::is_null)
    };
    let live: Vec<Value> = found.iter().filter(is_live).cloned().collect();
    if live.is_empty() { found } else { live }
}

/// A text that distinguishes a record from others with the same name.
fn label(record: &Value) -> String {
    const KEYS: [&str; 7] =
        ["email", "name", "identifier", "target", "version", "fingerprint", "description"];
    let key = KEYS.iter().find_map(|key| record[key].as_str());
    visible(key.or(record["prn"].as_str()).unwrap_or_default())
}
