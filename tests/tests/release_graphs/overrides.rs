//! Overrides, and the numbers of devices.

use olivine_tests::{Database, Server, Table, prn};
use serde_json::{Value, json};

use crate::workshop::{Workshop, absent_like};

async fn device(shop: &Workshop, identifier: &str) -> String {
    let body =
        json!({"identifier": identifier, "product_prn": shop.product, "cohort_prn": shop.cohort, "tags": []});
    prn(&shop.api().post("/v1/devices", &body).await.expect(201).json["device"])
}

pub(crate) async fn overrides_change_at_any_time(database: Database) {
    let server = Server::start(database);
    let shop = Workshop::new(server.api()).await;
    let api = shop.api();
    let [one, two] = [device(&shop, "one").await, device(&shop, "two").await];
    let absent = absent_like(&one);
    let with = |more: Value| {
        let mut body = json!({"name": "rescue", "bundle_prn": shop.bundle});
        let Value::Object(more) = more else { panic!("fields are an object") };
        body.as_object_mut().expect("it was made as one").extend(more);
        body
    };
    let mut table = Table::default();
    for (what, body) in [
        ("for nobody", with(json!({}))),
        ("for everybody at once", with(json!({"tags": ["eu"], "cohort_prn": shop.cohort}))),
        ("for no device", with(json!({"device_prns": []}))),
        ("for no tag", with(json!({"tags": []}))),
        ("for a device that does not exist", with(json!({"device_prns": [one, absent]}))),
        ("for two devices that are none", with(json!({"device_prns": ["x", "y"]}))),
        (
            "over before it begins",
            with(
                json!({"tags": ["eu"], "starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"}),
            ),
        ),
        (
            "over by now, without a beginning",
            with(json!({"tags": ["eu"], "ends_at": "2020-01-01T00:00:00Z"})),
        ),
        ("without a bundle", with(json!({"tags": ["eu"], "bundle_prn": shop.binary}))),
    ] {
        table.note(what, &api.post("/v1/bundle_overrides", &body).await);
    }
    let rescue = with(json!({"device_prns": [two, one, two]}));
    let rescue = api.post("/v1/bundle_overrides", &rescue).await.expect(201).json["bundle_override"].take();
    assert_eq!(rescue["device_prns"], json!([one, two]));
    assert_eq!(
        (&rescue["tags"], &rescue["cohort_prn"], &rescue["ends_at"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    table.note(
        "a name that is taken",
        &api.post("/v1/bundle_overrides", &with(json!({"tags": ["eu"]}))).await,
    );

    // A deleted device is removed from the override.
    api.delete(&format!("/v1/devices/{two}")).await.expect(204);
    let path = format!("/v1/bundle_overrides/{}", prn(&rescue));
    let found = api.get(&format!("{path}?expand[]=bundle")).await.expect(200).json["bundle_override"].take();
    assert_eq!((&found["device_prns"], &found["bundle"]["prn"]), (&json!([one]), &json!(shop.bundle)));

    table.note("two at once", &api.patch(&path, &json!({"tags": ["eu"], "cohort_prn": shop.cohort})).await);
    table.note(
        "an end before the beginning",
        &api.patch(&path, &json!({"ends_at": "2020-01-01T00:00:00Z"})).await,
    );
    let change = json!({"tags": ["eu", "beta"], "ends_at": "2099-01-01T00:00:00Z", "description": "for now"});
    let changed = api.patch(&path, &change).await.expect(200).json["bundle_override"].take();
    assert_eq!((&changed["tags"], &changed["device_prns"]), (&json!(["beta", "eu"]), &Value::Null));
    let change = json!({"cohort_prn": shop.cohort, "ends_at": null, "starts_at": "2030-01-01T00:00:00Z"});
    let changed = api.patch(&path, &change).await.expect(200).json["bundle_override"].take();
    assert_eq!(
        (&changed["tags"], &changed["cohort_prn"], &changed["ends_at"]),
        (&Value::Null, &json!(shop.cohort), &Value::Null)
    );
    insta::assert_snapshot!("overrides", table.text());

    let listed = api.get(&format!("/v1/bundle_overrides?cohort_prn={}", shop.cohort)).await.expect(200).json;
    assert_eq!(listed["bundle_overrides"][0]["description"], "for now");
    api.delete(&path).await.expect(204);
    api.get(&path).await.expect(404);
}

/// The numbers follow the reports of devices, and changes of the devices.
pub(crate) async fn adoption_follows_reports(database: Database) {
    let server = Server::start(database);
    let shop = Workshop::new(server.api()).await;
    let [first, middle, last] = ["first", "middle", "last"];
    let first = shop.release(first, json!({})).await;
    let middle = shop.release(middle, json!({})).await;
    let last = shop.release(last, json!({})).await;
    let aside = shop.release("aside", json!({"next_release_prn": last})).await;
    let mut devices = Vec::new();
    for (number, on) in [&first, &first, &middle, &last, &aside].into_iter().enumerate() {
        let device = device(&shop, &format!("device-{number}")).await;
        let report = json!({"release_prn": on, "write": true});
        shop.api().post(&format!("/v1/devices/{device}/update"), &report).await.expect(200);
        devices.push(device);
    }
    device(&shop, "silent").await;
    let adoption = async |release: &str| {
        let seen = shop.api().get(&format!("/v1/releases/{release}/adoption")).await.expect(200).json;
        ["devices", "on", "before", "after", "elsewhere"].map(|name| seen[name].as_u64().expect("a number"))
    };
    assert_eq!(adoption(&middle).await, [6, 1, 2, 1, 2]);
    assert_eq!(adoption(&last).await, [6, 1, 4, 0, 1]);
    assert_eq!(adoption(&aside).await, [6, 1, 0, 1, 4]);
    let report = json!({"release_prn": last, "write": true});
    shop.api().post(&format!("/v1/devices/{}/update", devices[0]), &report).await.expect(200);
    assert_eq!(adoption(&middle).await, [6, 1, 1, 2, 2]);
    shop.api().delete(&format!("/v1/devices/{}", devices[3])).await.expect(204);
    assert_eq!(adoption(&last).await, [5, 1, 3, 0, 1]);
    shop.api().delete(&format!("/v1/releases/{middle}?confirm={middle}")).await.expect(204);
    assert_eq!(adoption(&last).await, [5, 1, 2, 0, 2]);
    let days = shop.api().get(&format!("/v1/releases/{last}/adoption")).await.expect(200).json["days"].take();
    assert_eq!((&days[0]["arrived"], &days[0]["departed"]), (&json!(2), &json!(1)));
}
