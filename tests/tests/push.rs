//! `peridio push` checks everything that can be known in advance before anything is created or sent.

use olivine_tests::{Database, Server, Shell, list_all, on_both, prn};
use serde_json::json;

on_both!(
    async a_push_that_can_not_succeed_changes_nothing,
    async a_push_goes_all_the_way,
    async several_targets_are_released_together,
);

const PREPARE: &str = "
    openssl genpkey -algorithm ed25519 -out key.pem
    openssl pkey -in key.pem -pubout -out key.pub.pem
    openssl genpkey -algorithm ed25519 -out other.pem
    openssl pkey -in other.pem -pubout -out other.pub.pem
    peridio signing-keys create --name ci --public-key-file key.pub.pem
    printf content > fw.bin
    printf 'other content' > other.bin
    : > empty.bin";

/// A shell with a key and files, and the PRN of a cohort.
async fn prepared(server: &Server) -> (Shell, String) {
    let api = server.api();
    let product = api.post("/v1/products", &json!({"name": "gateway", "target": "arm"})).await.expect(201);
    let cohort = json!({"name": "production", "product_prn": prn(&product.json["product"])});
    let cohort = api.post("/v1/cohorts", &cohort).await.expect(201);
    let shell = server.shell();
    shell.run(PREPARE).succeeds();
    (shell, prn(&cohort.json["cohort"]))
}

async fn a_push_that_can_not_succeed_changes_nothing(database: Database) {
    let server = Server::start(database);
    let (shell, cohort) = prepared(&server).await;
    let api = server.api();
    let push = "peridio push fw.bin --artifact main --version v1 --target arm --signing-key key.pem";
    let released = format!("{push} --bundle one --cohort-prn {cohort} --release-version 1.0.0");
    shell.run(&released).succeeds();
    let mut phased = list_all(&api, "/v1/releases", "releases").await;
    let phased = prn(&phased.remove(0));

    let absent = cohort.rsplit_once(':').expect("a PRN has colons").0;
    let absent = format!("{absent}:01890000-0000-7000-8000-000000000000");
    let new = "peridio push other.bin --artifact new --version v2 --target arm";
    let signed = format!("{new} --signing-key key.pem");
    let to = |bundle: &str, more: &str| format!("{signed} --bundle {bundle} --cohort-prn {cohort} {more}");
    let count = async || list_all(&api, "/v1/events", "events").await.len();
    let check = async |what: &str, command: &str, code: i32, said: &str| {
        let before = count().await;
        let told = shell.run(command).fails(code);
        assert!(told.contains(said), "{what}: {told}");
        assert_eq!(count().await, before, "{what}: something was changed");
    };
    check("a release version with a typo", &to("two", "--release-version 2.x"), 2, "2.x").await;
    check("a requirement of another language", &to("two", "--version-requirement '^1.0.0'"), 2, "^1.0.0")
        .await;
    check("a name on two lines", &to("$'a\\nb'", ""), 2, "--bundle").await;
    check("a version that is too long", &signed.replace("v2", &"v".repeat(200)), 2, "--version").await;
    check("an empty file", &signed.replace("other.bin", "empty.bin"), 1, "is empty").await;
    check("no file", &signed.replace("other.bin", "nowhere.bin"), 1, "nowhere.bin").await;
    check("an unregistered key", &signed.replace("key.pem", "other.pem"), 1, "not registered").await;
    check("a bundle of what nobody signs", &format!("{new} --bundle two"), 2, "--signing-key").await;
    check("a bundle that is there", &to("one", ""), 1, "there is a bundle 'one' already").await;
    check("another content", &push.replace("fw.bin", "other.bin"), 1, "peridio binaries destroy prn:").await;
    let several = "peridio push arm=fw.bin x86=other.bin --artifact main --version v1 --signing-key key.pem";
    check("several into a bundle that is there", &format!("{several} --bundle one"), 1, "push them together")
        .await;
    check(
        "several, one with another content",
        &several.replace("fw.bin", "other.bin"),
        1,
        "with another content",
    )
    .await;
    check("several, one without a target", &several.replace("x86=", ""), 2, "TARGET=other.bin").await;
    check("a phase of no release", &format!("{several} --bundle two --phase-value 10%"), 2, "--cohort").await;
    check("no such cohort", &to("two", "").replace(&cohort, &absent), 1, "cohort").await;
    check("a release that is there", &to("two", "--release one"), 1, "has a release 'one' already").await;

    let path = format!("/v1/releases/{phased}");
    api.patch(&path, &json!({"phase_value": 0.5})).await.expect(200);
    check("a phased latest release", &to("two", ""), 1, &format!("releases rollback --prn {phased}")).await;
    api.patch(&path, &json!({"phase_value": 1})).await.expect(200);

    api.patch("/v1/organization", &json!({"storage_quota": 10})).await.expect(200);
    check("no room", &signed, 1, "storage quota of 10 B").await;
    api.patch("/v1/organization", &json!({"storage_quota": null, "required_signatures": 2}))
        .await
        .expect(200);
    check("one signature of two", &to("two", ""), 1, "signatures by 2 keys").await;
    api.patch("/v1/organization", &json!({"required_signatures": 1})).await.expect(200);

    let scopes = json!({"name": "few", "scopes": ["artifact.read", "signing_key.read"]});
    let few = api.post("/v1/api_keys", &scopes).await.expect(201).json;
    let few = few["api_key"]["key"].as_str().expect("a new key is shown");
    let lacks =
        "lacks scopes that this push needs: artifact_version.read, binary.read, binary.upload, binary.update";
    check("a key that may not", &format!("PERIDIO_API_KEY={few} {signed}"), 1, lacks).await;

    let mut keys = list_all(&api, "/v1/signing_keys", "signing_keys").await;
    let key = prn(&keys.remove(0));
    api.patch(&format!("/v1/signing_keys/{key}"), &json!({"state": "disabled"})).await.expect(200);
    check("a disabled key", &signed, 1, "'ci' is disabled").await;
    api.patch(&format!("/v1/signing_keys/{key}"), &json!({"state": "active"})).await.expect(200);
    let said = shell.run(&format!("{} 2>&1", to("two", "--release-version 2.0.0-hotfix.1"))).succeeds();
    assert!(said.contains("warning: '2.0.0-hotfix.1' counts as a pre-release"), "{said}");
}

