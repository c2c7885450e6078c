//! The operator's commands for contents: moving them and checking them.

use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use olivine_tests::{Database, S3, Server, Workbench, events_of};
use serde_json::json;

use crate::team::{
    Customer, POLL_EVERY, SETTLED_WITHIN, Team, are_complete, copies, fetch, make_default, open_server,
    register, until,
};

pub(crate) async fn contents_move_while_devices_are_served(database: Database) {
    let s3 = S3::start();
    let server = open_server(database).start();
    let api = server.api();
    let bench = Workbench::new(server.api()).await;
    let binary = bench.signed(b"on the move").await;
    let unfinished = bench.uploadable(b"not finished").await;
    let customer = Customer::of(&server, &binary, &[]).await;
    let before = customer.url().await;
    register(&api, &s3, "new", json!({})).await;
    let said = server.operator(&["content", "move", "--to", "new"]);
    assert_eq!(
        said,
        "1 contents moved; 1 are being uploaded, verified or cleared away and stay: run it again later"
    );
    let url = customer.url_that(|url| url.starts_with(&s3.url())).await;
    assert_eq!(fetch(&api, &url).await, b"on the move");
    assert_eq!(s3.objects("new").len(), 1);
    assert!(!before.starts_with(&s3.url()));
    assert_eq!(server.operator(&["content", "move", "--to", "new"]).split(' ').next(), Some("0"));

    // Moves the contents back after the old place was emptied.
    copies(&api, &binary, <[_]>::is_empty).await;
    assert_eq!(
        server.operator(&["content", "move", "--from", "new", "--to", "data-folder"]),
        "1 contents moved"
    );
    until("the old place is cleared", || s3.objects("new").is_empty()).await;
    let url = customer.url_that(|url| url.starts_with(server.url())).await;
    assert_eq!(fetch(&api, &url).await, b"on the move");
    bench.put_content(&unfinished, b"not finished").await.expect(200);
}

pub(crate) async fn an_audit_finds_and_repairs(database: Database) {
    let Team { s3, server, api, bench, .. } = Team::with_bucket(database, "first").await;
    register(&api, &s3, "second", json!({"replicates": true})).await;
    let (lost, spoiled, whole) =
        (bench.signed(b"lost").await, bench.signed(b"spoiled").await, bench.signed(b"whole").await);
    for binary in [&lost, &spoiled, &whole] {
        copies(&api, binary, are_complete(1)).await;
    }
    let audit = |args: &str| {
        let mut all = vec!["content", "audit"];
        all.extend(args.split_whitespace());
        server.operator_tries(&all)
    };
    let (is_well, said) = audit("--hashes");
    assert!(is_well, "{said}");

    s3.remove("first", &s3.object_of("first", &lost));
    s3.replace("first", &s3.object_of("first", &spoiled), b"SPOILED");
    s3.remove("second", &s3.object_of("second", &whole));
    s3.replace("second", "contents/notes.txt", b"somebody's own");
    let (is_well, said) = audit("--hashes");
    assert!(!is_well);
    for (binary, problem) in [(&lost, "missing"), (&spoiled, "wrong hash"), (&whole, "missing")] {
        let name = binary.rsplit(':').next().unwrap();
        let line = said.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name}: {said}"));
        assert!(line.ends_with(problem), "{line}");
    }
    assert!(said.contains("notes.txt: foreign"), "{said}");

    let (is_well, said) = audit("--hashes --repair");
    assert!(is_well, "{said}");
    copies(&api, &whole, are_complete(1)).await;
    let (is_well, said) = audit("--hashes");
    assert!(is_well, "{said}");
    for (binary, content) in [(&lost, &b"lost"[..]), (&spoiled, b"spoiled"), (&whole, b"whole")] {
        assert_eq!(fetch(&api, &bench.download_url(binary).await).await, content);
    }
    assert!(
        s3.objects("second").iter().any(|object| object.ends_with("notes.txt")),
        "what is not ours stays"
    );
}

/// "Deleted" is an assurance, so it may only be given for content that existed.
pub(crate) async fn lost_content_is_not_reported_as_deleted(database: Database) {
    let Team { s3, server: _server, api, bench, .. } = Team::with_bucket(database, "first").await;
    let (lost, kept) = (bench.signed(b"lost").await, bench.signed(b"kept").await);
    s3.remove("first", &s3.object_of("first", &lost));
    // The first attempt fails. The second must not mistake its own deletion for a loss.
    s3.deny(&["s3:DeleteObject"]);
    for binary in [&lost, &kept] {
        bench.ask(binary, "destroyed").await.expect(200);
    }
    copies(&api, &kept, |left| left.iter().any(|copy| !copy["error"].is_null())).await;
    s3.remove("first", &s3.object_of("first", &kept));
    s3.deny(&[]);
    for (binary, wanted) in [(&lost, &["binary.content_missing"][..]), (&kept, &["binary.content_deleted"])] {
        copies(&api, binary, <[_]>::is_empty).await;
        let events = events_of(&api, binary).await;
        let gone: Vec<_> = events.iter().filter(|kind| kind.starts_with("binary.content_")).collect();
        let gone: Vec<_> = gone.into_iter().filter(|kind| *kind != "binary.content_uploaded").collect();
        assert_eq!(gone, wanted, "{events:?}");
    }
}

