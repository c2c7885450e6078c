//! Every line of the README's tutorial, and the `curl` commands of the other pages, run in order against a new server.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use std::path::Path;

use olivine_tests::{Database, Server, Shell};
use serde_json::Value;

/// The shell blocks of a Markdown text below a heading, up to the next heading of its level.
fn shell_blocks(text: &str, heading: &str) -> Vec<String> {
    let section = text.split_once(&format!("\n{heading}\n")).expect("the heading is there").1;
    blocks_of(section.split("\n## ").next().unwrap(), "sh")
}

/// The blocks of a Markdown text in this language.
fn blocks_of(text: &str, language: &str) -> Vec<String> {
    let begins = format!("```{language}\n");
    let blocks = text.split(begins.as_str()).skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// A shell next to the server's folder, as after `cargo xtask serve`.
fn beside(server: &Server) -> Shell {
    let shell = server.shell();
    std::os::unix::fs::symlink(server.data_dir(), shell.folder().join("olivine-data")).unwrap();
    shell
}

/// The lines of the section as one script, for a server whose Device API has another port. The host is not changed.
fn script(server: &Server, name: &str, heading: &str) -> String {
    let blocks = shell_blocks(&document(name), heading);
    assert!(blocks.len() >= 3, "{heading} has its blocks");
    let port = server.device_url().rsplit(':').next().expect("a URL with a port");
    blocks.join("\n").replace("https://localhost:8443", &format!("https://localhost:{port}"))
}

#[test]
fn the_readmes_five_minutes() {
    let server = Server::start(Database::Sqlite);
    let shell = beside(&server);
    shell.run(&script(&server, "README.md", "## Five minutes")).succeeds();

    let states = shell.run("peridio binaries list --all --output jsonl").succeeds();
    assert_eq!(states.lines().filter(|line| line.contains("\"state\":\"signed\"")).count(), 2, "{states}");
    assert_eq!(shell.read("firmware.bin"), shell.read("copy.bin"));
}

#[test]
fn the_readmes_way_onto_a_device_and_the_same_with_curl() {
    let server = Server::start(Database::Sqlite);
    let shell = beside(&server);
    let prepare = r"
        openssl genpkey -algorithm ed25519 -out signing.pem
        openssl pkey -in signing.pem -pubout -out signing.pub.pem
        peridio signing-keys create --name production --public-key-file signing.pub.pem
    ";
    shell.run(prepare).succeeds();
    let said = shell.run(&script(&server, "README.md", "## Onto a device")).succeeds();
    assert!(said.contains("updated to prn:1:"), "{said}");
    assert!(said.contains("\nup to date\n"), "{said}");
    assert!(said.contains("\n1.1.0 spring  1 device   ← latest\n"), "{said}");
    assert_eq!(shell.read("firmware-1.1.0.bin"), shell.read("installed.bin"));

    let another = r"
        openssl req -x509 -CA ca.pem -CAkey ca.key -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
            -subj /CN=SN-000043 -addext basicConstraints=critical,CA:FALSE -keyout device.key -out device.pem
    ";
    shell.run(another).succeeds();
    let said = shell.run(&script(&server, "docs/distribution.md", "## A device with curl")).succeeds();
    assert!(said.contains("firmware.new: OK\nSignature Verified Successfully\n"), "{said}");
    assert!(said.ends_with("{\"status\":\"no_update\"}"), "{said}");
    assert_eq!(shell.read("firmware-1.1.0.bin"), shell.read("firmware.new"));
    let events = "peridio events list --type device.update_reported --all --output jsonl";
    let events = shell.run(events).succeeds();
    // Three events of the agent, and one of curl.
    assert_eq!(events.lines().count(), 4, "{events}");
}

#[test]
fn uploading_with_curl_as_the_api_page_says() {
    let server = Server::start(Database::Sqlite);
    let shell = server.shell().env("PERIDIO_API_KEY", server.admin_key());
    let prepare = r"
        head -c 12M /dev/urandom > firmware.bin
        split -b 6M firmware.bin part_
        VERSION=$(peridio artifact-versions create --version 1 --output prn \
            --artifact-prn $(peridio artifacts create --name a --output prn))
        for TARGET in direct parts; do
            peridio binaries create --artifact-version-prn $VERSION --target $TARGET --output prn \
                --hash $(sha256sum firmware.bin | cut -d' ' -f1) > $TARGET.prn
        done
    ";
    shell.run(prepare).succeeds();
    let blocks = shell_blocks(&document("docs/api.md"), "## Uploading with curl");
    let [base, direct, parts, finish] = blocks.as_slice() else {
        panic!("four blocks, not {}", blocks.len())
    };
    let base = base.replace("http://127.0.0.1:8080", server.url());
    for (upload, prn) in [(direct, "direct.prn"), (parts, "parts.prn")] {
        let wait = "until peridio binaries get --prn $BINARY_PRN | grep -q signable; do sleep 0.05; done";
        let script = format!(
            "BINARY_PRN=$(cat {prn})\n{base}\n{upload}\n{}",
            finish.replace("\n# ", &format!("\n{wait}\n# "))
        );
        shell.run(&script).succeeds();
        assert_eq!(shell.read("firmware.bin"), shell.read("copy.bin"), "{prn}");
        std::fs::remove_file(shell.folder().join("copy.bin")).unwrap();
    }
}

/// The introduction of an OpenAPI document, which is shown at `/docs`.
fn introduction(name: &str) -> String {
    let document: Value = serde_json::from_str(&document(name)).unwrap();
    document["info"]["description"].as_str().unwrap().to_owned()
}

#[test]
fn the_introduction_of_the_api_with_curl() {
    let server = Server::start(Database::Sqlite);
    let shell = server.shell().env("PERIDIO_API_KEY", server.admin_key());
    let introduction = introduction("docs/openapi.json");
    let blocks = blocks_of(&introduction, "sh").join("\necho\n");
    let said = shell.run(&blocks.replace("http://127.0.0.1:8080", server.url())).succeeds();
    let answers: Vec<Value> =
        serde_json::Deserializer::from_str(&said).into_iter().collect::<Result<_, _>>().unwrap();
    let [me, artifact, listed, found, first, again, refused] = answers.as_slice() else {
        panic!("seven answers, not {}: {said}", answers.len())
    };
    assert_eq!(me["user"]["role"], "admin");
    assert_eq!(artifact["artifact"]["name"], "main-firmware");
    for list in [listed, found] {
        assert_eq!(list["artifacts"][0]["prn"], artifact["artifact"]["prn"]);
    }
    assert_eq!(first["artifact"]["name"], "modem-firmware");
    assert_eq!(first, again);
    let shown: Value = serde_json::from_str(&blocks_of(&introduction, "json")[0]).unwrap();
    assert_eq!(*refused, shown, "the error that the introduction shows");
}

#[test]
fn the_page_about_people() {
    let server = Server::start(Database::Sqlite);
    let shell = beside(&server).env("URL", server.url());
    let said = shell.run(&blocks_of(&document("docs/people.md"), "sh").join("\n")).succeeds();
    for expected in
        ["/setup#oll_", "\"email\":\"ada@example.com\"", "developer, signer", "/reset-password#oll_"]
    {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let log = server.log();
    for secret in ["four words that fit", "oll_", "ols_", "argon2"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
