//! Devices whose certificates are renewed: the authority that signed both says, by its registration, whether somebody has to register the
//! new one.

use futures_util::future::join_all;
use olivine_tests::factory::{Factory, path};
use olivine_tests::{Answer, Database, Device, Server, list_all, named, prn};
use rcgen::{CertificateParams, Issuer, KeyPair, date_time_ymd};
use serde_json::{Value, json};

/// What a certificate of this name says that begins with this year.
fn of_year(name: &str, year: i32) -> CertificateParams {
    let mut params = named(name);
    params.not_before = date_time_ymd(year, 1, 1);
    params
}

fn new_key() -> String {
    KeyPair::generate().unwrap().serialize_pem()
}

/// Authorities sign for a key that a device has already.
struct Line<'a> {
    server: &'a Server,
    issuer: &'a Issuer<'static, KeyPair>,
}

impl Line<'_> {
    fn device(&self, params: &CertificateParams, key: &str) -> Device {
        let certificate = params.signed_by(&KeyPair::from_pem(key).unwrap(), self.issuer).unwrap();
        Device::with(self.server, &certificate.pem(), key)
    }

    /// The device SN-1 with a certificate that begins with this year.
    fn of_year(&self, year: i32, key: &str) -> Device {
        self.device(&of_year("SN-1", year), key)
    }
}

/// The CA certificate of a factory.
async fn authority(factory: &Factory) -> String {
    prn(&list_all(&factory.api, "/v1/ca_certificates", "ca_certificates").await[0])
}

async fn take(factory: &Factory, ca: &str, renewals: &str) {
    let changed = factory.change(ca, json!({"renewals": renewals})).await.json;
    assert_eq!(changed["ca_certificate"]["renewals"], renewals);
}

async fn me(device: &Device) -> String {
    prn(&device.get("/device/me").await.expect(200).json["device"])
}

fn message(answer: &Answer) -> String {
    answer.json["errors"][0]["message"].as_str().unwrap_or_default().to_owned()
}

async fn certificates(factory: &Factory, device: &str) -> Vec<Value> {
    let list = format!("/v1/device_certificates?device_prn={device}");
    list_all(&factory.api, &list, "device_certificates").await
}

async fn renewals(factory: &Factory) -> Vec<Value> {
    list_all(&factory.api, "/v1/events?type=device_certificate.renewed", "events").await
}

pub(crate) async fn renewals_at_once_are_done_once_and_have_a_bound(database: Database) {
    const MOST: usize = 16;
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    let (ca, line) = (authority(&factory).await, Line { server: &server, issuer: &factory.authority });
    take(&factory, &ca, "any_key").await;
    let device = me(&line.of_year(2020, &new_key())).await;
    // One certificate on many connections.
    let key = new_key();
    let certificate = line.of_year(2021, &key);
    let same: Vec<_> = (0..8).map(|_| certificate.at(&server)).collect();
    for answer in join_all(same.iter().map(|one| one.get("/device/me"))).await {
        assert_eq!(prn(&answer.expect(200).json["device"]), device);
    }
    assert_eq!(renewals(&factory).await.len(), 1);
    // Many certificates at once: as many as there is room for.
    let many: Vec<_> = (0..20).map(|_| line.of_year(2022, &new_key())).collect();
    let answers = join_all(many.iter().map(|one| one.get("/device/me"))).await;
    let taken = answers.iter().filter(|answer| answer.status == 200).count();
    let refused =
        answers.iter().filter(|answer| answer.status == 403 && message(answer).contains("16 certificates"));
    assert_eq!((taken, refused.count()), (MOST - 2, 20 + 2 - MOST), "{answers:#?}");
    assert_eq!(certificates(&factory, &device).await.len(), MOST);
    // Room is made by people.
    let oldest = prn(&certificates(&factory, &device).await[0]);
    factory.api.delete(&path(&oldest)).await.expect(204);
    assert_eq!(me(&line.of_year(2023, &new_key())).await, device);
}
