//! Replicas in several locations.

use olivine_tests::{Database, S3, Workbench};
use serde_json::json;

use crate::team::{Customer, are_complete, copies, fetch, make_default, open_server, register, until};

pub(crate) async fn copies_are_made_near_and_deleted_everywhere(database: Database) {
    let s3 = S3::start();
    let server = open_server(database).start();
    let api = server.api();
    let bench = Workbench::new(server.api()).await;
    let early = bench.signed(b"published before there was a second place").await;

    let frankfurt = register(&api, &s3, "frankfurt", json!({"near_tags": ["eu"], "position": 2})).await;
    make_default(&api, Some(&frankfurt)).await;
    register(&api, &s3, "virginia", json!({"near_tags": ["us"], "replicates": true, "position": 1})).await;
    register(&api, &s3, "tokyo", json!({"near_tags": ["asia"], "replicates": true, "position": 3})).await;
    let content = b"firmware for everywhere".repeat(1000);
    let binary = bench.signed(&content).await;
    copies(&api, &binary, are_complete(2)).await;
    copies(&api, &early, are_complete(2)).await;
    for bucket in ["frankfurt", "virginia", "tokyo"] {
        let expected = if bucket == "frankfurt" { 1 } else { 2 };
        assert_eq!(s3.objects(bucket).len(), expected, "{bucket}");
    }

    // Each device gets a URL to the replica that is near it, otherwise to the first one in order.
    for (tags, bucket) in
        [(&["eu"][..], "frankfurt"), (&["beta", "asia"], "tokyo"), (&[], "virginia"), (&["us"], "virginia")]
    {
        let binary = bench.signed(format!("for {tags:?}").as_bytes()).await;
        copies(&api, &binary, are_complete(2)).await;
        let customer = Customer::of(&server, &binary, tags).await;
        let url = customer.url_that(|url| url.contains(&format!("/{bucket}/"))).await;
        assert_eq!(fetch(&api, &url).await, format!("for {tags:?}").as_bytes());
    }

    // A reset also deletes the replicas of the earlier upload.
    let again = bench.signable(b"to be uploaded anew").await;
    copies(&api, &again, are_complete(2)).await;
    bench.ask(&again, "uploadable").await.expect(200);
    copies(&api, &again, <[_]>::is_empty).await;
    let name = again.rsplit(':').next().unwrap();
    for bucket in ["frankfurt", "virginia", "tokyo"] {
        let is_gone = || !s3.objects(bucket).iter().any(|object| object.contains(name));
        until("a reset content is gone", is_gone).await;
    }

    // Destroying deletes all replicas, and the record says so only when it is true.
    s3.deny(&["s3:DeleteObject"]);
    bench.ask(&binary, "destroyed").await.expect(200);
    let left = copies(&api, &binary, |left| left.iter().any(|copy| !copy["error"].is_null())).await;
    assert_eq!(left.len(), 3, "{left:#?}");
    assert!(left.iter().all(|copy| copy["state"] == "deleting"));
    s3.deny(&[]);
    copies(&api, &binary, <[_]>::is_empty).await;
    let name = binary.rsplit(':').next().unwrap();
    for bucket in ["frankfurt", "virginia", "tokyo"] {
        assert!(!s3.objects(bucket).iter().any(|object| object.contains(name)), "{bucket}");
    }
    let events = olivine_tests::events_of(&api, &binary).await;
    let deleted = events.iter().filter(|kind| *kind == "binary.content_deleted");
    assert_eq!(deleted.count(), 3);
}

pub(crate) async fn a_failing_location_holds_nothing_up(database: Database) {
    let (near, far) = (S3::start(), S3::start());
    let server = open_server(database).start();
    let api = server.api();
    let bench = Workbench::new(server.api()).await;
    register(&api, &near, "near", json!({"replicates": true})).await;
    register(&api, &far, "far", json!({"replicates": true})).await;
    far.answer_503(true);
    let mut binaries = Vec::new();
    for number in 0..6 {
        binaries.push(bench.signed(format!("content {number}").as_bytes()).await);
    }
    let one_complete = |copies: &[serde_json::Value]| copies.iter().any(|copy| copy["state"] == "complete");
    for binary in &binaries {
        copies(&api, binary, one_complete).await;
    }
    let seen = copies(&api, &binaries[0], |copies| copies.iter().any(|copy| !copy["error"].is_null())).await;
    assert!(seen.iter().any(|copy| copy["state"] == "copying" && copy["error"].is_string()), "{seen:#?}");
    far.answer_503(false);
    for binary in &binaries {
        copies(&api, binary, are_complete(2)).await;
    }
    until("all copies", || far.objects("far").len() == 6).await;
}
