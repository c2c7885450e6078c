//! Probes are open to everybody: whether the server lives and works. Its metrics are only for its operator.

use std::sync::Arc;

use olivine_tests::{Api, Database, Server, on_both, send};
use reqwest::Method;
use serde_json::Value;

on_both!(async metrics_are_for_the_operator, async readiness_costs_the_same_however_often_it_is_asked);

const TOKEN: &str = "a token of at least sixteen characters";

async fn metrics(api: &Api, headers: &[(&str, &str)]) -> u16 {
    let mut request = api.request(Method::GET, "/metrics");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(request).await.status
}

async fn metrics_are_for_the_operator(database: Database) {
    let server = Server::builder()
        .database(database)
        .scaled(false)
        .env("OLIVINE_OPERATIONS_LISTEN", "127.0.0.1:0")
        .env("OLIVINE_METRICS_TOKEN", TOKEN)
        .start();
    let people = Api::new(server.url());
    assert_eq!(metrics(&people, &[]).await, 200);
    // Behind a proxy on the same machine, all requests come from the proxy's address.
    for headers in [&[("host", "updates.example.com")][..], &[("x-forwarded-for", "192.0.2.1")]] {
        assert_eq!(metrics(&people, headers).await, 403, "{headers:?}");
        let wrong = [headers, &[("authorization", "Bearer another token of that length")]].concat();
        assert_eq!(metrics(&people, &wrong).await, 403, "{headers:?}");
        let bearer = format!("Bearer {TOKEN}");
        let right = [headers, &[("authorization", &bearer)]].concat();
        assert_eq!(metrics(&people, &right).await, 200, "{headers:?}");
    }
    let announced = std::fs::read_to_string(server.data_dir().join("server.json")).unwrap();
    let announced: Value = serde_json::from_str(&announced).unwrap();
    let operations = Api::new(announced["operations_url"].as_str().expect("it listens"));
    assert_eq!(metrics(&operations, &[("host", "olivine.internal")]).await, 200);
    for (path, status) in [("/healthz", 200), ("/readyz", 200), ("/v1/users/me", 404), ("/docs", 404)] {
        operations.get(path).await.expect(status);
    }
}

async fn readiness_costs_the_same_however_often_it_is_asked(database: Database) {
    let server = Server::builder().database(database).scaled(false).start();
    let api = Arc::new(Api::new(server.url()));
    api.get("/readyz").await.expect(200);
    let written = || {
        let io = std::fs::read_to_string(format!("/proc/{}/io", server.pid())).unwrap();
        let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).unwrap();
        line.parse::<u64>().unwrap()
    };
    let before = written();
    let asking: Vec<_> = (0..32)
        .map(|_| {
            let api = Arc::clone(&api);
            tokio::spawn(async move {
                for _ in 0..30 {
                    api.get("/readyz").await.expect(200);
                    api.get("/metrics").await.expect(200);
                }
            })
        })
        .collect();
    for asked in asking {
        asked.await.unwrap();
    }
    let more = written() - before;
    assert!(more < 4 << 20, "{more} bytes were written for probes");
}
