//! Runs the shell blocks of the user's documents unchanged, against a new server, with `peridio` in the `PATH`.
//!
//! They run without `-e` and `-u`, as if a person typed them: the documents leave `$NUMBER` and sometimes `$BINARY_PRN` unset, and of two
//! lines for two operating systems one always fails. The tests check the resulting records, and not only exit codes.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use std::path::Path;

use olivine_tests::{Database, Server, Shell, on_both, redacted, sha256_hex};
use rcgen::{CertificateParams, KeyPair, SanType};
use serde_json::{Deserializer, Value};

on_both!(
    create_upload_list_get_sign_destroy,
    parts_complete_reset,
    hashes,
    multi_architecture_builds,
    ci_step,
    creating_by_curl,
);

/// A text of the documents.
fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/documents").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs a text of the documents as if a person typed it.
fn typed(shell: &Shell, name: &str) -> String {
    shell.run(&format!("set +eu +o pipefail\n{}", document(name))).succeeds()
}

/// All records that a script printed, one after the other. Lists are printed without their brackets.
fn records(printed: &str) -> Vec<Value> {
    let values = Deserializer::from_str(printed).into_iter::<Value>();
    let values = values.map(|value| value.unwrap_or_else(|error| panic!("not JSON ({error}):\n{printed}")));
    values
        .flat_map(|value| match value {
            Value::Array(records) => records,
            record => vec![record],
        })
        .collect()
}

/// A shell with an artifact version, as the guides before this document leave it.
fn prepared(server: &Server) -> Shell {
    let shell = server.shell();
    let version = shell
        .run(
            "peridio artifact-versions create --version 1.2.3 --output prn \
             --artifact-prn $(peridio artifacts create --name main-firmware --output prn)",
        )
        .succeeds();
    shell.env("VERSION_PRN", version)
}

/// Creates a file of this size with new random bytes.
fn firmware(shell: &Shell, size: &str) -> String {
    shell.run(&format!("head -c {size} /dev/urandom > firmware.bin")).succeeds();
    format!("sha256:{}", sha256_hex(&shell.read("firmware.bin")))
}

fn get(shell: &Shell, prn: &Value) -> Value {
    shell.run(&format!("peridio binaries get --prn {}", prn.as_str().unwrap())).json()
}

/// Creates and registers a key as a user would, and returns its PRN.
fn registered_key(shell: &Shell, generate: &str) -> String {
    shell
        .run(&format!(
            "{generate} -out private_key.pem 2>/dev/null
             openssl pkey -in private_key.pem -pubout -out public_key.pem
             peridio signing-keys create --name production-2024 --public-key-file public_key.pem --output prn"
        ))
        .succeeds()
}

fn create_upload_list_get_sign_destroy(database: Database) {
    let server = Server::start(database);
    let shell = prepared(&server);
    let hash = firmware(&shell, "1M");
    let bare = hash.trim_start_matches("sha256:").to_owned();
    let shell = shell.env("FILE_HASH", bare).env("FILE_SIZE", "1048576");

    let printed = records(&typed(&shell, "create_and_upload.sh"));
    let [created, uploaded] = printed.as_slice() else { panic!("two records: {printed:#?}") };
    assert_eq!((&created["state"], &created["bytes_uploaded"]), (&"uploadable".into(), &0.into()));
    assert_eq!((&created["hash"], &created["size"]), (&hash.as_str().into(), &1_048_576.into()));
    assert_eq!(created["target"], "arm-linux-gnueabihf");
    assert_eq!((&uploaded["prn"], &uploaded["state"]), (&created["prn"], &"signable".into()));
    assert_eq!(uploaded["bytes_uploaded"], 1_048_576);

    let shell = shell.env("BINARY_PRN", created["prn"].as_str().unwrap());
    let again = records(&typed(&shell, "direct_upload.sh"));
    assert_eq!(again, [get(&shell, &created["prn"])], "uploading twice is safe");

    let other = format!(
        "peridio binaries create --artifact-version-prn $VERSION_PRN --target x86_64-linux-gnu --hash {hash} --output prn"
    );
    let other = shell.run(&other).succeeds();
    let listed = records(&typed(&shell, "list.sh"));
    let prns: Vec<_> = listed.iter().map(|record| record["prn"].as_str().unwrap()).collect();
    let first = created["prn"].as_str().unwrap();
    assert_eq!(prns, [first, &other, first], "both of the version, then the one for the target");

    let shell = shell.env("KEY_PRN", "");
    let key = registered_key(&shell, "openssl genrsa 2>/dev/null 3072 | openssl rsa");
    let shell = shell.env("KEY_PRN", &key);
    let signature = records(&typed(&shell, "sign.sh")).remove(0);
    assert_eq!(
        (&signature["binary_prn"], &signature["signing_key_prn"]),
        (&first.into(), &key.as_str().into())
    );
    assert_eq!(signature["scheme"], "rsa_pkcs1v15_sha256");
    let shown = records(&typed(&shell, "get.sh")).remove(0);
    assert_eq!((&shown["state"], &shown["signatures"][0]["prn"]), (&"signed".into(), &signature["prn"]));
    insta::assert_snapshot!("get", redacted(&serde_json::to_string_pretty(&without_keys(shown)).unwrap()));
    shell.run("peridio binaries download --prn $BINARY_PRN -o copy.bin").succeeds();
    assert!(shell.read("copy.bin") == shell.read("firmware.bin"));

    typed(&shell, "destroy.sh");
    let record = get(&shell, &created["prn"]);
    assert_eq!((&record["state"], &record["destroyed"]), (&"destroyed".into(), &true.into()));
    assert_eq!((&record["bytes_uploaded"], &record["hash"]), (&0.into(), &hash.as_str().into()));
    let refused = shell.run("peridio binaries download --prn $BINARY_PRN -o gone.bin").fails(1);
    assert!(refused.contains("destroyed"), "{refused}");
}

