//! An upgrade while the previous version is running: the database is migrated, and both versions use it for a while.
//!
//! The previous version is the one before the newest migration. `cargo xtask test` builds it and sets the path of its folder.

use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use olivine_tests::{
    Api, Database, Device, Executables, Server, ServerBuilder, Shell, Workbench, list_all, prn,
};
use serde_json::json;

const PREVIOUS: &str = "OLIVINE_TEST_PREVIOUS";
const SECRET: &str = "a secret that all processes of one installation share";
const PATIENCE: Duration = Duration::from_secs(30);

fn server() -> ServerBuilder {
    Server::builder().env("OLIVINE_SECRET_KEY", SECRET)
}

/// Checks that a server of any version can publish a binary.
async fn publishes(api: &Api, name: &str) {
    let bench = Workbench::named(api.clone(), name).await;
    let content = name.repeat(1000).into_bytes();
    let binary = bench.signed(&content).await;
    let url = bench.download_url(&binary).await;
    let (_, token) = url.split_once("/content/").expect("a URL of the server's own");
    assert_eq!(api.get(&format!("/content/{token}")).await.expect(200).body, content);
    let doomed = bench.signed(format!("{name} is destroyed").as_bytes()).await;
    bench.ask(&doomed, "destroyed").await.expect(200);
}

/// Checks that it can distribute a release to devices.
async fn distributes(server: &Server, api: &Api, name: &str) {
    let create = async |plural: &str, one: &str, body| {
        prn(&api.post(&format!("/v1/{plural}"), &body).await.expect(201).json[one])
    };
    let product = create("products", "product", json!({"name": name, "target": "gateway"})).await;
    let cohort = create("cohorts", "cohort", json!({"name": name, "product_prn": product})).await;
    let identifier = json!({"identifier": name, "product_prn": product, "cohort_prn": cohort});
    let device_prn = create("devices", "device", identifier).await;
    let device = Device::new(server, name);
    device.register(api, &device_prn).await;
    let answer = device.update("", &[]).await.expect(200).json;
    assert_eq!(answer["status"], "no_update");
    api.patch(&format!("/v1/devices/{device_prn}"), &json!({"quarantined": true})).await.expect(200);
    assert_eq!(device.update("", &[]).await.expect(200).json["status"], "device_quarantine");
}

