//! A test scenario: a bad release, the devices that have installed it, and requests about both.

use serde_json::{Value, json};

use crate::factory::{ALL, Factory, Member, on, path, with};
use crate::{Answer, Api, ForDevices, list_all};

/// Version 1.0.0 for all devices, and a bad version 1.1.0 for some.
#[derive(Debug)]
pub struct BadRelease {
    /// The factory of the devices.
    pub factory: Factory,
    /// The good bundle.
    pub old: String,
    /// The bad bundle.
    pub new: String,
    /// The good release.
    pub first: String,
    /// The bad release.
    pub second: String,
}

/// The report of a device that knows only its version.
pub fn says(version: &str) -> [(&str, &str); 1] {
    [("peridio-release-version", version)]
}

impl BadRelease {
    /// Creates the scenario. `more` contains additional fields of the bad release.
    pub async fn new(api: Api, more: Value) -> Self {
        let factory = Factory::new(api).await;
        let [old, new] = [factory.bundle("old").await.prn, factory.bundle("new").await.prn];
        let first = json!({"version": "1.0.0", "version_requirement": ">= 0.9.0"});
        let first = factory.release("first", &old, first).await;
        let second = with(json!({"version": "1.1.0", "version_requirement": ">= 0.9.0"}), more);
        let second = factory.release("second", &new, second).await;
        Self { factory, old, new, first, second }
    }

    /// A device that has installed the bad release and reports `said`.
    pub async fn hit(&self, server: &impl ForDevices, name: &str, said: &[(&str, &str)]) -> Member {
        let member = self.factory.device(server, name).await;
        let answer = member.device.update(ALL, &on(&self.first)).await.expect(200).json;
        assert_eq!(answer["bundle"]["prn"], json!(self.new), "{answer:#}");
        member.device.update("", said).await.expect(200);
        member
    }

    /// Requests a rollback of the bad release.
    pub async fn try_back(&self, body: &Value) -> Answer {
        self.factory.api.post(&format!("{}/rollback", path(&self.second)), body).await
    }

    /// Rolls the bad release back, and returns the result.
    pub async fn back(&self, body: &Value) -> Value {
        self.try_back(body).await.expect(200).json
    }

    /// The bundle that a device gets.
    pub async fn bundle_for(&self, member: &Member, said: &[(&str, &str)]) -> Option<String> {
        self.factory.asks(member, said).await;
        let answer = member.device.update(ALL, said).await.expect(200).json;
        answer["bundle"]["prn"].as_str().map(ToOwned::to_owned)
    }

    /// All releases of the cohort.
    pub async fn releases(&self) -> Vec<Value> {
        let path = format!("/v1/releases?cohort_prn={}", self.factory.cohort);
        list_all(&self.factory.api, &path, "releases").await
    }

    /// The number of overrides.
    pub async fn overrides(&self) -> usize {
        list_all(&self.factory.api, "/v1/bundle_overrides", "bundle_overrides").await.len()
    }

    /// The adoption of a release: the numbers of all devices, and of those on it, before it, after it, and elsewhere.
    pub async fn adoption(&self, release: &str) -> [u64; 5] {
        let seen = self.factory.api.get(&format!("{}/adoption", path(release))).await.expect(200).json;
        ["devices", "on", "before", "after", "elsewhere"]
            .map(|name| seen[name].as_u64().expect("as the harness made it"))
    }
}
