//! Products, cohorts, devices, imports and certificates through the Admin API.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use olivine_tests::{
    Answer, Api, Database, Server, authority, events_of, list_all, named, on_both, prn, send,
};
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair, date_time_ymd};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    async devices_are_kept_and_moved,
    async records_in_use_can_not_be_deleted,
    async an_import_is_all_or_nothing,
    async what_is_no_import_is_refused,
    async each_certificate_belongs_to_one_device,
    async authorities_are_proven,
);

/// A product with two cohorts, and another product with one.
struct Fleet {
    api: Api,
    product: String,
    daily: String,
    weekly: String,
    other: String,
    elsewhere: String,
}

async fn fleet(api: Api) -> Fleet {
    let product = async |name: &str| {
        let made = api.post("/v1/products", &json!({"name": name, "target": "arm"})).await.expect(201);
        prn(&made.json["product"])
    };
    let (product, other) = (product("gateway").await, product("sensor").await);
    let cohort = async |product: &str, name: &str| {
        let made = api.post("/v1/cohorts", &json!({"product_prn": product, "name": name})).await.expect(201);
        prn(&made.json["cohort"])
    };
    let (daily, weekly) = (cohort(&product, "daily").await, cohort(&product, "weekly").await);
    let elsewhere = cohort(&other, "daily").await;
    Fleet { api, product, daily, weekly, other, elsewhere }
}

impl Fleet {
    async fn device(&self, identifier: &str) -> String {
        let new = json!({"identifier": identifier, "product_prn": self.product, "cohort_prn": self.daily});
        prn(&self.api.post("/v1/devices", &new).await.expect(201).json["device"])
    }

    /// The number of devices in each cohort.
    async fn counts(&self) -> [u64; 3] {
        let mut counts = [0; 3];
        for (count, cohort) in counts.iter_mut().zip([&self.daily, &self.weekly, &self.elsewhere]) {
            let shown = self.api.get(&format!("/v1/cohorts/{cohort}")).await.expect(200).json;
            let devices = list_all(&self.api, &format!("/v1/devices?cohort_prn={cohort}"), "devices").await;
            *count = shown["cohort"]["device_count"].as_u64().unwrap();
            assert_eq!(*count, devices.len() as u64);
        }
        counts
    }

    async fn import(&self, query: &str, csv: &str) -> Answer {
        let request = self.api.request(Method::POST, &format!("/v1/devices/import{query}"));
        send(request.header("content-type", "text/csv").body(csv.to_owned())).await
    }
}

fn code(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.error_code().unwrap_or_default())
}

async fn devices_are_kept_and_moved(database: Database) {
    let server = Server::start(database);
    let fleet = fleet(server.api()).await;
    let api = &fleet.api;
    let new = json!({
        "identifier": "SN-1", "product_prn": fleet.product, "cohort_prn": fleet.daily, "tags": ["eu", "beta", "eu"],
        "description": "on the roof", "target": "portable",
    });
    let created = api.post("/v1/devices", &new).await.expect(201).json;
    assert_eq!(created["device"]["tags"], json!(["beta", "eu"]));
    let path = format!("/v1/devices/{}", prn(&created["device"]));
    assert_eq!(api.get(&path).await.expect(200).json, created);
    let again = api.post("/v1/devices", &new).await;
    assert_eq!(code(&again), (409, "identifier_taken"));
    assert_eq!(again.json["errors"][0]["context"]["prn"], created["device"]["prn"]);
    let expanded = api.get(&format!("{path}?expand[]=product&expand[]=cohort")).await.expect(200).json;
    assert_eq!(expanded["device"]["product"]["name"], "gateway");
    assert_eq!(expanded["device"]["cohort"]["name"], "daily");
    let listed = api.get("/v1/devices?tag=beta&expand[]=cohort").await.expect(200).json;
    assert_eq!(listed["devices"][0]["cohort"]["prn"], json!(fleet.daily));
    fleet.device("SN-2").await;
    assert_eq!(fleet.counts().await, [2, 0, 0]);

    let wrong = api.patch(&path, &json!({"cohort_prn": fleet.elsewhere})).await;
    assert_eq!(
        (code(&wrong), &wrong.json["errors"][0]["context"]["field"]),
        ((422, "invalid"), &json!("cohort_prn"))
    );
    api.patch(&path, &json!({"cohort_prn": fleet.weekly})).await.expect(200);
    assert_eq!(fleet.counts().await, [1, 1, 0]);
    let moved = api.patch(&path, &json!({"product_prn": fleet.other})).await.expect(200).json;
    assert_eq!(moved["device"]["cohort_prn"], Value::Null);
    assert_eq!(fleet.counts().await, [1, 0, 0]);
    api.patch(&path, &json!({"cohort_prn": fleet.elsewhere, "quarantined": true})).await.expect(200);
    let back = json!({"quarantined": false, "tags": [], "target": null, "description": null});
    let etag = api.get(&path).await.header("etag").unwrap().to_owned();
    let guarded = |etag: &str| api.request(Method::PATCH, &path).header("if-match", etag).json(&back);
    let plain = send(guarded(&etag)).await.expect(200).json;
    send(guarded(&etag)).await.expect(412);
    assert_eq!((&plain["device"]["tags"], &plain["device"]["target"]), (&json!([]), &Value::Null));
    assert_eq!(fleet.counts().await, [1, 0, 1]);
    api.delete(&path).await.expect(204);
    api.get(&path).await.expect(404);
    assert_eq!(fleet.counts().await, [1, 0, 0]);
    let expected = [
        "created",
        "updated",
        // The device moves to another cohort, and then to another product.
        "updated",
        "updated",
        "updated",
        "updated",
        "quarantined",
        "updated",
        "quarantine_lifted",
        "deleted",
    ];
    let expected: Vec<_> = expected.iter().map(|kind| format!("device.{kind}")).collect();
    assert_eq!(events_of(api, &prn(&created["device"])).await, expected);
}

