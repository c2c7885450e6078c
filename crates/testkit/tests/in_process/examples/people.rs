//! People: the first one sets up and invites a second one; accounts, sessions and second factors.

use olivine_domain::authenticators::TotpSecret;
use olivine_testkit::Server;
use olivine_tests::{Browser, PASSWORD, prn, token};
use reqwest::Method;
use serde_json::{Value, json};

use super::story::{Sent, Story};

const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";

/// The last chapter: from then on events of people are in the audit trail.
pub(super) async fn tell(story: &mut Story, server: &Server) {
    let ada = Browser::new(&server.api());
    story.as_browser(&ada, Method::GET, "/v1/sign_in/methods", Sent::Nothing).await;
    let link = std::fs::read_to_string(server.data_dir().join("setup-link")).unwrap();
    let new = json!({"token": token(&link), "name": "Ada Lovelace", "email": ADA, "password": PASSWORD});
    story.as_browser(&ada, Method::POST, "/v1/setup", Sent::Json(&new)).await;
    members(story, server, &ada).await;
    organizations(story, &ada).await;
    views(story, &ada).await;
    own_account(story, server, &ada).await;
}

async fn organizations(story: &mut Story, ada: &Browser) {
    let new = json!({"name": "Acme Labs", "join": false});
    let made = story.as_browser(ada, Method::POST, "/v1/organizations", Sent::Json(&new)).await;
    story.as_browser(ada, Method::GET, "/v1/organizations", Sent::Nothing).await;
    let path = format!("/v1/organizations/{}", prn(&made["organization"]));
    story.as_browser(ada, Method::PATCH, &path, Sent::Json(&json!({"name": "Acme Research"}))).await;
}

async fn views(story: &mut Story, ada: &Browser) {
    let new = json!({"name": "Canaries", "path": "/devices", "query": "q=tag:%27canary%27", "shared": true});
    let made = story.as_browser(ada, Method::POST, "/v1/views", Sent::Json(&new)).await;
    story.as_browser(ada, Method::GET, "/v1/views", Sent::Nothing).await;
    let path = format!("/v1/views/{}", prn(&made["view"]));
    story.as_browser(ada, Method::GET, &path, Sent::Nothing).await;
    let change = json!({"query": "q=tag:%27canary%27&outcome=failed"});
    story.as_browser(ada, Method::PATCH, &path, Sent::Json(&change)).await;
    story.as_browser(ada, Method::DELETE, &path, Sent::Nothing).await;
}

async fn members(story: &mut Story, server: &Server, ada: &Browser) {
    let grants = json!([{"role": "developer"}, {"role": "signer"}]);
    let new = json!({"email": GRACE, "grants": grants});
    let invited = story.as_browser(ada, Method::POST, "/v1/invitations", Sent::Json(&new)).await;
    let link = invited["invitation"]["url"].as_str().unwrap();
    let grace = Browser::new(&server.api());
    let look = json!({"token": token(link)});
    story.as_browser(&grace, Method::POST, "/v1/invitations/look", Sent::Json(&look)).await;
    let accept = json!({"token": token(link), "name": "Grace Hopper", "password": PASSWORD});
    story.as_browser(&grace, Method::POST, "/v1/invitations/accept", Sent::Json(&accept)).await;
    story.get("/v1/invitations").await;
    let invitation = format!("/v1/invitations/{}", prn(&invited["invitation"]));
    story.get(&invitation).await;
    let mistake = json!({"email": "eve@example.com", "grants": [{"role": "admin"}]});
    let mistake = ada.post("/v1/invitations", &mistake).await.expect(201).json["invitation"].take();
    story.delete(&format!("/v1/invitations/{}", prn(&mistake))).await;

    let all = story.get("/v1/memberships").await;
    let of_grace =
        all["memberships"].as_array().unwrap().iter().find(|one| one["user"]["email"] == GRACE).unwrap();
    let path = format!("/v1/memberships/{}", prn(of_grace));
    story.get(&path).await;
    story
        .as_browser(ada, Method::PATCH, &path, Sent::Json(&json!({"grants": [{"role": "release_manager"}]})))
        .await;
    story.get("/v1/users").await;
    let account = format!("/v1/users/{}", prn(&of_grace["user"]));
    story.get(&account).await;
    let reset = format!("{account}/reset_link");
    let link = story.as_browser(ada, Method::POST, &reset, Sent::Nothing).await;
    let new = json!({"token": token(link["url"].as_str().unwrap()), "password": "another four words"});
    story.as_browser(&grace, Method::POST, "/v1/password_resets/complete", Sent::Json(&new)).await;
    grace.post("/v1/sign_in", &json!({"email": GRACE, "password": "another four words"})).await.expect(200);
    second_factor(server, &grace).await;
    story.as_browser(ada, Method::DELETE, &format!("{account}/second_factor"), Sent::Nothing).await;
    story.as_browser(ada, Method::PATCH, &account, Sent::Json(&json!({"disabled": true}))).await;
    story.as_browser(ada, Method::DELETE, &path, Sent::Nothing).await;
    story.as_browser(ada, Method::DELETE, &account, Sent::Nothing).await;
}