async fn a_push_goes_all_the_way(database: Database) {
    let server = Server::start(database);
    let (shell, cohort) = prepared(&server).await;
    let push = format!(
        "peridio push fw.bin --artifact main --version v1 --target arm --signing-key key.pem --bundle one --cohort-prn {cohort} \
         --release spring --release-version 1.0.0 --version-requirement '>= 0.9.0' --output prn"
    );
    let binary = shell.run(&push).succeeds();
    let releases = list_all(&server.api(), "/v1/releases", "releases").await;
    let shown = ["name", "version", "version_requirement"].map(|field| releases[0][field].clone());
    assert_eq!(shown, ["spring", "1.0.0", ">= 0.9.0"].map(|text| json!(text)));
    // Once more: everything exists already.
    assert_eq!(shell.run(&push).succeeds(), binary);
    assert_eq!(list_all(&server.api(), "/v1/releases", "releases").await, releases);
}

/// A loop over the targets would release the first one alone.
async fn several_targets_are_released_together(database: Database) {
    let server = Server::start(database);
    let (shell, _) = prepared(&server).await;
    let push = "peridio push arm=fw.bin x86=other.bin --artifact main --version 1.0.0 --signing-key key.pem --bundle main-1.0.0 \
                --cohort gateway/production --release-version 1.0.0 --phase-value 10% --required --output prn";
    let binaries = shell.run(push).succeeds();
    assert_eq!(binaries.lines().count(), 2);
    let api = server.api();
    let releases = list_all(&api, "/v1/releases", "releases").await;
    let shown =
        ["name", "version", "required", "phase_mode", "phase_value"].map(|field| releases[0][field].clone());
    assert_eq!(shown, [json!("main-1.0.0"), json!("1.0.0"), json!(true), json!("numeric"), json!(0.1)]);
    let bundle = releases[0]["bundle_prn"].as_str().expect("a PRN");
    let bundle = api.get(&format!("/v1/bundles/{bundle}?expand[]=binaries")).await.expect(200).json;
    let mut targets: Vec<_> = bundle["bundle"]["binaries"].as_array().expect("an array").iter().collect();
    targets.sort_by_key(|binary| binary["target"].to_string());
    assert_eq!(targets.iter().map(|binary| &binary["target"]).collect::<Vec<_>>(), ["arm", "x86"]);
    // Once more: everything exists already, and nothing is done twice.
    let before = list_all(&api, "/v1/events", "events").await.len();
    assert_eq!(shell.run(push).succeeds(), binaries);
    assert_eq!(list_all(&api, "/v1/events", "events").await.len(), before);
}
