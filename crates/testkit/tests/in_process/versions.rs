//! Devices that report only a version: what they get, and what is said where a version is none.

use olivine_testkit::Server;
use serde_json::{Value, json};

const fn version(version: &str) -> [(&str, &str); 1] {
    [("peridio-release-version", version)]
}

/// The reasons of the answer that a device would get now.
async fn reasons(factory: &Factory, member: &Member, question: Value) -> String {
    let mut question = question;
    question["explain"] = json!(true);
    let answer = factory.api.post(&format!("/v1/devices/{}/update", member.prn), &question).await.expect(200);
    let steps = answer.json["trace"].as_array().unwrap().clone();
    steps.iter().map(|step| step["reason"].as_str().unwrap().to_owned() + "\n").collect()
}

#[tokio::test]
async fn a_version_alone_is_enough() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let bundle = factory.bundle("content").await.prn;
    let one = factory.release("one", &bundle, json!({"version": "v1.0.0"})).await;
    let two = factory.release("two", &bundle, json!({"version": "2.0.0"})).await;
    let member = factory.device(&server, "SN-1").await;
    assert_eq!(factory.get(&one).await["version"], "1.0.0", "a leading v says nothing");

    let asks = async |text: &str| factory.asks(&member, &version(text)).await;
    for (text, answer) in [
        ("0.9.0", "two"),
        ("v1.2.2", "two"),
        ("1.0.0-5-gabc1234", "two"),
        ("2.0.0-rc.1-5-gabc1234", "two"),
        ("2.0.0", "no_update"),
        ("v2.0.0-5-gabc1234", "no_update"),
        ("2.0.0-12-gabc1234-dirty", "no_update"),
        ("2.1.0", "no_update"),
        ("1.0", "no_update"),
    ] {
        assert_eq!(asks(text).await, answer, "{text}");
    }
    let why = reasons(&factory, &member, json!({"release_version": "2.0.0-5-gabc1234"})).await;
    for told in [
        "no release of its cohort takes version 2.0.0-5-gabc1234",
        "'one' (1.0.0, without a requirement) takes every version below 1.0.0",
    ] {
        assert!(why.contains(told), "{why}");
    }

    factory.change(&two, json!({"version_requirement": ">= 1.0.0"})).await;
    for (text, answer) in
        [("0.9.0", "one"), ("1.0.0-rc.1", "one"), ("1.0.0-3-gabcd", "two"), ("1.0.0", "two")]
    {
        assert_eq!(asks(text).await, answer, "{text}");
    }
    factory.change(&two, json!({"version_requirement": "> 1.5.0"})).await;
    let why = reasons(&factory, &member, json!({"release_version": "1.5.0"})).await;
    assert!(why.contains("'two' (2.0.0) takes > 1.5.0"), "{why}");
}

/// A device that was not answered says it again, perhaps while its first request is still worked on, or to another process.
#[tokio::test]
async fn what_a_device_says_many_times_at_once_is_on_record_once() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let member = factory.device(&server, "SN-1").await;
    let mut said = 0;
    for text in ["1.0.0", "1.1.0", "1.0.0"] {
        let reported = version(text);
        futures_util::future::join_all((0..8).map(|_| factory.asks(&member, &reported))).await;
        said += 1;
        let events = factory.api.get("/v1/events?type=device.release_changed").await.expect(200).json;
        assert_eq!(events["events"].as_array().unwrap().len(), said, "{events:#}");
    }
}

#[tokio::test]
async fn a_malformed_report_is_named() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let bundle = factory.bundle("content").await.prn;
    factory.release("one", &bundle, json!({"version": "1.0.0"})).await;
    let member = factory.device(&server, "SN-1").await;
    let long = "x".repeat(200);
    for (text, told) in [
        ("v0.5.0 beta", "unexpected character ' '"),
        ("2024.06.01", "invalid leading zero"),
        ("0.5", "unexpected end of input"),
        (long.as_str(), "unexpected character 'x'"),
    ] {
        for _ in 0..3 {
            assert_eq!(factory.asks(&member, &version(text)).await, "no_update", "{text}");
        }
        let record = factory.get(&member.prn).await;
        let problem = record["reported_release_version_problem"].as_str().unwrap();
        assert!(problem.contains(&text[..3]) && problem.contains(told), "{problem}");
        assert!(record["reported_release_version"].as_str().unwrap().starts_with(&text[..3]), "{record:#}");
        let why = reasons(&factory, &member, json!({"release_version": text})).await;
        assert!(
            why.contains(&format!("the reported version is malformed: '{text}'")) && why.contains(told),
            "{why}"
        );
    }
    let foreign = "prn:1:01890a5d-ac96-774b-bcce-b302099a8057:release:01890a5d-ac96-774b-bcce-b302099a8057";
    let why = reasons(&factory, &member, json!({"release_prn": foreign, "bundle_prn": "b1"})).await;
    assert!(why.contains(&format!("'{foreign}' belongs to another organization")), "{why}");
    assert!(why.contains("the reported bundle is malformed: 'b1' is not a PRN"), "{why}");

    assert_eq!(factory.asks(&member, &version("v0.5.0")).await, "one");
    assert_eq!(factory.get(&member.prn).await["reported_release_version_problem"], Value::Null);
}

