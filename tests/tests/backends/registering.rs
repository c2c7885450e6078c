//! Registering a storage backend: what is tested, how problems are reported, and which addresses are not reachable.

use olivine_tests::{Database, S3, Server, Workbench, prn};
use serde_json::{Value, json};

use crate::team::{make_default, open_server, register, with};

pub(crate) async fn a_backend_is_tried_before_it_is_taken(database: Database) {
    let s3 = S3::start();
    let server = open_server(database).start();
    let api = server.api();
    let good = s3.backend(&s3.bucket("firmware"));

    // Each missing permission is named in the error.
    for permission in ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket"] {
        s3.deny(&[permission]);
        let refused = api.post("/v1/storage_backends", &good).await.expect(422);
        assert_eq!(refused.error_code(), Some("storage_refused"), "{permission}");
        let message = refused.error_message().to_owned();
        assert!(message.contains(permission), "{permission}: {message}");
        assert!(
            !message.contains(s3.secret_access_key()) && !message.contains("X-Amz-Signature"),
            "{message}"
        );
    }
    s3.deny(&[]);
    let wrong_key = json!({"type": "s3", "access_key_id": "X", "secret_access_key": "wrong"});
    for (field, value, code) in [
        ("url", json!("s3://no-such-bucket"), "storage_refused"),
        ("credentials", wrong_key, "storage_refused"),
        ("credentials", Value::Null, "invalid"),
        ("credentials", json!({"type": "azure", "account": "a", "access_key": "a2V5"}), "invalid"),
        ("url", json!("file:///etc"), "invalid"),
        ("url", json!("https://example.com"), "invalid"),
        ("endpoint", json!("http://user:password@127.0.0.1"), "invalid"),
        ("cdn", json!({"type": "secure_link", "url": "ftp://cdn", "secret": "0123456789abcdef"}), "invalid"),
    ] {
        let body = with(good.clone(), &json!({field: value.clone()}));
        let refused = api.post("/v1/storage_backends", &body).await;
        assert_eq!(
            (refused.status, refused.error_code()),
            (422, Some(code)),
            "{field}: {value} {:#}",
            refused.json
        );
    }
    // Objects that a test without the permission to delete has left behind.
    for object in s3.objects("firmware") {
        s3.remove("firmware", &object);
    }

    let frankfurt = prn(&api.post("/v1/storage_backends", &good).await.expect(201).json["storage_backend"]);
    assert_eq!(s3.objects("firmware"), Vec::<String>::new(), "a probe leaves nothing behind");
    let shown = api.get(&format!("/v1/storage_backends/{frankfurt}")).await.expect(200);
    assert!(!String::from_utf8_lossy(&shown.body).contains(s3.secret_access_key()));
    assert_eq!(shown.json["storage_backend"]["has_credentials"], json!(true));
    assert_eq!(api.post("/v1/storage_backends", &good).await.expect(409).error_code(), Some("name_taken"));

    // Changing the default moves nothing. Each binary keeps its storage backend.
    let bench = Workbench::new(server.api()).await;
    let before = bench.signed(b"before").await;
    make_default(&api, Some(&frankfurt)).await;
    let after = bench.signed(b"after").await;
    assert_eq!(bench.get(&before).await["storage_backend_prn"], Value::Null);
    assert_eq!(bench.get(&after).await["storage_backend_prn"], json!(frankfurt));
    assert_eq!(s3.objects("firmware").len(), 1);

    let path = format!("/v1/storage_backends/{frankfurt}");
    assert_eq!(api.delete(&path).await.expect(409).error_code(), Some("in_use"));
    make_default(&api, None).await;
    assert_eq!(api.delete(&path).await.expect(409).error_code(), Some("in_use"));
    // New credentials are tested as well. If the test fails, the old ones stay.
    let bad = json!({"credentials": {"type": "s3", "access_key_id": "X", "secret_access_key": "y"}});
    assert_eq!(api.patch(&path, &bad).await.expect(422).error_code(), Some("storage_refused"));
    let url = bench.download_url(&after).await;
    assert_eq!(crate::team::fetch(&api, &url).await, b"after");
    bench.ask(&after, "destroyed").await.expect(200);
    crate::team::copies(&api, &after, <[Value]>::is_empty).await;
    assert_eq!(s3.objects("firmware"), Vec::<String>::new());
    api.delete(&path).await.expect(204);
    bench.signed(b"elsewhere again").await;
}

pub(crate) async fn the_servers_network_is_out_of_reach(database: Database) {
    let s3 = S3::start();
    let server = Server::start(database);
    let api = server.api();
    let body = s3.backend(&s3.bucket("firmware"));
    let port = s3.url().rsplit(':').next().unwrap().to_owned();
    for host in
        ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "169.254.169.254", "10.0.0.1", "[::ffff:127.0.0.1]"]
    {
        let body = with(body.clone(), &json!({"endpoint": format!("http://{host}:{port}")}));
        let refused = api.post("/v1/storage_backends", &body).await.expect(422);
        let said = String::from_utf8_lossy(&refused.body).into_owned();
        assert!(said.contains("public"), "{host}: {said}");
    }
    assert_eq!((s3.received_bytes(), s3.objects("firmware").len()), (0, 0), "nothing was asked of it");

    // Records of another organization are not visible.
    let server = open_server(database).start();
    let own = register(&server.api(), &s3, "own", json!({})).await;
    let key = server.operator(&[
        "api-keys",
        "create",
        "--name",
        "other",
        "--role",
        "admin",
        "--organization",
        "other",
    ]);
    let other = server.api().with_key(key);
    other.get(&format!("/v1/storage_backends/{own}")).await.expect(404);
    other.patch("/v1/organization", &json!({"storage_backend_prn": own})).await.expect(404);
}
