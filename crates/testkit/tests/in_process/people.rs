//! People: signing in, accounts, members and invitations, as browsers and keys ask for them.

mod accounts;
mod authorization;
mod members;
mod personal_keys;
mod reach;
mod sessions;
mod signing_in;

use olivine_testkit::Server;
use olivine_tests::{Answer, Browser, prn};
use serde_json::{Value, json};

/// The address of the first person.
const ADA: &str = "ada@example.com";

/// A server with its first person, who is signed in.
async fn set_up() -> (Server, Browser) {
    let server = Server::start().await;
    let ada = Browser::new(&server.api());
    ada.set_up(&setup_link(&server), "Ada Lovelace", ADA).await.expect(201);
    (server, ada)
}

/// The link that the first start wrote.
fn setup_link(server: &Server) -> String {
    std::fs::read_to_string(server.data_dir().join("setup-link")).expect("the first start writes a link")
}

/// Lets somebody invite a person with roles, who accepts in a new browser.
async fn join(by: &Browser, server: &Server, email: &str, roles: &[&str]) -> Browser {
    let link = invite(by, email, roles).await;
    let browser = Browser::new(&server.api());
    browser.accept(&link, email.split('@').next().unwrap()).await.expect(201);
    browser
}

/// Invites a person, and returns the link.
async fn invite(by: &Browser, email: &str, roles: &[&str]) -> String {
    link_of(&by.post("/v1/invitations", &json!({"email": email, "grants": grants(roles)})).await.expect(201))
}

/// The link of an invitation that was just made.
fn link_of(answer: &Answer) -> String {
    answer.json["invitation"]["url"].as_str().unwrap().to_owned()
}

fn grants(roles: &[&str]) -> Value {
    roles.iter().map(|role| json!({"role": role})).collect()
}

/// The PRN of the membership of the person with this address.
async fn membership(by: &Browser, email: &str) -> String {
    let all = by.get("/v1/memberships?limit=100").await.expect(200);
    let all = all.json["memberships"].as_array().unwrap();
    prn(all.iter().find(|one| one["user"]["email"] == email).unwrap())
}
