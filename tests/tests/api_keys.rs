//! Where the secrets of API keys go, and what keys may do, as seen on the command line.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use olivine_tests::{Database, Server, Shell, on_both};

on_both!(
    a_new_keys_secret_is_never_lost,
    a_key_file_is_private_and_never_overwritten,
    the_command_line_lists_all_scopes,
    the_documented_key_for_ci_uploads_and_can_not_release,
    a_key_copied_with_extra_characters_is_reported_as_such,
);

/// The number of keys.
fn count(shell: &Shell) -> usize {
    shell.run("peridio api-keys list --all --output prn").succeeds().lines().count()
}

/// Fails unless `key` is a key that works.
fn check_works(shell: &Shell, key: &str) {
    shell.run(&format!("PERIDIO_API_KEY={key} peridio users me")).succeeds();
}

fn a_new_keys_secret_is_never_lost(database: Database) {
    let server = Server::start(database);
    let shell = server.shell();
    let said = shell.run("peridio api-keys create --name ci --role reader --output prn").fails(2);
    assert!(said.contains("--key-file FILE") && said.contains("--output key"), "{said}");
    assert_eq!(count(&shell), 1, "a key was made whose secret nobody has");

    let key = shell.run("peridio api-keys create --name ci --role reader --output key").succeeds();
    check_works(&shell, &key);
    for output in ["json", "jsonl", "table"] {
        let create = format!("peridio api-keys create --name {output} --role reader --output {output}");
        let shown = shell.run(&create).succeeds();
        let key = shown.split(['"', ' ', '\n']).find(|word| word.starts_with("olv_") && word.len() > 20);
        check_works(&shell, key.unwrap_or_else(|| panic!("no secret in {shown}")));
    }
    for elsewhere in
        ["products create --name x", "artifacts list", "push f --artifact a --version 1 --target x"]
    {
        let said = shell.run(&format!("peridio {elsewhere} --output key")).fails(2);
        assert!(said.contains("only 'peridio api-keys create'"), "{said}");
    }

    // Nobody can read the output: a full disk, and a pipe whose other end is closed.
    for stdout in ["> /dev/full", ">&4"] {
        for output in ["key", "json"] {
            let before = count(&shell);
            let create = format!("peridio api-keys create --name x --role reader --output {output} {stdout}");
            let closed = "rm -f pipe; mkfifo pipe; exec 3<>pipe; exec 4>pipe; exec 3>&-;";
            let said = shell.run(&format!("{closed} {create}")).fails(1);
            assert_eq!(count(&shell), before + 1);
            let revoke = said.split_once("'peridio ").and_then(|(_, advice)| advice.split_once('\''));
            let (revoke, _) = revoke.unwrap_or_else(|| panic!("no advice: {said}"));
            shell.run(&format!("peridio {revoke}")).succeeds();
        }
    }
    the_lost_answer_names_the_key(&shell);
}

/// Uses a server that answers a repeated request: it created the key, but no longer has the secret.
fn the_lost_answer_names_the_key(shell: &Shell) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let answers = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("peridio connects");
        let mut request = [0; 4096];
        let read = stream.read(&mut request).expect("it sends a request");
        assert!(read > 0);
        let body = r#"{"api_key":{"prn":"prn:1:o:api_key:k","organization_prn":"prn:1:o","name":"x","hint":"olv_","role":"reader",
            "scopes":[],"expires_at":null,"revoked_at":null,"inserted_at":"","updated_at":""}}"#;
        write!(
            stream,
            "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("it listens");
    });
    let create = "peridio api-keys create --name x --role reader --key-file lost.key";
    let said = shell.run(&format!("{create} --base-url http://{address}")).fails(1);
    answers.join().expect("the answer was given");
    assert!(said.contains("'peridio api-keys revoke --prn prn:1:o:api_key:k'"), "{said}");
    assert!(!shell.folder().join("lost.key").exists());
}

fn a_key_file_is_private_and_never_overwritten(database: Database) {
    let server = Server::start(database);
    let shell = server.shell();
    let create = "peridio api-keys create --name ci --role reader --key-file ci.key";
    let prn = shell.run(&format!("umask 0; {create} --output prn")).succeeds();
    assert!(prn.starts_with("prn:1:"), "{prn}");
    let mode = std::fs::metadata(shell.folder().join("ci.key")).expect("it is written").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let secret = String::from_utf8(shell.read("ci.key")).expect("it is text");
    check_works(&shell, secret.trim());

    let before = count(&shell);
    let said = shell.run(create).fails(2);
    assert!(said.contains("ci.key is there already"), "{said}");
    assert_eq!(String::from_utf8_lossy(&shell.read("ci.key")), secret);
    let said = shell
        .run("ln -s precious link; peridio api-keys create --name ci --role reader --key-file link")
        .fails(2);
    assert!(said.contains("link is there already") && !shell.folder().join("precious").exists(), "{said}");
    shell.run("peridio api-keys create --name ci --role reader --key-file nowhere/ci.key").fails(1);
    shell.run("peridio api-keys create --name ci --role nobody --key-file refused.key").fails(1);
    assert!(!shell.folder().join("refused.key").exists(), "a file without a key stays");
    shell.run("peridio api-keys create --name ci --role reader --key-file -").fails(2);
    shell.run("peridio api-keys create --name ci --role reader --key-file x --output key").fails(2);
    assert_eq!(count(&shell), before);

    let shown = shell.run("peridio api-keys create --name json --role reader --key-file json.key").succeeds();
    let secret = String::from_utf8(shell.read("json.key")).expect("it is text");
    assert!(!shown.contains(secret.trim()), "it is in the file and nowhere else");
}

