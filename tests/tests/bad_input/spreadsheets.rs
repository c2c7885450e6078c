//! Imports in the forms that spreadsheets and Windows programs export. They are accepted, or refused because the export has lost data.

use olivine_tests::{Api, Database, Server, list_all, on_both, prn, send};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(async spreadsheet_exports_are_accepted);

async fn fleet(api: &Api) -> String {
    prn(&api.post("/v1/products", &json!({"name": "gateway"})).await.expect(201).json["product"])
}

async fn import(api: &Api, csv: Vec<u8>) -> Value {
    let request = api.request(Method::POST, "/v1/devices/import").header("content-type", "text/csv");
    send(request.body(csv)).await.expect(200).json
}

fn utf16(text: &str, bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect()
}

async fn spreadsheet_exports_are_accepted(database: Database) {
    let server = Server::start(database);
    let api = server.api();
    fleet(&api).await;
    let unicode = "Identifier\tProduct\tTags\r\nUT-1\tgateway\teu;beta\r\nUT-2\tgateway\t\"a\tb\"\r\n";
    for (what, csv, identifiers) in [
        (
            "a separator at each line's end",
            b"identifier,product,\nTC-1,gateway,\nTC-2,gateway,\n".to_vec(),
            &["TC-1", "TC-2"][..],
        ),
        ("rows without anything", b"identifier,product\nER-1,gateway\n,\n,\n , \n".to_vec(), &["ER-1"]),
        ("separators behind a row", b"identifier,product\nSB-1,gateway,,\n".to_vec(), &["SB-1"]),
        ("a header in capitals", b"\xef\xbb\xbfIdentifier,PRODUCT\nHC-1,gateway\n".to_vec(), &["HC-1"]),
        ("semicolons", b"identifier;product;tags\nSC-1;gateway;\"eu;beta\"\n".to_vec(), &["SC-1"]),
        ("tabs", b"identifier\tproduct\nTB-1\tgateway\n".to_vec(), &["TB-1"]),
        ("\"Unicode text\"", utf16(unicode, u16::to_le_bytes), &["UT-1", "UT-2"]),
        ("the same, big endian", utf16(&unicode.replace("UT", "UB"), u16::to_be_bytes), &["UB-1", "UB-2"]),
        (
            "lines of old Macs",
            b"identifier,product\rCR-1,gateway\rCR-2,gateway\r".to_vec(),
            &["CR-1", "CR-2"],
        ),
        (
            "digits kept as text",
            b"identifier,product\n\"=\"\"000042\"\"\",gateway\n=\"000043\",gateway\n".to_vec(),
            &["000042", "000043"],
        ),
        (
            "blanks of the web around a cell",
            "identifier,product\n\u{a0}NB-1\u{a0},gateway\n".into(),
            &["NB-1"],
        ),
    ] {
        let report = import(&api, csv).await;
        assert_eq!(
            (&report["created"], &report["refused"]),
            (&json!(identifiers.len()), &json!(0)),
            "{what}: {report}"
        );
        for identifier in identifiers {
            let found = list_all(&api, &format!("/v1/devices?identifier={identifier}"), "devices").await;
            assert_eq!(found.len(), 1, "{what}: {identifier}");
        }
    }
    let tagged = list_all(&api, "/v1/devices?tag=beta", "devices").await;
    assert_eq!(tagged.len(), 3, "{tagged:?}");
}
