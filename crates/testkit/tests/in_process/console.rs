//! The web console's files: who gets them, with which headers, and what stays as it is for programs.

use http::Method;
use http::header::{ACCEPT, ACCEPT_ENCODING, IF_NONE_MATCH};
use olivine_testkit::Server;
use olivine_tests::{Answer, send};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn open(server: &Server, path: &str) -> Answer {
    send(server.api().without_key().request(Method::GET, path).header(ACCEPT, BROWSER)).await
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// The path of a file that the page names.
fn named_in(page: &str, file: &str) -> String {
    let end = page.find(file).expect("the page names it") + file.len();
    let start = page[..end].rfind('"').expect("it is an attribute") + 1;
    page[start..end].to_owned()
}

#[tokio::test]
async fn a_browser_gets_the_console_at_any_path_that_is_not_the_apis() {
    let server = Server::start().await;
    for path in ["/", "/devices", "/devices/SN-1?version=1", "/setup", "/o/acme/"] {
        let page = open(&server, path).await.expect(200);
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-cache"), "{path}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
        let policy = page.header("content-security-policy").unwrap();
        for rule in [
            "default-src 'none'",
            "script-src 'self';",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}

#[tokio::test]
async fn programs_and_the_apis_paths_are_answered_as_ever() {
    let server = Server::start().await;
    assert_eq!(server.api().get("/devices").await.expect(404).error_code(), Some("not_found"));
    assert_eq!(open(&server, "/v1/nothing").await.expect(404).error_code(), Some("not_found"));
    open(&server, "/d/nothing").await.expect(403);
    open(&server, "/v1/devices").await.expect(401);
    let post = server.api().without_key().request(Method::POST, "/devices").header(ACCEPT, BROWSER);
    send(post).await.expect(404);
}

#[tokio::test]
async fn files_are_kept_forever_under_the_name_of_their_build() {
    let server = Server::start().await;
    let page = text(&open(&server, "/").await.expect(200));
    let path = named_in(&page, "app.js");
    let plain = send(server.api().without_key().request(Method::GET, &path)).await.expect(200);
    assert_eq!(plain.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(plain.header("content-type"), Some("text/javascript; charset=utf-8"));
    let asked = server.api().without_key().request(Method::GET, &path).header(ACCEPT_ENCODING, "br, gzip");
    let compressed = send(asked).await.expect(200);
    assert_eq!(compressed.header("content-encoding"), Some("gzip"));
    assert!(compressed.body.len() < plain.body.len());
    let known = server.api().without_key().request(Method::GET, &path);
    let known = known.header(IF_NONE_MATCH, plain.header("etag").unwrap());
    assert!(send(known).await.expect(304).body.is_empty());
    // Another version's page must not be given files of this one.
    let build = path.split('/').nth(2).unwrap();
    open(&server, &path.replace(build, "0123456789abcdef")).await.expect(404);
    open(&server, &format!("/assets/{build}/../BUILD")).await.expect(404);
}

/// A browser that is told that it has the script already keeps the policy that came with it, also if the storages are others by now.
#[tokio::test]
async fn the_upload_workers_policy_comes_with_each_answer() {
    let server = Server::start().await;
    let page = text(&open(&server, "/").await.expect(200));
    let path = named_in(&page, "app.js");
    let app = send(server.api().without_key().request(Method::GET, &path)).await.expect(200);
    let again = server.api().without_key().request(Method::GET, &path.replace("app.js", "upload_worker.js"));
    let again = send(again.header(IF_NONE_MATCH, app.header("etag").unwrap())).await.expect(200);
    assert!(!again.body.is_empty() && again.header("etag").is_none(), "{again:?}");
    let policy = again.header("content-security-policy").unwrap();
    assert!(policy.contains("'wasm-unsafe-eval'") && policy.contains("connect-src 'self'"), "{policy}");
}

#[tokio::test]
async fn the_page_to_browse_the_api_loads_nothing_from_elsewhere() {
    let server = Server::start().await;
    let page = open(&server, "/docs/").await.expect(200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"), "{policy}");
}

#[tokio::test]
async fn the_console_can_be_switched_off() {
    let server = Server::builder().set("console.enabled=false").start().await;
    for path in ["/", "/devices", "/assets/x/app.js"] {
        assert_eq!(open(&server, path).await.expect(404).error_code(), Some("not_found"), "{path}");
    }
    open(&server, "/docs/").await.expect(200);
}
