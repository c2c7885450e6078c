//! Bundles: their contents, and that these never change.

use olivine_tests::{Database, Server, SigningPair, Table, Workbench, prn};
use serde_json::{Value, json};

use crate::workshop::{Workshop, absent_like};

/// A signed binary with or without its own metadata. Returns its PRN.
async fn signed(bench: &Workbench, target: &str, metadata: Option<Value>) -> String {
    let mut promise = bench.promise(b"content");
    promise["target"] = target.into();
    if let Some(metadata) = metadata {
        promise["custom_metadata"] = metadata;
    }
    let binary = bench.create(&promise).await;
    bench.put_content(&binary, b"content").await.expect(200);
    bench.ask(&binary, "hashable").await.expect(200);
    bench.in_state(&binary, "signable").await;
    bench.sign(&binary, b"content").await.expect(201);
    binary
}

/// The PRNs of a bundle's binaries, with their metadata.
fn content(bundle: &Value) -> Vec<(String, Value)> {
    let binaries = bundle["binaries"].as_array().unwrap_or_else(|| panic!("no binaries in {bundle:#}"));
    binaries.iter().map(|binary| (prn(binary), binary["custom_metadata"].clone())).collect()
}

pub(crate) async fn bundles_are_frozen(database: Database) {
    let server = Server::start(database);
    let (one, two) = (Workbench::new(server.api()).await, Workbench::named(server.api(), "model").await);
    let api = one.api();
    let version = format!("/v1/artifact_versions/{}", one.version_prn());
    let artifact = api.get(&version).await.expect(200).json["artifact_version"]["artifact_prn"]
        .as_str()
        .map(str::to_owned);
    let artifact = format!("/v1/artifacts/{}", artifact.expect("a version has an artifact"));
    api.patch(&artifact, &json!({"custom_metadata": {"of": "artifact"}})).await.expect(200);

    let plain = signed(&one, "x86", None).await;
    let rich = signed(&one, "arm", Some(json!({"of": "binary"}))).await;
    let portable = signed(&two, "portable", None).await;
    let unsigned = two.signable(b"content").await;
    let both = json!({"artifact_version_prns": [two.version_prn(), one.version_prn()], "name": "spring"});
    let bundle = api.post("/v1/bundles", &both).await.expect(201).json["bundle"].take();
    let frozen = [
        (portable.clone(), Value::Null),
        (rich.clone(), json!({"of": "binary"})),
        (plain.clone(), json!({"of": "artifact"})),
    ];
    assert_eq!(content(&bundle), frozen, "version by version in the order given, each by target");

    // Later changes do not affect the bundle. Another bundle of the same binaries has the same hash before the changes, and a different one
    // after them.
    let path = format!("/v1/bundles/{}", prn(&bundle));
    let again = json!({"binaries": [{"prn": portable}, {"prn": rich}, {"prn": plain}]});
    let same = api.post("/v1/bundles", &again).await.expect(201).json["bundle"].take();
    assert_eq!((&same["hash"], &same["name"]), (&bundle["hash"], &Value::Null));
    api.patch(&version, &json!({"custom_metadata": {"of": "version"}})).await.expect(200);
    api.patch(&format!("/v1/binaries/{rich}"), &json!({"custom_metadata": null})).await.expect(200);
    two.sign(&unsigned, b"content").await.expect(201);
    let later = api.post("/v1/bundles", &again).await.expect(201).json["bundle"].take();
    assert_ne!(later["hash"], bundle["hash"]);
    assert_eq!(content(&later)[1].1, json!({"of": "version"}));
    let given = json!({"binaries": [{"prn": plain, "custom_metadata": {"of": "bundle"}}]});
    let given = api.post("/v1/bundles", &given).await.expect(201).json["bundle"].take();
    assert_eq!(content(&given), [(plain, json!({"of": "bundle"}))]);
    let renamed = api.patch(&path, &json!({"name": "summer"})).await.expect(200).json["bundle"].take();
    assert_eq!((content(&renamed), &renamed["name"]), (frozen.to_vec(), &json!("summer")));

    let list = api.get("/v1/bundles?expand[]=binaries&limit=100").await.expect(200).json;
    let found =
        list["bundles"].as_array().and_then(|bundles| bundles.iter().find(|one| prn(one) == prn(&bundle)));
    assert_eq!(content(found.expect("it is listed")), frozen);
    let by_hash = format!("/v1/bundles?hash={}", bundle["hash"].as_str().expect("a hash"));
    assert_eq!(api.get(&by_hash).await.expect(200).json["bundles"].as_array().map(Vec::len), Some(2));
}