/// A record without random values other than ids and times.
fn without_keys(mut record: Value) -> Value {
    record["hash"] = "sha256:…".into();
    record["signatures"][0]["keyid"] = "…".into();
    record["signatures"][0]["signature"] = "…".into();
    record
}

fn parts_complete_reset(database: Database) {
    let server = Server::start(database);
    let shell = prepared(&server);
    let hash = firmware(&shell, "25M");
    let create = format!(
        "peridio binaries create --artifact-version-prn $VERSION_PRN --target rtos --hash {hash} --output prn"
    );
    let prn = shell.run(&create).succeeds();
    let shell = shell.env("BINARY_PRN", &prn);
    for round in ["the first upload", "the one after the reset"] {
        let parts = records(&typed(&shell, "upload_parts.sh"));
        let shown: Vec<_> =
            parts.iter().map(|part| (&part["index"], &part["size"], &part["state"])).collect();
        let valid = Value::from("valid");
        let (ten_mib, five_mib) = (Value::from(10 * 1024 * 1024), Value::from(5 * 1024 * 1024));
        let (one, two, three) = (Value::from(1), Value::from(2), Value::from(3));
        assert_eq!(
            shown,
            [(&one, &ten_mib, &valid), (&two, &ten_mib, &valid), (&three, &five_mib, &valid)],
            "{round}"
        );

        let completed = records(&typed(&shell, "complete_upload.sh")).remove(0);
        assert_eq!(
            (&completed["state"], &completed["size"]),
            (&"hashable".into(), &(25 * 1024 * 1024).into())
        );
        let verified = verified(&shell);
        assert_eq!(
            (&verified["state"], &verified["hash"]),
            (&"signable".into(), &hash.as_str().into()),
            "{round}"
        );

        if round == "the first upload" {
            let reset = records(&typed(&shell, "reset.sh")).remove(0);
            assert_eq!((&reset["state"], &reset["bytes_uploaded"]), (&"uploadable".into(), &0.into()));
            let parts =
                shell.run("peridio binary-parts list --binary-prn $BINARY_PRN --output jsonl").succeeds();
            assert_eq!(parts, "", "no part is left");
        }
    }

    let key = registered_key(&shell, "openssl genpkey -algorithm ed25519");
    let shell = shell.env("KEY_PRN", &key);
    // Signs with Ed25519 as described in lifecycle.md, and attaches the signature as the documents do.
    let sign = "printf %s $(sha256sum firmware.bin | cut -d' ' -f1) > hash.txt
        openssl pkeyutl -sign -rawin -inkey private_key.pem -in hash.txt -out firmware.sig";
    shell.run(sign).succeeds();
    let document = document("sign.sh");
    let attach = document.split_once("# Attach to binary\n").expect("the document says so").1;
    let signature = shell.run(attach).json();
    assert_eq!(signature["scheme"], "ed25519_hex_digest", "{signature:#}");
    assert_eq!(get(&shell, &prn.into())["state"], "signed");
}

/// The record after the verification.
fn verified(shell: &Shell) -> Value {
    let look = "peridio binaries get --prn $BINARY_PRN | grep -Eq '\"state\": \"(hashable|hashing)\"'";
    shell
        .run(&format!("timeout 60 bash -c 'while {}; do sleep 0.05; done'", look.replace('\'', "'\\''")))
        .succeeds();
    shell.run("peridio binaries get --prn $BINARY_PRN").json()
}

fn hashes(database: Database) {
    let server = Server::start(database);
    let shell = prepared(&server);
    let hash = firmware(&shell, "100K");
    let digits = hash.trim_start_matches("sha256:");
    let printed = typed(&shell, "calculate_hash.sh");
    assert_eq!(printed.matches(digits).count(), 2, "{printed}");

    // The document does not set the version and the target. A CI job has them in its environment.
    let version = shell.run("echo $VERSION_PRN").succeeds();
    let shell =
        shell.env("PERIDIO_ARTIFACT_VERSION_PRN", &version).env("PERIDIO_TARGET", "arm-linux-gnueabihf");
    let created = records(&typed(&shell, "provide_hash.sh")).remove(0);
    assert_eq!((&created["hash"], &created["size"]), (&hash.as_str().into(), &102_400.into()));
    assert_eq!(
        (&created["artifact_version_prn"], &created["state"]),
        (&version.into(), &"uploadable".into())
    );
    assert_eq!(created["target"], "arm-linux-gnueabihf");
}