async fn records_in_use_can_not_be_deleted(database: Database) {
    let server = Server::start(database);
    let fleet = fleet(server.api()).await;
    let device = fleet.device("SN-1").await;
    for path in [format!("/v1/products/{}", fleet.product), format!("/v1/cohorts/{}", fleet.daily)] {
        assert_eq!(code(&fleet.api.delete(&path).await), (409, "in_use"), "{path}");
    }
    let taken = json!({"product_prn": fleet.product, "name": "weekly"});
    assert_eq!(code(&fleet.api.post("/v1/cohorts", &taken).await), (409, "name_taken"));
    assert_eq!(code(&fleet.api.post("/v1/products", &json!({"name": "sensor"})).await), (409, "name_taken"));
    fleet.api.delete(&format!("/v1/devices/{device}")).await.expect(204);
    for cohort in [&fleet.daily, &fleet.weekly] {
        fleet.api.delete(&format!("/v1/cohorts/{cohort}")).await.expect(204);
    }
    fleet.api.delete(&format!("/v1/products/{}", fleet.product)).await.expect(204);
    fleet.api.get(&format!("/v1/products/{}", fleet.product)).await.expect(404);
}

fn report(created: u64, updated: u64, unchanged: u64) -> Value {
    json!({
        "dry_run": false, "created": created, "updated": updated, "unchanged": unchanged, "refused": 0, "problems": [],
    })
}

