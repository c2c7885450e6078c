//! Bundles, releases and overrides, and what becomes of them.

use olivine_tests::{prn, sha256_hex};
use reqwest::Method;
use serde_json::json;

use super::firmware::Firmware;
use super::fleet::Fleet;
use super::story::{Sent, Story, made};

pub(super) async fn tell(story: &mut Story, firmware: &Firmware, fleet: &Fleet) {
    let bundle = bundle(story, firmware).await;
    let release = release(story, &bundle, fleet).await;
    checks(story, &release, fleet).await;
    story.get(&format!("/v1/binaries/{}/releases", firmware.binary)).await;
    stop(story, fleet).await;
    bundle_override(story, &bundle, fleet).await;
    rollback(story, firmware, fleet, &release).await;
    archive(story, firmware, fleet).await;
    deletions(story, &bundle).await;
}

async fn bundle(story: &mut Story, firmware: &Firmware) -> String {
    // A bundle's hash follows from the PRNs of its binaries, so it is another one each time. This one has the same.
    let mistake = json!({"name": "mistake", "artifact_version_prns": [firmware.version]});
    let mistake = story.api.post("/v1/bundles", &mistake).await.expect(201).json["bundle"].take();
    let hash = mistake["hash"].as_str().unwrap().trim_start_matches("sha256:");
    story.stand_ins.replace(hash, &sha256_hex(b"the hash of a bundle"));
    story.delete(&format!("/v1/bundles/{}", prn(&mistake))).await;

    let new = json!({"name": "gateway 1.0.0", "artifact_version_prns": [firmware.version]});
    let bundle = prn(&story.post("/v1/bundles", &new).await["bundle"]);
    story.get("/v1/bundles").await;
    let path = format!("/v1/bundles/{bundle}");
    story.get(&path).await;
    story.patch(&path, &json!({"name": "gateway 1.0.0, January"})).await;
    bundle
}

/// A release that begins with one device in ten.
async fn release(story: &mut Story, bundle: &str, fleet: &Fleet) -> String {
    let new = json!({"name": "1.0.0", "cohort_prn": fleet.cohort, "bundle_prn": bundle, "version": "1.0.0",
        "version_requirement": ">= 0.9.0", "phase_value": 0.1});
    let release = prn(&story.post("/v1/releases", &new).await["release"]);
    story.get("/v1/releases").await;
    story.get(&format!("/v1/releases/{release}")).await;
    release
}

/// A device asks, and then the release is opened to all.
async fn checks(story: &mut Story, release: &str, fleet: &Fleet) {
    let why = json!({"release_version": "0.9.0", "explain": true});
    story.post(&format!("/v1/devices/{}/update", fleet.device), &why).await;
    story.ask_as(&fleet.caller, Method::GET, "/device/me", &[], Sent::Nothing).await;
    let ask = "/update?expand[]=release&expand[]=manifest";
    let runs = [("peridio-release-version", "0.9.0")];
    let update = story.ask_as(&fleet.caller, Method::GET, ask, &runs, Sent::Nothing).await;
    let report =
        json!({"bundle_prn": update["release"]["bundle_prn"], "release_prn": release, "status": "installed"});
    story.ask_as(&fleet.caller, Method::POST, "/update/status", &[], Sent::Json(&report)).await;
    fleet.caller.update("", &[("peridio-release-prn", release)]).await.expect(200);
    let path = format!("/v1/releases/{release}");
    story.patch(&path, &json!({"phase_value": 1})).await;
    story.get(&format!("{path}/adoption")).await;
    story.get(&format!("{path}/insights")).await;
    story.get(&format!("/v1/cohorts/{}/graph", fleet.cohort)).await;
    story.get("/v1/devices/count?search=outcome:'installed'").await;
    story.get("/v1/devices/facets?by=version").await;
    story.get(&format!("/v1/devices/summary?cohort_prn={}&expand[]=product", fleet.cohort)).await;
}

