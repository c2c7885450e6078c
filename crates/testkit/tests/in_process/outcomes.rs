//! The fleet for people: which devices failed and what they said, which runs what, and how many there are of each.

use std::time::Duration;

use olivine_testkit::Server;
use olivine_tests::factory::{Factory, Member, path};
use olivine_tests::{list_all, says};
use serde_json::{Value, json};

const NO_SPACE: &str = "the installer 'sh' failed (exit status: 3): no space left on mtd3";

/// A fleet of two cohorts and two releases, some devices of which failed.
struct Scene {
    server: Server,
    factory: Factory,
    /// A cohort beside the factory's own.
    beside: String,
    bundle: String,
    first: String,
    second: String,
}

impl Scene {
    async fn new() -> Self {
        let server = Server::start().await;
        let factory = Factory::new(server.api()).await;
        let bundle = factory.bundle("firmware").await.prn;
        let beside = factory.new_cohort("beside").await;
        let [first, second] = ["1.0.0", "1.1.0"].map(|version| (version, json!({"version": version})));
        let first = factory.release(first.0, &bundle, first.1).await;
        let second = factory.release(second.0, &bundle, second.1).await;
        Self { server, factory, beside, bundle, first, second }
    }

    /// A device of the factory's cohort that says which version it runs.
    async fn running(&self, name: &str, version: &str) -> Member {
        let member = self.factory.device(&self.server, name).await;
        member.device.update("", &says(version)).await.expect(200);
        member
    }

    async fn reports(&self, member: &Member, release: &str, status: &str, detail: Option<&str>) {
        let mut report = json!({"bundle_prn": self.bundle, "release_prn": release, "status": status});
        if let Some(detail) = detail {
            report["detail"] = json!(detail);
        }
        member.device.report(&report).await.expect(204);
    }

    /// The identifiers of the devices that a list has.
    async fn listed(&self, query: &str) -> Vec<String> {
        let devices = list_all(&self.factory.api, &format!("/v1/devices?{query}"), "devices").await;
        devices.iter().map(|device| device["identifier"].as_str().unwrap().to_owned()).collect()
    }

    async fn summary(&self, query: &str) -> Value {
        self.factory.api.get(&format!("/v1/devices/summary?{query}")).await.expect(200).json
    }

    async fn last_report(&self, member: &Member) -> Value {
        let mut device =
            self.factory.api.get(&format!("{}?expand[]=last_report", path(&member.prn))).await.expect(200);
        device.json["device"]["last_report"].take()
    }
}

/// Devices of both cohorts and of another organization, in every state that matters here. Returns one that failed for want of space, and one
/// that said nothing.
async fn fleet(scene: &Scene) -> [Member; 2] {
    let full = scene.running("a", "1.0.0").await;
    let silent = scene.running("b", "1.0.0").await;
    let moved = scene.running("c", "1.0.0").await;
    let well = scene.running("d", "1.1.0").await;
    let fresh = scene.factory.device(&scene.server, "e").await;
    scene.factory.change(&moved.prn, json!({"cohort_prn": scene.beside})).await;
    scene.reports(&full, &scene.second, "failed", Some(NO_SPACE)).await;
    scene.reports(&silent, &scene.first, "failed", None).await;
    scene.reports(&moved, &scene.second, "failed", Some("power lost")).await;
    scene.reports(&well, &scene.second, "installed", None).await;
    let others = Factory::new(scene.server.another_organization("others").await).await;
    let foreign = others.device(&scene.server, "a").await;
    foreign.device.update("", &says("1.0.0")).await.expect(200);
    let bundle = others.bundle("firmware").await.prn;
    let release = others.release("1.1.0", &bundle, json!({})).await;
    let failed =
        json!({"bundle_prn": bundle, "release_prn": release, "status": "failed", "detail": "theirs"});
    foreign.device.report(&failed).await.expect(204);
    let theirs = list_all(&others.api, "/v1/devices?outcome=failed&expand[]=last_report", "devices").await;
    assert_eq!((theirs.len(), &theirs[0]["last_report"]["detail"]), (1, &json!("theirs")));
    let ours = others.api.get(&format!("/v1/devices/summary?product_prn={}", scene.factory.product)).await;
    assert_eq!(ours.expect(404).error_code(), Some("not_found"));
    [full, fresh]
}