fn the_command_line_lists_all_scopes(database: Database) {
    let server = Server::start(database);
    let shell = server.shell();
    let alone = "env -u PERIDIO_API_KEY -u PERIDIO_BASE_URL peridio api-keys scopes";
    let all = shell.run(&format!("{alone} --output prn")).succeeds();
    let writer = shell.run(&format!("{alone} --role writer --output prn")).succeeds();
    assert!(all.contains("binary.destroy") && !writer.contains("binary.destroy"));
    assert!(writer.lines().any(|scope| scope == "release.create"), "{writer}");
    let table = shell.run(&format!("{alone} --output table")).succeeds();
    assert!(table.contains("writer, admin") && table.contains("Create releases."), "{table}");

    let said = shell.run("peridio api-keys create --name x --scope binary.signn --output key").fails(1);
    let missing: Vec<_> = all.lines().filter(|scope| !said.contains(scope)).collect();
    assert!(missing.is_empty(), "{missing:?} are not in: {said}");

    shell
        .run("peridio api-keys create --name signer --scope binary.sign,binary.read --output key")
        .succeeds();
    shell.run("peridio api-keys create --name viewer --role reader --output key").succeeds();
    let listed = shell.run("peridio api-keys list --output table").succeeds();
    let line = |name: &str| listed.lines().find(|line| line.contains(name)).unwrap_or_default().to_owned();
    assert!(line("signer").contains("binary.read, binary.sign"), "{listed}");
    assert!(line("viewer").contains("reader") && !line("viewer").contains("artifact.read"), "{listed}");
}

fn the_documented_key_for_ci_uploads_and_can_not_release(database: Database) {
    let server = Server::start(database);
    let shell = server.shell();
    let concepts = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/concepts.md");
    let concepts = std::fs::read_to_string(concepts).expect("the page is there");
    let create = concepts
        .lines()
        .find(|line| line.starts_with("peridio api-keys create --name ci"))
        .expect("the line");
    shell
        .run(&format!(
            "openssl genpkey -algorithm ed25519 -out key.pem
             openssl pkey -in key.pem -pubout -out key.pub.pem
             peridio signing-keys create --name ci --public-key-file key.pub.pem
             printf content > fw.bin
             {create}"
        ))
        .succeeds();
    let push = "export PERIDIO_API_KEY=$(cat ci.key)
        peridio push fw.bin --artifact main --version 1.0.0 --target arm --signing-key key.pem";
    assert!(shell.run(push).succeeds().contains("\"signed\""));
    let product = "peridio products create --name gateway --output prn";
    let cohort = format!("peridio cohorts create --name daily --product-prn $({product}) --output prn");
    let said = shell.run(&format!("COHORT=$({cohort})\n{push} --bundle b --cohort-prn $COHORT")).fails(1);
    assert!(said.contains("bundle.read") || said.contains("bundle.create"), "{said}");
    for forbidden in
        ["products create --name x", "artifacts delete --prn $(peridio artifacts list --output prn)"]
    {
        let said = shell.run(&format!("export PERIDIO_API_KEY=$(cat ci.key); peridio {forbidden}")).fails(1);
        assert!(said.contains("lacks the scope"), "{said}");
    }
}

/// The key is given with extra characters, as copied from a file, a CI secret or a mail.
fn a_key_copied_with_extra_characters_is_reported_as_such(database: Database) {
    let server = Server::start(database);
    let shell = server.shell();
    for more in ["$KEY\\n", "$KEY\\r\\n", " $KEY", "$KEY ", "\\xef\\xbb\\xbf$KEY"] {
        let set = format!(
            "KEY=$PERIDIO_API_KEY; export PERIDIO_API_KEY=\"$(printf \"{more}.\")\"; PERIDIO_API_KEY=${{PERIDIO_API_KEY%.}}"
        );
        let ran = shell.run(&format!("{set}; peridio users me"));
        if !ran.status.success() {
            assert!(ran.stderr.contains("copied whole"), "{more}: {}", ran.stderr);
            assert!(!ran.stderr.contains("trying again"), "{more}: {}", ran.stderr);
        }
    }
}