/// Something is wrong, and then it is not.
async fn stop(story: &mut Story, fleet: &Fleet) {
    let stop = json!({"cohort_prn": fleet.cohort, "reason": "Devices do not come back after the update"});
    story.post("/v1/organization/stop", &stop).await;
    story.post("/v1/organization/resume", &json!({"cohort_prn": fleet.cohort})).await;
}

async fn bundle_override(story: &mut Story, bundle: &str, fleet: &Fleet) {
    let new = json!({"name": "hotfix for the lab", "bundle_prn": bundle, "device_prns": [fleet.device],
        "ends_at": "2026-02-01T00:00:00Z"});
    let made = prn(&story.post("/v1/bundle_overrides", &new).await["bundle_override"]);
    story.get("/v1/bundle_overrides").await;
    let path = format!("/v1/bundle_overrides/{made}");
    story.get(&path).await;
    story.patch(&path, &json!({"ends_at": "2026-01-20T00:00:00Z"})).await;
    story.delete(&path).await;
}

/// A second release, to which the device comes, was a mistake.
async fn rollback(story: &mut Story, firmware: &Firmware, fleet: &Fleet, first: &str) {
    let api = story.api.clone();
    let bundle = json!({"name": "gateway 1.1.0", "binaries": [{"prn": firmware.binary}]});
    let bundle = made(&api, "bundles", "bundle", bundle).await;
    let second =
        json!({"name": "1.1.0", "cohort_prn": fleet.cohort, "bundle_prn": bundle, "version": "1.1.0"});
    let second = made(&api, "releases", "release", second).await;
    for release in [first, &second] {
        fleet.caller.update("", &[("peridio-release-prn", release)]).await.expect(200);
    }
    story.post(&format!("/v1/releases/{second}/rollback"), &json!({"name": "1.0.0 again"})).await;
}

/// What is not needed any more goes into the archive, and comes back.
async fn archive(story: &mut Story, firmware: &Firmware, fleet: &Fleet) {
    let api = story.api.clone();
    let old = json!({"name": "gateway 0.9.0", "binaries": [{"prn": firmware.binary}]});
    let old = made(&api, "bundles", "bundle", old).await;
    let release = json!({"name": "0.9.0", "cohort_prn": fleet.cohort, "bundle_prn": old, "version": "0.9.0"});
    let release = made(&api, "releases", "release", release).await;
    let product = made(&api, "products", "product", json!({"name": "gateway, first edition"})).await;
    let cohort = json!({"product_prn": product, "name": "daily"});
    let cohort = made(&api, "cohorts", "cohort", cohort).await;
    let artifact = made(&api, "artifacts", "artifact", json!({"name": "old firmware"})).await;
    let version = json!({"artifact_prn": artifact, "version": "0.1.0"});
    let version = made(&api, "artifact_versions", "artifact_version", version).await;
    let paths = [
        format!("releases/{release}"),
        format!("bundles/{old}"),
        format!("cohorts/{cohort}"),
        format!("products/{product}"),
        format!("artifact_versions/{version}"),
        format!("artifacts/{artifact}"),
    ];
    for path in &paths {
        story.ask(Method::POST, &format!("/v1/{path}/archive"), Sent::Nothing).await;
    }
    // What belongs to another record comes back after that one.
    for path in paths.iter().skip(1).rev() {
        story.ask(Method::POST, &format!("/v1/{path}/unarchive"), Sent::Nothing).await;
    }
    story.post(&format!("/v1/releases/{release}/unarchive"), &json!({})).await;
}

/// Of records that were a mistake.
async fn deletions(story: &mut Story, bundle: &str) {
    let api = story.api.clone();
    let product = made(&api, "products", "product", json!({"name": "mistake"})).await;
    let cohort = json!({"product_prn": product, "name": "mistake"});
    let cohort = made(&api, "cohorts", "cohort", cohort).await;
    let release = json!({"name": "mistake", "cohort_prn": cohort, "bundle_prn": bundle});
    let release = made(&api, "releases", "release", release).await;
    story.delete(&format!("/v1/releases/{release}")).await;
}