async fn an_import_is_all_or_nothing(database: Database) {
    let server = Server::start(database);
    let fleet = fleet(server.api()).await;
    let moved = fleet.device("SN-0").await;
    let ca = authority("import ca");
    let certificate = STANDARD.encode(leaf(&ca, "SN-1").0);
    let good = format!(
        "\u{feff}identifier,product,cohort,tags,description,quarantined,certificate\r\n\
         SN-1,gateway,daily,eu;beta,\"a, b\",,{certificate}\r\n\
         SN-2,{product},{weekly},\"eu beta\",\"two\nlines\",true,\r\n\
         SN-0,gateway,weekly,,,,\r\n",
        product = fleet.product,
        weekly = fleet.weekly,
    );
    let bad = format!(
        "{good}SN-1,gateway,daily,,,,\nSN-3,unknown,,,,,\nSN-4,sensor,weekly,,,maybe,\n,gateway,,,,,\nSN-5,gateway\n\n\n,,,,,,"
    );
    let refused = fleet.import("", &bad).await.expect(200).json;
    assert_eq!((&refused["refused"], &refused["created"]), (&json!(5), &json!(2)), "{refused}");
    let lines: Vec<_> = refused["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| {
            (problem["line"].as_u64().unwrap(), problem["column"].as_str().unwrap_or("-").to_owned())
        })
        .collect();
    let expected = [(6, "identifier"), (7, "product"), (8, "quarantined"), (9, "identifier"), (10, "-")];
    assert_eq!(lines, expected.map(|(line, column)| (line, column.to_owned())), "{refused}");
    let twice = refused["problems"].as_array().unwrap().iter().find(|problem| problem["line"] == 6).unwrap();
    assert!(twice["message"].as_str().unwrap().starts_with("lines 2 and 6"), "{twice}");
    assert_eq!(fleet.counts().await, [1, 0, 0], "nothing was imported");

    let trial = fleet.import("?dry_run=true", &good).await.expect(200).json;
    assert_eq!(
        trial,
        json!({"dry_run": true, "created": 2, "updated": 1, "unchanged": 0, "refused": 0, "problems": []})
    );
    assert_eq!(fleet.counts().await, [1, 0, 0], "nothing was imported");

    assert_eq!(fleet.import("", &good).await.expect(200).json, report(2, 1, 0));
    assert_eq!(fleet.counts().await, [1, 2, 0]);
    let made = fleet.api.get("/v1/devices?identifier=SN-2").await.expect(200).json["devices"][0].take();
    assert_eq!(
        (&made["tags"], &made["description"], &made["quarantined"]),
        (&json!(["beta", "eu"]), &json!("two\nlines"), &json!(true))
    );
    let shown = fleet.api.get(&format!("/v1/devices/{moved}")).await.expect(200).json;
    assert_eq!(shown["device"]["cohort_prn"], json!(fleet.weekly));
    let registered = fleet.api.get("/v1/device_certificates?expand[]=device").await.expect(200).json;
    assert_eq!(registered["device_certificates"][0]["device"]["identifier"], "SN-1");
    assert_eq!(
        fleet.import("", &good).await.expect(200).json,
        report(0, 0, 3),
        "the same again changes nothing"
    );

    // Columns that are missing in the file stay unchanged. Values given for all lines apply to each of them.
    let rest = "identifier,target\nSN-1,x86\nSN-9,\n";
    let query = format!("?cohort_prn={}", fleet.daily);
    assert_eq!(fleet.import(&query, rest).await.expect(200).json, report(1, 1, 0));
    let made = fleet.api.get("/v1/devices?identifier=SN-1").await.expect(200).json["devices"][0].take();
    assert_eq!((&made["target"], &made["tags"]), (&json!("x86"), &json!(["beta", "eu"])));
    assert_eq!(fleet.counts().await, [2, 2, 0]);
    let events = list_all(&fleet.api, "/v1/events?type=device.imported", "events").await;
    assert_eq!(events.len(), 2, "one per import that changed something");
    the_trail_says_what_was_what(&fleet, &moved).await;
}

/// After the imports above, the audit trail contains the earlier state of each device.
async fn the_trail_says_what_was_what(fleet: &Fleet, moved: &str) {
    let trail = async |prn: &str| {
        let path = format!("/v1/events?resource_prn={prn}&order=asc");
        list_all(&fleet.api, &path, "events")
            .await
            .into_iter()
            .filter(|event| event["type"] != "device.connected")
    };
    let named = async |identifier: &str| {
        let found = fleet.api.get(&format!("/v1/devices?identifier={identifier}")).await.expect(200).json;
        prn(&found["devices"][0])
    };
    let told = |events: &[Value]| -> Vec<String> {
        events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    };
    let of_moved: Vec<_> = trail(moved).await.collect();
    assert_eq!(told(&of_moved), ["device.created", "device.updated", "device.updated"]);
    // One event for each of the two cohorts.
    let changes = [(json!(fleet.daily), Value::Null), (Value::Null, json!(fleet.weekly))];
    for (event, (from, to)) in of_moved[1..].iter().zip(&changes) {
        let data = &event["data"];
        assert_eq!(data["changed"], json!(["cohort_prn"]));
        assert_eq!((&data["from"]["cohort_prn"], &data["to"]["cohort_prn"]), (from, to));
    }
    let of_first: Vec<_> = trail(&named("SN-1").await).await.collect();
    assert_eq!(told(&of_first), ["device.created", "device.updated"]);
    assert_eq!(of_first[0]["data"]["tags"], json!(["beta", "eu"]), "{of_first:#?}");
    assert_eq!(
        (&of_first[1]["data"]["from"]["target"], &of_first[1]["data"]["to"]["target"]),
        (&Value::Null, &json!("x86")),
        "{of_first:#?}"
    );
    let imports = list_all(&fleet.api, "/v1/events?type=device.imported&order=asc", "events").await;
    assert_eq!(
        of_first[0]["request_id"], imports[0]["request_id"],
        "by which the rest of the import is found"
    );
    let certificates = list_all(&fleet.api, "/v1/events?type=device_certificate.created", "events").await;
    assert_eq!(certificates.len(), 1);
    assert_eq!(certificates[0]["data"]["identifier"], "SN-1");
    let lifted = "identifier,quarantined,tags\nSN-2,false,eu\n";
    assert_eq!(fleet.import("", lifted).await.expect(200).json, report(0, 1, 0));
    let of_second: Vec<_> = trail(&named("SN-2").await).await.collect();
    assert_eq!(told(&of_second), ["device.created", "device.updated", "device.quarantine_lifted"]);
}

