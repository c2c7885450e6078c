//! What a certificate must be so that a device is made of it: each as openssl makes it.

use olivine_tests::{Answer, Database, Device, Server, Shell, prn, send};
use serde_json::{Value, json};

use crate::factory::Factory;

const EC: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
const LEAF: &str = "-addext basicConstraints=critical,CA:FALSE";

/// An authority in a folder of its own, and what it signs.
struct Maker {
    shell: Shell,
}

impl Maker {
    /// An authority of this name, made by `openssl req -x509` with these options.
    fn new(name: &str, options: &str) -> Self {
        let shell = Shell::new();
        let options =
            if options.contains("-newkey") { options.to_owned() } else { format!("{EC} {options}") };
        shell
            .run(&format!(
                "openssl req -x509 {options} -keyout ca.key -out ca.pem -days 99 -subj '/CN={name}'"
            ))
            .succeeds();
        Self { shell }
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8(self.shell.read(name)).unwrap()
    }

    /// What the server says to a device with a certificate that is made with these options.
    async fn shows(&self, server: &Server, options: &str) -> Answer {
        let key = if options.contains("-newkey") { "" } else { EC };
        let leaf = if options.contains("basicConstraints") { "" } else { LEAF };
        let sign = format!(
            "openssl req -x509 -CA ca.pem -CAkey ca.key {key} {leaf} {options} -days 9 -keyout d.key -out d.pem"
        );
        self.shell.run(&sign).succeeds();
        Device::with(server, &self.text("d.pem"), &self.text("d.key")).get("/device/me").await
    }

    /// What the server says to a request to register the authority.
    async fn registers(&self, factory: &Factory) -> Answer {
        self.registers_with(factory, "").await
    }

    /// The same, with options of openssl for the proof of its key.
    async fn registers_with(&self, factory: &Factory, options: &str) -> Answer {
        let (certificate, proof) = factory.proven_with(&self.shell, options).await;
        let new = json!({"certificate": certificate, "verification_certificate": proof, "jitp": {"product_prn": factory.product}});
        factory.api.post("/v1/ca_certificates", &new).await
    }
}

fn message(answer: &Answer) -> String {
    answer.json["errors"][0]["message"].as_str().unwrap_or_default().to_owned()
}

pub(crate) async fn only_a_devices_certificate_makes_a_device(database: Database) {
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    let maker = Maker::new("Company", "");
    maker.registers(&factory).await.expect(201);
    for (name, options) in [
        ("no-usage", String::new()),
        (
            "client",
            "-addext extendedKeyUsage=clientAuth -addext keyUsage=critical,digitalSignature".to_owned(),
        ),
        ("both", "-addext extendedKeyUsage=serverAuth,clientAuth".to_owned()),
        ("any", "-addext extendedKeyUsage=anyExtendedKeyUsage".to_owned()),
        ("unknown-but-not-critical", "-addext 1.2.3.4=ASN1:NULL".to_owned()),
    ] {
        maker.shows(&server, &format!("-subj /CN={name} {options}")).await.expect(200);
    }
    for (options, problem) in [
        ("-addext basicConstraints=critical,CA:TRUE", "CA:TRUE"),
        ("-addext extendedKeyUsage=serverAuth", "clientAuth"),
        ("-addext extendedKeyUsage=critical,codeSigning", "clientAuth"),
        ("-addext extendedKeyUsage=emailProtection", "clientAuth"),
        ("-addext keyUsage=keyEncipherment", "digitalSignature"),
        ("-addext 1.2.3.4=critical,ASN1:NULL", "1.2.3.4"),
        ("-addext 2.5.29.15=DER:0500", "keyUsage"),
    ] {
        let refused = maker.shows(&server, &format!("-subj /CN=refused {options}")).await;
        assert!(message(&refused).contains(problem), "{options}: {refused:?}");
        assert_eq!(refused.expect(403).error_code(), Some("provisioning_refused"), "{options}");
    }
    let itself = Device::with(&server, &maker.text("ca.pem"), &maker.text("ca.key")).get("/device/me").await;
    assert!(message(&itself.expect(403)).contains("CA:TRUE"));
    let weak = maker.shows(&server, "-subj /CN=weak -sha1").await.expect(401);
    assert!(message(&weak).contains("SHA-1"), "{weak:?}");
    let device = json!({"identifier": "by hand", "product_prn": factory.product});
    let device = factory.create("devices", "device", device).await;
    let short =
        format!("openssl req -x509 -newkey rsa:1024 -nodes {LEAF} -subj /CN=short -keyout s.key -out s.pem");
    maker.shell.run(&short).succeeds();
    for (file, problem) in [("d.pem", "SHA-1"), ("s.pem", "1024 bits")] {
        let by_hand = json!({"device_prn": device, "certificate": maker.text(file)});
        let refused = factory.api.post("/v1/device_certificates", &by_hand).await.expect(422);
        assert!(message(&refused).contains(problem), "{refused:?}");
    }
}

