//! Invalid signatures, and keys that may not sign.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use olivine_tests::{Database, Server, Shell, Table, Workbench, on_both};
use serde_json::json;

on_both!(async keys_that_cannot_be_trusted);

async fn keys_that_cannot_be_trusted(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let shell = Shell::new();
    let openssl = |script: &str| shell.run(script).succeeds();
    let mut table = Table::default();
    let own = bench.pair().public_value();
    for (what, value) in [
        ("RSA of 1024 bits", openssl("openssl genrsa 1024 2>/dev/null | openssl rsa -pubout 2>/dev/null")),
        (
            "ECDSA over P-384",
            openssl("openssl ecparam -name secp384r1 -genkey | openssl ec -pubout 2>/dev/null"),
        ),
        ("Ed448", openssl("openssl genpkey -algorithm ed448 | openssl pkey -pubout")),
        ("a private key", openssl("openssl genpkey -algorithm ed25519")),
        ("the base64 of 31 bytes", STANDARD.encode([7; 31])),
        ("the base64 of 32 zeros, a point of low order", STANDARD.encode([0; 32])),
        ("a PEM that is cut short", "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA".to_owned()),
        (
            "a PEM of something else",
            "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----".to_owned(),
        ),
        ("nothing", String::new()),
        ("a sentence", "trust me".to_owned()),
        ("a key that is registered already", own),
    ] {
        let answer = bench.api().post("/v1/signing_keys", &json!({"name": what, "value": value})).await;
        table.note(what, &answer);
        let secret = value.lines().nth(1).filter(|_| what == "a private key");
        let told = String::from_utf8_lossy(&answer.body).into_owned() + &server.log();
        assert!(secret.is_none_or(|secret| !told.contains(secret)), "a private key is repeated: {told}");
    }
    insta::assert_snapshot!("keys_that_cannot_be_trusted", table.text());
    let keys = bench.api().get("/v1/signing_keys").await.expect(200);
    assert_eq!(keys.json["signing_keys"].as_array().map(Vec::len), Some(1), "{:#}", keys.json);
}