/// Gives somebody a second factor; returns the recovery codes.
async fn second_factor(server: &Server, person: &Browser) -> Value {
    let begun = person.post("/v1/users/me/totp", &json!({})).await.expect(201).json;
    let confirm = json!({"code": code(&begun, server)});
    person.post("/v1/users/me/totp/confirm", &confirm).await.expect(200).json["recovery_codes"].take()
}

fn code(begun: &Value, server: &Server) -> String {
    let secret = data_encoding::BASE32_NOPAD.decode(begun["secret"].as_str().unwrap().as_bytes()).unwrap();
    TotpSecret::from_bytes(secret.try_into().unwrap()).code(server.now().as_seconds() / 30)
}

async fn own_account(story: &mut Story, server: &Server, ada: &Browser) {
    story.as_browser(ada, Method::PATCH, "/v1/users/me", Sent::Json(&json!({"name": "Ada King"}))).await;
    let password = json!({"password": "four better words"});
    story.as_browser(ada, Method::POST, "/v1/users/me/password", Sent::Json(&password)).await;
    let begun = story.as_browser(ada, Method::POST, "/v1/users/me/totp", Sent::Nothing).await;
    let confirm = json!({"code": code(&begun, server)});
    story.as_browser(ada, Method::POST, "/v1/users/me/totp/confirm", Sent::Json(&confirm)).await;
    let codes = story.as_browser(ada, Method::POST, "/v1/users/me/recovery_codes", Sent::Nothing).await;
    let codes = codes["recovery_codes"].as_array().unwrap();
    let again = json!({"password": "four better words", "code": codes[0]});
    story.as_browser(ada, Method::POST, "/v1/reauthenticate", Sent::Json(&again)).await;

    let second = Browser::new(&server.api());
    let sign_in = json!({"email": ADA, "password": "four better words"});
    let needed = story.as_browser(&second, Method::POST, "/v1/sign_in", Sent::Json(&sign_in)).await;
    let shown = json!({"second_factor_token": needed["second_factor_token"], "code": codes[1]});
    story.as_browser(&second, Method::POST, "/v1/sign_in/second_factor", Sent::Json(&shown)).await;
    let key = json!({"name": "laptop", "role": "writer", "expires_at": "2999-01-01T00:00:00Z"});
    let key = story.as_browser(ada, Method::POST, "/v1/users/me/api_keys", Sent::Json(&key)).await;
    story.as_browser(ada, Method::GET, "/v1/users/me/api_keys", Sent::Nothing).await;
    let key = format!("/v1/users/me/api_keys/{}", prn(&key["api_key"]));
    story.as_browser(ada, Method::DELETE, &key, Sent::Nothing).await;
    let sessions = story.as_browser(ada, Method::GET, "/v1/users/me/sessions", Sent::Nothing).await;
    let other = prn(&sessions["sessions"][0]);
    story.as_browser(ada, Method::DELETE, &format!("/v1/users/me/sessions/{other}"), Sent::Nothing).await;
    story.as_browser(ada, Method::DELETE, "/v1/users/me/sessions", Sent::Nothing).await;
    story.as_browser(ada, Method::DELETE, "/v1/users/me/totp", Sent::Nothing).await;
    // From then on she is in two organizations.
    let all = ada.get("/v1/organizations").await.expect(200).json;
    let join = format!("/v1/organizations/{}/join", prn(&all["organizations"][1]));
    story.as_browser(ada, Method::POST, &join, Sent::Nothing).await;
    story.as_browser(ada, Method::POST, "/v1/sign_out", Sent::Nothing).await;
}
