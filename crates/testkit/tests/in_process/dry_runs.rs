//! Dry runs: what a change would do, and that finding it out changes nothing.

use olivine_testkit::Server;
use olivine_tests::factory::{Factory, on, path, with};
use olivine_tests::{Answer, Api, send};
use reqwest::Method;
use serde_json::{Value, json};

/// A cohort with a device on the first of two releases.
struct Scene {
    server: Server,
    factory: Factory,
    bundle: String,
    first: String,
    second: String,
}

impl Scene {
    async fn new() -> Self {
        let server = Server::start().await;
        let factory = Factory::new(server.api()).await;
        let bundle = factory.bundle("normal").await.prn;
        let first = factory.release("first", &bundle, json!({"version": "1.0.0"})).await;
        let second = factory.release("second", &bundle, json!({"version": "2.0.0"})).await;
        let member = factory.device(&server, "SN-1").await;
        let new = json!({"identifier": "SN-2", "product_prn": factory.product, "cohort_prn": factory.cohort});
        factory.create("devices", "device", new).await;
        assert_eq!(factory.asks(&member, &on(&first)).await, "second");
        server.do_jobs().await;
        Self { server, factory, bundle, first, second }
    }

    fn api(&self) -> &Api {
        &self.factory.api
    }

    fn new_release(&self, name: &str, more: Value) -> Value {
        let new = json!({"name": name, "cohort_prn": self.factory.cohort, "bundle_prn": self.bundle});
        with(new, more)
    }

    async fn revision(&self) -> String {
        let graph = self.api().get(&format!("{}/graph", path(&self.factory.cohort))).await.expect(200);
        graph.json["graph"]["graph_revision"].as_str().unwrap().to_owned()
    }

    /// All that a dry run could leave behind.
    async fn state(&self) -> Value {
        let mut state = json!({});
        for list in ["releases?archived=any", "bundle_overrides", "events?limit=100", "jobs"] {
            state[list] = self.api().get(&format!("/v1/{list}")).await.expect(200).json;
        }
        state["graph"] = json!(self.revision().await);
        state
    }
}

fn codes(plan: &Value) -> Vec<&str> {
    let warnings = plan["warnings"].as_array().unwrap();
    assert!(warnings.iter().all(|warning| warning["message"].as_str().unwrap().len() > 15), "{plan:#}");
    warnings.iter().map(|warning| warning["code"].as_str().unwrap()).collect()
}

fn plan(answer: Answer) -> Value {
    answer.expect(200).json["plan"].take()
}

