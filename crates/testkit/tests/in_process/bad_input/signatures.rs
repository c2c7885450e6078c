//! Signatures that are none, and keys that may not sign.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use olivine_testkit::Server;
use olivine_tests::{SigningPair, Table, Workbench, prn, sha256_hex};
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};
use serde_json::json;

type Date = (i32, u8, u8);

const CONTENT: &[u8] = b"firmware";

async fn events(bench: &Workbench, kind: &str) -> usize {
    let list = bench.api().get(&format!("/v1/events?limit=100&type={kind}")).await.expect(200);
    list.json["events"].as_array().unwrap().len()
}

async fn register(bench: &Workbench, name: &str, value: &str) -> String {
    let key = bench.api().post("/v1/signing_keys", &json!({"name": name, "value": value})).await.expect(201);
    prn(&key.json["signing_key"])
}

/// A certificate for a fresh Ed25519 key that is valid between two dates, and that key's signature of the content.
fn certified(from: Date, until: Date) -> (String, String) {
    let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let mut params = CertificateParams::new(vec!["signer".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(from.0, from.1, from.2);
    params.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
    let signature = SigningPair::from_pkcs8(key.serialized_der()).sign(CONTENT);
    (params.self_signed(&key).unwrap().pem(), signature)
}

#[tokio::test]
async fn signatures_that_do_not_verify() {
    let server = Server::start().await;
    let bench = Workbench::new(server.api()).await;
    let binary = bench.signable(CONTENT).await;
    let right = bench.pair().sign(CONTENT);
    let raw = STANDARD.decode(&right).unwrap();
    let mut flipped = raw.clone();
    flipped[40] ^= 1;
    let mut table = Table::default();
    let stranger = SigningPair::generate();
    let url_safe = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode([0xfb; 64]);
    let mut refused = 0;
    let wrong = [
        ("by the wrong key", stranger.sign(CONTENT)),
        ("over other bytes", bench.pair().sign(b"other firmware")),
        ("over the digest of the digest", bench.pair().sign(sha256_hex(CONTENT).as_bytes())),
        ("with one bit changed", STANDARD.encode(&flipped)),
        ("cut short by a byte", STANDARD.encode(&raw[..63])),
        ("longer by a byte", STANDARD.encode([&raw[..], &[0]].concat())),
        ("cut in the middle of its base64", right[..right.len() - 7].to_owned()),
        ("empty", String::new()),
        ("only blanks", "  \n ".to_owned()),
        ("hexadecimal digits, three too few", hex::encode(&raw)[3..].to_owned()),
        ("with a letter of no encoding", format!("!{}", &right[1..])),
        ("URL-safe base64", url_safe),
        ("PEM around it", format!("-----BEGIN SIGNATURE-----\n{right}\n-----END SIGNATURE-----")),
        ("all zeros", STANDARD.encode([0; 64])),
        ("a megabyte of it", "A".repeat(1_000_000)),
    ];
    for (what, signature) in &wrong {
        let answer = bench.attach(&binary, bench.signing_key_prn(), signature).await;
        table.note(what, &answer);
        assert_eq!((answer.status, answer.error_code()), (422, Some("signature_invalid")), "{what}");
        refused += 1;
        assert_eq!(events(&bench, "binary_signature.refused").await, refused, "{what} leaves an event");
    }
    let no_key = json!({"binary_prn": binary, "signature": right});
    table.note("without naming a key", &bench.api().post("/v1/binary_signatures", &no_key).await);
    let mut both = no_key.clone();
    both["signing_key_prn"] = bench.signing_key_prn().into();
    both["keyid"] = "0".repeat(64).into();
    table.note("naming a key twice", &bench.api().post("/v1/binary_signatures", &both).await);
    let mut unknown = no_key.clone();
    unknown["keyid"] = "0".repeat(64).into();
    table.note(
        "by a keyid that nobody registered",
        &bench.api().post("/v1/binary_signatures", &unknown).await,
    );
    unknown["keyid"] = "production".into();
    table.note("by a keyid that is none", &bench.api().post("/v1/binary_signatures", &unknown).await);
    insta::assert_snapshot!("signatures_that_do_not_verify", table.text());

    let record = bench.get(&binary).await;
    assert_eq!((&record["state"], &record["signatures"]), (&json!("signable"), &json!([])));
    // Line breaks, blanks and hexadecimal digits of either case are all fine.
    let wrapped = format!(" {}\n{} ", &right[..40], &right[40..]);
    let first = bench.attach(&binary, bench.signing_key_prn(), &wrapped).await.expect(201);
    for again in [hex::encode(&raw), hex::encode_upper(&raw), right] {
        let same = bench.attach(&binary, bench.signing_key_prn(), &again).await.expect(200);
        assert_eq!(same.json, first.json);
    }
    // That the key has signed makes no other signature right.
    for (what, signature) in &wrong {
        let answer = bench.attach(&binary, bench.signing_key_prn(), signature).await;
        assert_eq!((answer.status, answer.error_code()), (422, Some("signature_invalid")), "{what}");
        refused += 1;
        assert_eq!(events(&bench, "binary_signature.refused").await, refused, "{what} leaves an event");
    }
    assert_eq!(bench.get(&binary).await["state"], "signed");
}

#[tokio::test]
async fn keys_that_may_not_sign() {
    let server = Server::start().await;
    let bench = Workbench::new(server.api()).await;
    let binary = bench.signable(CONTENT).await;
    let mut table = Table::default();
    for (what, state) in [("a disabled key", "disabled"), ("a revoked key", "revoked")] {
        let pair = SigningPair::generate();
        let key = register(&bench, what, &pair.public_value()).await;
        let path = format!("/v1/signing_keys/{key}");
        bench.api().patch(&path, &json!({"state": state})).await.expect(200);
        table.note(what, &bench.attach(&binary, &key, &pair.sign(CONTENT)).await);
        let again = bench.api().patch(&path, &json!({"state": "active"})).await;
        table.note(&format!("{what}, made active again"), &again);
    }
    for (what, from, until) in [
        ("a certificate that expired", (2020, 1, 1), (2021, 1, 1)),
        ("a certificate that is not valid yet", (2200, 1, 1), (2201, 1, 1)),
    ] {
        let (certificate, signature) = certified(from, until);
        let key = register(&bench, what, &certificate).await;
        table.note(what, &bench.attach(&binary, &key, &signature).await);
    }
    assert_eq!(bench.get(&binary).await["state"], "signable");
    assert_eq!(events(&bench, "binary_signature.refused").await, 4);
    let (certificate, signature) = certified((2020, 1, 1), (2200, 1, 1));
    let key = register(&bench, "a certificate that is valid", &certificate).await;
    table.note("a certificate that is valid", &bench.attach(&binary, &key, &signature).await);
    assert_eq!(bench.get(&binary).await["state"], "signed");

    let revoked = json!({"state": "revoked"});
    bench.api().patch(&format!("/v1/signing_keys/{key}"), &revoked).await.expect(200);
    let record = bench.get(&binary).await;
    let valid = &record["signatures"][0]["valid"];
    table.line(&format!(
        "once its only key is revoked, the binary is {}, the signature valid: {valid}",
        record["state"]
    ));
    insta::assert_snapshot!("keys_that_may_not_sign", table.text());
}