#[tokio::test]
async fn devices_are_listed_by_their_outcome_and_version_and_where_they_belong() {
    let scene = Scene::new().await;
    fleet(&scene).await;
    let Scene { factory, beside, first, second, .. } = &scene;
    let (product, cohort) = (&factory.product, &factory.cohort);
    for (query, expected) in [
        ("outcome=failed".to_owned(), &["a", "b", "c"][..]),
        ("outcome=installed".to_owned(), &["d"]),
        ("outcome=rolled_back".to_owned(), &[]),
        (format!("outcome_release_prn={second}"), &["a", "c", "d"]),
        (format!("outcome=failed&outcome_release_prn={second}"), &["a", "c"]),
        (format!("outcome=failed&outcome_release_prn={first}"), &["b"]),
        (format!("outcome=failed&release_prn={first}"), &["a", "b"]),
        (format!("outcome=failed&release_prn={second}"), &[]),
        (format!("outcome=failed&cohort_prn={cohort}"), &["a", "b"]),
        (format!("outcome=failed&cohort_prn={beside}"), &["c"]),
        (
            format!("outcome=failed&product_prn={product}&cohort_prn={cohort}&outcome_release_prn={second}"),
            &["a"],
        ),
        (format!("outcome=failed&reported_release_version=1.0.0&product_prn={product}"), &["a", "b", "c"]),
        ("outcome=failed&reported_release_version=1.1.0".to_owned(), &[]),
        ("reported_release_version=1.1.0".to_owned(), &["d"]),
        (
            format!("search=outcome:'failed' and outcome_release_prn:'{second}' and cohort_prn:'{beside}'"),
            &["c"],
        ),
    ] {
        assert_eq!(scene.listed(&query).await, expected, "{query}");
    }
    let refused = factory.api.get("/v1/devices?outcome=broken").await.expect(400);
    assert!(refused.error_message().contains("rolled_back"), "{refused:?}");
}

#[tokio::test]
async fn what_a_device_said_stands_beside_its_outcome() {
    let scene = Scene::new().await;
    let [full, fresh] = fleet(&scene).await;
    let failed = scene.last_report(&full).await;
    let (reported_at, release) = (failed["reported_at"].clone(), json!(scene.second));
    assert_eq!(
        failed,
        json!({"outcome": "failed", "release_prn": release, "detail": NO_SPACE, "reported_at": reported_at})
    );
    assert!(reported_at.is_string(), "{failed:#}");
    assert_eq!(scene.last_report(&fresh).await, Value::Null);
    let listed = "/v1/devices?outcome=failed&expand[]=last_report&expand[]=cohort";
    let details: Vec<_> = list_all(&scene.factory.api, listed, "devices").await;
    let details: Vec<_> = details.iter().map(|device| &device["last_report"]["detail"]).collect();
    assert_eq!(details, [&json!(NO_SPACE), &Value::Null, &json!("power lost")]);

    // It tries again, and it works. Saying the same twice leaves the words.
    scene.server.advance(Duration::from_mins(5)).await;
    scene.reports(&full, &scene.second, "failed", None).await;
    assert_eq!(scene.last_report(&full).await["detail"], NO_SPACE);
    scene.reports(&full, &scene.second, "installing", None).await;
    assert_eq!(scene.last_report(&full).await["detail"], Value::Null);
    scene.reports(&full, &scene.second, "installed", None).await;
    assert_eq!(scene.listed("outcome=failed").await, ["b", "c"]);
    let device = scene.factory.get(&full.prn).await;
    assert_eq!((&device["outcome"], &device["outcome_release_prn"]), (&json!("installed"), &release));

    // What a device said of a release goes with the release; the one before it counts again.
    scene.reports(&full, &scene.first, "rolled_back", Some("watchdog")).await;
    let delete = format!("{}?confirm={}", path(&scene.first), scene.first);
    scene.factory.api.delete(&delete).await.expect(204);
    let device = scene.factory.get(&full.prn).await;
    assert_eq!((&device["outcome"], &device["outcome_release_prn"]), (&json!("installed"), &release));
    assert_eq!(scene.listed("outcome=failed").await, ["c"]);
    let adoption = scene.factory.api.get(&format!("{}/adoption", path(&scene.second))).await.expect(200).json;
    assert_eq!(
        adoption["failed"],
        scene.listed(&format!("outcome=failed&outcome_release_prn={}", scene.second)).await.len()
    );
}

