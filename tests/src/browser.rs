//! A browser: it keeps cookies, and says of its requests that a page of the server makes them. It runs no script and draws nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use reqwest::header::{COOKIE, HOST, ORIGIN, SET_COOKIE};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::api::{Answer, Api, send};

/// A password that can be chosen.
pub const PASSWORD: &str = "four words that fit";

/// One browser with its cookies. Clones share them.
#[derive(Clone, Debug)]
pub struct Browser {
    api: Api,
    /// Under which the browser reaches the server.
    origin: String,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
    organization: Option<String>,
}

impl Browser {
    /// A new one, on the machine of the server that `api` reaches.
    pub fn new(api: &Api) -> Self {
        let is_real = api.base_url().contains("127.0.0.1") || api.base_url().contains("localhost");
        let origin = if is_real { api.base_url() } else { "http://localhost:8080" }.to_owned();
        Self { api: api.without_key(), origin, cookies: Arc::default(), organization: None }
    }

    /// The same browser, in one of the organizations of who is signed in.
    #[must_use]
    pub fn within(&self, organization: &str) -> Self {
        Self { organization: Some(organization.to_owned()), ..self.clone() }
    }

    /// Another browser with a copy of the cookies: who stole them.
    #[must_use]
    pub fn copied(&self) -> Self {
        let cookies = self.cookies.lock().expect("no test panics in here").clone();
        Self { cookies: Arc::new(Mutex::new(cookies)), ..self.clone() }
    }

    /// The cookies that it has.
    pub fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.lock().expect("no test panics in here").clone()
    }

    /// Forgets all cookies.
    pub fn forget(&self) {
        self.cookies.lock().expect("no test panics in here").clear();
    }

    /// A request with its cookies, which does not yet say that a page of the server makes it.
    pub fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        let host = self.origin.split_once("://").map_or("", |(_, host)| host);
        let request = self.api.request(method, path).header(HOST, host);
        let cookies: Vec<_> = self.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) };
        match &self.organization {
            Some(organization) => request.header("olivine-organization", organization),
            None => request,
        }
    }

    /// A request as a page of the server makes it.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).header(ORIGIN, &self.origin).header("olivine-console", "1")
    }

    /// Sends a request and keeps the cookies of the answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = send(request).await;
        let mut cookies = self.cookies.lock().expect("no test panics in here");
        for set in answer.headers.get_all(SET_COOKIE) {
            let set = set.to_str().expect("cookies are plain");
            let (pair, attributes) = set.split_once(';').expect("cookies have attributes");
            let (name, value) = pair.split_once('=').expect("cookies have values");
            if attributes.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        drop(cookies);
        answer
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST` of a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Signs in with [`PASSWORD`].
    pub async fn sign_in(&self, email: &str) -> Answer {
        self.post("/v1/sign_in", &json!({"email": email, "password": PASSWORD})).await
    }

    /// Follows the link to set an installation up.
    pub async fn set_up(&self, link: &str, name: &str, email: &str) -> Answer {
        let new = json!({"token": token(link), "name": name, "email": email, "password": PASSWORD});
        self.post("/v1/setup", &new).await
    }

    /// Follows the link of an invitation, and makes an account.
    pub async fn accept(&self, link: &str, name: &str) -> Answer {
        self.post(
            "/v1/invitations/accept",
            &json!({"token": token(link), "name": name, "password": PASSWORD}),
        )
        .await
    }
}

/// What a link carries behind its `#`.
pub fn token(link: &str) -> &str {
    link.trim().split_once('#').expect("links carry their token behind a #").1
}
