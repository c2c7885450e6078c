//! Updates, and what happens when power, network or a server's patience run out in their midst.

use std::os::unix::fs::MetadataExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::device::{Device, prn, update};
use super::disk::Cut;
use super::server::Reply;
use crate::outcome::{Error, Outcome};

async fn two() -> Device {
    let device = Device::new().await;
    device.offer(1, &[device.entry(1, "1.0.0", "first"), device.entry(2, "1.0.0", "second")]);
    device
}

fn both_installed(device: &Device) -> bool {
    device.installed("one").as_deref() == Some("first")
        && device.installed("two").as_deref() == Some("second")
}

#[tokio::test]
async fn an_update_is_fetched_checked_installed_and_reported() {
    let device = two().await;
    assert_eq!(device.once().await.unwrap(), Outcome::Updated { bundle: prn("bundle", 1) });
    assert!(both_installed(&device));
    assert_eq!(device.told(), ["downloading", "installing", "installed"]);
    assert_eq!(device.once().await.unwrap(), Outcome::UpToDate);
    let asked = &device.server.seen("/update?")[1];
    assert_eq!(asked.path, "/update?expand[]=bundle&expand[]=release&expand[]=manifest&expand[]=source_type");
    assert_eq!(asked.headers["peridio-bundle-prn"], prn("bundle", 1));
    assert_eq!(asked.headers["peridio-release-prn"], prn("release", 1));
    assert_eq!(asked.headers["peridio-release-version"], "1.0.0");
    assert_eq!(std::fs::read_dir(device.path("state/downloads")).unwrap().count(), 0);
    // A signed URL is as good as a key: the state does not have it.
    assert!(!std::fs::read_to_string(device.path("state/state.json")).unwrap().contains("/content/"));
}

#[tokio::test]
async fn both_forms_of_an_ed25519_signature_are_taken() {
    let device = Device::new().await;
    let mut entry = device.entry(1, "1.0.0", "first");
    entry["signatures"] = json!([device.vendor.sign_purely(b"first")]);
    device.offer(1, &[entry]);
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
}

/// The power fails once, at each moment at which something happens to the disk.
#[tokio::test]
async fn power_lost_at_any_moment_costs_nothing() {
    for cut in [Cut::Process, Cut::Power] {
        let device = two().await;
        let mut moment = 0;
        loop {
            let first = device.once_until(moment, cut).await;
            let inode = |name| std::fs::metadata(device.path(name)).ok().map(|found| found.ino());
            let before = (inode("one"), inode("two"));
            while device.once().await.unwrap() != Outcome::UpToDate {}
            assert!(both_installed(&device), "{moment}");
            let mut told = device.told();
            // What was said but not noted as said is said again.
            told.dedup();
            assert_eq!(told, ["downloading", "installing", "installed"], "{moment}");
            let same = |before: Option<u64>, name| before.is_none() || before == inode(name);
            assert!(same(before.0, "one") && same(before.1, "two"), "installed twice: {moment}");
            assert_eq!(device.leftovers(), [""; 0], "{moment}");
            if first.is_ok() {
                break;
            }
            device.reset();
            assert!(matches!(first, Err(Error::Power)), "{moment}: {first:?}");
            moment += 1;
        }
        assert!(moment >= 60, "only {moment} moments");
    }
}

/// No process lives for long.
#[tokio::test]
async fn power_lost_again_and_again_only_takes_time() {
    let device = two().await;
    for steps in 16..22 {
        let mut processes = 0;
        while device.once_until(steps, Cut::Power).await.ok() != Some(Outcome::UpToDate) {
            processes += 1;
            assert!(processes < 40, "{steps}: {:?}", device.agent().state);
        }
        assert!(both_installed(&device));
        let mut told = device.told();
        told.dedup();
        assert_eq!(told, ["downloading", "installing", "installed"]);
        device.reset();
    }
}

