//! Storages that refuse permanently: what is reported, and to whom.

use std::time::Duration;

use olivine_tests::{Answer, Database, Refusing, S3, Server, ServerBuilder, Workbench, list_all, sha256_hex};
use serde_json::json;

use crate::failures::send;
use crate::team::{fetch, make_default, open_server, until};

/// The minimum size of all parts except the last one.
const PART: usize = 5 * 1024 * 1024;

/// A store that does not support checksums of parts.
const NO_CHECKSUMS: Refusing = Refusing {
    status: 400,
    code: "InvalidArgument",
    message: "Unsupported header 'x-amz-checksum-algorithm'",
    header: Some("x-amz-checksum-"),
};

fn on(s3: &S3, database: Database) -> ServerBuilder {
    let url = format!("s3://{}", s3.bucket("firmware"));
    Server::builder().database(database).envs(s3.environment()).arg("--storage-url").arg(url)
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// Waits until the answer of `/readyz` satisfies the condition.
async fn ready(server: &Server, says: impl Fn(&Answer) -> bool) {
    for _ in 0..600 {
        if says(&server.api().get("/readyz").await) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("/readyz says {}", text(&server.api().get("/readyz").await));
}

fn assert_names(answer: &Answer, cause: &str) {
    let said = text(answer);
    assert_eq!((answer.status, answer.error_code()), (503, Some("misconfigured")), "{said}");
    assert!(said.contains(cause) && !said.contains("few seconds"), "{cause}: {said}");
    assert_eq!(answer.header("retry-after"), Some("60"));
}

pub(crate) async fn a_permanent_refusal_of_a_store_is_not_reported_as_temporary(database: Database) {
    let s3 = S3::start();
    let refusing = |status, code, message| Refusing { status, code, message, header: None };
    let cases = [
        (refusing(403, "InvalidAccessKeyId", "no such key"), "look at the access key"),
        (refusing(403, "SignatureDoesNotMatch", "calculate it again"), "look at the access key"),
        (refusing(403, "RequestTimeTooSkewed", "too large a difference"), "set the server's clock"),
        (refusing(404, "NoSuchBucket", "it does not exist"), "no such bucket"),
        (refusing(400, "AuthorizationHeaderMalformed", "expecting 'eu-west-1'"), "another region"),
        (refusing(301, "PermanentRedirect", "it is elsewhere"), "another region"),
        (refusing(403, "AccessDenied", "not allowed"), "lack a permission"),
        (NO_CHECKSUMS, "storage.checksums = false"),
    ];
    s3.refuse(Some(cases[0].0));
    // With two processes, only one of them would have learned of the refusal.
    let server = on(&s3, database).scaled(false).start();
    // The log explains it at the start, with the store's message and with ours, before any request needs the store.
    until("the log names the cause", || {
        let log = server.log();
        log.contains("does not do all")
            && log.contains("InvalidAccessKeyId")
            && log.contains("look at the access key")
    })
    .await;
    let bench = Workbench::new(server.api()).await;
    for (refusing, cause) in cases {
        s3.refuse(Some(refusing));
        // The answer may be cached for less than a second.
        ready(&server, |ready| ready.status == 503 && text(ready).contains(cause)).await;
        assert_names(&server.api().get("/readyz").await, cause);
        let binary = bench.uploadable(b"content").await;
        assert_names(&bench.announce(&binary, 1, b"content").await, cause);
        // The command line gets the error at once.
        let began = std::time::Instant::now();
        let shell = server.shell();
        shell.write("fw.bin", b"content");
        let said = shell.run(&format!("peridio binaries upload --prn {binary} --file fw.bin")).fails(1);
        assert!(said.contains(cause) && began.elapsed().as_secs() < 10, "{cause}: {said}");
    }
    s3.refuse(None);
    ready(&server, |ready| ready.status == 200).await;
    bench.signed(b"content that arrives").await;
}

pub(crate) async fn a_store_that_knows_no_checksums_can_be_used(database: Database) {
    let s3 = S3::start();
    s3.refuse(Some(NO_CHECKSUMS));
    let server = on(&s3, database).env("OLIVINE_STORAGE_CHECKSUMS", "false").start();
    let bench = Workbench::new(server.api()).await;
    let content = check_parts_go_straight_to_the_store(&bench).await;
    // The store accepts bytes that differ from the announced ones, but the server does not.
    let wrong = bench.uploadable(&content).await;
    for (index, bytes) in (1..).zip(content.chunks(PART)) {
        let announced = bench.announce(&wrong, index, bytes).await.expect(201).json;
        let mut bytes = bytes.to_vec();
        bytes[0] ^= 1;
        send(&announced["binary_part"]["upload"], bytes).await.expect(200);
    }
    bench.ask(&wrong, "hashable").await.expect(200);
    let found = bench.settled(&wrong, |binary| !binary["verification_error"].is_null()).await;
    assert_eq!(found["verification_error"]["code"], "hash_mismatch", "{found:#}");
}

/// Uploads a content in parts by URLs that lead to the store, downloads it again, and returns it.
async fn check_parts_go_straight_to_the_store(bench: &Workbench) -> Vec<u8> {
    let content = olivine_tests::Random::new().bytes(PART + 1234);
    let binary = bench.uploadable(&content).await;
    for (index, bytes) in (1..).zip(content.chunks(PART)) {
        let announced = bench.announce(&binary, index, bytes).await.expect(201).json;
        send(&announced["binary_part"]["upload"], bytes.to_vec()).await.expect(200);
    }
    bench.ask(&binary, "hashable").await.expect(200);
    bench.in_state(&binary, "signable").await;
    bench.sign(&binary, &content).await.expect(201);
    let got = fetch(bench.api(), &bench.download_url(&binary).await).await;
    assert_eq!(sha256_hex(&got), sha256_hex(&content));
    content
}

/// A refusal of an organization's store is reported when the store is registered, and the advice in the message works.
pub(crate) async fn an_organizations_store_that_knows_no_checksums_can_be_used(database: Database) {
    let s3 = S3::start();
    let server = open_server(database).start();
    let api = server.api();
    let body = s3.backend(&s3.bucket("firmware"));
    let path = "/v1/storage_backends";
    s3.refuse(Some(NO_CHECKSUMS));
    let refused = api.post(path, &body).await.expect(422);
    assert_eq!(refused.error_code(), Some("storage_refused"));
    assert!(text(&refused).contains("'checksums: false'"), "{}", text(&refused));

    let shell = server.shell();
    let credentials = json!({"type": "s3", "access_key_id": s3.access_key_id(), "secret_access_key": s3.secret_access_key()});
    shell.write("credentials.json", credentials.to_string().as_bytes());
    let create = format!(
        "peridio storage-backends create --name old --url {} --endpoint {} --region eu-test-1 \
         --credentials-file credentials.json --output prn --checksums",
        body["url"].as_str().unwrap(),
        s3.url()
    );
    shell.run(&format!("{create} true")).fails(1);
    let prn = shell.run(&format!("{create} false")).succeeds();
    let one = format!("{path}/{prn}");
    assert_eq!(api.get(&one).await.expect(200).json["storage_backend"]["checksums"], json!(false));
    make_default(&api, Some(&prn)).await;
    let bench = Workbench::new(server.api()).await;
    let content = check_parts_go_straight_to_the_store(&bench).await;

    // A change is tested before it is made, and takes effect without a restart.
    let update = format!("peridio storage-backends update --prn {prn} --checksums true");
    shell.run(&update).fails(1);
    s3.refuse(None);
    shell.run(&update).succeeds();
    assert_eq!(api.get(&one).await.expect(200).json["storage_backend"]["checksums"], json!(true));
    let events = list_all(&api, "/v1/events?type=storage_backend.updated", "events").await;
    assert_eq!(events[0]["data"]["changed"], json!(["checksums"]), "{events:#?}");
    let wrong = bench.uploadable(&content).await;
    let announced = bench.announce(&wrong, 1, &content[..PART]).await.expect(201).json;
    send(&announced["binary_part"]["upload"], vec![0; PART]).await.expect(400);

    // Storages of other kinds do not have this setting.
    let google = json!({"name": "google", "url": "gs://firmware", "checksums": false,
        "credentials": {"type": "gcs", "service_account_key": "{}"}});
    let refused = api.post(path, &google).await.expect(422);
    assert!(text(&refused).contains("\"checksums\""), "{}", text(&refused));
}
