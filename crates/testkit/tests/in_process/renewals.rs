//! Devices whose certificates are renewed: the authority that signed both says, by its registration, whether somebody has to register the
//! new one.

use olivine_testkit::Server;
use olivine_tests::factory::{Factory, path};
use olivine_tests::renewals::{ProductionLine, new_key, of_year, take};
use olivine_tests::{Api, Device, named, prn};
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use serde_json::{Value, json};

/// Shows a certificate that is not taken. The message says why.
async fn is_refused(device: &Device, why: &str) {
    let refused = device.get("/device/me").await.expect(403);
    let message = refused.error_message();
    assert_eq!(refused.error_code(), Some("provisioning_refused"), "{message}");
    assert!(message.contains(why), "{why}: {message}");
}

#[tokio::test]
async fn each_setting_says_which_renewals_are_taken() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let (ca, line) = (factory.ca().await, ProductionLine { server: &server, issuer: &factory.authority });
    let key = new_key();
    let first = line.of_year(2020, &key);
    let device = first.me().await;
    assert_eq!(factory.get(&ca).await["renewals"], "refuse", "nobody said anything");

    // Nothing is taken where nobody allowed it.
    let (same, changed) = (line.of_year(2021, &key), line.of_year(2022, &new_key()));
    for renewed in [&same, &changed] {
        is_refused(renewed, "a device with the identifier 'SN-1' already").await;
    }
    take(&factory, &ca, "same_key").await;
    is_refused(&changed, "another key").await;
    assert_eq!(same.me().await, device);
    take(&factory, &ca, "any_key").await;
    assert_eq!(changed.me().await, device);
    take(&factory, &ca, "refuse").await;
    is_refused(&line.of_year(2023, &key), "a device with the identifier 'SN-1' already").await;

    // All that were taken stay good, and the audit trail says how they came.
    for known in [&first, &same, &changed] {
        assert_eq!(known.me().await, device);
    }
    let all = factory.certificates(&device).await;
    assert_eq!(all.len(), 3, "{all:#?}");
    let (mut events, fingerprint) =
        (factory.events("device_certificate.renewed").await, |number: usize| &all[number]["fingerprint"]);
    events.sort_by_key(|event| event["data"]["key_changed"].as_bool());
    assert_eq!(events.len(), 2, "{events:#?}");
    for (number, event) in events.iter().enumerate() {
        let (data, new) = (&event["data"], &all[number + 1]);
        assert_eq!((&event["resource_prn"], &event["actor"]), (&new["prn"], &json!(device)), "{event:#}");
        assert_eq!((&data["device_prn"], &data["ca_certificate_prn"]), (&json!(device), &json!(ca)));
        assert_eq!(
            (&data["fingerprint"], &data["renewed_fingerprint"]),
            (fingerprint(number + 1), fingerprint(number))
        );
        assert_eq!(data["renewed_certificate_prn"], all[number]["prn"]);
        assert_eq!((&data["key_changed"], &data["identifier"]), (&json!(number == 1), &json!("SN-1")));
        assert_eq!(new["proof"], "authority");
    }
}

#[tokio::test]
async fn what_was_removed_is_not_renewed() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let (ca, line) = (factory.ca().await, ProductionLine { server: &server, issuer: &factory.authority });
    take(&factory, &ca, "any_key").await;
    let (first, second) = (new_key(), new_key());
    let device = line.of_year(2020, &first).me().await;
    let stolen = line.of_year(2022, &second);
    assert_eq!(stolen.me().await, device);
    // Issued once, and never shown.
    let never_shown = line.of_year(2021, &new_key());
    is_refused(&never_shown, "before the newest certificate").await;

    let removed = factory.certificates(&device).await.pop().unwrap();
    factory.api.delete(&path(&prn(&removed))).await.expect(204);
    assert_eq!(stolen.get("/device/me").await.expect(401).error_code(), Some("certificate_removed"));
    is_refused(&never_shown, "before the newest certificate").await;
    // Neither another certificate of the key comes in, nor one of that key for another device.
    is_refused(&line.of_year(2023, &second), "removed").await;
    let other = line.device(&of_year("SN-2", 2020), &new_key());
    other.me().await;
    is_refused(&line.device(&of_year("SN-2", 2023), &second), "removed").await;
    // The device itself goes on, with what is newer.
    assert_eq!(line.of_year(2023, &new_key()).me().await, device);

    // A device without any certificate was sent away.
    for one in factory.certificates(&device).await {
        factory.api.delete(&path(&prn(&one))).await.expect(204);
    }
    is_refused(&line.of_year(2024, &new_key()), "no certificate any more").await;
    assert_eq!(factory.events("device_certificate.renewed").await.len(), 2);
}

