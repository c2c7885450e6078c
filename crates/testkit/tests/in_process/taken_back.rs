//! A bad release is taken back: nobody else gets it, and the devices that are on it come back, whatever they report. And what becomes of
//! devices when a release is deleted.

use olivine_testkit::Server;
use olivine_tests::factory::{Member, on};
use olivine_tests::{BadRelease, events_of, says};
use serde_json::json;

const BACK: &str = "rollback of second";

#[tokio::test]
async fn a_phased_release_is_taken_back() {
    let server = Server::start().await;
    let scene = BadRelease::new(server.api(), json!({"phase_value": 3})).await;
    let agent = scene.hit(&server, "SN-1", &on(&scene.second)).await;
    let bundled = [("peridio-bundle-prn", scene.new.as_str())];
    let by_bundle = scene.hit(&server, "SN-2", &bundled).await;
    let plain = scene.hit(&server, "SN-3", &says("1.1.0")).await;
    let waiting = scene.factory.device(&server, "SN-4").await;
    let fresh = scene.factory.device(&server, "SN-5").await;
    waiting.device.update("", &on(&scene.first)).await.expect(200);
    assert_eq!(scene.adoption(&scene.second).await, [5, 3, 1, 0, 1]);

    // Nothing may follow it, and the refusal says what to do instead.
    let next = json!({"name": "x", "cohort_prn": scene.factory.cohort, "bundle_prn": scene.old});
    let refused = scene.factory.api.post("/v1/releases", &next).await.expect(409);
    let message = refused.error_message();
    assert!(message.contains(&format!("peridio releases rollback --prn {}", scene.second)), "{message}");

    let before = scene.releases().await;
    let trial = scene.back(&json!({"dry_run": true})).await;
    assert_eq!((&trial["dry_run"], &trial["changed"]), (&json!(true), &json!(true)));
    assert_eq!((scene.releases().await, scene.overrides().await), (before, 0), "a trial changes nothing");
    let devices = json!({"on": 3, "by_release": 2, "by_override": 1, "not_reached": 0, "without_binary": 0});
    assert_eq!(trial["devices"], devices, "{trial:#}");
    assert_eq!((&trial["bundle_prn"], &trial["added_release"]["prn"]), (&json!(scene.old), &json!(null)));

    let done = scene.back(&json!({})).await;
    assert_eq!((&done["steps"], &done["devices"]), (&trial["steps"], &devices));
    assert_eq!(done["bundle_override"]["prn"], trial["bundle_override"]["prn"]);
    let third = done["added_release"]["prn"].as_str().unwrap().to_owned();
    assert_eq!(
        (&done["added_release"]["name"], &done["added_release"]["version"]),
        (&json!(BACK), &json!("1.0.0"))
    );
    let stopped = scene.factory.get(&scene.second).await;
    assert_eq!((&stopped["disabled"], &stopped["phase_value"]), (&json!(true), &json!(1.0)));
    assert_eq!(stopped["next_release_prn"], json!(third));
    let told = events_of(&scene.factory.api, &scene.second).await;
    assert_eq!(told.last().map(String::as_str), Some("release.rolled_back"), "{told:?}");

    // Everybody gets the old one, and nobody the new one.
    let old = Some(scene.old.clone());
    assert_eq!(scene.bundle_for(&agent, &on(&scene.second)).await, old);
    assert_eq!(scene.bundle_for(&by_bundle, &bundled).await, old);
    assert_eq!(scene.bundle_for(&plain, &says("1.1.0")).await, old);
    assert_eq!(scene.bundle_for(&waiting, &on(&scene.first)).await, old);
    assert_eq!(scene.bundle_for(&fresh, &says("1.0.0")).await, None, "it runs it");
    // They come back, once.
    assert_eq!(scene.bundle_for(&agent, &on(&third)).await, None);
    assert_eq!(scene.bundle_for(&by_bundle, &[("peridio-bundle-prn", scene.old.as_str())]).await, None);
    for _ in 0..3 {
        assert_eq!(scene.bundle_for(&plain, &says("1.0.0")).await, None);
    }
    waiting.device.update("", &on(&third)).await.expect(200);
    assert_eq!(scene.adoption(&third).await, [5, 5, 0, 0, 0], "by release, bundle and version");

    // Again: nothing is left to be done.
    let again = scene.back(&json!({})).await;
    assert_eq!((&again["changed"], &again["next_release_prn"]), (&json!(false), &json!(third)), "{again:#}");
    assert_eq!((scene.releases().await.len(), scene.overrides().await), (3, 1));
    assert_eq!(events_of(&scene.factory.api, &scene.second).await, told);

    // One that installed it meanwhile, and knows only its version: again brings it back too.
    fresh.device.update("", &says("1.1.0")).await.expect(200);
    assert_eq!(scene.bundle_for(&fresh, &says("1.1.0")).await, None);
    let again = scene.back(&json!({})).await;
    assert_eq!(
        (&again["changed"], &again["bundle_override"]["devices"]),
        (&json!(true), &json!(2)),
        "{again:#}"
    );
    assert_eq!(scene.bundle_for(&fresh, &says("1.1.0")).await, old);

    the_fix_reaches_all(&scene, &[(&agent, &on(&third)), (&plain, &says("1.0.0")), (&fresh, &says("1.0.0"))])
        .await;
}

/// The override holds nobody back who is no longer on the bad release.
async fn the_fix_reaches_all(scene: &BadRelease, all: &[(&Member, &[(&str, &str)])]) {
    let fix = scene.factory.bundle("fix").await.prn;
    let more = json!({"version": "1.2.0", "version_requirement": ">= 0.9.0"});
    scene.factory.release("fix", &fix, more).await;
    for (member, said) in all {
        assert_eq!(scene.bundle_for(member, said).await, Some(fix.clone()), "{said:?}");
    }
}