/// Waits until a device that reports a release gets the `expected` answer: a server learns of others' changes a moment later.
async fn is_told(device: &Device, release: &str, expected: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer =
            device.update("?expand[]=release", &[("peridio-release-prn", release)]).await.expect(200);
        let told = if answer.json["status"] == "update" {
            &answer.json["release"]["name"]
        } else {
            &answer.json["status"]
        };
        if told == expected {
            return;
        }
        assert!(Instant::now() < deadline, "{expected} is expected: {:#}", answer.json);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The new version archives a release and unarchives it. For the previous version an archived release looks deleted, and everything else
/// works as before.
async fn archives_beside(previous: &Server, new: &Api, old: &Api) {
    let create = async |api: &Api, plural: &str, one: &str, body| {
        prn(&api.post(&format!("/v1/{plural}"), &body).await.expect(201).json[one])
    };
    let product = create(new, "products", "product", json!({"name": "archived"})).await;
    let cohort = create(new, "cohorts", "cohort", json!({"name": "archived", "product_prn": product})).await;
    let binary = Workbench::named(new.clone(), "archived").await.signed_for("portable", b"content").await;
    let bundle = create(new, "bundles", "bundle", json!({"binaries": [{"prn": binary}]})).await;
    let release = async |api: &Api, name: &str, version: &str| {
        let body = json!({"name": name, "cohort_prn": cohort, "bundle_prn": bundle, "version": version});
        create(api, "releases", "release", body).await
    };
    let first = release(new, "first", "1.0.0").await;
    let second = release(new, "second", "2.0.0").await;
    let identifier = json!({"identifier": "archived", "product_prn": product, "cohort_prn": cohort});
    let device_prn = create(new, "devices", "device", identifier).await;
    let device = Device::new(previous, "archived");
    device.register(new, &device_prn).await;
    is_told(&device, &first, "second").await;

    new.post(&format!("/v1/releases/{second}/archive"), &json!({})).await.expect(200);
    is_told(&device, &first, "no_update").await;
    is_told(&device, &second, "no_update").await;
    let listed = list_all(old, &format!("/v1/releases?cohort_prn={cohort}"), "releases").await;
    assert_eq!(listed.iter().map(prn).collect::<Vec<_>>(), [first.as_str()]);
    // The previous version creates, changes and deletes releases at the same time.
    let third = release(old, "third", "3.0.0").await;
    is_told(&device, &first, "third").await;
    old.patch(&format!("/v1/releases/{third}"), &json!({"disabled": true})).await.expect(200);
    is_told(&device, &first, "no_update").await;
    let back = json!({"previous_release_prn": first});
    new.post(&format!("/v1/releases/{second}/unarchive"), &back).await.expect(200);
    is_told(&device, &first, "second").await;
    old.delete(&format!("/v1/releases/{third}?confirm={third}")).await.expect(204);
}

/// A report to the previous version is found by the new version, but without its message; and vice versa.
async fn reports_beside(previous: &Server, current: &Server, new: &Api) {
    let create = async |plural: &str, one: &str, body| {
        prn(&new.post(&format!("/v1/{plural}"), &body).await.expect(201).json[one])
    };
    let product = create("products", "product", json!({"name": "reports"})).await;
    let cohort = create("cohorts", "cohort", json!({"name": "reports", "product_prn": product})).await;
    let binary = Workbench::named(new.clone(), "reports").await.signed_for("portable", b"content").await;
    let bundle = create("bundles", "bundle", json!({"binaries": [{"prn": binary}]})).await;
    let release = json!({"name": "first", "cohort_prn": cohort, "bundle_prn": bundle, "version": "1.0.0"});
    let release = create("releases", "release", release).await;
    let failed =
        json!({"bundle_prn": bundle, "release_prn": release, "status": "failed", "detail": "no space"});
    for (server, identifier) in [(previous, "to the old one"), (current, "to the new one")] {
        let body = json!({"identifier": identifier, "product_prn": product, "cohort_prn": cohort});
        let device_prn = create("devices", "device", body).await;
        let device = Device::new(server, identifier);
        device.register(new, &device_prn).await;
        device.report(&failed).await.expect(204);
    }
    let list = format!("/v1/devices?outcome=failed&outcome_release_prn={release}&expand[]=last_report");
    let found = list_all(new, &list, "devices").await;
    let said: Vec<_> =
        found.iter().map(|device| (&device["identifier"], &device["last_report"]["outcome"])).collect();
    let failed = json!("failed");
    assert_eq!(said, [(&json!("to the old one"), &failed), (&json!("to the new one"), &failed)]);
    assert_eq!(found[1]["last_report"]["detail"], "no space");
}

/// Publishes through the previous version without a pause, until it is told to stop.
async fn keep_working(api: Api, done: Arc<AtomicUsize>, is_over: Arc<AtomicBool>) {
    let bench = Workbench::named(api, "meanwhile").await;
    while !is_over.load(Ordering::Relaxed) {
        let number = done.fetch_add(1, Ordering::Relaxed);
        bench.signed(&number.to_le_bytes()).await;
    }
}

async fn goes_on(done: &AtomicUsize) {
    let (until, deadline) = (done.load(Ordering::Relaxed) + 3, Instant::now() + PATIENCE);
    while done.load(Ordering::Relaxed) < until {
        assert!(Instant::now() < deadline, "the previous version does not go on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Events that the previous version writes get their numbers, too.
async fn feed_has_events_of(old: &Api, new: &Api) {
    let now = new.get("/v1/events?after=now").await.expect(200).json;
    let first = now["last_number"].as_u64().expect("a number") + 1;
    for number in 0..5 {
        old.post("/v1/artifacts", &json!({"name": format!("by the old one {number}")})).await.expect(201);
        new.post("/v1/artifacts", &json!({"name": format!("by the new one {number}")})).await.expect(201);
    }
    let after = now["cursor"].as_str().expect("a cursor");
    let next = new.get(&format!("/v1/events?after={after}&type=artifact.created")).await.expect(200).json;
    let events = next["events"].as_array().expect("events");
    let numbers: Vec<_> = events.iter().filter_map(|event| event["number"].as_u64()).collect();
    assert_eq!(numbers, (first..first + 10).collect::<Vec<_>>());
    assert_eq!(events[0]["data"]["name"], "by the old one 0");
}

/// The previous version, and whether it has a Device API.
fn previous() -> (ServerBuilder, bool) {
    let folder = std::env::var(PREVIOUS).unwrap_or_else(|_| {
        panic!("{PREVIOUS} is not set: run `cargo xtask test`, which builds the previous version")
    });
    let executables = Executables::in_folder(folder);
    let help = Command::new(executables.olivine()).args(["serve", "--help"]).output().expect("olivine");
    let knows_devices = String::from_utf8_lossy(&help.stdout).contains("--device-listen");
    let builder = server().executables(executables);
    (if knows_devices { builder } else { builder.only_for_people() }, knows_devices)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_versions_work_on_the_new_tables() {
    let (previous, knows_devices) = previous();
    let previous = previous.database(Database::Postgres).start();
    let old = previous.api();
    let url = previous.postgres().expect("PostgreSQL").url();
    let old_works = async |name: &str| {
        publishes(&old, name).await;
        if knows_devices {
            distributes(&previous, &old, name).await;
        }
    };
    old_works("before").await;
    let (done, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let working = tokio::spawn(keep_working(old.clone(), Arc::clone(&done), Arc::clone(&is_over)));
    goes_on(&done).await;

    let migrate = format!("olivine migrate --data-dir elsewhere --database-url {url}");
    let shell = Shell::new().executables(&Executables::built());
    let said = tokio::task::block_in_place(|| shell.run(&migrate).succeeds());
    assert!(!said.starts_with("0 migrations"), "the previous version has the newest tables: {said}");
    goes_on(&done).await;

    let data = previous.data_dir().with_file_name("data-of-the-new-one");
    std::fs::create_dir(&data).expect("a folder");
    symlink(previous.data_dir().join("content"), data.join("content")).expect("a link");
    let current = server().data_dir(&data).arg("--database-url").arg(url).start();
    let new = Api::new(current.url()).with_key(previous.admin_key());
    goes_on(&done).await;
    publishes(&new, "new").await;
    distributes(&current, &new, "new").await;
    old_works("old").await;
    if knows_devices {
        archives_beside(&previous, &new, &old).await;
        reports_beside(&previous, &current, &new).await;
    }
    is_over.store(true, Ordering::Relaxed);
    working.await.expect("the previous version answers as always");
    feed_has_events_of(&old, &new).await;

    // Each version sees the records of the other.
    let mut kinds = vec!["artifacts", "binaries", "signing_keys"];
    kinds.extend(knows_devices.then_some(["products", "devices"]).into_iter().flatten());
    for kind in kinds {
        let list = format!("/v1/{kind}");
        let (here, there) = (list_all(&old, &list, kind).await, list_all(&new, &list, kind).await);
        let names = |records: Vec<serde_json::Value>| records.iter().map(prn).collect::<Vec<_>>();
        assert_eq!(names(here), names(there), "{kind}");
    }
}

/// The upgrade of a small team: the same folder, the old process is stopped and the new one started during an upload.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unfinished_work_of_the_previous_version_continues() {
    const PART: usize = 5 * 1024 * 1024;
    let mut previous = previous().0.start();
    let mut bench = Workbench::named(previous.api(), "upgraded").await;
    let content: Vec<u8> = (0..=250).cycle().take(PART + 3).collect();
    let (first, second) = content.split_at(PART);
    let begun = bench.uploadable(&content).await;
    bench.put_part(&begun, 1, first).await;
    let unsigned = bench.signable(b"never signed").await;
    let (kept, doomed) = (bench.signed(b"kept").await, bench.signed(b"destroyed later").await);
    previous.stop();

    let current = server().data_dir(previous.data_dir()).start();
    bench.reconnect(Api::new(current.url()).with_key(previous.admin_key()));
    bench.put_part(&begun, 2, second).await;
    bench.ask(&begun, "hashable").await.expect(200);
    bench.in_state(&begun, "signable").await;
    bench.ask(&doomed, "destroyed").await.expect(200);
    bench.api().delete(&format!("/v1/binaries/{unsigned}")).await.expect(204);
    for (binary, content) in [(&begun, content.as_slice()), (&kept, b"kept")] {
        let url = bench.download_url(binary).await;
        let (_, token) = url.split_once("/content/").expect("a URL of the server's own");
        assert_eq!(bench.api().get(&format!("/content/{token}")).await.expect(200).body, content);
    }
    // Every record has its content, and every content its record.
    let audit = current.operator(&["content", "audit", "--hashes"]);
    assert!(audit.contains("2 contents"), "{audit}");
}
