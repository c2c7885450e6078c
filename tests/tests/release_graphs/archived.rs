//! Archiving on the command line.

use olivine_tests::{Database, Server};
use serde_json::json;

use crate::workshop::Workshop;

pub(crate) async fn the_command_archives_and_unarchives(database: Database) {
    let server = Server::start(database);
    let shop = Workshop::new(server.api()).await;
    let first = shop.release("first", json!({})).await;
    let second = shop.release("second", json!({})).await;
    let shell = server.shell();
    let run = |line: &str| shell.run(&format!("peridio {line} --output prn")).succeeds().trim().to_owned();
    let list = |line: &str| run(line).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let releases = format!("releases list --cohort-prn {}", shop.cohort);

    assert_eq!(run(&format!("releases archive --prn {first}")), first);
    assert_eq!(list(&releases), [second.as_str()]);
    assert_eq!(list(&format!("{releases} --archived true")), [first.as_str()]);
    assert_eq!(list(&format!("{releases} --archived any")), [first.as_str(), second.as_str()]);
    assert_eq!(run(&format!("releases unarchive --prn {first} --next-release-prn {second}")), first);
    assert_eq!(shop.links().await, "first→second second→end");

    let refused = shell.run(&format!("peridio bundles archive --prn {}", shop.bundle)).fails(1);
    assert!(refused.contains("the release 'first'"), "{refused}");
    for (kind, prn) in [("cohorts", &shop.cohort), ("products", &shop.product)] {
        assert_eq!(&run(&format!("{kind} archive --prn {prn}")), prn);
        assert_eq!(list(&format!("{kind} list")), [""; 0]);
        assert_eq!(list(&format!("{kind} list --archived true")), [prn.as_str()]);
    }
    let more = format!(
        "peridio releases create --cohort-prn {} --bundle-prn {} --name third",
        shop.cohort, shop.bundle
    );
    let refused = shell.run(&more).fails(1);
    assert!(refused.contains(&format!("peridio cohorts unarchive --prn {}", shop.cohort)), "{refused}");
    for (kind, prn) in [("products", &shop.product), ("cohorts", &shop.cohort)] {
        assert_eq!(&run(&format!("{kind} unarchive --prn {prn}")), prn);
    }
    let all = shell
        .run("peridio artifacts list --output prn && peridio artifact-versions list --output prn")
        .succeeds();
    let [artifact, version] = all.split_whitespace().collect::<Vec<_>>()[..] else {
        panic!("one of each: {all}")
    };
    for (kind, prn) in [("artifact-versions", version), ("artifacts", artifact)] {
        assert_eq!(run(&format!("{kind} archive --prn {prn}")), prn);
        assert_eq!(list(&format!("{kind} list")), [""; 0]);
        assert_eq!(run(&format!("{kind} list --archived any")), prn);
    }
    for (kind, prn) in [("artifacts", artifact), ("artifact-versions", version)] {
        assert_eq!(run(&format!("{kind} unarchive --prn {prn}")), prn);
    }
    for release in [&first, &second] {
        run(&format!("releases archive --prn {release}"));
    }
    assert_eq!(run(&format!("bundles archive --prn {}", shop.bundle)), shop.bundle);
    assert_eq!(run(&format!("bundles unarchive --prn {}", shop.bundle)), shop.bundle);
}