#[tokio::test]
async fn a_download_goes_on_where_it_ended() {
    let device = Device::new().await;
    let content = "x".repeat(100_000);
    device.offer(1, &[device.entry(1, "1.0.0", &content)]);
    device.server.twist(|request, reply| match request.headers.get("range") {
        _ if !request.path.starts_with("/content") => reply,
        None => Reply { length: Some(100_000), body: reply.body[..60_000].to_vec(), ..reply },
        Some(_) => Reply::bytes(503, b""),
    });
    assert!(matches!(device.once().await, Err(Error::Client(_))));
    device.server.straighten();
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
    let asked = device.server.seen("/content").last().unwrap().headers.clone();
    assert_eq!(asked["range"], "bytes=60000-");
    assert!(asked["if-range"].starts_with('"'));
    assert_eq!(device.told(), ["downloading", "installing", "installed"]);
}

#[tokio::test]
async fn what_is_damaged_on_the_disk_is_fetched_anew() {
    let device = Device::new().await;
    device.offer(1, &[device.entry(1, "1.0.0", "first")]);
    device.server.twist(
        |request, reply| if request.path.starts_with("/content") { Reply::bytes(503, b"") } else { reply },
    );
    device.once().await.unwrap_err();
    let part = std::fs::read_dir(device.path("state/downloads")).unwrap().next().unwrap().unwrap().path();
    std::fs::write(part, "fir\0\0").unwrap();
    device.server.straighten();
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
    assert_eq!(device.installed("one").unwrap(), "first");
}

#[tokio::test]
async fn reports_wait_for_the_server_and_keep_their_order() {
    let device = two().await;
    device.server.twist(
        |request, reply| if request.path == "/update/status" { Reply::bytes(503, b"") } else { reply },
    );
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
    assert!(device.told().is_empty());
    // Before they are delivered nothing is asked, so that the server never hears of it in the wrong order.
    device.once().await.unwrap_err();
    assert_eq!(device.server.seen("/update?").len(), 1);
    device.server.straighten();
    assert_eq!(device.once().await.unwrap(), Outcome::UpToDate);
    assert_eq!(device.told(), ["downloading", "installing", "installed"]);
}

#[tokio::test]
async fn a_report_that_is_refused_for_good_does_not_stop_the_others() {
    let device = two().await;
    let count = AtomicUsize::new(0);
    device.server.twist(move |request, reply| match request.path.as_str() {
        "/update/status" if count.fetch_add(1, Ordering::Relaxed) == 0 => {
            Reply::json(422, &json!({"errors": [{"code": "invalid", "message": "no"}]}))
        }
        _ => reply,
    });
    device.once().await.unwrap();
    assert_eq!(device.told(), ["installing", "installed"]);
}

#[tokio::test]
async fn another_release_with_the_same_bundle_is_only_noted() {
    let device = two().await;
    device.once().await.unwrap();
    device.server.offer(Some(update(1, 2, &[])));
    assert!(matches!(device.once().await.unwrap(), Outcome::Arrived { .. }));
    assert_eq!(device.once().await.unwrap(), Outcome::UpToDate);
    assert_eq!(device.told(), ["downloading", "installing", "installed", "installed"]);
    assert_eq!(device.server.reports()[3]["release_prn"], prn("release", 2));
    assert_eq!(device.server.seen("/content").len(), 2);
}

#[tokio::test]
async fn an_override_keeps_the_release_that_the_device_is_on() {
    let device = two().await;
    device.once().await.unwrap();
    let mut forced = device.offer(2, &[device.entry(1, "3.0.0", "forced")]);
    (forced["release"], forced["source_type"]) = (Value::Null, json!("bundle_override"));
    device.server.offer(Some(forced));
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
    let _ = device.once().await;
    let asked = device.server.seen("/update?").last().unwrap().headers.clone();
    assert_eq!(
        (&asked["peridio-release-prn"], &asked["peridio-bundle-prn"]),
        (&prn("release", 1), &prn("bundle", 2))
    );
    assert!(!asked.contains_key("peridio-release-version"));
}