pub(crate) async fn only_an_authority_that_may_sign_is_registered(database: Database) {
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    for (options, problem) in [
        ("-addext keyUsage=critical,digitalSignature", "keyCertSign"),
        ("-addext nameConstraints=critical,permitted;DNS:example.com", "name constraints"),
        ("-addext extendedKeyUsage=serverAuth", "clientAuth"),
        ("-addext 1.2.3.4=critical,ASN1:NULL", "1.2.3.4"),
        ("-sha1", "SHA-1"),
        ("-newkey rsa:1024 -nodes", "1024 bits"),
    ] {
        let options = options.replace("permitted;", "permitted\\;");
        let refused = Maker::new("Company", &options).registers(&factory).await.expect(422);
        assert_eq!(refused.json["errors"][0]["context"]["field"], "certificate", "{options}: {refused:?}");
        assert!(message(&refused).contains(problem), "{options}: {refused:?}");
    }
    let good = Maker::new("Company", "-addext keyUsage=critical,keyCertSign,cRLSign");
    good.registers(&factory).await.expect(201);
    good.shows(&server, "-subj /CN=SN-1").await.expect(200);
}

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
    // An algorithm that is not known is called that, and not another key's signature.
    let maker = Maker::new("Other curve", "-newkey ec -pkeyopt ec_paramgen_curve:secp256k1 -nodes");
    let refused = maker.registers(&factory).await.expect(422);
    assert!(
        message(&refused).contains("is not supported") && !message(&refused).contains("was not signed"),
        "{refused:?}"
    );
    let maker = Maker::new("SHA-224", "");
    maker.registers(&factory).await.expect(201);
    let refused = maker.shows(&server, "-subj /CN=SN-224 -sha224").await.expect(401);
    assert!(
        message(&refused).contains("ECDSA with SHA-224") && message(&refused).contains("not supported"),
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
    // Without the chain nobody knows who signed it. Now it is known by itself.
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
        assert!(message(&refused).contains(problem), "{intermediate}: {refused:?}");
    }
    // Two below an authority that allows none.
    let short = Maker::new("Short", "-addext basicConstraints=critical,CA:TRUE,pathlen:0");
    short.registers(&factory).await.expect(201);
    let script = format!(
        "openssl req -x509 -CA ca.pem -CAkey ca.key {EC} -days 9 -subj /CN=Line -keyout i.key -out i.pem
        openssl req -x509 -CA i.pem -CAkey i.key {EC} -days 9 -subj /CN=SN-3 {LEAF} -keyout d.key -out d.pem"
    );
    short.shell.run(&script).succeeds();
    let chain = short.text("d.pem") + &short.text("i.pem");
    let refused = Device::with(&server, &chain, &short.text("d.key")).get("/device/me").await.expect(403);
    assert!(message(&refused).contains("path length"), "{refused:?}");
    // More than are looked at.
    let long = short.text("d.pem") + &short.text("i.pem").repeat(5);
    let refused = Device::with(&server, &long, &short.text("d.key")).get("/device/me").await.expect(401);
    assert!(message(&refused).contains("at most 4"), "{refused:?}");
}

pub(crate) async fn a_proxy_passes_a_chain_on(database: Database) {
    // This test is the proxy.
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

pub(crate) async fn names_are_read_in_each_encoding(database: Database) {
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    let maker = Maker::new("Encodings", "");
    maker.registers(&factory).await.expect(201);
    for (name, mask) in [
        ("utf8", "0x2000"),
        ("printable", "0x2"),
        ("teletex", "0x4"),
        ("bmp", "0x800"),
        ("universal", "0x100"),
    ] {
        maker.shell.write("m.cnf", format!("[req]\ndistinguished_name=dn\nstring_mask=MASK:{mask}\n[dn]\n"));
        let options = format!("-config m.cnf -subj /CN=SN-{name}");
        let device = maker.shows(&server, &options).await.expect(200);
        assert_eq!(device.json["device"]["identifier"], format!("SN-{name}"));
    }
}

pub(crate) async fn an_authority_says_which_name_is_the_identifier(database: Database) {
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    let subject = "-subj '/CN=model/serialNumber=0042' -addext subjectAltName=DNS:unit-7.example";
    for (source, identifier) in
        [("common_name", "model"), ("serial_number", "0042"), ("dns_name", "unit-7.example")]
    {
        let maker = Maker::new(source, "");
        let authority = factory.register_authority(&maker.shell, json!({"identifier_from": source})).await;
        assert_eq!(factory.get(&authority).await["jitp"]["identifier_from"], source);
        let device = maker.shows(&server, subject).await.expect(200);
        assert_eq!(device.json["device"]["identifier"], identifier);
        let other = if source == "common_name" { "/serialNumber=1" } else { "/CN=only" };
        let refused = maker.shows(&server, &format!("-subj {other}")).await.expect(403);
        assert!(message(&refused).contains("which would be the device's identifier"), "{refused:?}");
    }
    let maker = Maker::new("two", "");
    factory.register_authority(&maker.shell, json!({"identifier_from": "dns_name"})).await;
    let refused =
        maker.shows(&server, "-subj /CN=x -addext subjectAltName=DNS:a.example,DNS:b.example").await;
    assert!(message(&refused.expect(403)).contains("2 DNS names"));
    let jitp = json!({"jitp": {"product_prn": factory.product, "identifier_from": "colour"}});
    let any: Value = factory.api.get("/v1/ca_certificates").await.expect(200).json;
    let any = any["ca_certificates"][0]["prn"].as_str().unwrap().to_owned();
    factory.api.patch(&format!("/v1/ca_certificates/{any}"), &jitp).await.expect(422);
}

/// What was registered before today's rules keeps working, and can be found. Nothing takes such a certificate any more, so the record of a
/// sound one is made to say SHA-1.
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

/// Small factories' openssl.cnf often names neither key.
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
