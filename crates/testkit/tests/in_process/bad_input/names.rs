//! Names, versions and targets that are meant to lead somewhere else, and what becomes of them in a download's name.

use olivine_testkit::Server;
use olivine_tests::{Table, Workbench, prn};
use serde_json::json;

async fn plain_artifact(bench: &Workbench, trick: &str) -> String {
    let name = format!("plain-{}", TRICKS.iter().position(|other| *other == trick).unwrap_or_default());
    prn(&bench.api().post("/v1/artifacts", &json!({"name": name})).await.expect(201).json["artifact"])
}

/// Takes a binary to where it can be downloaded; the `Content-Disposition` of the download.
async fn disposition(bench: &Workbench, binary: &str) -> String {
    bench.put_content(binary, b"firmware").await.expect(200);
    bench.ask(binary, "hashable").await.expect(200);
    bench.in_state(binary, "signable").await;
    let url = bench.download_url(binary).await;
    let answer = bench.api().get(&url).await.expect(200);
    assert_eq!(answer.body, b"firmware");
    assert_eq!(answer.header("set-cookie"), None);
    let disposition = answer.header("content-disposition").expect("a name to save it under").to_owned();
    assert!(disposition.is_ascii() && disposition.starts_with("attachment; filename=\""), "{disposition}");
    let name = disposition["attachment; filename=\"".len()..].split('"').next().unwrap();
    let is_plain = !name.contains(['/', '\\', '%', ';', ':']) && !name.starts_with('.') && name.len() <= 255;
    assert!(is_plain && !name.is_empty(), "{disposition}");
    disposition
}

/// One after the other as the name of an artifact, as a version and as a target.
const TRICKS: &[&str] = &[
    "../../x",
    "/etc/passwd",
    "C:\\Windows\\x",
    "..",
    ".hidden",
    "x\"; filename=\"evil.exe",
    "x%2e%2e%2fy",
    "x;y=z",
    "-rf",
    "$(reboot)",
    "x'--",
    "ünïcödé-固件",
    "x\u{202e}gnp.exe",
    "x\0y",
    "x\r\nset-cookie: a=b",
    "x\ty",
    " x ",
    "\u{feff}x",
];

#[tokio::test]
async fn names_that_are_paths() {
    let server = Server::start().await;
    let bench = Workbench::new(server.api()).await;
    let api = bench.api();
    let mut table = Table::default();
    let long = "l".repeat(128);
    let wide = "固".repeat(128);
    for trick in TRICKS.iter().copied().chain([long.as_str(), wide.as_str()]) {
        let artifact = api.post("/v1/artifacts", &json!({"name": trick})).await;
        table.note(&format!("an artifact named {trick:?}"), &artifact);
        let parent = if artifact.status == 201 {
            prn(&artifact.json["artifact"])
        } else {
            plain_artifact(&bench, trick).await
        };
        let version = json!({"artifact_prn": parent, "version": trick});
        let version = api.post("/v1/artifact_versions", &version).await;
        table.note(&format!("a version {trick:?}"), &version);
        let mut promise = bench.promise(b"firmware");
        if version.status == 201 {
            promise["artifact_version_prn"] = version.json["artifact_version"]["prn"].clone();
        }
        promise["target"] = trick.into();
        let binary = api.post("/v1/binaries", &promise).await;
        table.note(&format!("a binary for {trick:?}"), &binary);
        if binary.status != 201 {
            promise["target"] = bench.new_target().into();
        }
        let binary =
            if binary.status == 201 { prn(&binary.json["binary"]) } else { bench.create(&promise).await };
        table.line(&format!("    is downloaded as {}", disposition(&bench, &binary).await));
    }
    insta::assert_snapshot!("names_that_are_paths", table.text());
    let folder = server.data_dir();
    let outside = folder.parent().unwrap();
    let names: Vec<_> = std::fs::read_dir(outside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| name != "x"), "{names:?}");
}
