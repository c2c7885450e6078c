//! Method names that clients make up: none of them becomes a time series in the metrics or a part of the log.

use olivine_tests::{Api, Database, Device, Server, Wire, on_both};

use super::Memory;

on_both!(async made_up_methods, async made_up_methods_of_devices, async nothing_that_a_request_says_gets_into_the_log);

/// The number of requests of each size.
const MANY: usize = 3000;
const AT_ONCE: usize = 100;
/// The maximum size of the log: the lines that unknown clients can cause during a test, and those of the server's start.
const LOG: usize = 1 << 20;

/// Sends requests with different methods, and returns how many were answered with 405.
fn refused(base_url: &str, length: usize) -> usize {
    let mut refused = 0;
    for batch in 0..MANY / AT_ONCE {
        let mut requests = String::new();
        for number in 0..AT_ONCE {
            let end = if number + 1 == AT_ONCE { "connection: close\r\n" } else { "" };
            let method = format!("MADE{}UP{}", batch * AT_ONCE + number, "X".repeat(length));
            for text in [&method, " /healthz HTTP/1.1\r\nhost: localhost\r\n", end, "\r\n"] {
                requests.push_str(text);
            }
        }
        let mut wire = Wire::connect(base_url);
        wire.send(requests);
        let answer = wire.answer().expect("answers");
        let rest = String::from_utf8_lossy(&answer.body);
        refused += usize::from(answer.status == 405) + rest.matches("HTTP/1.1 405 ").count();
    }
    refused
}

async fn series(server: &Server) -> (usize, String) {
    let text = Api::new(server.url()).get("/metrics").await.expect(200).body;
    let text = String::from_utf8(text).unwrap();
    (text.lines().count(), text)
}

async fn made_up_methods(database: Database) {
    let server = Server::builder().database(database).scaled(false).start();
    let (before, _) = series(&server).await;
    let memory = Memory::of(&server);
    assert_eq!(refused(server.url(), 20), MANY);
    // As long as the server's buffers allow.
    assert_eq!(refused(server.url(), 20_000), MANY);
    let (after, text) = series(&server).await;
    assert!(after < before + 200, "{before} lines became {after}");
    assert!(!text.contains("MADE"), "a made-up method is in the metrics");
    let log = server.log();
    assert!(!log.contains("MADE"), "a made-up method is in the log");
    assert!(log.len() < LOG, "the log has {} bytes", log.len());
    memory.has_not_grown();
    assert!(text.contains("method=\"other\""), "{text}");
}

async fn made_up_methods_of_devices(database: Database) {
    let server = Server::builder().database(database).scaled(false).behind_a_proxy().start();
    let (before, _) = series(&server).await;
    let memory = Memory::of(&server);
    assert_eq!(refused(server.device_url(), 20), MANY);
    let (after, text) = series(&server).await;
    assert!(after < before + 200, "{before} lines became {after}");
    let log = server.log();
    assert!(!text.contains("MADE") && !log.contains("MADE"));
    assert!(log.len() < LOG, "the log has {} bytes", log.len());
    memory.has_not_grown();
}

async fn nothing_that_a_request_says_gets_into_the_log(database: Database) {
    let server = Server::builder().database(database).scaled(false).env("OLIVINE_LOG", "debug").start();
    let device = Device::new(&server, "SN-1");
    let marked = "marked-word";
    for method in ["GET", "POST", "MARKED-WORD"] {
        let request = format!(
            "{method} /{marked}?{marked}={marked} HTTP/1.1\r\nhost: {marked}\r\nuser-agent: {marked}\r\nreferer: {marked}\r\n\
             x-request-id: {marked} {marked}\r\nauthorization: Bearer {marked}\r\ncontent-type: {marked}\r\nconnection: close\r\n\r\n"
        );
        let answer = olivine_tests::exchange(server.url(), request).expect("an answer");
        assert!([404, 405].contains(&answer.status), "{answer:?}");
        let refused = device.request(method.parse().unwrap(), &format!("/{marked}?{marked}={marked}"));
        let refused =
            olivine_tests::send(refused.header("user-agent", marked).header("x-request-id", "a b")).await;
        assert!([404, 405].contains(&refused.status), "{refused:?}");
    }
    let log = server.log().to_ascii_lowercase();
    let said: Vec<_> = log.lines().filter(|line| line.contains(marked)).collect();
    assert!(said.is_empty(), "{said:#?}");
}
