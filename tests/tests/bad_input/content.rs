//! Content that differs from the announced hash or size: uploaded directly, in parts, and at completion.

use olivine_tests::{Answer, Database, Server, Table, Workbench, chunked, exchange, on_both};
use serde_json::json;

on_both!(
    async direct_uploads_that_are_not_what_was_promised,
    async parts_that_are_not_what_was_announced,
    async uploads_by_curl_in_its_ways,
);

const CONTENT: &[u8] = b"0123456789";
/// A `PUT` request with `body`, with or without announcing its length.
fn put(server: &Server, path: &str, body: &[u8], framing: Framing) -> Answer {
    let key = server.admin_key();
    let head =
        format!("PUT {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {key}\r\nconnection: close\r\n");
    let request = match framing {
        Framing::Length => {
            [format!("{head}content-length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
        }
        Framing::Chunked => {
            [format!("{head}transfer-encoding: chunked\r\n\r\n").into_bytes(), chunked(body)].concat()
        }
    };
    exchange(server.url(), request).expect("an answer")
}

#[derive(Clone, Copy, Debug)]
enum Framing {
    Length,
    Chunked,
}

impl Framing {
    const BOTH: [(Self, &'static str); 2] =
        [(Self::Length, "with Content-Length"), (Self::Chunked, "chunked")];
}

async fn direct_uploads_that_are_not_what_was_promised(database: Database) {
    let server = Server::builder().database(database).env("OLIVINE_DIRECT_UPLOAD_BYTES", "1000").start();
    let bench = Workbench::new(server.api()).await;
    let mut table = Table::default();
    let sized = bench.uploadable(CONTENT).await;
    let mut unsized_promise = bench.promise(CONTENT);
    unsized_promise.as_object_mut().unwrap().remove("size");
    let unsized_one = bench.create(&unsized_promise).await;
    for (framing, how) in Framing::BOTH {
        for (body, what) in [
            (&b"9876543210"[..], "other bytes of the right size"),
            (b"012345678", "a byte too few"),
            (b"", "nothing at all"),
            (b"0123456789x", "a byte too many"),
        ] {
            let answer = put(&server, &format!("/v1/binaries/{sized}/content"), body, framing);
            table.note(&format!("{what}, size declared, {how}"), &answer);
            let answer = put(&server, &format!("/v1/binaries/{unsized_one}/content"), body, framing);
            table.note(&format!("{what}, no size declared, {how}"), &answer);
        }
        let answer = put(&server, &format!("/v1/binaries/{unsized_one}/content"), &[b'x'; 1001], framing);
        table.note(&format!("a byte more than the limit of direct uploads, {how}"), &answer);
    }
    insta::assert_snapshot!("direct_uploads", table.text());
    for binary in [sized, unsized_one] {
        let record = bench.get(&binary).await;
        assert_eq!((&record["state"], &record["bytes_uploaded"]), (&json!("uploadable"), &json!(0)));
        // After all these failures, the correct content is accepted.
        bench.put_content(&binary, CONTENT).await.expect(200);
        bench.ask(&binary, "hashable").await.expect(200);
        assert_eq!(bench.in_state(&binary, "signable").await["size"], 10);
    }
}

async fn parts_that_are_not_what_was_announced(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let binary = bench.uploadable(CONTENT).await;
    let announced = bench.announce(&binary, 1, CONTENT).await.expect(201);
    let url = announced.json["binary_part"]["presigned_upload_url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix(server.url()).unwrap();
    let mut table = Table::default();
    for (framing, how) in Framing::BOTH {
        for (body, what) in [
            (&b"9876543210"[..], "other bytes of the right size"),
            (b"012345678", "a byte too few"),
            (b"", "nothing at all"),
            (b"0123456789x", "a byte too many"),
        ] {
            table.note(&format!("{what}, {how}"), &put(&server, path, body, framing));
            let part = bench.api().get(&format!("/v1/binaries/{binary}/parts/1")).await.expect(200);
            table.line(&format!("    the part is then {}", part.json["binary_part"]["state"]));
            table.note("    completing it", &bench.ask(&binary, "hashable").await);
        }
    }
    let first = put(&server, path, CONTENT, Framing::Length);
    table.note("the right bytes after all", &first);
    table.note("the right bytes again", &put(&server, path, CONTENT, Framing::Length));
    table.note("wrong bytes after the right ones", &put(&server, path, b"9876543210", Framing::Length));
    insta::assert_snapshot!("parts", table.text());
    bench.ask(&binary, "hashable").await.expect(200);
    bench.in_state(&binary, "signable").await;
}

async fn uploads_by_curl_in_its_ways(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let shell = server.shell().env("ADMIN", server.url());
    for has_size in [true, false] {
        for (number, (how, status)) in (0..).zip([
            ("-T firmware", "200"),
            ("-T - < firmware", "200"),
            ("-T firmware -H 'Transfer-Encoding: chunked'", "200"),
            ("-T firmware --http1.0", "200"),
            ("-T firmware -H 'Expect: 100-continue'", "200"),
            ("-X PUT --data-binary @firmware -H 'Content-Type: application/octet-stream'", "200"),
            // A form is not the file itself.
            ("-X PUT -F file=@firmware", "422"),
        ]) {
            let content = format!("firmware {has_size} {number}");
            let mut promise = bench.promise(content.as_bytes());
            if !has_size {
                promise.as_object_mut().unwrap().remove("size");
            }
            let binary = bench.create(&promise).await;
            shell.write("firmware", &content);
            let answered = shell
                .run(&format!(
                    "curl --silent -o answer -w '%{{http_code}}' -H \"Authorization: Bearer $PERIDIO_API_KEY\" \
                     $ADMIN/v1/binaries/{binary}/content {how}"
                ))
                .succeeds();
            let said = String::from_utf8(shell.read("answer")).unwrap();
            assert_eq!(answered, status, "{how}, with a size {has_size}: {said}");
            if status == "422" {
                let code = if has_size { "size_mismatch" } else { "hash_mismatch" };
                assert!(said.contains(code), "{how}: {said}");
                bench.put_content(&binary, content.as_bytes()).await.expect(200);
            }
        }
    }
}
