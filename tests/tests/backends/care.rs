//! What an operator does with contents: moving them, and looking after them.

use olivine_tests::{Database, S3, Workbench};
use serde_json::json;

use crate::team::{Customer, are_complete, copies, fetch, make_default, open_server, register, until};

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

    // And back again, once the old place is cleared; what was left behind is gone.
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
    let s3 = S3::start();
    let server = open_server(database).start();
    let api = server.api();
    let bench = Workbench::new(server.api()).await;
    let first = register(&api, &s3, "first", json!({})).await;
    make_default(&api, Some(&first)).await;
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

    let object = |bucket: &str, binary: &str| {
        let name = binary.rsplit(':').next().unwrap().to_owned();
        s3.objects(bucket).into_iter().find(|object| object.contains(&name)).unwrap()
    };
    s3.remove("first", &object("first", &lost));
    s3.replace("first", &object("first", &spoiled), b"SPOILED");
    s3.remove("second", &object("second", &whole));
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