#[tokio::test]
async fn a_share_of_a_small_cohort_is_somebody() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let bundle = factory.bundle("content").await.prn;
    let share = json!({"version": "1.0.0", "phase_value": 0.05});
    let release = factory.release("one", &bundle, share).await;
    let members = [factory.device(&server, "1").await, factory.device(&server, "2").await];
    for (member, answer) in members.iter().zip(["one", "no_update"]) {
        assert_eq!(factory.asks(member, &version("0.5.0")).await, answer);
    }
    assert_eq!(factory.get(&release).await["claims"], 1);
    factory.change(&release, json!({"phase_value": 0})).await;
    assert_eq!(factory.asks(&members[1], &version("0.5.0")).await, "no_update");
}

#[tokio::test]
async fn an_override_is_not_given_at_every_poll() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let [old, new] = [factory.bundle("old").await.prn, factory.bundle("new").await.prn];
    factory.release("four", &new, json!({"version": "4.0.0"})).await;
    let (silent, says) = (factory.device(&server, "1").await, factory.device(&server, "2").await);
    let forced = json!({"name": "back", "bundle_prn": old, "starts_at": "2020-01-01T00:00:00Z",
        "cohort_prn": factory.cohort});
    let forced = factory.create("bundle_overrides", "bundle_override", forced).await;

    // What somebody else asks on a device's behalf is no offer to the device.
    let question = json!({"release_version": "1.0.0"});
    factory.api.post(&format!("/v1/devices/{}/update", silent.prn), &question).await.expect(200);
    for member in [&silent, &says] {
        for _ in 0..2 {
            assert_eq!(factory.asks(member, &version("4.0.0")).await, "back", "nothing tells that it has it");
        }
    }
    // One of them reports its new version; the version of the other stays, and it reports that it installed the bundle.
    assert_eq!(factory.asks(&silent, &version("3.0.0")).await, "no_update");
    let report = |status: &str| json!({"bundle_prn": old, "status": status});
    for (status, answer) in [("downloading", "back"), ("installed", "no_update")] {
        says.device.report(&report(status)).await.expect(204);
        assert_eq!(factory.asks(&says, &version("4.0.0")).await, answer, "{status}");
    }
    let _server = server.restarted().await;
    assert_eq!(factory.asks(&silent, &version("3.0.0")).await, "no_update", "after a restart, too");
    assert_eq!(factory.asks(&says, &version("4.0.0")).await, "no_update", "after a restart, too");

    says.device.report(&report("rolled_back")).await.expect(204);
    assert_eq!(factory.asks(&says, &version("4.0.0")).await, "back", "it went back");
    assert_eq!(factory.asks(&silent, &version("4.0.0")).await, "back", "it went back");
    assert_eq!(factory.asks(&silent, &version("3.0.0")).await, "no_update");

    // Another bundle is another offer; then the device names its bundle.
    factory.change(&forced, json!({"bundle_prn": new})).await;
    assert_eq!(factory.asks(&silent, &version("3.0.0")).await, "back");
    assert_eq!(factory.asks(&silent, &version("4.0.0")).await, "no_update");
    let named = [version("4.0.0")[0], ("peridio-bundle-prn", old.as_str())];
    assert_eq!(factory.asks(&silent, &named).await, "back", "it says itself that it runs another");
    assert_eq!(
        factory.asks(&silent, &version("4.0.0")).await,
        "back",
        "and nothing has told otherwise since"
    );

    // Once the override is over, another version comes from elsewhere.
    assert_eq!(factory.asks(&silent, &version("4.0.1")).await, "no_update");
    factory.change(&forced, json!({"ends_at": "2020-01-02T00:00:00Z"})).await;
    assert_eq!(factory.asks(&silent, &version("4.0.1")).await, "no_update");
    assert_eq!(factory.asks(&silent, &version("3.5.0")).await, "four");
    factory.change(&forced, json!({"ends_at": null})).await;
    assert_eq!(factory.asks(&silent, &version("3.5.0")).await, "back", "it does not run the bundle any more");
    let answer = silent.device.update(ALL, &version("4.0.1")).await.expect(200).json;
    assert_eq!(answer["status"], "no_update");
}
use olivine_tests::factory::{ALL, Factory, Member};
