//! Devices that report only a version: what they get, and what is reported about an invalid version.

use std::time::{Duration, Instant};

use olivine_tests::factory::Factory;
use olivine_tests::{Database, Server};

/// An upper bound, not an expectation.
const PATIENCE: Duration = Duration::from_secs(30);

const fn version(version: &str) -> [(&str, &str); 1] {
    [("peridio-release-version", version)]
}

pub(crate) async fn malformed_reports_are_counted_and_shown(database: Database) {
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    let member = factory.device(&server, "SN-1").await;
    let counted = async || {
        let metrics = server.api().without_key().get("/metrics").await.expect(200).body;
        let metrics = String::from_utf8(metrics).unwrap();
        let line = metrics.lines().find_map(|line| line.strip_prefix("olivine_malformed_versions_total "));
        line.map_or(0, |number| number.parse::<u64>().unwrap())
    };
    for (times, text) in [(1, "v0.5.0 beta"), (2, "0.5")] {
        let asked = Instant::now();
        for _ in 0..3 {
            member.device.update("", &version(text)).await.expect(200);
        }
        // Each process counts for itself. Metrics may be some milliseconds old.
        if server.processes() == 1 {
            let mut count = counted().await;
            while count < times && asked.elapsed() < PATIENCE {
                tokio::time::sleep(Duration::from_millis(100)).await;
                count = counted().await;
            }
            assert_eq!(count, times, "once for each report that is new, not for each poll");
        }
    }
    let shell = server.shell();
    let shown = shell.run(&format!("peridio devices get --prn {} --output table", member.prn)).succeeds();
    assert!(shown.contains("unexpected end of input"), "{shown}");
}

pub(crate) async fn doubtful_versions_are_warned_of(database: Database) {
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    let bundle = factory.bundle("content").await.prn;
    let shell = server.shell();
    let cohort = &factory.cohort;
    let create = |name: &str, version: &str| {
        let create = "peridio releases create --output prn";
        shell.run(&format!(
            "{create} --cohort-prn {cohort} --bundle-prn {bundle} --name {name} --version {version} 2>&1"
        ))
    };
    for (name, version) in [("a", "1.0.0-rc.9"), ("b", "v1.0.0"), ("c", "1.0.0-5-gabc1234")] {
        let said = create(name, version).succeeds();
        assert!(!said.contains("warning"), "{said}");
    }
    for (name, version, told) in [
        ("d", "1.0.0-rc10", "is older than 'rc2'; write 'rc.10'"),
        ("e", "1.3.0-4-gab", "counts as a pre-release, older than 1.3.0"),
        ("f", "1.0.0-rc1", "is newer than '1.0.0-rc.9' of another release"),
    ] {
        let said = create(name, version).succeeds();
        assert!(said.contains("warning: ") && said.contains(told), "{said}");
    }
    let named = shell.run(&format!("peridio releases list --cohort-prn {cohort} --name a --output prn"));
    let prn = named.succeeds();
    let said =
        shell.run(&format!("peridio releases update --prn {prn} --version 1.0.0-hotfix.1 2>&1")).succeeds();
    assert!(said.contains("warning: '1.0.0-hotfix.1' counts as a pre-release"), "{said}");
}
