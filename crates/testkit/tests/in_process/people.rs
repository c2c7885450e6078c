//! People: signing in, accounts, members and invitations, as browsers and keys ask for them.

mod accounts;
mod authorization;
mod members;
mod organizations;
mod personal_keys;
mod reach;
mod second_factor;
mod sessions;
mod signing_in;
mod streams;
mod support;
mod views;

use olivine_domain::authenticators::TotpSecret;
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
pub(crate) fn setup_link(server: &Server) -> String {
    std::fs::read_to_string(server.data_dir().join("setup-link")).expect("the first start writes a link")
}

/// Lets somebody invite a person with roles, who accepts in a new browser.
pub(crate) async fn join(by: &Browser, server: &Server, email: &str, roles: &[&str]) -> Browser {
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

/// Gives somebody a second factor; returns the recovery codes.
async fn add_second_factor(person: &Browser, server: &Server) -> Value {
    let begun = person.post("/v1/users/me/totp", &json!({})).await.expect(201).json;
    let secret = data_encoding::BASE32_NOPAD.decode(begun["secret"].as_str().unwrap().as_bytes()).unwrap();
    let code = TotpSecret::from_bytes(secret.try_into().unwrap()).code(server.now().as_seconds() / 30);
    let confirmed = person.post("/v1/users/me/totp/confirm", &json!({"code": code})).await.expect(200);
    confirmed.json["recovery_codes"].clone()
}

/// The PRN of the membership of the person with this address.
pub(crate) async fn membership(by: &Browser, email: &str) -> String {
    let all = by.get("/v1/memberships?limit=100").await.expect(200);
    let all = all.json["memberships"].as_array().unwrap();
    prn(all.iter().find(|one| one["user"]["email"] == email).unwrap())
}