pub(crate) async fn contents_that_make_no_bundle(database: Database) {
    let server = Server::start(database);
    let (bench, bare) = (Workbench::new(server.api()).await, Workbench::named(server.api(), "model").await);
    let api = bench.api();
    let [fine, destroyed] = [bench.signed(b"content").await, bench.signed(b"content").await];
    let unsigned = bench.signable(b"content").await;
    bench.ask(&destroyed, "destroyed").await.expect(200);
    let version = bench.version_prn();
    let absent = absent_like(&fine);
    let mut table = Table::default();
    for (what, body) in [
        ("nothing at all", json!({})),
        ("both ways at once", json!({"binaries": [{"prn": fine}], "artifact_version_prns": [version]})),
        ("no binaries", json!({"binaries": []})),
        ("no versions", json!({"artifact_version_prns": []})),
        ("an unsigned binary", json!({"binaries": [{"prn": fine}, {"prn": unsigned}]})),
        ("a destroyed binary", json!({"binaries": [{"prn": destroyed}]})),
        ("one binary twice", json!({"binaries": [{"prn": fine}, {"prn": fine}]})),
        ("a binary that does not exist", json!({"binaries": [{"prn": absent}]})),
        ("one version twice", json!({"artifact_version_prns": [version, version]})),
        (
            "a version without a signed binary",
            json!({"artifact_version_prns": [version, bare.version_prn()]}),
        ),
        ("metadata that is no object", json!({"binaries": [{"prn": fine, "custom_metadata": []}]})),
        ("a misspelt field", json!({"binaries": [{"prn": fine, "metadata": {}}]})),
    ] {
        table.note(what, &api.post("/v1/bundles", &body).await);
    }
    let bundle = json!({"binaries": [{"prn": fine}], "name": "spring"});
    let bundle = prn(&api.post("/v1/bundles", &bundle).await.expect(201).json["bundle"]);
    table.note(
        "a name that is taken",
        &api.post("/v1/bundles", &json!({"binaries": [{"prn": fine}], "name": "spring"})).await,
    );
    let path = format!("/v1/bundles/{bundle}");
    table.note("other binaries, later", &api.patch(&path, &json!({"binaries": []})).await);
    insta::assert_snapshot!("ingredients", table.text());
}

/// A binary in a bundle keeps its signatures, and a bundle that is in use stays.
pub(crate) async fn bundles_keep_what_they_need(database: Database) {
    let server = Server::start(database);
    let shop = Workshop::new(server.api()).await;
    let api = shop.api();
    let path = format!("/v1/binary_signatures?binary_prn={}", shop.binary);
    let signature = prn(&api.get(&path).await.expect(200).json["binary_signatures"][0]);
    let mut table = Table::default();
    table.note("its signature goes", &api.delete(&format!("/v1/binary_signatures/{signature}")).await);
    let release = shop.release("first", json!({})).await;
    let rescue = json!({"name": "rescue", "bundle_prn": shop.bundle, "cohort_prn": shop.cohort});
    let rescue = prn(&api.post("/v1/bundle_overrides", &rescue).await.expect(201).json["bundle_override"]);
    table.note("the bundle goes", &api.delete(&format!("/v1/bundles/{}", shop.bundle)).await);
    insta::assert_snapshot!("what_bundles_need", table.text());

    // Revoking a key is different: the release then says why it is not served, until somebody else signs.
    let key = format!("/v1/signing_keys/{}", shop.bench.signing_key_prn());
    api.patch(&key, &json!({"state": "revoked"})).await.expect(200);
    let affected = async || {
        api.get(&format!("/v1/releases/{release}")).await.expect(200).json["release"]["affected_by"].take()
    };
    assert_eq!(affected().await, json!([shop.binary]));
    let pair = SigningPair::generate();
    let key = json!({"name": "new", "value": pair.public_value()});
    let key = prn(&api.post("/v1/signing_keys", &key).await.expect(201).json["signing_key"]);
    shop.bench.attach(&shop.binary, &key, &pair.sign(b"content")).await.expect(201);
    assert_eq!(affected().await, json!([]));

    for path in [format!("/v1/releases/{release}"), format!("/v1/bundle_overrides/{rescue}")] {
        api.delete(&path).await.expect(204);
    }
    api.delete(&format!("/v1/bundles/{}", shop.bundle)).await.expect(204);
}
