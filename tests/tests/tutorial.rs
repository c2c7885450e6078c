//! Every line of the README's five minutes is run, in order, against a fresh server.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use std::path::Path;

use olivine_tests::{Database, Server};

/// The shell blocks of a Markdown text below the heading, up to the next one of its level.
fn shell_blocks(text: &str, heading: &str) -> Vec<String> {
    let section = text.split_once(&format!("\n{heading}\n")).expect("the heading is there").1;
    let section = section.split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_readmes_five_minutes() {
    let server = Server::start(Database::Sqlite);
    let shell = server.shell();
    // Where `cargo xtask serve` has it.
    std::os::unix::fs::symlink(server.data_dir(), shell.folder().join("olivine-data")).unwrap();
    let blocks = shell_blocks(&document("README.md"), "## Five minutes");
    assert!(blocks.len() >= 6, "the tutorial has its blocks");
    let script = blocks.join("\n");
    shell.run(&script).succeeds();

    let states = shell.run("peridio binaries list --all --output jsonl").succeeds();
    assert_eq!(states.lines().filter(|line| line.contains("\"state\":\"signed\"")).count(), 2, "{states}");
    assert_eq!(shell.read("firmware.bin"), shell.read("copy.bin"));
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
