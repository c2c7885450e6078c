//! Names, versions and targets that look like paths or commands, and the file name of a download that is made of them.

use olivine_tests::{Database, Server, exchange, on_both};

on_both!(paths_that_climb);

fn paths_that_climb(database: Database) {
    let server = Server::start(database);
    let key = server.admin_key();
    for path in [
        "/../../../etc/passwd",
        "/v1/../admin-api-key",
        "/content/../../admin-api-key",
        "/content/..%2f..%2fadmin-api-key",
        "/docs/../../admin-api-key",
        "/docs/..%2f..%2fadmin-api-key",
        "/docs/%2e%2e/%2e%2e/admin-api-key",
        "//etc/passwd",
        "/v1/binaries/..%2fevents",
        "/v1/binaries/%00",
        "/v1/binaries/%ff%fe",
        "/v1/binaries/%zz",
        "/%2e%2e/%2e%2e/etc/passwd",
    ] {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n"
        );
        let answer = exchange(server.url(), request).expect("an answer");
        assert!([400, 403, 404].contains(&answer.status), "{path} is answered with {answer:?}");
        let text = String::from_utf8_lossy(&answer.body);
        assert!(!text.contains(&key) && !text.contains("root:"), "{path} shows {text}");
    }
}