#[tokio::test]
async fn a_fleet_is_counted_by_version_and_outcome() {
    let scene = Scene::new().await;
    let empty = scene.summary("").await;
    assert_eq!((&empty["devices"], &empty["products"]), (&json!(0), &json!([])));
    fleet(&scene).await;
    let (product, cohort) = (&scene.factory.product, &scene.factory.cohort);
    let number = |outcome: Value, devices: u64| json!({"outcome": outcome, "devices": devices});
    let outcomes = |failed, installed, none| {
        json!([
            number(json!("downloading"), 0),
            number(json!("installing"), 0),
            number(json!("installed"), installed),
            number(json!("failed"), failed),
            number(json!("rolled_back"), 0),
            number(Value::Null, none),
        ])
    };
    let version = |version: Value, devices: u64, failed: u64| json!({"version": version, "devices": devices, "failed": failed});
    let all = scene.summary("").await;
    assert_eq!(
        (&all["devices"], &all["unlisted"], &all["outcomes"]),
        (&json!(5), &json!(0), &outcomes(3, 1, 1))
    );
    let of_product = &all["products"][0];
    assert_eq!((&of_product["product_prn"], &of_product["devices"]), (&json!(product), &json!(5)));
    let [common, unknown, newest] =
        [version(json!("1.0.0"), 3, 3), version(Value::Null, 1, 0), version(json!("1.1.0"), 1, 0)];
    let versions = of_product["versions"].as_array().unwrap();
    assert!(
        versions[0] == common && versions.contains(&unknown) && versions.contains(&newest),
        "{versions:#?}"
    );

    assert_eq!(scene.summary(&format!("product_prn={product}")).await, all);
    let of_cohort = scene.summary(&format!("cohort_prn={cohort}&expand[]=product")).await;
    assert_eq!((&of_cohort["devices"], &of_cohort["outcomes"]), (&json!(4), &outcomes(2, 1, 1)));
    assert_eq!(of_cohort["products"][0]["product"]["name"], "gateway");
    let both = scene.summary(&format!("cohort_prn={}&product_prn={product}", scene.beside)).await;
    assert_eq!(both["products"][0]["versions"], json!([version(json!("1.0.0"), 1, 1)]));
    let other = scene.factory.create("products", "product", json!({"name": "sensor"})).await;
    assert_eq!(scene.summary(&format!("cohort_prn={cohort}&product_prn={other}")).await["devices"], 0);
    for (query, status) in [("tag=beta", 400), ("cohort_prn=daily", 400), ("expand[]=cohort", 400)] {
        scene.factory.api.get(&format!("/v1/devices/summary?{query}")).await.expect(status);
    }
}

#[tokio::test]
async fn what_devices_said_of_a_release_is_counted_by_hour_and_reason() {
    let scene = Scene::new().await;
    let insights = async |release: &str| {
        scene.factory.api.get(&format!("{}/insights", path(release))).await.expect(200).json
    };
    let nothing = insights(&scene.second).await;
    assert_eq!((&nothing["hours"], &nothing["failures"]), (&json!([]), &json!([])));
    assert_eq!((&nothing["more_failures"], &nothing["hours_exact"]), (&json!(false), &json!(true)));
    fleet(&scene).await;
    scene.server.write_check_ins().await;
    scene.server.advance(Duration::from_hours(1)).await;
    let late = scene.running("f", "1.0.0").await;
    scene.reports(&late, &scene.second, "failed", Some(NO_SPACE)).await;
    scene.reports(&late, &scene.second, "failed", None).await;
    let under_way = scene.running("g", "1.0.0").await;
    scene.reports(&under_way, &scene.second, "installing", None).await;
    scene.server.write_check_ins().await;
    scene.server.advance(Duration::from_mins(1)).await;

    let seen = insights(&scene.second).await;
    let adoption = scene.factory.api.get(&format!("{}/adoption", path(&scene.second))).await.expect(200).json;
    assert_eq!(seen["adoption"], adoption);
    let outcome = |name: &str, devices: u64| json!({"outcome": name, "devices": devices, "exact": true});
    let outcomes = [
        outcome("downloading", 0),
        outcome("installing", 1),
        outcome("failed", 3),
        outcome("rolled_back", 0),
    ];
    assert_eq!(seen["outcomes"], json!(outcomes));
    let failures = seen["failures"].as_array().unwrap();
    let failures: Vec<_> = failures
        .iter()
        .map(|failure| [&failure["outcome"], &failure["detail"], &failure["devices"]])
        .collect();
    let failed = json!("failed");
    assert_eq!(
        failures,
        [[&failed, &json!(NO_SPACE), &json!(2)], [&failed, &json!("power lost"), &json!(1)]]
    );
    // The device that was moved said what it said in the other cohort.
    let hours = seen["hours"].as_array().unwrap();
    let hours: Vec<_> =
        hours.iter().map(|hour| [&hour["offered"], &hour["installed"], &hour["failed"]]).collect();
    let hours = json!(hours);
    assert_eq!(hours, json!([[3, 1, 1], [2, 0, 1]]), "{seen:#}");

    // After two weeks, the days and the last words are left.
    scene.server.advance(Duration::from_hours(14 * 24)).await;
    let later = insights(&scene.second).await;
    assert_eq!(later["hours"], json!([]), "{later:#}");
    assert_eq!(
        (&later["adoption"]["days"], &later["failures"]),
        (&seen["adoption"]["days"], &seen["failures"])
    );
}