#[tokio::test]
async fn a_dry_run_says_what_the_change_does_and_changes_nothing() {
    let scene = Scene::new().await;
    let before = scene.state().await;

    let new = scene.new_release("third", json!({"version": "3.0.0"}));
    let planned = plan(scene.api().post("/v1/releases?dry_run=true", &new).await);
    assert_eq!(planned["graph_revision"], before["graph"]);
    assert_eq!((&planned["release"]["name"], &planned["dry_run"]), (&json!("third"), &json!(true)));
    let third = json!({"prn": null, "name": "third"});
    let named = |prn: &str, name: &str| json!({"prn": prn, "name": name});
    let (first, second) = (named(&scene.first, "first"), named(&scene.second, "second"));
    let links = json!([
        {"release": third, "before": null, "after": {"previous": [second], "next": null}},
        {"release": second, "before": {"previous": [first], "next": null},
         "after": {"previous": [first], "next": third}},
    ]);
    assert_eq!(planned["links"], links);
    let offers = json!([
        {"release": third, "before": 0, "after": 1},
        {"release": second, "before": 1, "after": 0},
    ]);
    assert_eq!(planned["offers"], offers);
    let goes = |to: &Value| json!({"goes_to": to, "held_because": null});
    let devices = json!([{"release": first, "devices": 1, "before": goes(&second), "after": goes(&third)}]);
    assert_eq!(planned["devices"], devices);
    assert_eq!(planned["unplaced_devices"], 1, "SN-2 has reported nothing");
    assert_eq!(codes(&planned), ["unplaced_not_counted"]);

    let change = json!({"disabled": true, "required": true});
    let path_of = |prn: &str, rest: &str| format!("{}{rest}?dry_run=true", path(prn));
    let planned = plan(scene.api().patch(&path_of(&scene.second, ""), &change).await);
    assert_eq!(planned["devices"][0]["after"]["goes_to"], Value::Null);
    assert_eq!(codes(&planned), ["devices_held", "unplaced_not_counted"]);
    let planned = plan(scene.api().patch(&path_of(&scene.second, ""), &json!({})).await);
    assert_eq!(codes(&planned), ["no_change"]);

    let planned = plan(scene.api().delete(&path_of(&scene.second, "")).await);
    assert_eq!(
        (&planned["release"], &planned["links"][0]["after"]),
        (&Value::Null, &json!({"previous": [], "next": null}))
    );
    assert_eq!(planned["offers"], json!([{"release": second, "before": 1, "after": 0}]));
    let planned = plan(scene.api().post(&path_of(&scene.second, "/archive"), &json!({})).await);
    assert!(planned["release"]["archived_at"].is_string());

    let new = json!({"name": "lab", "bundle_prn": scene.bundle, "cohort_prn": scene.factory.cohort});
    let planned = plan(scene.api().post("/v1/bundle_overrides?dry_run=true", &new).await);
    assert_eq!(planned["devices_before"], json!({"count": 0, "exact": true}));
    assert_eq!(planned["devices_after"], json!({"count": 2, "exact": true}));
    assert_eq!(codes(&planned), Vec::<&str>::new());
    let later = with(new, json!({"starts_at": "2099-01-01T00:00:00Z"}));
    assert_eq!(
        codes(&plan(scene.api().post("/v1/bundle_overrides?dry_run=true", &later).await)),
        ["not_started"]
    );

    assert_eq!(scene.state().await, before, "nothing is written");
}

#[tokio::test]
async fn it_is_refused_where_the_change_is() {
    let scene = Scene::new().await;
    let api = scene.api();
    scene.factory.change(&scene.second, json!({"phase_value": 0.5})).await;
    let before = scene.state().await;
    let both = async |method: Method, target: &str, body: Value| {
        let ask = async |target: String| send(api.request(method.clone(), &target).json(&body)).await;
        let sign = if target.contains('?') { '&' } else { '?' };
        let tried = ask(format!("{target}{sign}dry_run=true")).await;
        let done = ask(target.to_owned()).await;
        assert!(done.status >= 400, "{target}: {done:?}");
        assert_eq!((tried.status, &tried.json), (done.status, &done.json), "{target}");
        done.error_code().unwrap().to_owned()
    };
    let new = scene.new_release("third", json!({}));
    assert_eq!(both(Method::POST, "/v1/releases", new).await, "sink_constrained");
    let taken = scene.new_release("first", json!({"next_release_prn": scene.first}));
    assert_eq!(both(Method::POST, "/v1/releases", taken).await, "name_taken");
    let first = path(&scene.first);
    let before_itself = json!({"next_release_prn": scene.first});
    assert_eq!(both(Method::PATCH, &first, before_itself).await, "release_cycle");
    assert_eq!(both(Method::DELETE, &first, json!({})).await, "confirmation_required");
    let (kind, _) = first.rsplit_once(':').unwrap();
    let missing = format!("{kind}:00000000-0000-0000-0000-000000000000");
    assert_eq!(both(Method::DELETE, &missing, json!({})).await, "not_found");
    let nobody = json!({"name": "lab", "bundle_prn": scene.bundle, "device_prns": []});
    assert_eq!(both(Method::POST, "/v1/bundle_overrides", nobody).await, "invalid");
    assert_eq!(
        both(Method::POST, "/v1/releases?dry_runs=true", scene.new_release("x", json!({}))).await,
        "bad_request"
    );
    assert_eq!(scene.state().await, before);

    let confirmed = format!("{first}?dry_run=true&confirm={}", scene.first);
    let planned = plan(api.delete(&confirmed).await);
    assert!(codes(&planned).contains(&"devices_on_deleted"), "{planned:#}");

    // The same permission as for the change, and the same reach.
    let reader = api.post("/v1/api_keys", &json!({"name": "reader", "role": "reader"})).await.expect(201);
    let reader = api.with_key(reader.json["api_key"]["key"].as_str().unwrap());
    reader.post("/v1/releases?dry_run=true", &scene.new_release("third", json!({}))).await.expect(403);
    let other = scene.factory.new_cohort("other").await;
    let key = json!({"name": "elsewhere", "role": "writer", "cohort_prns": [other]});
    let key = api.post("/v1/api_keys", &key).await.expect(201);
    let key = api.with_key(key.json["api_key"]["key"].as_str().unwrap());
    key.patch(&format!("{first}?dry_run=true"), &json!({"disabled": true})).await.expect(404);
    let theirs = scene.server.another_organization("theirs").await;
    theirs.delete(&format!("{first}?dry_run=true")).await.expect(404);
}

