//! Organizations that register the same certificate: a proof decides whose device it is, and not the order of registration.

use olivine_tests::factory::Factory;
use olivine_tests::{Api, Database, Device, Server, Shell};
use serde_json::json;

/// Creates another organization on the server.
async fn another(server: &Server, name: &str) -> Factory {
    let key = ["api-keys", "create", "--name", name, "--role", "admin", "--organization", name];
    Factory::new(Api::new(server.url()).with_key(server.operator(&key))).await
}

pub(crate) async fn a_registration_yields_to_a_ca_that_is_registered_later(database: Database) {
    let server = Server::start(database);
    let ours = Factory::new(server.api()).await;
    let theirs = another(&server, "them").await;
    let shell = Shell::new();
    shell
        .run(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=Later
            openssl req -x509 -CA ca.pem -CAkey ca.key -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout d.key -out d.pem \
            -subj /CN=SN-1 -addext basicConstraints=critical,CA:FALSE",
        )
        .succeeds();
    let text = |name: &str| String::from_utf8(shell.read(name)).unwrap();
    let device = Device::with(&server, &text("d.pem"), &text("d.key"));
    let mine = theirs.bare_device("mine").await;
    device.register(&theirs.api, &mine).await;
    assert_eq!(device.me().await, mine, "nobody else has an authority of that name");
    ours.register_authority(&shell, json!({})).await;
    let found = device.me().await;
    assert_eq!(ours.get(&found).await["identifier"], "SN-1");
    assert_eq!(theirs.events("device_certificate.claim_ended").await.len(), 1);
}
