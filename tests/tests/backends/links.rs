//! The URLs from which devices download: short URLs, and URLs of a CDN in front of the storage.

use olivine_tests::{Database, Nginx, S3, Workbench};
use serde_json::json;

use crate::team::{Customer, Team, are_complete, copies, fetch, make_default, open_server, register};

pub(crate) async fn short_urls_lead_to_the_content(database: Database) {
    let Team { s3, server, api, bench, .. } = Team::with_bucket(database, "home").await;
    register(&api, &s3, "away", json!({"replicates": true, "near_tags": ["far"], "position": 9})).await;
    let binary = bench.signed(b"0123456789").await;
    copies(&api, &binary, are_complete(1)).await;
    let (near, far) =
        (Customer::of(&server, &binary, &[]).await, server_customer(&server, &bench, &api).await);
    let style = async |style: &str, seconds: Option<u32>| {
        let change = json!({"download_url_style": style, "download_url_seconds": seconds});
        api.patch("/v1/organization", &change).await.expect(200);
    };
    assert!(near.url().await.len() > 300);

    style("short", Some(600)).await;
    let is_short = |url: &str| url.contains("/d/");
    let url = near.url_that(is_short).await;
    assert!(url.len() < server.url().len() + 60, "{url}");
    let led = api.without_key().get(&url).await.expect(302);
    let to = led.header("location").unwrap();
    assert!(to.contains("/home/") && led.body.is_empty(), "{to}");
    assert_eq!(fetch(&api, to).await, b"0123456789");
    let to = api.without_key().get(&far.url_that(is_short).await).await.expect(302);
    assert!(to.header("location").unwrap().contains("/away/"));

    style("streamed", None).await;
    let before = url;
    let url = near.url_that(|url| is_short(url) && url != before).await;
    assert_eq!(fetch(&api, &url).await, b"0123456789");
    let shell = server.shell();
    let part = shell.run(&format!("curl -fsS -r 3-5 '{url}'")).succeeds();
    assert_eq!(part, "345");

    // A changed URL is refused, and so is a URL whose content is gone.
    let (head, last) = url.split_at(url.len() - 1);
    let tampered = format!("{head}{}", if last == "A" { "B" } else { "A" });
    api.without_key().get(&tampered).await.expect(403);
    let confirmed = format!("/v1/binaries/{binary}?confirm={binary}");
    api.patch(&confirmed, &json!({"state": "destroyed"})).await.expect(200);
    api.without_key().get(&url).await.expect(410);
    api.without_key().get(&before).await.expect(410);
}

/// A device with the tag `far`, and a binary that has a complete replica near it.
async fn server_customer(
    server: &olivine_tests::Server,
    bench: &Workbench,
    api: &olivine_tests::Api,
) -> Customer {
    let binary = bench.signed(b"for one far away").await;
    copies(api, &binary, are_complete(1)).await;
    Customer::of(server, &binary, &["far"]).await
}

pub(crate) async fn a_cdn_signs_what_devices_get(database: Database) {
    const SECRET: &str = "a-secret-of-enough-characters";
    let s3 = S3::start();
    let server = open_server(database).start();
    let api = server.api();
    let bench = Workbench::new(server.api()).await;
    // nginx checks the link and would then fetch from the storage. Here it answers with the path that it would fetch.
    let checks = format!(
        "secure_link $arg_md5,$arg_expires; secure_link_md5 \"$secure_link_expires$uri {SECRET}\";
         if ($secure_link = \"\") {{ return 403; }} if ($secure_link = \"0\") {{ return 410; }}"
    );
    let cdn = Nginx::in_front_of(
        &[s3.url().trim_start_matches("http://")],
        "",
        &format!("{checks} return 200 $uri;"),
    );
    let settings = json!({"type": "secure_link", "url": cdn.url(), "secret": SECRET});
    let home = register(&api, &s3, "home", json!({"cdn": settings})).await;
    make_default(&api, Some(&home)).await;
    let shown = api.get(&format!("/v1/storage_backends/{home}")).await.expect(200);
    assert_eq!(shown.json["storage_backend"]["cdn"], json!({"type": "secure_link", "url": cdn.url()}));
    assert!(!String::from_utf8_lossy(&shown.body).contains(SECRET));

    let binary = bench.signed(b"cached near you").await;
    let customer = Customer::of(&server, &binary, &[]).await;
    let url = customer.url().await;
    assert!(url.starts_with(&cdn.url()), "{url}");
    let id = binary.rsplit(':').next().unwrap();
    let path = String::from_utf8(fetch(&api, &url).await).unwrap();
    assert!(path.ends_with(&format!("/{id}/1")), "{path}");
    assert!(s3.objects("home").iter().any(|object| object.ends_with(path.trim_start_matches('/'))), "{path}");
    api.without_key().get(&url.replace("/1?", "/2?")).await.expect(403);

    let gone = json!({"cdn": null});
    api.patch(&format!("/v1/storage_backends/{home}"), &gone).await.expect(200);
    let url = customer.url_that(|url| url.starts_with(&s3.url())).await;
    assert_eq!(fetch(&api, &url).await, b"cached near you");
}
