//! Certificates, keys and signatures in the forms that other programs write and people paste. They are either read, or the error says what
//! they are. A private key is recognized wherever it is given, and is never repeated.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use olivine_tests::foreign_files::{MAKE, base64, device, text, utf16};
use olivine_tests::{Database, Server, Shell, Table, Workbench, on_both, prn, send};
use reqwest::Method;
use serde_json::json;

on_both!(
    async private_keys_by_mistake,
    async files_on_the_command_line,
    async signatures_of_other_tools,
);

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
    // The command that the error recommends for a PKCS#12 file makes an acceptable certificate.
    shell.run("openssl pkcs12 -in d.p12 -clcerts -nokeys -out cert.pem -passin pass:").succeeds();
    shell.run(&format!("{register} cert.pem")).succeeds();

    // A key of `ssh-keygen` in its current default form can sign.
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
    // r and s in the form of PKCS#11, WebCrypto and many chips: 32 bytes each.
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
