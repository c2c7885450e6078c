//! The requirements for a certificate by which a device is registered. All certificates are made by openssl.

use olivine_tests::factory::{Factory, Maker};
use olivine_tests::{Database, Device, Server, Shell, prn, send};

const EC: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
const LEAF: &str = "-addext basicConstraints=critical,CA:FALSE";

pub(crate) async fn usual_algorithms_are_verified_and_others_are_named(database: Database) {
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    let curve =
        |name: &str, hash: &str| format!("-newkey ec -pkeyopt ec_paramgen_curve:{name} -nodes -{hash}");
    let mut options = Vec::new();
    for name in ["P-256", "P-384", "P-521"] {
        options
            .extend(["sha256", "sha384", "sha512"].map(|hash| (format!("{name} {hash}"), curve(name, hash))));
    }
    for hash in ["sha256", "sha384", "sha512"] {
        options.push((format!("RSA {hash}"), format!("-newkey rsa:2048 -nodes -{hash}")));
    }
    options.push(("Ed25519".to_owned(), "-newkey ed25519 -nodes".to_owned()));
    for (name, options) in options {
        let maker = Maker::new(&name, &options);
        maker.registers(&factory).await.expect(201);
        let hash =
            options.rsplit('-').next().filter(|hash| hash.starts_with("sha")).map(|hash| format!("-{hash}"));
        let device =
            maker.shows(&server, &format!("-subj '/CN=SN {name}' {}", hash.unwrap_or_default())).await;
        assert_eq!(device.expect(200).json["device"]["identifier"], format!("SN {name}"));
    }
    // An unknown algorithm is reported as such, and not as a signature by another key.
    let maker = Maker::new("Other curve", "-newkey ec -pkeyopt ec_paramgen_curve:secp256k1 -nodes");
    let refused = maker.registers(&factory).await.expect(422);
    assert!(
        refused.error_message().contains("is not supported")
            && !refused.error_message().contains("was not signed"),
        "{refused:?}"
    );
    let maker = Maker::new("SHA-224", "");
    maker.registers(&factory).await.expect(201);
    let refused = maker.shows(&server, "-subj /CN=SN-224 -sha224").await.expect(401);
    assert!(
        refused.error_message().contains("ECDSA with SHA-224")
            && refused.error_message().contains("not supported"),
        "{refused:?}"
    );
}

pub(crate) async fn a_chain_is_followed_to_a_registered_authority(database: Database) {
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    let root = Maker::new("Root", "");
    root.registers(&factory).await.expect(201);
    let shows = async |intermediate: &str, leaf: &str| {
        let script = format!(
            "openssl req -x509 -CA ca.pem -CAkey ca.key {EC} -days 9 -subj /CN=Line -keyout i.key -out i.pem {intermediate}
            openssl req -x509 -CA i.pem -CAkey i.key {EC} -days 9 -subj /CN={leaf} {LEAF} -keyout d.key -out d.pem"
        );
        root.shell.run(&script).succeeds();
        let chain = root.text("d.pem") + &root.text("i.pem");
        Device::with(&server, &chain, &root.text("d.key")).get("/device/me").await
    };
    let device = shows("-addext basicConstraints=critical,CA:TRUE,pathlen:0", "SN-1").await.expect(200);
    assert_eq!(device.json["device"]["identifier"], "SN-1");
    // Without the chain, the issuer is unknown. A device that is already registered does not need the chain.
    let alone = Device::with(&server, &root.text("d.pem"), &root.text("d.key"));
    assert_eq!(prn(&alone.get("/device/me").await.expect(200).json["device"]), prn(&device.json["device"]));
    for (intermediate, problem) in [
        (LEAF, "CA:TRUE"),
        (
            "-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,digitalSignature",
            "keyCertSign",
        ),
        ("-addext basicConstraints=critical,CA:TRUE -sha1", "SHA-1"),
    ] {
        let refused = shows(intermediate, "SN-2").await.expect(401);
        assert!(refused.error_message().contains(problem), "{intermediate}: {refused:?}");
    }
    // Two intermediate CAs below a CA that allows none.
    let short = Maker::new("Short", "-addext basicConstraints=critical,CA:TRUE,pathlen:0");
    short.registers(&factory).await.expect(201);
    let script = format!(
        "openssl req -x509 -CA ca.pem -CAkey ca.key {EC} -days 9 -subj /CN=Line -keyout i.key -out i.pem
        openssl req -x509 -CA i.pem -CAkey i.key {EC} -days 9 -subj /CN=SN-3 {LEAF} -keyout d.key -out d.pem"
    );
    short.shell.run(&script).succeeds();
    let chain = short.text("d.pem") + &short.text("i.pem");
    let refused = Device::with(&server, &chain, &short.text("d.key")).get("/device/me").await.expect(403);
    assert!(refused.error_message().contains("path length"), "{refused:?}");
    // A chain that is longer than the maximum.
    let long = short.text("d.pem") + &short.text("i.pem").repeat(5);
    let refused = Device::with(&server, &long, &short.text("d.key")).get("/device/me").await.expect(401);
    assert!(refused.error_message().contains("at most 4"), "{refused:?}");
}

