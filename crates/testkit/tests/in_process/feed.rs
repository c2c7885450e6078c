//! The event feed: asked for a part at a time, followed as a stream, and by product, cohort and record.

use olivine_testkit::Server;
use olivine_tests::factory::{Factory, path};
use olivine_tests::{Answer, Api, prn};
use serde_json::{Value, json};

fn numbers(answer: &Value) -> Vec<u64> {
    answer["events"].as_array().unwrap().iter().map(|event| event["number"].as_u64().unwrap()).collect()
}

async fn feed(api: &Api, query: &str) -> Value {
    api.get(&format!("/v1/events?{query}")).await.expect(200).json
}

fn cursor(answer: &Value) -> &str {
    answer["cursor"].as_str().unwrap()
}

/// The messages of a stream: the fields of each, by their names.
fn messages(answer: &Answer) -> Vec<Vec<(String, String)>> {
    let text = String::from_utf8(answer.body.clone()).unwrap();
    let message = |text: &str| {
        text.lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .collect()
    };
    text.split("\n\n").filter(|text| !text.is_empty()).map(message).collect()
}

fn field<'a>(message: &'a [(String, String)], name: &str) -> Option<&'a str> {
    message.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
}

/// The numbers of the events that a stream shows.
fn shown(messages: &[Vec<(String, String)>]) -> Vec<u64> {
    let data = messages.iter().filter_map(|message| field(message, "data"));
    data.map(|data| serde_json::from_str::<Value>(data).unwrap()["number"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn the_feed_is_read_a_part_at_a_time_and_misses_nothing() {
    let server = Server::start().await;
    let api = server.api();
    let factory = Factory::new(api.clone()).await;
    let all = feed(&api, "after=0&limit=1000").await;
    let last = all["last_number"].as_u64().unwrap();
    assert_eq!(numbers(&all), (1..=last).collect::<Vec<_>>());
    assert_eq!((&all["next_page"], &all["complete_from"]), (&Value::Null, &json!(1)));
    // Small parts are the same, and end where there is nothing more.
    let (mut seen, mut after) = (Vec::new(), "0".to_owned());
    loop {
        let part = feed(&api, &format!("after={after}&limit=3")).await;
        if numbers(&part).is_empty() {
            break;
        }
        seen.extend(part["events"].as_array().unwrap().clone());
        after = cursor(&part).to_owned();
        assert_eq!(part["events"].as_array().unwrap().last().unwrap()["cursor"], after.as_str());
    }
    assert_eq!(Value::Array(seen), all["events"]);
    assert_eq!(cursor(&feed(&api, "after=now").await), after);
    // What comes next is all that comes next; a filter passes over what it leaves out.
    factory.bare_device("SN-1").await;
    factory.new_cohort("beside").await;
    let next = feed(&api, &format!("after={after}&type=cohort.created&type=cohort.deleted")).await;
    assert_eq!(numbers(&next), [last + 2]);
    let nothing = feed(&api, &format!("after={after}&type=binary.signed&wait=1")).await;
    assert_eq!((numbers(&nothing), cursor(&nothing)), (vec![], cursor(&next)));
}

#[tokio::test]
async fn a_cursor_that_is_not_of_this_feed_is_refused() {
    let server = Server::start().await;
    let api = server.api();
    let now = feed(&api, "after=now").await;
    let fields: Vec<_> = cursor(&now).split(':').collect();
    let [id, number, word] = fields[..] else { panic!("{now}") };
    for (other, resume) in [
        (format!("{id}:{}:{word}", now["last_number"].as_u64().unwrap() + 1), None),
        (format!("{id}:{number}:{:016x}", 1), None),
        (format!("{}:{number}:{word}", "0".repeat(32)), Some(cursor(&now))),
        (format!("{}:{number}:{:016x}", "0".repeat(32), 1), None),
    ] {
        for path in ["/v1/events", "/v1/events/stream"] {
            let refused = api.get(&format!("{path}?after={other}")).await.expect(410);
            assert_eq!(refused.json["errors"][0]["code"], "feed_replaced", "{other}");
            let context = &refused.json["errors"][0]["context"];
            assert_eq!((context["feed"].as_str(), context["resume"].as_str()), (Some(id), resume), "{other}");
        }
    }
    for query in [
        "after=1",
        "after=",
        "after=now&page=x",
        "after=0&order=desc",
        "after=0&limit=1001",
        "after=0&wait=61",
        "after=0&type=no.such",
        "after=0&search=x",
        "after=0&cohort_prn=x",
        "wait=3",
    ] {
        api.get(&format!("/v1/events?{query}")).await.expect(400);
    }
    for query in ["after=0&limit=3", "payload=all", "page=x"] {
        api.get(&format!("/v1/events/stream?{query}")).await.expect(400);
    }
    let gone = api.get("/v1/events/stream?organization_prn=prn:1:00000000-0000-0000-0000-000000000001").await;
    gone.expect(404);
}

#[tokio::test]
async fn a_stream_shows_what_comes_and_goes_on_where_it_was_cut() {
    let server = Server::start().await;
    let api = server.api();
    let factory = Factory::new(api.clone()).await;
    let all = feed(&api, "after=0&limit=1000").await;
    let from_the_beginning = api.get("/v1/events/stream?after=0").await.expect(200);
    assert_eq!(from_the_beginning.header("content-type"), Some("text/event-stream"));
    let shown_all = messages(&from_the_beginning);
    assert!(
        field(&shown_all[0], "retry")
            .is_some_and(|millis| (1_500..=2_520).contains(&millis.parse().unwrap()))
    );
    assert_eq!(shown(&shown_all), numbers(&all));
    let first = &shown_all[1];
    let data: Value = serde_json::from_str(field(first, "data").unwrap()).unwrap();
    assert_eq!(data, all["events"][0]);
    assert_eq!((field(first, "id"), field(first, "event")), (data["cursor"].as_str(), data["type"].as_str()));
    // Whoever comes back with the id of the third gets the fourth, whatever the URL says.
    let third = field(&shown_all[3], "id").unwrap();
    let back =
        api.request(reqwest::Method::GET, "/v1/events/stream?after=now").header("last-event-id", third);
    let back = olivine_tests::send(back).await.expect(200);
    assert_eq!(shown(&messages(&back)), numbers(&all)[3..]);
    // By what they are about, in few words.
    let device = factory.bare_device("SN-1").await;
    let hints =
        api.get(&format!("/v1/events/stream?after=0&payload=hint&about_prn={device}")).await.expect(200);
    let hints: Vec<Value> =
        messages(&hints).iter().filter_map(|hint| serde_json::from_str(field(hint, "data")?).ok()).collect();
    assert_eq!(hints.len(), 1, "{hints:?}");
    assert_eq!((&hints[0]["type"], &hints[0]["resource_prn"]), (&json!("device.created"), &json!(device)));
    assert_eq!(hints[0].as_object().unwrap().len(), 3);
}

#[tokio::test]
async fn hints_fold_what_devices_do_often() {
    let server = Server::start().await;
    let api = server.api();
    let factory = Factory::new(api.clone()).await;
    let bundle = factory.bundle("firmware").await.prn;
    let release = factory.release("1.0.0", &bundle, json!({"version": "1.0.0"})).await;
    let before = feed(&api, "after=now").await;
    for name in ["a", "b", "c"] {
        let member = factory.device(&server, name).await;
        let report = json!({"bundle_prn": bundle, "release_prn": release, "status": "installed"});
        member.device.report(&report).await.expect(204);
    }
    let hints =
        api.get(&format!("/v1/events/stream?payload=hint&after={}", cursor(&before))).await.expect(200);
    let hints = messages(&hints);
    let of = |kind: &str| hints.iter().filter(|hint| field(hint, "event") == Some(kind)).collect::<Vec<_>>();
    assert_eq!((of("device.update_reported").len(), of("device.provisioned").len()), (0, 3));
    let changed: Vec<Value> = of("changed")
        .iter()
        .map(|hint| serde_json::from_str(field(hint, "data").unwrap()).unwrap())
        .collect();
    let named: Vec<_> = changed.iter().map(|hint| hint["resource_prn"].as_str().unwrap()).collect();
    assert_eq!(named, [factory.cohort.as_str(), release.as_str()], "{hints:?}");
    assert!(of("changed").iter().all(|hint| field(hint, "id").is_none()));
}

#[tokio::test]
async fn events_belong_to_products_and_cohorts_and_a_move_is_one_of_each() {
    let server = Server::start().await;
    let api = server.api();
    let factory = Factory::new(api.clone()).await;
    let (product, cohort) = (&factory.product, &factory.cohort);
    let beside = factory.new_cohort("beside").await;
    let bundle = factory.bundle("firmware").await.prn;
    factory.release("1.0.0", &bundle, json!({})).await;
    let member = factory.device(&server, "a").await;
    factory.change(&member.prn, json!({"cohort_prn": beside})).await;
    factory
        .create(
            "bundle_overrides",
            "bundle_override",
            json!({
                "name": "o", "bundle_prn": bundle, "cohort_prn": beside, "starts_at": "2020-01-01T00:00:00Z",
            }),
        )
        .await;
    let kinds = async |query: String| {
        let list = api.get(&format!("/v1/events?limit=100&{query}")).await.expect(200).json;
        let from_feed = feed(&api, &format!("after=0&{query}")).await;
        let kinds = |list: &Value| -> Vec<String> {
            let events = list["events"].as_array().unwrap();
            events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(kinds(&list), kinds(&from_feed), "the list and the feed agree");
        kinds(&list)
    };
    let of_cohort = kinds(format!("cohort_prn={cohort}")).await;
    assert_eq!(
        of_cohort,
        [
            "cohort.created",
            "ca_certificate.created",
            "release.created",
            "device.provisioned",
            "device.updated",
        ]
        .map(str::to_owned)
        .to_vec()
    );
    let of_beside = kinds(format!("cohort_prn={beside}")).await;
    assert_eq!(
        of_beside,
        ["cohort.created", "device.updated", "bundle_override.created"].map(str::to_owned).to_vec()
    );
    let of_product = kinds(format!("product_prn={product}")).await;
    assert_eq!(of_product.len(), 1 + of_cohort.len() + of_beside.len(), "{of_product:?}");
    assert!(!of_product.contains(&"bundle.created".to_owned()));
    let about = kinds(format!("about_prn={}", member.prn)).await;
    assert_eq!(about.iter().filter(|kind| *kind == "device.updated").count(), 2);
    // Neither of the two names the other cohort.
    for (one, other) in [(cohort, &beside), (&beside, cohort)] {
        let moved = feed(&api, &format!("after=0&type=device.updated&cohort_prn={one}")).await.to_string();
        assert!(moved.contains(one.as_str()) && !moved.contains(other.as_str()), "{moved}");
    }
    // That it becomes another product's is the whole organization's, and nothing is lost of it.
    let other = factory.create("products", "product", json!({"name": "other", "target": "other"})).await;
    let before = feed(&api, "after=now").await;
    factory.change(&member.prn, json!({"product_prn": other, "tags": ["moved"]})).await;
    let moved = feed(&api, &format!("after={}", cursor(&before))).await;
    let changed: Vec<_> =
        moved["events"].as_array().unwrap().iter().map(|event| &event["data"]["changed"]).collect();
    assert_eq!(changed, [&json!(["cohort_prn"]), &json!(["product_prn"]), &json!(["tags"])]);
    assert_eq!(kinds(format!("product_prn={other}")).await.len(), 2);
    let key = prn(&api.get("/v1/users/me").await.expect(200).json["user"]);
    assert!(!feed(&api, &format!("after=0&about_prn={key}")).await["events"].as_array().unwrap().is_empty());
    api.get(&path(&member.prn)).await.expect(200);
}
