//! Lists that are asked for in ways that make no sense.

use olivine_testkit::Server;
use olivine_tests::{Table, Workbench, operations, percent_encoded};
use reqwest::Method;

#[tokio::test]
async fn parameters_that_make_no_sense() {
    let server = Server::start().await;
    let bench = Workbench::new(server.api()).await;
    for _ in 0..3 {
        bench.uploadable(b"x").await;
    }
    let api = bench.api();
    let first = api.get("/v1/binaries?limit=2").await.expect(200);
    let cursor = first.json["next_page"].as_str().unwrap().to_owned();
    let mut table = Table::default();
    for query in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=ten",
        "limit=",
        "limit=1e2",
        "limit=99999999999999999999",
        "order=up",
        "order=",
        "order=ASC",
        "page=x",
        "page=",
        "page=%00",
        "targte=x",
        "artifact_version_prn=x",
        "state=published",
        "hash=x",
        "expand[]=owner",
        "expand[]=artifact_version.owner",
        "expand=",
        "size=ten",
        "destroyed=perhaps",
        "inserted_at=yesterday",
        "target=%FF",
        "%FF=x",
        "=x",
        "limit=1&limit=1000",
    ] {
        table.note(query, &api.get(&format!("/v1/binaries?{query}")).await);
    }
    let mismatch = api.get(&format!("/v1/binaries?limit=2&order=desc&page={cursor}")).await;
    table.note("a page of a list of the other order", &mismatch);
    table.note("a page of another list", &api.get(&format!("/v1/events?page={cursor}")).await);
    table.note(
        "a parameter on a single read",
        &api.get(&format!("/v1/signing_keys/{}?limit=1", bench.signing_key_prn())).await,
    );
    let binary = first.json["binaries"][0]["prn"].as_str().unwrap();
    table.note("a filter on a single read", &api.get(&format!("/v1/binaries/{binary}?target=x")).await);
    insta::assert_snapshot!("parameters", table.text());
    for place in 0..cursor.len() {
        for letter in ["A", "z", "_", "~"] {
            let mut altered = cursor.clone();
            altered.replace_range(place..=place, letter);
            let answer = api.get(&format!("/v1/binaries?page={altered}")).await;
            // A cursor is a place, no permission: another place is as good, as long as it is one.
            assert!([200, 400].contains(&answer.status), "{altered}: {answer:?}");
            if answer.status == 400 {
                assert_eq!(answer.json["errors"][0]["context"]["parameter"], "page", "{altered}");
            }
        }
    }
}

#[tokio::test]
async fn searches_that_make_no_sense() {
    let server = Server::start().await;
    let bench = Workbench::new(server.api()).await;
    bench.uploadable(b"x").await;
    let mut table = Table::default();
    let long = format!("target:'{}'", "x".repeat(20_000));
    for search in [
        "",
        " ",
        "target",
        "target:",
        "target:x",
        "target:'x",
        "target:'x' and",
        "and target:'x'",
        "target:'x' or size>1",
        "targte:'x'",
        "target>'x'",
        "size~1",
        "size:'1'",
        "size>1.5",
        "size>99999999999999999999",
        "destroyed>true",
        "destroyed:1",
        "inserted_at>'yesterday'",
        "inserted_at~'2026'",
        "state:'published'",
        "artifact_version_prn:'x'",
        "target:'x' and target:'y' and target:'z' and size>1 and size>2 and size>3",
        "target:'x''y'",
        "target:'x\\",
        "target:'\\n'",
        "target='x'",
        "target:\"x\"",
        "(target:'x')",
        "target:'x'--",
        "target:'x'; drop table binaries",
        "ümlaut:'x'",
        "target:'x' AND size>1",
        "target:'x'and size>1",
        &long,
    ] {
        let answer = get_search(&bench, search).await;
        table.note(&search.chars().take(100).collect::<String>(), &answer);
        if answer.status == 400 {
            let position = &answer.json["errors"][0]["context"]["position"];
            assert!(
                position.as_u64().is_some_and(|position| position <= search.chars().count() as u64),
                "{search}: {position}"
            );
        }
    }
    insta::assert_snapshot!("searches", table.text());
    for search in [
        "target:'%'",
        "target~'%'",
        "target~'_'",
        "target:''' or 1=1 --'",
        "target:'\\' or 1=1 --'",
        "target~'\\\\'",
        "target:'\0'",
    ] {
        let answer = get_search(&bench, search).await;
        let none = answer.json["binaries"].as_array().is_none_or(Vec::is_empty);
        assert!([200, 400].contains(&answer.status) && none, "{search:?} is not just a text: {answer:?}");
    }
}