#[tokio::test]
async fn only_the_devices_own_authority_renews() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let (ca, line) = (factory.ca().await, ProductionLine { server: &server, issuer: &factory.authority });
    take(&factory, &ca, "any_key").await;
    let key = new_key();

    // By an authority of another product, which takes renewals of its own.
    let other = olivine_tests::authority("Other");
    let product = factory.create("products", "product", json!({"name": "sensor"})).await;
    let new = json!({"jitp": {"product_prn": product}, "renewals": "any_key"});
    register(&factory.api, &other, other.pem(), &new).await;
    let others = ProductionLine { server: &server, issuer: &other };
    let device = line.of_year(2020, &key).me().await;
    is_refused(&others.of_year(2021, &key), "another authority").await;

    // A certificate that people registered counts as whose it is: the current one is now the other authority's.
    others.of_year(2021, &key).register(&factory.api, &device).await;
    is_refused(&line.of_year(2022, &key), "another authority").await;
    assert_eq!(others.of_year(2022, &key).me().await, device);
    // One that nobody signed but its device is nobody's to renew.
    let own =
        factory.create("devices", "device", json!({"identifier": "SN-3", "product_prn": product})).await;
    Device::new(&server, "SN-3").register(&factory.api, &own).await;
    is_refused(&line.device(&of_year("SN-3", 2030), &key), "valid from").await;
    is_refused(&line.device(&of_year("SN-3", 2021), &key), "another authority").await;
    // Nor is one that names another device.
    let product = json!({"identifier": "SN-4", "product_prn": factory.product});
    let misnamed = factory.create("devices", "device", product).await;
    line.device(&of_year("SN-5", 2020), &new_key()).register(&factory.api, &misnamed).await;
    is_refused(&line.device(&of_year("SN-4", 2021), &new_key()), "names another device").await;

    // Who is in quarantine gets no new certificate.
    let doubted = line.device(&of_year("SN-6", 2020), &key).me().await;
    factory.change(&doubted, json!({"quarantined": true})).await;
    let renewed = line.device(&of_year("SN-6", 2021), &key);
    is_refused(&renewed, "quarantine").await;
    factory.change(&doubted, json!({"quarantined": false})).await;
    assert_eq!(renewed.me().await, doubted);
}

/// Registers an authority's certificate.
async fn register(
    api: &Api,
    issuer: &CertifiedIssuer<'static, KeyPair>,
    certificate: String,
    more: &Value,
) -> String {
    let code = api.post("/v1/ca_certificates/verification_codes", &json!({})).await.expect(201).json;
    let code = named(code["verification_code"].as_str().unwrap());
    let proof = code.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap().pem();
    let new = json!({"certificate": certificate, "verification_certificate": proof});
    let new = olivine_tests::factory::with(new, more.clone());
    prn(&api.post("/v1/ca_certificates", &new).await.expect(201).json["ca_certificate"])
}

#[tokio::test]
async fn a_renewed_authority_renews() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let issuer = olivine_tests::authority("Yearly CA");
    let line = ProductionLine { server: &server, issuer: &issuer };
    // Without provisioning: people register the devices, and their certificates.
    let old = register(&factory.api, &issuer, issuer.pem(), &json!({"renewals": "same_key"})).await;
    let identifier = json!({"identifier": "SN-1", "product_prn": factory.product});
    let device = factory.create("devices", "device", identifier).await;
    let key = new_key();
    line.of_year(2020, &key).register(&factory.api, &device).await;
    assert_eq!(line.of_year(2021, &key).me().await, device);

    // The successor has the same key and name, and says something else. Of two, the newest that takes renewals decides.
    let successor = authority_params("Yearly CA", 2025).self_signed(issuer.key()).unwrap().pem();
    let new = register(&factory.api, &issuer, successor, &json!({})).await;
    is_refused(&line.of_year(2022, &new_key()), "another key").await;
    assert_eq!(line.of_year(2022, &key).me().await, device);
    take(&factory, &new, "any_key").await;
    let key = new_key();
    assert_eq!(line.of_year(2023, &key).me().await, device);
    factory.api.delete(&path(&old)).await.expect(204);
    assert_eq!(line.of_year(2024, &key).me().await, device);
    // An authority that is gone renews nothing, and nobody knows the certificate.
    factory.api.delete(&path(&new)).await.expect(204);
    let unknown = line.of_year(2025, &key).get("/device/me").await.expect(401);
    assert_eq!(unknown.error_code(), Some("certificate_unknown"));
}

fn authority_params(name: &str, year: i32) -> CertificateParams {
    let mut params = of_year(name, year);
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params
}
