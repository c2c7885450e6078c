//! What a certificate must be so that a device is made of it: each as openssl makes it.

use olivine_testkit::Server;
use olivine_tests::Device;
use olivine_tests::factory::{Factory, Maker};
use serde_json::{Value, json};

const LEAF: &str = "-addext basicConstraints=critical,CA:FALSE";

#[tokio::test]
async fn only_a_devices_certificate_makes_a_device() {
    let server = Server::start().await;
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
        assert!(refused.error_message().contains(problem), "{options}: {refused:?}");
        assert_eq!(refused.expect(403).error_code(), Some("provisioning_refused"), "{options}");
    }
    let itself = Device::with(&server, &maker.text("ca.pem"), &maker.text("ca.key")).get("/device/me").await;
    assert!(itself.expect(403).error_message().contains("CA:TRUE"));
    let weak = maker.shows(&server, "-subj /CN=weak -sha1").await.expect(401);
    assert!(weak.error_message().contains("SHA-1"), "{weak:?}");
    let device = json!({"identifier": "by hand", "product_prn": factory.product});
    let device = factory.create("devices", "device", device).await;
    let short =
        format!("openssl req -x509 -newkey rsa:1024 -nodes {LEAF} -subj /CN=short -keyout s.key -out s.pem");
    maker.shell.run(&short).succeeds();
    for (file, problem) in [("d.pem", "SHA-1"), ("s.pem", "1024 bits")] {
        let by_hand = json!({"device_prn": device, "certificate": maker.text(file)});
        let refused = factory.api.post("/v1/device_certificates", &by_hand).await.expect(422);
        assert!(refused.error_message().contains(problem), "{refused:?}");
    }
}

#[tokio::test]
async fn only_an_authority_that_may_sign_is_registered() {
    let server = Server::start().await;
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
        assert!(refused.error_message().contains(problem), "{options}: {refused:?}");
    }
    let good = Maker::new("Company", "-addext keyUsage=critical,keyCertSign,cRLSign");
    good.registers(&factory).await.expect(201);
    good.shows(&server, "-subj /CN=SN-1").await.expect(200);
}

#[tokio::test]
async fn names_are_read_in_each_encoding() {
    let server = Server::start().await;
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

#[tokio::test]
async fn an_authority_says_which_name_is_the_identifier() {
    let server = Server::start().await;
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
        assert!(refused.error_message().contains("which would be the device's identifier"), "{refused:?}");
    }
    let maker = Maker::new("two", "");
    factory.register_authority(&maker.shell, json!({"identifier_from": "dns_name"})).await;
    let refused =
        maker.shows(&server, "-subj /CN=x -addext subjectAltName=DNS:a.example,DNS:b.example").await;
    assert!(refused.expect(403).error_message().contains("2 DNS names"));
    let jitp = json!({"jitp": {"product_prn": factory.product, "identifier_from": "colour"}});
    let any: Value = factory.api.get("/v1/ca_certificates").await.expect(200).json;
    let any = any["ca_certificates"][0]["prn"].as_str().unwrap().to_owned();
    factory.api.patch(&format!("/v1/ca_certificates/{any}"), &jitp).await.expect(422);
}
