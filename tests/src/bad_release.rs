//! A bad release, the devices that came to it, and what is asked about both.

use serde_json::{Value, json};

use crate::factory::{ALL, Factory, Member, on, path, with};
use crate::{Answer, Api, ForDevices, list_all};

/// Version 1.0.0 for all, and a bad 1.1.0 for some.
#[derive(Debug)]
pub struct BadRelease {
    /// The factory.
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

/// What a device says that knows only its version.
pub fn says(version: &str) -> [(&str, &str); 1] {
    [("peridio-release-version", version)]
}

impl BadRelease {
    /// The scene, with more fields of the bad release.
    pub async fn new(api: Api, more: Value) -> Self {
        let factory = Factory::new(api).await;
        let [old, new] = [factory.bundle("old").await.prn, factory.bundle("new").await.prn];
        let first = json!({"version": "1.0.0", "version_requirement": ">= 0.9.0"});
        let first = factory.release("first", &old, first).await;
        let second = with(json!({"version": "1.1.0", "version_requirement": ">= 0.9.0"}), more);
        let second = factory.release("second", &new, second).await;
        Self { factory, old, new, first, second }
    }

    /// A device that came to the bad release, and says so in these words.
    pub async fn hit(&self, server: &impl ForDevices, name: &str, said: &[(&str, &str)]) -> Member {
        let member = self.factory.device(server, name).await;
        let answer = member.device.update(ALL, &on(&self.first)).await.expect(200).json;
        assert_eq!(answer["bundle"]["prn"], json!(self.new), "{answer:#}");
        member.device.update("", said).await.expect(200);
        member
    }

    /// Asks for the bad release to be taken back.
    pub async fn try_back(&self, body: &Value) -> Answer {
        self.factory.api.post(&format!("{}/rollback", path(&self.second)), body).await
    }

    /// The same, where it is done.
    pub async fn back(&self, body: &Value) -> Value {
        self.try_back(body).await.expect(200).json
    }

    /// The bundle that a device is given.
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

    /// How many overrides there are.
    pub async fn overrides(&self) -> usize {
        list_all(&self.factory.api, "/v1/bundle_overrides", "bundle_overrides").await.len()
    }

    /// How far devices came with a release: all, on it, before it, after it, elsewhere.
    pub async fn adoption(&self, release: &str) -> [u64; 5] {
        let seen = self.factory.api.get(&format!("{}/adoption", path(release))).await.expect(200).json;
        ["devices", "on", "before", "after", "elsewhere"]
            .map(|name| seen[name].as_u64().expect("as the harness made it"))
    }
}
