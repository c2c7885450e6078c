//! Certificates, keys and signatures as other programs write them and as people paste them: read, or called what they are. A private key is
//! called one wherever it is given, and is never repeated.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use olivine_testkit::Server;
use olivine_tests::foreign_files::{MAKE, base64, device, text, utf16};
use olivine_tests::{Answer, Api, Shell, Table, Workbench, prn, send};
use reqwest::Method;
use serde_json::{Value, json};

async fn registered(api: &Api) -> Value {
    let mut list = api.get("/v1/device_certificates").await.expect(200).json;
    list["device_certificates"][0].take()
}

#[tokio::test]
async fn certificates_in_many_forms() {
    let server = Server::start().await;
    let api = server.api();
    let (_, device) = device(&api).await;
    let shell = Shell::new();
    shell.run(MAKE).succeeds();
    let pem = text(&shell, "d.pem");
    let register = async |certificate: &str| {
        let new = json!({"device_prn": device, "certificate": certificate});
        api.post("/v1/device_certificates", &new).await
    };
    let fingerprint = |answer: &Answer| answer.json["device_certificate"]["fingerprint"].clone();
    let own = register(&pem).await.expect(201);
    for (form, certificate) in [
        ("with a byte-order mark", format!("\u{feff}{pem}")),
        ("with the line ends of Windows", pem.replace('\n', "\r\n")),
        ("with the line ends of old Macs", pem.replace('\n', "\r")),
        ("with blanks at line ends", pem.replace('\n', "  \n")),
        ("with text before", format!("subject=CN = SN-1\n{pem}")),
        ("with literal line breaks", pem.replace('\n', "\\n")),
        ("base64 of PEM in UTF-16", STANDARD.encode(utf16(&pem))),
        ("base64 of DER", base64(&shell, "d.der")),
        ("TRUSTED CERTIFICATE with settings", text(&shell, "trusted.pem")),
        ("X509 CERTIFICATE", pem.replace(" CERTIFICATE", " X509 CERTIFICATE")),
    ] {
        let path = format!("/v1/device_certificates/{}", prn(&registered(&api).await));
        api.delete(&path).await.expect(204);
        assert_eq!(fingerprint(&register(&certificate).await.expect(201)), fingerprint(&own), "{form}");
    }
    let mut table = Table::default();
    for (what, certificate) in [
        ("base64 of PKCS#12", base64(&shell, "d.p12")),
        ("PKCS#7", text(&shell, "d.p7b")),
        ("a certificate request", text(&shell, "d.csr")),
        ("a public key", text(&shell, "d.pub")),
        ("an OpenSSH key", text(&shell, "id.pub")),
        ("two certificates", format!("{pem}{pem}")),
        ("a certificate and its public key", pem.clone() + &text(&shell, "d.pub")),
        ("a certificate that is cut off", pem[..200].to_owned()),
        ("base64 of a picture", STANDARD.encode(b"\xff\xd8\xff\xe0 a picture")),
        ("a sentence", "the certificate".to_owned()),
    ] {
        table.note(what, &register(&certificate).await.expect(422));
    }
    insta::assert_snapshot!("certificates_in_many_forms", table.text());
}

/// JSON as Windows' editors and shells save it.
#[tokio::test]
async fn bodies_that_editors_have_marked() {
    let server = Server::start().await;
    let api = server.api();
    let create = async |body: Vec<u8>| {
        let request = api.request(Method::POST, "/v1/artifacts").header("content-type", "application/json");
        send(request.body(body)).await
    };
    let marked = |name: &str| format!("\u{feff}{{\"name\": \"{name}\"}}");
    create(marked("utf-8").into_bytes()).await.expect(201);
    create(utf16("{\"name\": \"utf-16\"}")).await.expect(201);
    let unmarked: Vec<u8> = "{\"name\": \"x\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (body, words) in [(unmarked, "UTF-16"), (b"\xff{}".to_vec(), "UTF-8")] {
        let refused = create(body).await.expect(400);
        assert!(String::from_utf8_lossy(&refused.body).contains(words), "{words}: {refused:?}");
    }
}

/// What signers in clouds and chips get wrong: each is refused, and only what is right is taken.
#[tokio::test]
async fn signatures_over_something_else() {
    const PSS: &str = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen";
    let server = Server::start().await;
    let bench = Workbench::new(server.api()).await;
    let shell = Shell::new();
    shell
        .run(
            "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out r.key
             openssl pkey -in r.key -pubout -out r.pub; printf firmware > f
             openssl dgst -sha256 -binary f > digest; printf %s $(sha256sum f | cut -c -64) > hex",
        )
        .succeeds();
    let new = json!({"name": "rsa", "value": text(&shell, "r.pub")});
    let key = prn(&bench.api().post("/v1/signing_keys", &new).await.expect(201).json["signing_key"]);
    for (what, sign, status) in [
        ("PKCS #1", "openssl dgst -sha256 -sign r.key -out s f".to_owned(), 201),
        ("a salt as long as the digest", format!("openssl dgst -sha256 -sign r.key -out s {PSS}:32 f"), 201),
        ("the longest salt", format!("openssl dgst -sha256 -sign r.key -out s {PSS}:max f"), 201),
        ("no salt", format!("openssl dgst -sha256 -sign r.key -out s {PSS}:0 f"), 422),
        (
            "a mask of SHA-1",
            format!("openssl dgst -sha256 -sign r.key -out s {PSS}:32 -sigopt rsa_mgf1_md:sha1 f"),
            422,
        ),
        ("SHA-384", "openssl dgst -sha384 -sign r.key -out s f".to_owned(), 422),
        ("SHA-512", "openssl dgst -sha512 -sign r.key -out s f".to_owned(), 422),
        ("the digest's digest", "openssl dgst -sha256 -sign r.key -out s digest".to_owned(), 422),
        ("the digest's digits", "openssl dgst -sha256 -sign r.key -out s hex".to_owned(), 422),
        (
            "a digest without its algorithm",
            "openssl pkeyutl -sign -inkey r.key -pkeyopt rsa_padding_mode:pkcs1 -in digest -out s".to_owned(),
            422,
        ),
    ] {
        let binary = bench.signable(b"firmware").await;
        shell.run(&sign).succeeds();
        let answer = bench.attach(&binary, &key, &base64(&shell, "s")).await;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        if status == 422 {
            assert_eq!(answer.error_code(), Some("signature_invalid"), "{what}");
        }
    }
    // As it is printed, and in the web's alphabet.
    let binary = bench.signable(b"firmware").await;
    shell.run("openssl dgst -sha256 -sign r.key -out s f").succeeds();
    let signature = base64(&shell, "s");
    let printed = format!("{{\n \"KeyId\": \"k\",\n \"Signature\": \"{signature}\"\n}}");
    for (wrong, place) in
        [(printed, "'{' at position 0"), (format!("_{}", &signature[1..]), "'_' at position 0")]
    {
        let refused = bench.attach(&binary, &key, &wrong).await.expect(422);
        let said = refused.error_message();
        assert!(said.contains(place), "{said}");
    }
    bench.attach(&binary, &key, &signature).await.expect(201);
}
