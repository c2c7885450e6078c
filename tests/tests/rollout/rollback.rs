//! A device that falls back to its old system: it reports that, and does not install the same update again.

use olivine_tests::Database;
use serde_json::json;

use crate::site::Site;

/// The settings that name the files with the running version and with the id of the system's start.
const RUNNING: &str = "version_file = \"version\"\nboot_id_file = \"boot\"";
/// The exit code of `once` if an update failed.
const FAILED: Option<i32> = Some(2);
const FINE: Option<i32> = Some(0);

pub(crate) async fn an_update_that_does_not_start_is_not_installed_again(database: Database) {
    let site = Site::new(database).await;
    let bad = site.release("1.1.0", &[("firmware", b"does not start")], json!({})).await;
    let unit = site.unit("SN-1", RUNNING);
    unit.write("version", "1.0.0\n");
    unit.write("boot", "1\n");
    assert_eq!(unit.once(), FINE, "{}", unit.last_words());
    assert_eq!(unit.read("firmware.bin"), b"does not start");
    assert_eq!(site.adoption(&bad).await, [0, 0, 0], "nobody knows yet");
    assert_eq!(unit.once(), FINE, "it waits for the restart: {}", unit.last_words());
    assert_eq!(site.reports(&bad).await["SN-1"], ["downloading", "installing"]);

    // The bootloader has given up on the new system, and started the old one.
    unit.write("boot", "2\n");
    unit.write("firmware.bin", "from the factory");
    let copied = unit.copied("firmware.bin");
    assert_eq!(unit.once(), FAILED, "{}", unit.last_words());
    let reports = ["downloading", "installing", "rolled_back"];
    assert_eq!(site.reports(&bad).await["SN-1"], reports);
    assert_eq!(site.adoption(&bad).await, [0, 0, 1]);
    let detail = &site.events("device.update_reported").await["SN-1"][2]["detail"];
    assert_eq!(detail, "after the restart the device runs 1.0.0, as before the update");

    // After any number of restarts, the update is offered and not installed.
    for boot in ["2\n", "3\n", "4\n"] {
        unit.write("boot", boot);
        assert_eq!(unit.once(), FAILED, "{}", unit.last_words());
        assert!(unit.text("agent.log").trim_end().ends_with("waiting for another bundle"));
        assert_eq!(unit.copied("firmware.bin"), copied);
        assert_eq!((unit.downloads(), &unit.state()["phase"]), (vec![], &json!("idle")));
    }
    assert_eq!(site.reports(&bad).await["SN-1"], reports, "it is said once");
    assert_eq!(site.adoption(&bad).await, [0, 0, 1]);

    let good = site.release("1.2.0", &[("firmware", b"starts")], json!({})).await;
    assert_eq!(unit.once(), FINE, "{}", unit.last_words());
    unit.write("boot", "5\n");
    unit.write("version", "1.2.0\n");
    assert_eq!(unit.once(), FINE, "{}", unit.last_words());
    assert_eq!(unit.once(), FINE, "{}", unit.last_words());
    assert_eq!(unit.read("firmware.bin"), b"starts");
    assert_eq!(site.adoption(&good).await, [1, 1, 0]);
    assert_eq!(site.adoption(&bad).await, [0, 0, 1]);
}

/// A device whose version can't be read would get no updates or wrong ones. That must not look like "up to date".
pub(crate) async fn a_version_file_that_says_no_version_is_an_error(database: Database) {
    let site = Site::new(database).await;
    let unit = site.unit("SN-1", RUNNING);
    unit.write("boot", "1\n");
    for text in [None, Some(""), Some("unknown")] {
        if let Some(text) = text {
            unit.write("version", text);
        }
        assert_eq!(unit.once(), Some(1), "{text:?}: {}", unit.last_words());
        assert!(
            unit.last_words().contains("error: agent.toml: running.version_file: "),
            "{}",
            unit.last_words()
        );
    }
    unit.write("version", "v1.0.0\n");
    assert_eq!(unit.once(), FINE, "{}", unit.last_words());
}
