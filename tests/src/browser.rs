//! A simulated browser: it keeps cookies, and its requests look as if a page of the server made them. It runs no scripts and renders
//! nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use reqwest::header::{COOKIE, HOST, ORIGIN, SET_COOKIE};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::api::{Answer, Api, send};

/// A password that satisfies the rules.
pub const PASSWORD: &str = "four words that fit";

/// A browser with its cookies. Clones share the cookies.
#[derive(Clone, Debug)]
pub struct Browser {
    api: Api,
    /// The origin under which the browser reaches the server.
    origin: String,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
    organization: Option<String>,
}

impl Browser {
    /// A new browser for the server of `api`.
    pub fn new(api: &Api) -> Self {
        let is_real = api.base_url().contains("127.0.0.1") || api.base_url().contains("localhost");
        let origin = if is_real { api.base_url() } else { "http://localhost:8080" }.to_owned();
        Self { api: api.without_key(), origin, cookies: Arc::default(), organization: None }
    }

    /// The same browser, with another organization of the signed-in user selected.
    #[must_use]
    pub fn within(&self, organization: &str) -> Self {
        Self { organization: Some(organization.to_owned()), ..self.clone() }
    }

    /// Another browser with a copy of the cookies, like that of a thief.
    #[must_use]
    pub fn copied(&self) -> Self {
        let cookies = self.cookies.lock().expect("no test panics in here").clone();
        Self { cookies: Arc::new(Mutex::new(cookies)), ..self.clone() }
    }

    /// The current cookies.
    pub fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.lock().expect("no test panics in here").clone()
    }

    /// Forgets all cookies.
    pub fn forget(&self) {
        self.cookies.lock().expect("no test panics in here").clear();
    }

    /// A request with the cookies, but without the headers that show that a page of the server makes it.
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

    /// A request as a page of the server would make it.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).header(ORIGIN, &self.origin).header("olivine-console", "1")
    }

    /// Sends a request, and stores the cookies of the answer.
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

    /// Sends a `GET` request.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a `POST` request with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Sends a `PATCH` request with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// Sends a `DELETE` request.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Signs in with [`PASSWORD`].
    pub async fn sign_in(&self, email: &str) -> Answer {
        self.post("/v1/sign_in", &json!({"email": email, "password": PASSWORD})).await
    }

    /// Follows the setup link of an installation.
    pub async fn set_up(&self, link: &str, name: &str, email: &str) -> Answer {
        let new = json!({"token": token(link), "name": name, "email": email, "password": PASSWORD});
        self.post("/v1/setup", &new).await
    }

    /// Follows the link of an invitation, and creates an account.
    pub async fn accept(&self, link: &str, name: &str) -> Answer {
        self.post(
            "/v1/invitations/accept",
            &json!({"token": token(link), "name": name, "password": PASSWORD}),
        )
        .await
    }
}

/// The token in a link, after its `#`.
pub fn token(link: &str) -> &str {
    link.trim().split_once('#').expect("links carry their token behind a #").1
}