fn multi_architecture_builds(database: Database) {
    let server = Server::start(database);
    let shell = prepared(&server);
    shell.write("Makefile", "build:\n\t@echo built for $(TARGET) > output-$(TARGET).bin\n");
    typed(&shell, "multi_architecture.sh");
    let listed = records(&shell.run("peridio binaries list --artifact-version-prn $VERSION_PRN").succeeds());
    let targets: Vec<_> = listed.iter().map(|record| record["target"].as_str().unwrap()).collect();
    assert_eq!(targets, ["x86_64-linux-gnu", "aarch64-linux-gnu", "arm-linux-gnueabihf"]);
    for record in listed {
        let content = shell.read(&format!("output-{}.bin", record["target"].as_str().unwrap()));
        assert_eq!(record["state"], "signable", "{record:#}");
        assert_eq!(record["hash"], format!("sha256:{}", sha256_hex(&content)));
        assert_eq!(record["size"], content.len());
    }
}

fn ci_step(database: Database) {
    let server = Server::start(database);
    let shell = prepared(&server);
    let hash = firmware(&shell, "1M");
    let step = document("ci_step.yml");
    let script = step.split_once("run: |\n").expect("the step runs something").1;
    let script = script
        .replace("${{ env.OUTPUT_FILE }}", "firmware.bin")
        .replace("${{ env.VERSION_PRN }}", "$VERSION_PRN")
        .replace("${{ matrix.target }}", "aarch64-linux-gnu");
    assert!(!script.contains("${{"), "{script}");
    // GitHub Actions ends a script at the first failure.
    let uploaded = records(&shell.run(&script).succeeds()).remove(0);
    assert_eq!((&uploaded["hash"], &uploaded["size"]), (&hash.as_str().into(), &1_048_576.into()));
    assert_eq!((&uploaded["target"], &uploaded["state"]), (&"aarch64-linux-gnu".into(), &"signable".into()));

    // CI runs the script again: the target is taken, and the answer says by which binary.
    let again = shell.run(&script);
    let said = again.fails(1);
    assert!(said.contains(uploaded["prn"].as_str().unwrap()) && said.contains("target_taken"), "{said}");
}

/// The URL in the document is kept: the server has a certificate for that name, and a setting of curl directs the name to the server.
fn creating_by_curl(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
    let pair = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["api.peridio.com".to_owned()]).unwrap();
    params.subject_alt_names.push(SanType::IpAddress([127, 0, 0, 1].into()));
    std::fs::write(&certificate, params.self_signed(&pair).unwrap().pem()).unwrap();
    std::fs::write(&key, pair.serialize_pem()).unwrap();
    let certificate = certificate.display().to_string();
    let server = Server::builder()
        .database(database)
        .env("OLIVINE_TLS_CERTIFICATE", &certificate)
        .env("OLIVINE_TLS_KEY", key.display().to_string())
        .start();
    let port = server.url().rsplit(':').next().unwrap().to_owned();
    std::fs::write(
        folder.path().join(".curlrc"),
        format!("silent\ncacert = {certificate}\nconnect-to = \"api.peridio.com:443:127.0.0.1:{port}\"\n"),
    )
    .unwrap();
    let api_key = server.admin_key();
    let shell = server.shell().env("PERIDIO_CA_PATH", &certificate).env("API_KEY", api_key);
    let shell = shell.env("CURL_HOME", folder.path().display().to_string());
    let version = shell
        .run(
            "peridio artifact-versions create --version 1 --output prn \
             --artifact-prn $(peridio artifacts create --name a --output prn)",
        )
        .succeeds();

    let block = document("create_by_curl.sh");
    let refused = shell.run(&block).json();
    let fields: Vec<_> =
        refused["errors"].as_array().unwrap().iter().map(|error| &error["context"]["field"]).collect();
    assert_eq!(
        fields,
        ["artifact_version_prn", "hash"],
        "the document's elisions are told by name: {refused:#}"
    );

    let hash = format!("sha256:{}", sha256_hex(b"firmware"));
    let filled = block.replace("prn:1:artifact-version:...", &version).replace("sha256:abc123...", &hash);
    let created = shell.run(&filled).json();
    let record = get(&shell, &created["binary"]["prn"]);
    assert_eq!((&record["hash"], &record["size"]), (&hash.into(), &104_857_600.into()));
    assert_eq!((&record["target"], &record["state"]), (&"arm-linux-gnueabihf".into(), &"uploadable".into()));
    assert_eq!(record["artifact_version_prn"], version);
}