#[tokio::test]
async fn a_bundle_that_fails_is_given_up_until_another_one_was_installed() {
    let device = Device::new().await;
    device.configure(
        "max_attempts = 2",
        "[[installers]]\ncommand = [\"sh\", \"-c\", \"echo flash is full >&2; exit 3\"]\n",
    );
    device.offer(1, &[device.entry(1, "1.0.0", "first")]);
    for _ in 0..2 {
        assert!(matches!(device.once().await.unwrap(), Outcome::Failed { .. }));
        assert!(
            device.last_detail().contains("exit status: 3") && device.last_detail().contains("flash is full")
        );
    }
    assert!(matches!(device.once().await.unwrap(), Outcome::HeldBack { left: None, .. }));
    device.configure("", "[[installers]]\ncopy = \"one\"\n");
    assert!(matches!(device.once().await.unwrap(), Outcome::HeldBack { left: None, .. }));
    device.offer(2, &[device.entry(1, "2.0.0", "second")]);
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
    device.offer(1, &[device.entry(1, "1.0.0", "first")]);
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
}

#[tokio::test]
async fn a_bundle_that_fails_is_left_alone_for_a_while() {
    let device = Device::new().await;
    device.configure("", "[[installers]]\ncommand = [\"false\"]\n");
    let path = device.path("agent.toml");
    let text = std::fs::read_to_string(&path).unwrap().replace("retry_seconds = 0", "retry_seconds = 60");
    std::fs::write(&path, text).unwrap();
    device.offer(1, &[device.entry(1, "1.0.0", "first")]);
    assert!(matches!(device.once().await.unwrap(), Outcome::Failed { .. }));
    let left = Some(std::time::Duration::from_mins(1));
    assert_eq!(device.once().await.unwrap(), Outcome::HeldBack { bundle: prn("bundle", 1), left });
}

#[tokio::test]
async fn after_a_second_entry_failed_the_first_is_not_installed_again() {
    let device = two().await;
    let log = format!(
        "[[installers]]\nartifact_prn = \"{}\"\ncommand = [\"sh\", \"-c\", \"cat \\\"$1\\\" >> {}\", \"sh\", \"{{file}}\"]\n",
        prn("artifact", 1),
        device.path("log").display()
    );
    device.configure("", &format!("{log}[[installers]]\ncommand = [\"false\"]\n"));
    assert!(matches!(device.once().await.unwrap(), Outcome::Failed { .. }));
    device.configure("", &format!("{log}[[installers]]\ncopy = \"two\"\n"));
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
    assert_eq!(
        (device.installed("log").unwrap(), device.installed("two").unwrap()),
        ("first".into(), "second".into())
    );
}

#[tokio::test]
async fn a_device_between_two_bundles_does_not_claim_the_old_one() {
    let device = two().await;
    device.once().await.unwrap();
    device.configure(
        "",
        &format!(
            "[[installers]]\nartifact_prn = \"{}\"\ncommand = [\"cp\", \"{{file}}\", \"{}\"]\n[[installers]]\ncommand = [\"false\"]\n",
            prn("artifact", 1),
            device.path("one").display()
        ),
    );
    device.offer(2, &[device.entry(1, "2.0.0", "new first"), device.entry(2, "2.0.0", "new second")]);
    assert!(matches!(device.once().await.unwrap(), Outcome::Failed { .. }));
    assert!(device.last_detail().contains("1 of 2 entries stay installed"), "{}", device.last_detail());
    let _ = device.once().await;
    let asked = device.server.seen("/update?").last().unwrap().headers.clone();
    assert_eq!((asked.get("peridio-bundle-prn"), &asked["peridio-release-prn"]), (None, &prn("release", 1)));
    // Back to the first bundle, which is installed again as a whole.
    let first = [device.entry(1, "1.0.0", "first"), device.entry(2, "1.0.0", "second")];
    device.server.offer(Some(update(1, 3, &first)));
    device.configure(
        "",
        &format!(
            "[[installers]]\nartifact_prn = \"{}\"\ncopy = \"one\"\n[[installers]]\ncopy = \"two\"\n",
            prn("artifact", 1)
        ),
    );
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
    assert!(both_installed(&device));
}

#[tokio::test]
async fn one_folder_has_one_agent_and_a_state_that_cannot_be_read_is_set_aside() {
    let device = two().await;
    let first = device.agent();
    assert!(matches!(device.try_agent(crate::stop::stop().1), Err(Error::Busy { .. })));
    drop(first);
    std::fs::write(device.path("state/state.json"), "{\"format\": 99}").unwrap();
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
    assert!(device.path("state/state.json.unreadable").exists());
}