/// Devices download from the store directly, so the server learns of an object that was deleted there only when a device fails.
pub(crate) async fn an_object_lost_by_the_store_is_noticed_when_a_device_fails(database: Database) {
    let Team { s3, server, api, bench, store: first } = Team::with_bucket(database, "first").await;
    let (lost, whole) = (bench.signed(b"lost").await, bench.signed(b"whole").await);
    s3.remove("first", &s3.object_of("first", &lost));
    for binary in [&whole, &lost] {
        let customer = Customer::of(&server, binary, &[]).await;
        let offer = customer
            .device
            .update("?expand[]=bundle&expand[]=release", &[("peridio-release-version", "0.1.0")])
            .await
            .expect(200)
            .json;
        let failed = json!({"bundle_prn": offer["bundle"]["prn"], "release_prn": offer["release"]["prn"],
            "status": "failed", "detail": "download: 404 Not Found"});
        customer.device.report(&failed).await.expect(204);
    }
    let noticed = async {
        while !events_of(&api, &lost).await.iter().any(|kind| kind == "binary.content_missing") {
            tokio::time::sleep(POLL_EVERY).await;
        }
    };
    tokio::time::timeout(SETTLED_WITHIN, noticed).await.unwrap();
    let noticed = api.get("/v1/events?type=binary.content_missing").await.expect(200).json["events"].clone();
    assert_eq!(noticed.as_array().unwrap().len(), 1, "the other content is there: {noticed}");
    assert_eq!(noticed[0]["data"]["noticed"], "after a device could not install it");
    assert_eq!(noticed[0]["data"]["storage_backend_prn"], first);
}

/// An existing replica counts only if its bytes are correct.
pub(crate) async fn a_move_compares_what_is_there_already(database: Database) {
    let s3 = S3::start();
    let server = open_server(database).start();
    let api = server.api();
    let bench = Workbench::new(server.api()).await;
    register(&api, &s3, "second", json!({"replicates": true})).await;
    let binary = bench.signed(b"right").await;
    copies(&api, &binary, are_complete(1)).await;
    s3.replace("second", &s3.objects("second")[0], b"wrong");
    let from = if server.processes() > 1 { "server" } else { "data-folder" };
    server.operator(&["content", "move", "--from", from, "--to", "second"]);
    assert_eq!(fetch(&api, &bench.download_url(&binary).await).await, b"right");
}

/// The file of a content with a single part.
fn part_of(server: &Server) -> PathBuf {
    let found = std::process::Command::new("find")
        .arg(server.data_dir().join("content"))
        .args(["-name", "part-*"])
        .output()
        .unwrap();
    let found = String::from_utf8(found.stdout).unwrap();
    Path::new(found.trim()).to_owned()
}

/// The server sends contents with their hash, so a client must never receive changed bytes as a complete download.
pub(crate) async fn changed_bytes_are_never_a_complete_download(database: Database) {
    let Team { s3, server, api, bench, .. } = Team::with_bucket(database, "first").await;
    let streamed = bench.signed(b"streamed").await;
    let customer = Customer::of(&server, &streamed, &[]).await;
    api.patch("/v1/organization", &json!({"download_url_style": "streamed"})).await.expect(200);
    let mut changed = vec![(streamed.clone(), customer.url_that(|url| url.contains("/d/")).await)];
    assert_eq!(fetch(&api, &changed[0].1).await, b"streamed");
    s3.replace("first", &s3.object_of("first", &streamed), b"strXamed");
    if server.processes() == 1 {
        make_default(&api, None).await;
        let in_folder = bench.signed(b"from the folder").await;
        let url = bench.download_url(&in_folder).await;
        assert_eq!(fetch(&api, &url).await, b"from the folder");
        let part = part_of(&server);
        std::fs::File::options().write(true).open(part).unwrap().write_all_at(b"F", 0).unwrap();
        changed.push((in_folder, url));
    }
    for (binary, url) in changed {
        let got = server.shell().run(&format!("curl -sS --http1.1 --output got '{url}'"));
        let said = got.fails(18);
        assert!(said.contains("transfer closed"), "{said}");
        let noticed = async {
            while !events_of(&api, &binary).await.iter().any(|kind| kind == "binary.content_missing") {
                tokio::time::sleep(POLL_EVERY).await;
            }
        };
        tokio::time::timeout(SETTLED_WITHIN, noticed).await.unwrap();
    }
}

/// An audit records what it compared. Content that was replaced afterwards is read again, even without `--hashes`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audit_reads_what_was_written_after_its_record() {
    let server = Server::start(Database::Sqlite);
    Workbench::new(server.api()).await.signed(b"right").await;
    let said = server.operator(&["content", "audit"]);
    assert!(said.contains("1 contents on record, compared by size; --hashes reads them"), "{said}");
    let said = server.operator(&["content", "audit", "--hashes"]);
    assert!(said.contains("1 contents on record, all of them read"), "{said}");

    let part = part_of(&server);
    std::fs::remove_file(&part).unwrap();
    std::fs::write(&part, b"wrong").unwrap();
    let file = std::fs::File::options().write(true).open(&part).unwrap();
    let later = file.metadata().unwrap().modified().unwrap() + Duration::from_hours(1);
    file.set_modified(later).unwrap();
    let (is_well, said) = server.operator_tries(&["content", "audit"]);
    assert!(!is_well && said.contains(": wrong hash\n"), "{said}");
    let (is_well, said) = server.operator_tries(&["content", "audit", "--repair"]);
    assert!(
        !is_well && said.contains("wrong hash, not repaired: no other storage has a right copy"),
        "{said}"
    );
    assert!(said.contains("Bring them back to the same place from a backup"), "{said}");
}