async fn get_search(bench: &Workbench, search: &str) -> olivine_tests::Answer {
    let encoded = percent_encoded(search);
    bench.api().get(&format!("/v1/binaries?search={encoded}")).await
}

#[tokio::test]
async fn every_list_refuses_what_it_does_not_know() {
    let server = Server::start().await;
    let bench = Workbench::new(server.api()).await;
    let binary = bench.uploadable(b"x").await;
    let mut lists = 0;
    for operation in operations(bench.api()).await {
        let parameters = operation.description["parameters"].as_array().cloned().unwrap_or_default();
        let is_list = parameters.iter().any(|parameter| parameter["name"] == "page");
        if operation.method != Method::GET || !is_list {
            continue;
        }
        lists += 1;
        let path = operation.path_with(&binary);
        bench.api().get(&path).await.expect(200);
        for query in [
            "limit=0",
            "limit=101",
            "order=up",
            "page=x",
            "misspelt=x",
            "search=misspelt:'x'",
            "expand[]=misspelt",
        ] {
            let answer = bench.api().get(&format!("{path}?{query}")).await;
            assert_eq!((answer.status, answer.error_code()), (400, Some("bad_request")), "{path}?{query}");
            let context = &answer.json["errors"][0]["context"];
            assert_eq!(context["parameter"], query.split('=').next().unwrap(), "{path}?{query}");
        }
        for parameter in &parameters {
            let name = parameter["name"].as_str().unwrap();
            if parameter["in"] == "query" && name.ends_with("_prn") {
                let answer = bench.api().get(&format!("{path}?{name}=x")).await;
                assert_eq!(answer.status, 400, "{path}?{name}=x: {:?}", answer.json);
            }
        }
    }
    assert!(lists >= 8, "the document describes fewer lists than there are");
}

/// A list says which filters it takes, when it is asked for one that does not exist; so no list can be left out here.
#[tokio::test]
async fn the_document_names_all_that_a_list_takes_and_nothing_else() {
    let server = Server::start().await;
    let api = server.api();
    let artifact = api.post("/v1/artifacts", &serde_json::json!({"name": "x"})).await.expect(201);
    let binary = artifact.json["artifact"]["prn"].as_str().unwrap().replace(":artifact:", ":binary:");
    let document = api.get("/v1/openapi.json").await.expect(200).json;
    let mut lists = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(operation) = item.get("get") else { continue };
        let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let of_query = || parameters.iter().filter(|parameter| parameter["in"] == "query");
        let names: Vec<_> = of_query().map(|parameter| parameter["name"].as_str().unwrap()).collect();
        let place = path.replace("{prn}", &binary).replace("{index}", "1");
        let refused = api.get(&format!("{place}?no_such=1")).await;
        let Some((_, fields)) = refused.json["errors"][0]["message"]
            .as_str()
            .and_then(|message| message.split_once("and the fields "))
        else {
            continue;
        };
        lists += 1;
        let (usual, filters) = names.split_at(4);
        assert_eq!(usual, ["limit", "order", "page", "search"], "{path}");
        assert_eq!(names.contains(&"sort"), refused.error_message().contains(" sort, "), "{path}");
        // The first two are the feed's, which is no list.
        let others = ["after", "wait", "sort", "expand[]"];
        let filters: Vec<_> = filters.iter().filter(|name| !others.contains(name)).copied().collect();
        assert_eq!(filters.join(", "), fields, "{path}");

        let refused = api.get(&format!("{place}?expand[]=no_such")).await.expect(400);
        let paths = refused.error_message().split_once("can't be expanded; there is: ");
        let expand = of_query().find(|parameter| parameter["name"] == "expand[]");
        let described = expand.map(|expand| in_backticks(expand["description"].as_str().unwrap()));
        assert_eq!(described.as_deref(), paths.map(|(_, paths)| paths), "{path}");
    }
    assert_eq!(lists, 24);
}

/// The names that a description gives in backticks.
fn in_backticks(text: &str) -> String {
    text.split('`').skip(1).step_by(2).collect::<Vec<_>>().join(", ")
}
