//! Idle connections.

use olivine_tests::{Database, Server, Wire, on_both};

use super::until;

on_both!(async connections_have_limits);

async fn connections_have_limits(database: Database) {
    let server = Server::builder()
        .database(database)
        .scaled(false)
        .env("OLIVINE_CONNECTIONS_PER_ADDRESS", "20")
        .env("OLIVINE_CONNECTIONS", "30")
        .env("OLIVINE_DEVICE_HANDSHAKE_SECONDS", "60")
        .start();
    let api = server.api();
    api.get("/v1/users/me").await.expect(200);
    for listener in [server.url().to_owned(), server.device_url().replace("https://", "http://")] {
        let idle: Vec<_> = (0..40).map(|_| Wire::connect(&listener)).collect();
        let closed = || idle.iter().filter(|wire| wire.has_answer()).count();
        until("those beyond the address's limit are closed", async || closed() >= 20).await;
        // There is another limit for all addresses together.
        let mut others = Vec::new();
        for _ in 0..15 {
            others.push(Wire::connect_from([127, 0, 0, 2].into(), &listener).await);
        }
        let refused = || others.iter().filter(|wire| wire.has_answer()).count();
        until("those beyond the listener's limit are closed", async || refused() >= 5).await;
        assert!(closed() <= 21 && refused() <= 6, "{} and {}", closed(), refused());
        drop((idle, others));
        until("there is room again", async || !Wire::connect(&listener).has_answer()).await;
    }
    api.get("/v1/users/me").await.expect(200);
}
