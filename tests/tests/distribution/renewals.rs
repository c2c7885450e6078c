//! Devices with renewed certificates. The registration of the CA that signed both certificates decides whether the new one must be
//! registered by hand.

use futures_util::future::join_all;
use olivine_tests::factory::{Factory, path};
use olivine_tests::renewals::{ProductionLine, new_key, take};
use olivine_tests::{Database, Server, prn};

pub(crate) async fn renewals_at_once_are_done_once_and_have_a_bound(database: Database) {
    const MOST: usize = 16;
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    let (ca, line) = (factory.ca().await, ProductionLine { server: &server, issuer: &factory.authority });
    take(&factory, &ca, "any_key").await;
    let device = line.of_year(2020, &new_key()).me().await;
    // One certificate on many connections.
    let key = new_key();
    let certificate = line.of_year(2021, &key);
    let same: Vec<_> = (0..8).map(|_| certificate.at(&server)).collect();
    for answer in join_all(same.iter().map(|one| one.get("/device/me"))).await {
        assert_eq!(prn(&answer.expect(200).json["device"]), device);
    }
    assert_eq!(factory.events("device_certificate.renewed").await.len(), 1);
    // Many certificates at once: as many as a device may have.
    let many: Vec<_> = (0..20).map(|_| line.of_year(2022, &new_key())).collect();
    let answers = join_all(many.iter().map(|one| one.get("/device/me"))).await;
    let taken = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers
        .iter()
        .filter(|answer| answer.status == 403 && answer.error_message().contains("16 certificates"));
    assert_eq!((taken, refused.count()), (MOST - 2, 20 + 2 - MOST), "{answers:#?}");
    assert_eq!(factory.certificates(&device).await.len(), MOST);
    // People must delete certificates to allow new ones.
    let oldest = prn(&factory.certificates(&device).await[0]);
    factory.api.delete(&path(&oldest)).await.expect(204);
    assert_eq!(line.of_year(2023, &new_key()).me().await, device);
}