async fn what_is_no_import_is_refused(database: Database) {
    let server = Server::start(database);
    let fleet = fleet(server.api()).await;
    let query = format!("?product_prn={}", fleet.product);
    for (csv, word) in [
        (String::new(), "identifier"),
        ("name\nx\n".to_owned(), "no column"),
        ("identifier|product\nx|y\n".to_owned(), "commas"),
        ("identifier,tags,identifier\nx,,y\n".to_owned(), "twice"),
        (format!("identifier\nx\n\"{}", "y".repeat(400_000)), "never closed"),
    ] {
        let answer = fleet.import(&query, &csv).await;
        assert_eq!(code(&answer), (422, "invalid"), "{answer:?}");
        let message = answer.error_message();
        assert!(message.contains(word), "{message}");
    }
    let mut many = "identifier,target\n".to_owned();
    for n in 0..3_000 {
        writeln!(many, "SN-{n},a b").unwrap();
    }
    let refused = fleet.import(&query, &many).await.expect(200).json;
    assert_eq!((&refused["refused"], refused["problems"].as_array().unwrap().len()), (&json!(3_000), 1_000));
    let many = many.replace("a b", "arm");
    assert_eq!(fleet.import(&query, &many).await.expect(200).json, report(3_000, 0, 0));
    assert_eq!(code(&fleet.import("?dry_run=perhaps", "identifier\n").await), (400, "bad_request"));
    assert_eq!(code(&fleet.import("?dryrun=true", "identifier\n").await), (400, "bad_request"));
    let json = fleet.api.post("/v1/devices/import", &json!({})).await;
    assert_eq!(code(&json), (415, "unsupported_media_type"));
}

type Authority = CertifiedIssuer<'static, KeyPair>;

/// A certificate with its key, both in PEM.
fn leaf(authority: &Authority, name: &str) -> (String, String) {
    signed(authority, &named(name))
}

fn signed(authority: &Authority, params: &CertificateParams) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    (params.signed_by(&key, authority).unwrap().pem(), key.serialize_pem())
}