#[tokio::test]
async fn a_change_can_be_made_only_to_the_graph_that_was_planned_with() {
    let scene = Scene::new().await;
    let api = scene.api();
    let planned = plan(api.post("/v1/releases?dry_run=true", &scene.new_release("third", json!({}))).await);
    let revision = planned["graph_revision"].as_str().unwrap().to_owned();
    scene.factory.change(&scene.first, json!({"description": "changed meanwhile"})).await;
    let now = scene.revision().await;
    let condition = format!("graph_revision={revision}");
    let (first, second) = (path(&scene.first), path(&scene.second));
    let answers = [
        api.post(&format!("/v1/releases?{condition}"), &scene.new_release("third", json!({}))).await,
        api.post(&format!("/v1/releases?{condition}&dry_run=true"), &scene.new_release("third", json!({})))
            .await,
        api.patch(&format!("{second}?{condition}"), &json!({"disabled": true})).await,
        api.delete(&format!("{second}?{condition}")).await,
        api.post(&format!("{first}/archive?{condition}"), &json!({})).await,
        api.post(&format!("{first}/unarchive?{condition}"), &json!({})).await,
    ];
    for answer in answers {
        let answer = answer.expect(412);
        assert_eq!(answer.error_code(), Some("graph_changed"));
        assert_eq!(answer.json["errors"][0]["context"]["graph_revision"], now);
    }
    let fits = format!("graph_revision={now}");
    api.patch(&format!("{second}?{fits}"), &json!({"required": true})).await.expect(200);
    assert_ne!(scene.revision().await, now);
}

#[tokio::test]
async fn a_dry_run_uses_up_no_idempotency_key() {
    let scene = Scene::new().await;
    let new = scene.new_release("third", json!({}));
    let ask = async |target: &str| {
        send(scene.api().request(Method::POST, target).header("idempotency-key", "once").json(&new)).await
    };
    plan(ask("/v1/releases?dry_run=true").await);
    plan(ask("/v1/releases?dry_run=true").await);
    let made = ask("/v1/releases").await.expect(201);
    assert_eq!(ask("/v1/releases").await.expect(201).json, made.json);
}

#[tokio::test]
async fn many_devices_and_stops_are_warned_of() {
    let scene = Scene::new().await;
    let api = scene.api();
    let lines: Vec<_> = (0..101).map(|number| format!("M-{number},{}", scene.factory.cohort)).collect();
    let import = format!("/v1/devices/import?product_prn={}", scene.factory.product);
    let csv = format!("identifier,cohort\n{}\n", lines.join("\n"));
    send(api.request(Method::POST, &import).header("content-type", "text/csv").body(csv)).await.expect(200);
    let stop = json!({"reason": "Everything is on fire", "cohort_prn": scene.factory.cohort});
    api.post("/v1/organization/stop", &stop).await.expect(200);
    let new = json!({"name": "lab", "bundle_prn": scene.bundle, "cohort_prn": scene.factory.cohort});
    let planned = plan(api.post("/v1/bundle_overrides?dry_run=true", &new).await);
    assert_eq!(codes(&planned), ["many_devices", "updates_stopped"]);
    let planned = plan(api.post("/v1/releases?dry_run=true", &scene.new_release("third", json!({}))).await);
    assert_eq!(codes(&planned), ["unplaced_not_counted", "updates_stopped"]);
}
