//! A factory renews its authority: the same key and name, other dates. Its devices must not notice.

use std::time::Duration;

use olivine_testkit::Server;
use olivine_tests::factory::Factory;
use olivine_tests::{Api, Device, list_all, named, prn};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use serde_json::{Value, json};

/// How long the old authority is valid.
const SHORT: Duration = Duration::from_mins(10);
const DAY: Duration = Duration::from_hours(24);

/// The one key and name of all of an authority's certificates.
struct Renewed<'a> {
    factory: &'a Factory,
    issuer: Issuer<'static, KeyPair>,
    /// The server's clock at the beginning.
    began: Duration,
}

impl<'a> Renewed<'a> {
    async fn new(factory: &'a Factory) -> Self {
        let issuer = Issuer::new(params("Yearly CA"), KeyPair::generate().unwrap());
        let began = Duration::from_secs(u64::try_from(factory.now().await.as_second()).unwrap());
        Self { factory, issuer, began }
    }

    /// Registers a certificate that is valid for this time, counted from the beginning; its devices come into a cohort of that name.
    async fn register(&self, cohort: &str, from: Duration, until: Duration) -> (String, String) {
        let epoch = date_time_ymd(1970, 1, 1);
        let mut params = params("Yearly CA");
        params.not_before = epoch + self.began + from;
        params.not_after = epoch + self.began + until;
        let certificate = params.self_signed(self.issuer.key()).unwrap().pem();
        let code = json!({});
        let code = self.api().post("/v1/ca_certificates/verification_codes", &code).await.expect(201).json;
        let (proof, _) = self.signed(code["verification_code"].as_str().unwrap());
        let cohort = self.factory.new_cohort(cohort).await;
        let jitp = json!({"product_prn": self.factory.product, "cohort_prn": cohort, "tags": []});
        let new = json!({"certificate": certificate, "verification_certificate": proof, "jitp": jitp});
        let made = self.api().post("/v1/ca_certificates", &new).await.expect(201).json;
        (prn(&made["ca_certificate"]), cohort)
    }

    fn api(&self) -> &Api {
        &self.factory.api
    }

    fn signed(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        (named(name).signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    fn device(&self, server: &Server, name: &str) -> Device {
        let (certificate, key) = self.signed(name);
        Device::with(server, &certificate, &key)
    }
}

fn params(name: &str) -> CertificateParams {
    let mut params = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// The cohort that a device comes into, and the CA certificate that the event of it names.
async fn appears(api: &Api, device: &Device) -> (String, String) {
    let me = device.get("/device/me").await.expect(200).json["device"].take();
    let events = list_all(api, "/v1/events?type=device.provisioned", "events").await;
    let event = events.iter().find(|event| event["resource_prn"] == me["prn"]);
    let event: &Value = event.unwrap_or_else(|| panic!("no event of {me:#}: {events:#?}"));
    let signer = event["data"]["ca_certificate_prn"].as_str().unwrap().to_owned();
    assert!(event["data"]["ca_fingerprint"].is_string(), "{event:#}");
    (me["cohort_prn"].as_str().unwrap().to_owned(), signer)
}

#[tokio::test]
async fn a_renewed_authority_provisions() {
    let server = Server::start().await;
    let factory = Factory::new(server.api()).await;
    let ca = Renewed::new(&factory).await;

    // A successor that begins tomorrow is registered in good time, and provisions nothing before.
    let (tomorrows, _) = ca.register("tomorrow", DAY, 9 * DAY).await;
    let refused = ca.device(&server, "SN-0").get("/device/me").await.expect(403);
    let message = refused.error_message().to_owned();
    assert_eq!(refused.error_code(), Some("provisioning_refused"), "{message}");
    assert!(message.contains(&format!("{tomorrows} is valid from ")), "{message}");

    // Beside it one that is valid does.
    let began = ca.factory.now().await.as_second();
    let until = Duration::from_secs(u64::try_from(began).unwrap()).saturating_sub(ca.began) + SHORT;
    let (old, old_cohort) = ca.register("old", Duration::ZERO, until).await;
    let (cohort, signer) = appears(&factory.api, &ca.device(&server, "SN-1")).await;
    assert_eq!((cohort, signer.as_str()), (old_cohort, old.as_str()));

    // Once it is over, the refusal says what each of the two lacks.
    let device = ca.device(&server, "SN-2");
    server.advance(SHORT).await;
    let refused = device.get("/device/me").await.expect(403);
    let message = refused.error_message().to_owned();
    assert!(message.contains(&format!("{old} has expired on ")) && message.contains(&tomorrows), "{message}");

    // The renewed one, and one more, of which the newest counts.
    let (new, new_cohort) = ca.register("new", Duration::ZERO, 5 * DAY).await;
    let (cohort, signer) = appears(&factory.api, &device).await;
    assert_eq!((cohort, signer.as_str()), (new_cohort.clone(), new.as_str()));
    ca.register("older than new", Duration::ZERO, 4 * DAY).await;
    assert_eq!(appears(&factory.api, &ca.device(&server, "SN-3")).await.0, new_cohort);
    let (_, newest_cohort) = ca.register("newest", Duration::from_secs(1), 3 * DAY).await;
    assert_eq!(appears(&factory.api, &ca.device(&server, "SN-4")).await.0, newest_cohort);
}
