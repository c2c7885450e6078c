//! Imports as spreadsheets and Windows' programs export them: taken, or refused for what was lost.

use std::fmt::Write as _;

use olivine_testkit::Server;
use olivine_tests::{Api, list_all, prn, send};
use reqwest::Method;
use serde_json::{Value, json};

async fn fleet(api: &Api) -> String {
    prn(&api.post("/v1/products", &json!({"name": "gateway"})).await.expect(201).json["product"])
}

async fn import(api: &Api, csv: Vec<u8>) -> Value {
    let request = api.request(Method::POST, "/v1/devices/import").header("content-type", "text/csv");
    send(request.body(csv)).await.expect(200).json
}

#[tokio::test]
async fn what_a_spreadsheet_lost_is_named() {
    let server = Server::start().await;
    let api = server.api();
    fleet(&api).await;
    let mut table = String::new();
    for (what, csv) in [
        ("a long number", "identifier,product\n8.60123E+14,gateway\n".as_bytes().to_vec()),
        ("a long number with a comma", b"identifier;product\n8,60123E+14;gateway\n".to_vec()),
        ("the error of a formula", b"identifier,product\n#N/A,gateway\n".to_vec()),
        ("a zero-width space", "identifier,product\nSN-2\u{200b},gateway\n".into()),
        ("a byte-order mark", "identifier,product\nSN\u{feff}-2,gateway\n".into()),
        ("a no-break space", "identifier,product\nSN\u{a0}2,gateway\n".into()),
        ("a mark of direction", "identifier,product\nSN\u{202e}2,gateway\n".into()),
        ("in a target", "identifier,product,target\nSN-2,gateway,arm\u{200b}\n".into()),
        ("in a tag", "identifier,product,tags\nSN-2,gateway,eu\u{200b}\n".into()),
        ("Latin-1", b"identifier,product\nGer\xe4t,gateway\n".to_vec()),
        ("a cell under no header", b"identifier,product,\nSN-2,gateway,x\n".to_vec()),
        ("a cell behind the header", b"identifier,product\nSN-2,gateway,x\n".to_vec()),
    ] {
        let report = import(&api, csv).await;
        let problem = &report["problems"][0];
        let column = problem["column"].as_str().unwrap_or("-");
        let message = problem["message"].as_str().unwrap();
        writeln!(table, "{what}\n    line {}, {column}: {message}", problem["line"]).unwrap();
        assert_eq!(report["refused"], 1, "{what}: {report}");
    }
    insta::assert_snapshot!("what_a_spreadsheet_lost_is_named", table);
    assert_eq!(list_all(&api, "/v1/devices", "devices").await, Vec::<Value>::new());
}
