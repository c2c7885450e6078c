//! Certificates, keys and signatures as other programs write them and as people paste them: read, or called what they are. A private key is
//! called one wherever it is given, and is never repeated.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use olivine_tests::{Answer, Api, Database, Server, Shell, Table, Workbench, on_both, prn, send};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    async certificates_in_many_forms,
    async private_keys_by_mistake,
    async files_on_the_command_line,
    async signatures_of_other_tools,
    async signatures_over_something_else,
    async bodies_that_editors_have_marked,
);

/// A product with a device; each is named by its PRN.
async fn device(api: &Api) -> (String, String) {
    let product =
        prn(&api.post("/v1/products", &json!({"name": "gateway"})).await.expect(201).json["product"]);
    let new = json!({"identifier": "SN-1", "product_prn": product});
    let device = prn(&api.post("/v1/devices", &new).await.expect(201).json["device"]);
    (product, device)
}

/// A key with a certificate, and what else is made of the two.
const MAKE: &str =
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=SN-1 -days 30 \
    -addext basicConstraints=critical,CA:FALSE -keyout d.key -out d.pem
    openssl pkey -in d.key -pubout -out d.pub
    openssl x509 -in d.pem -outform der -out d.der
    openssl x509 -in d.pem -trustout -addtrust clientAuth -out trusted.pem
    openssl pkcs12 -export -in d.pem -inkey d.key -passout pass: -out d.p12
    openssl crl2pkcs7 -nocrl -certfile d.pem -out d.p7b
    openssl req -new -key d.key -subj /CN=x -out d.csr
    ssh-keygen -q -t ed25519 -N '' -C me -f id";

fn text(shell: &Shell, file: &str) -> String {
    String::from_utf8(shell.read(file)).unwrap()
}

fn base64(shell: &Shell, file: &str) -> String {
    STANDARD.encode(shell.read(file))
}