pub(crate) async fn a_proxy_passes_a_chain_on(database: Database) {
    // The test acts as the proxy.
    let server = Server::builder().database(database).scaled(false);
    let server = server.behind_a_proxy().start();
    let factory = Factory::new(server.api()).await;
    let root = Maker::new("Root", "");
    root.registers(&factory).await.expect(201);
    let script = format!(
        "openssl req -x509 -CA ca.pem -CAkey ca.key {EC} -days 9 -subj /CN=Line -keyout i.key -out i.pem
        openssl req -x509 -CA i.pem -CAkey i.key {EC} -days 9 -subj /CN=SN-1 {LEAF} -keyout d.key -out d.pem"
    );
    root.shell.run(&script).succeeds();
    let item = |file: &str| {
        let text = root.text(file);
        format!(":{}:", text.lines().filter(|line| !line.starts_with('-')).collect::<String>())
    };
    let ask = async |headers: &[(&str, String)]| {
        let mut request = reqwest::Client::new().get(format!("{}/device/me", server.device_url()));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        send(request).await
    };
    let own = ("client-cert", item("d.pem"));
    ask(std::slice::from_ref(&own)).await.expect(401);
    ask(&[own.clone(), ("client-cert-chain", "nonsense".to_owned())]).await.expect(400);
    ask(&[("client-cert-chain", item("i.pem"))]).await.expect(401);
    let chain = format!("{}, {}", item("i.pem"), item("ca.pem"));
    let me = ask(&[own, ("client-cert-chain", chain)]).await.expect(200);
    assert_eq!(me.json["device"]["identifier"], "SN-1");
}

/// A certificate that was registered before the current rules keeps working, and can be found. No API accepts such a certificate any more,
/// so the record of a valid one is changed to SHA-1.
#[tokio::test]
async fn weak_certificates_that_are_known_work_on_and_are_listed() {
    let mut server = Server::start(Database::Sqlite);
    let factory = Factory::new(server.api()).await;
    let maker = Maker::new("Company", "-newkey rsa:2048 -nodes");
    maker.registers(&factory).await.expect(201);
    for name in ["sound", "weak"] {
        maker.shows(&server, &format!("-subj /CN={name}")).await.expect(200);
    }
    let list = "peridio device-certificates list --with-warnings --output jsonl";
    assert_eq!(server.shell().run(list).succeeds(), "");

    server.stop();
    maker.shell.run("openssl x509 -in d.pem -outform der -out d.der").succeeds();
    let sound = maker.shell.read("d.der");
    let with_sha256 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
    let mut weak = sound.clone();
    for at in 0..sound.len() - with_sha256.len() {
        if sound[at..].starts_with(&with_sha256) {
            weak[at + with_sha256.len() - 1] = 0x05;
        }
    }
    let file = server.data_dir().join("olivine.db");
    let mut records = std::fs::read(&file).unwrap();
    let at = records.windows(sound.len()).position(|window| window == sound).unwrap();
    records[at..at + sound.len()].copy_from_slice(&weak);
    std::fs::write(&file, records).unwrap();

    server.restart();
    let device = Device::with(&server, &maker.text("d.pem"), &maker.text("d.key"));
    device.get("/device/me").await.expect(200);
    let found = server.shell().run(list).json();
    assert_eq!(found["subject"], "CN=weak");
    assert!(found["warnings"][0].as_str().unwrap().contains("SHA-1"), "{found}");
    let none = "peridio ca-certificates list --with-warnings --all --output jsonl";
    assert_eq!(server.shell().run(none).succeeds(), "");
}

/// The openssl.cnf of small factories often contains no key identifiers.
pub(crate) async fn certificates_need_no_key_identifiers(database: Database) {
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    let files = Shell::new();
    files.write("none.cnf", "[req]\ndistinguished_name = dn\n[dn]\n");
    let none = format!(
        "-config {}/none.cnf -addext subjectKeyIdentifier=none -addext authorityKeyIdentifier=none",
        files.folder().display()
    );
    let maker = Maker::new("Plain", &format!("{none} -addext basicConstraints=critical,CA:TRUE"));
    let shown = maker.shell.run("openssl x509 -in ca.pem -noout -text").succeeds();
    assert!(!shown.contains("Key Identifier"), "{shown}");
    maker.registers_with(&factory, &none).await.expect(201);
    let me = maker.shows(&server, &format!("-subj /CN=SN-1 {none}")).await.expect(200);
    assert_eq!(me.json["device"]["identifier"], "SN-1");
}