async fn each_certificate_belongs_to_one_device(database: Database) {
    let server = Server::start(database);
    let fleet = fleet(server.api()).await;
    let api = &fleet.api;
    let (first, second) = (fleet.device("SN-1").await, fleet.device("SN-2").await);
    let ca = authority("factory");
    let pem = leaf(&ca, "anything").0;
    let new = |device: &str, text: &str| json!({"device_prn": device, "certificate": text});
    let made = api.post("/v1/device_certificates", &new(&first, &pem)).await.expect(201).json;
    let made = &made["device_certificate"];
    let path = format!("/v1/device_certificates/{}", prn(made));
    assert_eq!(
        (&made["device_prn"], &made["certificate"]),
        (&json!(first), &json!(pem.replace("\r\n", "\n")))
    );
    let shown = api.get(&format!("{path}?expand[]=device")).await.expect(200).json;
    assert_eq!(shown["device_certificate"]["device"]["identifier"], "SN-1");
    let taken = api.post("/v1/device_certificates", &new(&second, &STANDARD.encode(&pem))).await;
    assert_eq!(code(&taken), (409, "certificate_taken"));
    assert_eq!(taken.json["errors"][0]["context"]["prn"], json!(first));

    let mut over = named("over");
    (over.not_before, over.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    let over = signed(&ca, &over).0;
    for wrong in [over.as_str(), "no certificate", &format!("{pem}{pem}"), ""] {
        let refused = api.post("/v1/device_certificates", &new(&first, wrong)).await;
        assert_eq!(code(&refused), (422, "invalid"), "{wrong}");
        assert_eq!(refused.json["errors"][0]["context"]["field"], "certificate");
    }

    api.delete(&path).await.expect(204);
    api.get(&path).await.expect(404);
    api.delete(&path).await.expect(404);
    assert_eq!(list_all(api, "/v1/device_certificates", "device_certificates").await, Vec::<Value>::new());
    let revived = api.post("/v1/device_certificates", &new(&second, &pem)).await.expect(201).json;
    assert_eq!(revived["device_certificate"]["device_prn"], json!(second));
    api.delete(&format!("/v1/devices/{second}")).await.expect(204);
    assert_eq!(list_all(api, "/v1/device_certificates", "device_certificates").await, Vec::<Value>::new());
    api.post("/v1/device_certificates", &new(&first, &pem)).await.expect(201);
}

async fn authorities_are_proven(database: Database) {
    let server = Server::start(database);
    let fleet = fleet(server.api()).await;
    let api = &fleet.api;
    let verification_code = async || {
        let made = api.post("/v1/ca_certificates/verification_codes", &json!({})).await.expect(201).json;
        made["verification_code"].as_str().unwrap().to_owned()
    };
    let code_1 = verification_code().await;
    let (ca, stranger) = (authority("factory"), authority("factory"));
    let jitp =
        json!({"product_prn": fleet.product, "cohort_prn": fleet.daily, "tags": ["new"], "target": "arm"});
    let new = |certificate: &str, proof: &str, jitp: &Value| json!({"certificate": certificate, "verification_certificate": proof, "description": "line 1", "jitp": jitp});
    let proof = leaf(&ca, &code_1).0;
    let wrong_cohort = json!({"product_prn": fleet.product, "cohort_prn": fleet.elsewhere});
    for (body, field) in [
        (new(&ca.pem(), &leaf(&stranger, &code_1).0, &jitp), "verification_certificate"),
        (new(&ca.pem(), &leaf(&ca, "no code").0, &jitp), "verification_certificate"),
        (new(&proof, &proof, &jitp), "certificate"),
        (new(&ca.pem(), "x", &jitp), "verification_certificate"),
        (new(&ca.pem(), &proof, &wrong_cohort), "jitp.cohort_prn"),
        (new(&ca.pem(), &proof, &json!({"product_prn": "x"})), "jitp.product_prn"),
    ] {
        let refused = api.post("/v1/ca_certificates", &body).await;
        assert_eq!(code(&refused), (422, "invalid"), "{refused:?}");
        assert_eq!(refused.json["errors"][0]["context"]["field"], field, "{refused:?}");
    }
    let made = api.post("/v1/ca_certificates", &new(&ca.pem(), &proof, &jitp)).await.expect(201).json;
    let path = format!("/v1/ca_certificates/{}", prn(&made["ca_certificate"]));
    assert_eq!(made["ca_certificate"]["jitp"]["tags"], json!(["new"]));
    let used =
        api.post("/v1/ca_certificates", &new(&stranger.pem(), &leaf(&stranger, &code_1).0, &jitp)).await;
    assert_eq!(code(&used), (422, "invalid"), "a code is good once");
    let again = api
        .post("/v1/ca_certificates", &new(&ca.pem(), &leaf(&ca, &verification_code().await).0, &jitp))
        .await;
    assert_eq!(code(&again), (409, "certificate_taken"));
    assert_eq!(again.json["errors"][0]["context"]["prn"], made["ca_certificate"]["prn"]);

    assert_eq!(code(&api.delete(&format!("/v1/cohorts/{}", fleet.daily)).await), (409, "in_use"));
    let changed = api.patch(&path, &json!({"jitp": {"product_prn": fleet.other}})).await.expect(200).json;
    assert_eq!(changed["ca_certificate"]["jitp"]["cohort_prn"], Value::Null);
    api.delete(&format!("/v1/cohorts/{}", fleet.daily)).await.expect(204);
    let off = api.patch(&path, &json!({"jitp": null})).await.expect(200).json;
    assert_eq!(
        (&off["ca_certificate"]["jitp"], &off["ca_certificate"]["description"]),
        (&Value::Null, &json!("line 1"))
    );
    api.delete(&path).await.expect(204);
    assert_eq!(list_all(api, "/v1/ca_certificates", "ca_certificates").await, Vec::<Value>::new());
}
