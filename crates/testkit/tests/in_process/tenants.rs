//! Organizations that register the same certificate: whose device it is follows from a proof, not from who was first.

use olivine_testkit::Server;
use olivine_tests::factory::{Factory, path};
use olivine_tests::{Device, Shell, named, prn};
use rcgen::{CertificateParams, Issuer, KeyPair};
use serde_json::{Value, json};

/// Another organization of the server.
async fn another(server: &Server, name: &str) -> Factory {
    Factory::new(server.another_organization(name).await).await
}

#[tokio::test]
async fn a_claim_yields_to_the_authority_that_signed() {
    let server = Server::start().await;
    let ours = Factory::new(server.api()).await;
    let theirs = another(&server, "them").await;
    let (certificate, key) = ours.signed(&named("SN-1"));
    let device = Device::with(&server, &certificate, &key);

    // They register the certificate of our device before it has connected, and go away with nothing.
    let mine = theirs.bare_device("mine").await;
    let claim = device.register(&theirs.api, &mine).await;
    assert_eq!(theirs.get(&claim).await["proof"], Value::Null);
    let found = device.me().await;
    assert_ne!(found, mine);
    assert_eq!(ours.get(&found).await["identifier"], "SN-1");
    theirs.api.get(&path(&claim)).await.expect(404);
    let ended = theirs.events("device_certificate.claim_ended").await;
    assert_eq!(ended.len(), 1, "{ended:#?}");
    assert!(
        !ended[0].to_string().contains(found.split(':').nth(2).unwrap()),
        "it says nothing of us: {ended:#?}"
    );
    assert_eq!(ours.events("device_certificate.taken_over").await.len(), 1);

    // They register it again, and remove it again: the answers are those for any certificate, and nothing changes for the device.
    for _ in 0..2 {
        let claim = device.register(&theirs.api, &mine).await;
        assert_eq!(device.me().await, found);
        theirs.api.delete(&path(&claim)).await.expect(204);
        assert_eq!(device.me().await, found);
    }
    // What we send away stays away, also if they claim it.
    device.register(&theirs.api, &mine).await;
    ours.api.delete(&path(&found)).await.expect(204);
    assert_eq!(device.get("/device/me").await.expect(401).error_code(), Some("certificate_removed"));
}

/// A certificate that a device's key signed for a verification code of this organization.
async fn proof(factory: &Factory, certificate: &str, key: &str) -> String {
    let code = factory.api.post("/v1/ca_certificates/verification_codes", &json!({})).await.expect(201).json;
    let issuer = Issuer::from_ca_cert_pem(certificate, KeyPair::from_pem(key).unwrap()).unwrap();
    let params: CertificateParams = named(code["verification_code"].as_str().unwrap());
    params.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap().pem()
}

#[tokio::test]
async fn a_proof_of_the_key_ends_what_others_claim() {
    let server = Server::start().await;
    let ours = Factory::new(server.api()).await;
    let theirs = another(&server, "them").await;
    let key = KeyPair::generate().unwrap();
    let certificate = named("SN-1").self_signed(&key).unwrap().pem();
    let key = key.serialize_pem();
    let device = Device::with(&server, &certificate, &key);
    let (their_device, our_device) = (theirs.bare_device("theirs").await, ours.bare_device("ours").await);
    device.register(&theirs.api, &their_device).await;
    let own = device.register(&ours.api, &our_device).await;
    assert_eq!(device.me().await, their_device, "both only claim it, and they were first");

    // A code of theirs, a used one and another key prove nothing.
    let register = async |proof: String| {
        let new =
            json!({"device_prn": our_device, "certificate": certificate, "verification_certificate": proof});
        ours.api.post("/v1/device_certificates", &new).await
    };
    let foreign = proof(&theirs, &certificate, &key).await;
    register(foreign).await.expect(422);
    let other_key = KeyPair::generate().unwrap().serialize_pem();
    register(proof(&ours, &certificate, &other_key).await).await.expect(422);
    assert_eq!(device.me().await, their_device);
    let good = proof(&ours, &certificate, &key).await;
    let proven = register(good.clone()).await.expect(201).json["device_certificate"].take();
    assert_eq!((prn(&proven), &proven["proof"]), (own, &json!("key")));
    assert_eq!(device.me().await, our_device);
    assert_eq!(theirs.events("device_certificate.claim_ended").await.len(), 1);
    register(good).await.expect(422);

    // A claim is possible all the same, and does nothing.
    device.register(&theirs.api, &their_device).await;
    assert_eq!(device.me().await, our_device);
}

#[tokio::test]
async fn a_refusal_is_told_to_nobody_else() {
    let server = Server::start().await;
    let home = Factory::new(server.api()).await;
    let theirs = another(&server, "them").await;
    let failed = "device.authentication_failed";
    // With two organizations, nobody's stranger is noted in neither.
    Device::new(&server, "SN-nobody").get("/device/me").await.expect(401);
    assert_eq!((home.events(failed).await, theirs.events(failed).await), (Vec::new(), Vec::new()));
    // What bears the name of one's authority is told to that one.
    let shell = Shell::new();
    shell
        .run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=Theirs")
        .succeeds();
    theirs.register_authority(&shell, json!({})).await;
    shell
        .run(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout o.key -out o.pem -subj /CN=Theirs
            openssl req -x509 -CA o.pem -CAkey o.key -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout d.key -out d.pem \
            -subj /CN=SN-forged -addext basicConstraints=critical,CA:FALSE",
        )
        .succeeds();
    let text = |name: &str| String::from_utf8(shell.read(name)).unwrap();
    let refused = Device::with(&server, &text("d.pem"), &text("d.key")).get("/device/me").await.expect(401);
    assert!(!refused.json.to_string().contains("Theirs"), "{refused:?}");
    let told = theirs.events(failed).await;
    assert!(told.len() == 1 && told[0]["data"]["notes"].to_string().contains("did not sign it"), "{told:#?}");
    assert_eq!(home.events(failed).await, Vec::<Value>::new());
}