fn utf16(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

async fn certificates_in_many_forms(database: Database) {
    let server = Server::start(database);
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

async fn registered(api: &Api) -> Value {
    let mut list = api.get("/v1/device_certificates").await.expect(200).json;
    list["device_certificates"][0].take()
}

async fn private_keys_by_mistake(database: Database) {
    let server = Server::start(database);
    let api = server.api();
    let (product, device) = device(&api).await;
    let shell = Shell::new();
    shell.run(MAKE).succeeds();
    let (pem, key) = (text(&shell, "d.pem"), text(&shell, "d.key"));
    let mut table = Table::default();
    let code = api.post("/v1/ca_certificates/verification_codes", &json!({})).await.expect(201).json;
    let code = code["verification_code"].as_str().unwrap().to_owned();
    shell.run(&format!("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={code} -keyout v.key -out v.pem")).succeeds();
    let proof = text(&shell, "v.pem");
    let csv = async |certificate: &str| {
        let body = format!("identifier,certificate\nSN-2,\"{certificate}\"\n");
        let path = format!("/v1/devices/import?product_prn={product}");
        let request = api.request(Method::POST, &path).header("content-type", "text/csv");
        send(request.body(body)).await
    };
    let ssh = text(&shell, "id");
    for (what, both) in [
        ("a certificate and its key", format!("{pem}{key}")),
        ("a key alone", key.clone()),
        ("base64 of a key", STANDARD.encode(&key)),
        ("a key with literal line breaks", key.replace('\n', "\\n")),
        ("an OpenSSH key", ssh),
    ] {
        let new = json!({"device_prn": device, "certificate": both});
        let proven = json!({"device_prn": device, "certificate": pem, "verification_certificate": both});
        let authority = json!({"certificate": both, "verification_certificate": proof});
        let authority_proof = json!({"certificate": pem, "verification_certificate": both});
        let answers = [
            ("a device's certificate", api.post("/v1/device_certificates", &new).await),
            ("the proof of a device's certificate", api.post("/v1/device_certificates", &proven).await),
            ("a CA certificate", api.post("/v1/ca_certificates", &authority).await),
            ("a verification certificate", api.post("/v1/ca_certificates", &authority_proof).await),
            ("a signing key", api.post("/v1/signing_keys", &json!({"name": "k", "value": both})).await),
            ("the certificate of a line of an import", csv(&both).await),
        ];
        for (place, answer) in answers {
            let told = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(told.contains("PRIVATE KEY") && told.contains("replace it"), "{what} as {place}: {told}");
            for line in key.lines().filter(|line| !line.starts_with("-----")) {
                assert!(
                    !told.contains(line) && !server.log().contains(line),
                    "{what} as {place} is repeated"
                );
            }
            if what == "a certificate and its key" && answer.status == 422 {
                table.note(place, &answer);
            } else if answer.status == 200 {
                assert_eq!(answer.json["refused"], 1, "{what} as {place}");
            }
        }
    }
    insta::assert_snapshot!("private_keys_by_mistake", table.text());
    let request = api.request(Method::POST, "/v1/devices/import").header("content-type", "text/csv");
    let one_line = send(request.body(key.replace('\n', " "))).await.expect(422);
    let told = String::from_utf8_lossy(&one_line.body).into_owned();
    assert!(told.contains("THIS IS A PRIVATE KEY") && !told.contains(key.lines().nth(1).unwrap()), "{told}");
    for plural in ["device_certificates", "ca_certificates", "signing_keys"] {
        let list = api.get(&format!("/v1/{plural}")).await.expect(200).json;
        assert_eq!(list[plural], json!([]), "nothing of it was kept");
    }
}

async fn files_on_the_command_line(database: Database) {
    let server = Server::start(database);
    let (_, device) = device(&server.api()).await;
    let shell = server.shell().env("DEVICE", device);
    shell.run(MAKE).succeeds();
    let register = "peridio device-certificates create --device-prn $DEVICE --certificate";
    shell.write("utf16.pem", utf16(&text(&shell, "d.pem")));
    shell.write("mark.pem", format!("\u{feff}{}", text(&shell, "d.pem")));
    for file in ["utf16.pem", "mark.pem", "d.der", "trusted.pem"] {
        let made = shell.run(&format!("{register} {file} --output prn")).succeeds();
        shell.run(&format!("peridio device-certificates delete --prn {made}")).succeeds();
    }
    shell.write("both.pem", text(&shell, "d.pem") + &text(&shell, "d.key"));
    for (file, says) in [
        ("d.p12", "this is a PKCS#12 file"),
        ("both.pem", "was not sent"),
        ("d.key", "was not sent"),
        ("d.csr", "certificate request"),
    ] {
        let told = shell.run(&format!("{register} {file}")).fails(1);
        assert!(told.contains(says) && !told.contains("-inform der"), "{file}: {told}");
    }
    shell.write("table.csv", format!("identifier,certificate\nSN-2,{}\n", base64(&shell, "both.pem")));
    let told = shell.run("peridio devices import --file table.csv --dry-run").fails(1);
    assert!(told.contains("table.csv has a private key in it, so it was not sent"), "{told}");
    // What is advised for a PKCS#12 file makes a certificate that is taken.
    shell.run("openssl pkcs12 -in d.p12 -clcerts -nokeys -out cert.pem -passin pass:").succeeds();
    shell.run(&format!("{register} cert.pem")).succeeds();

    // A key of `ssh-keygen` signs, as it is today's default.
    shell.run("peridio signing-keys create --name ssh --public-key-file id.pub").succeeds();
    shell.write("mark.pub", format!("\u{feff}{}", text(&shell, "d.pub")));
    shell.run("peridio signing-keys create --name p256 --public-key-file mark.pub").succeeds();
    shell.write("firmware.bin", "firmware");
    let push =
        "peridio push firmware.bin --artifact main --version 1 --target arm --signing-key id --output prn";
    let binary = shell.run(push).succeeds();
    let record = shell.run(&format!("peridio binaries get --prn {binary} --output json")).json();
    assert_eq!(record["binary"]["state"].as_str().or(record["state"].as_str()), Some("signed"), "{record}");
    let own = "peridio binaries create --artifact-version-prn $V --target x86 --content-path firmware.bin --output prn";
    let version = record["binary"]["artifact_version_prn"]
        .as_str()
        .or(record["artifact_version_prn"].as_str())
        .unwrap();
    let other = shell.run(&format!("V={version}; {own}")).succeeds();
    shell.run("ssh-keygen -q -Y sign -n file -f id firmware.bin").succeeds();
    let attach = format!(
        "peridio binary-signatures create --binary-prn {other} --keyid $(peridio signing-keys list --name ssh --output json | grep -o '\"keyid\": *\"[0-9a-f]*' | grep -o '[0-9a-f]*$') --signature-file firmware.bin.sig"
    );
    let told = shell.run(&attach).fails(1);
    assert!(told.contains("a signature of OpenSSH") && told.contains("'peridio binaries sign'"), "{told}");
    shell.run(&format!("peridio binaries sign --prn {other} --signing-key id")).succeeds();
    let private = shell.run("peridio signing-keys create --name x --public-key-file id").fails(1);
    assert!(private.contains("this is a private key; it was not sent"), "{private}");
}

async fn signatures_of_other_tools(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let shell = Shell::new();
    shell.run(MAKE).succeeds();
    let new = json!({"name": "p256", "value": text(&shell, "d.pub")});
    let key = prn(&bench.api().post("/v1/signing_keys", &new).await.expect(201).json["signing_key"]);
    let binary = bench.signable(b"firmware").await;
    shell.write("firmware.bin", "firmware");
    shell.run("openssl dgst -sha256 -sign d.key -out firmware.sig firmware.bin").succeeds();
    // r and s as PKCS#11, WebCrypto and many chips give them: 32 bytes each.
    let integers =
        shell.run("openssl asn1parse -inform der -in firmware.sig | grep INTEGER | sed 's/.*://'").succeeds();
    let raw = integers.lines().map(|digits| format!("{digits:0>64}")).collect::<Vec<_>>().concat();
    let raw = hex::decode(raw).unwrap();
    assert_eq!(raw.len(), 64);
    let first = bench.attach(&binary, &key, &STANDARD.encode(&raw)).await.expect(201);
    let again = bench.attach(&binary, &key, &base64(&shell, "firmware.sig")).await.expect(200);
    assert_eq!(first.json, again.json, "one signature has one form");
    let mut other = raw.clone();
    other[9] ^= 1;
    for wrong in
        [STANDARD.encode(&other), STANDARD.encode(&raw[..63]), STANDARD.encode([&raw[..], &[1]].concat())]
    {
        let refused = bench.attach(&binary, &key, &wrong).await;
        assert_eq!((refused.status, refused.error_code()), (422, Some("signature_invalid")));
    }
}

/// JSON as Windows' editors and shells save it.
async fn bodies_that_editors_have_marked(database: Database) {
    let server = Server::start(database);
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
async fn signatures_over_something_else(database: Database) {
    const PSS: &str = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen";
    let server = Server::start(database);
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
        let said = refused.json["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(said.contains(place), "{said}");
    }
    bench.attach(&binary, &key, &signature).await.expect(201);
}
