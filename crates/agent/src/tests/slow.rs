//! Hosts that bring a byte now and then: they are left, seen, and hold nothing else up.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::device::{Device, prn, update};
use super::server::Reply;
use crate::outcome::Outcome;

const SIZE: usize = 20_000;

/// A device to which a bundle is offered whose content comes a byte at a time.
async fn drip(pause: Duration, settings: &str) -> Device {
    let device = Device::new().await;
    device.configure(settings, "[[installers]]\ncopy = \"one\"\n");
    device.offer(1, &[device.entry(1, "1.0.0", &"x".repeat(SIZE))]);
    device.server.twist(move |request, reply| {
        if request.path.starts_with("/content") { Reply { drip: Some(pause), ..reply } } else { reply }
    });
    device
}

fn detail(outcome: Outcome) -> String {
    match outcome {
        Outcome::Failed { detail, .. } => detail,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_host_that_is_too_slow_is_left_and_the_next_one_goes_on_where_it_ended() {
    let mut device = drip(Duration::from_millis(50), "max_attempts = 2").await;
    device.slow_for = Some(Duration::from_secs(1));
    for _ in 0..3 {
        let detail = detail(device.once().await.unwrap());
        assert!(
            detail.starts_with("download_failed: ") && detail.contains("fewer than 64 bytes a second"),
            "{detail}"
        );
        assert_eq!(device.last_detail(), detail);
    }
    device.server.straighten();
    let mut entry = device.entry(1, "1.0.0", &"x".repeat(SIZE));
    entry["url"] = json!(device.server.serve_content("/next-host", "x".repeat(SIZE).as_bytes()));
    device.offer(1, &[entry]);
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }), "it was not given up");
    let asked = device.server.seen("/next-host")[0].headers.clone();
    assert!(asked["range"].starts_with("bytes=") && asked["range"] != "bytes=0-", "{asked:?}");
    assert_eq!(device.told().last().unwrap(), "installed");
}

#[tokio::test]
async fn contents_that_do_not_arrive_in_the_longest_time_are_left() {
    // Fast enough at every moment, also on a busy machine, and still for days.
    let mut device = drip(Duration::from_millis(1), "").await;
    device.slow_for = Some(Duration::from_secs(1));
    device.longest_download = Some(Duration::from_millis(2_500));
    let detail = detail(device.once().await.unwrap());
    assert!(detail.starts_with("download_failed: ") && detail.contains("max_download_hours"), "{detail}");
    device.server.straighten();
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
    assert_ne!(device.server.seen("/content").last().unwrap().headers["range"], "bytes=0-");
}

/// The server's answer to the first question leads to a slow host; what it answers from then on is `later`.
async fn asked_meanwhile(device: &Device, later: Value) -> Outcome {
    let questions = AtomicUsize::new(0);
    device.server.twist(move |request, reply| match request.path.as_str() {
        path if path.starts_with("/update?") && questions.fetch_add(1, Ordering::Relaxed) > 0 => {
            Reply::json(200, &later)
        }
        path if path.starts_with("/content") && reply.body.len() > SIZE / 2 => {
            Reply { drip: Some(Duration::from_millis(20)), ..reply }
        }
        _ => reply,
    });
    device.once().await.unwrap()
}

#[tokio::test]
async fn a_device_that_a_slow_host_holds_up_is_reached_all_the_same() {
    let device = drip(Duration::ZERO, "poll_interval_seconds = 1").await;
    let quarantine = asked_meanwhile(&device, json!({"status": "device_quarantine"})).await;
    assert_eq!(quarantine, Outcome::Quarantined);
    assert_eq!(asked_meanwhile(&device, json!({"status": "no_update"})).await, Outcome::UpToDate);
    let fixed = update(2, 2, &[device.entry(1, "2.0.0", "the fix")]);
    let updated = asked_meanwhile(&device, fixed).await;
    assert_eq!(updated, Outcome::Updated { bundle: prn("bundle", 2) });
    assert_eq!(device.installed("one").unwrap(), "the fix");
}
