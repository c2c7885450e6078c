//! Raw HTTP, for requests that a typed client would never send. Redirects are not followed, so that tests can examine them.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::document::check_named;
use crate::{in_process, scaled, secrets};

/// A server that takes longer to answer fails the test.
const PATIENCE: Duration = Duration::from_mins(1);

/// The address of a server, and the API key of a caller.
#[derive(Clone, Debug)]
pub struct Api {
    http: Client,
    base_url: String,
    key: Option<String>,
}

impl Api {
    /// A client without a key.
    pub fn new(base_url: &str) -> Self {
        // Reading the machine's root certificates would take longer than most requests, and servers under test speak plain HTTP.
        let http = Client::builder().tls_certs_only([]).redirect(Policy::none()).no_proxy();
        let http = http.timeout(PATIENCE).build().expect("a client without certificates can be built");
        Self { http, base_url: base_url.trim_end_matches('/').to_owned(), key: None }
    }

    /// The same client with another key.
    #[must_use]
    pub fn with_key(&self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self.clone() }
    }

    /// The same client without a key.
    #[must_use]
    pub fn without_key(&self) -> Self {
        Self { key: None, ..self.clone() }
    }

    /// The server's base URL.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The caller's API key.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// A request to which a test can add headers, a query or an unusual body before [`send`]. `target` is a path or a complete URL.
    ///
    /// The key is only sent to this server, not to other servers that `target` may name.
    pub fn request(&self, method: Method, target: &str) -> RequestBuilder {
        let Some(path) = target.strip_prefix(&self.base_url).or(target.starts_with('/').then_some(target))
        else {
            return self.http.request(method, target);
        };
        let request = self.http.request(method, format!("{}{path}", self.base_url));
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    /// Sends a `GET` request.
    pub async fn get(&self, target: &str) -> Answer {
        send(self.request(Method::GET, target)).await
    }

    /// Sends a `POST` request with a JSON body.
    pub async fn post(&self, target: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, target).json(body)).await
    }

    /// Sends a `PATCH` request with a JSON body.
    pub async fn patch(&self, target: &str, body: &Value) -> Answer {
        send(self.request(Method::PATCH, target).json(body)).await
    }

    /// Sends a `PUT` request with a JSON body.
    pub async fn put(&self, target: &str, body: &Value) -> Answer {
        send(self.request(Method::PUT, target).json(body)).await
    }

    /// Sends a `PUT` request with bytes.
    pub async fn put_bytes(&self, target: &str, body: Vec<u8>) -> Answer {
        send(self.request(Method::PUT, target).body(body)).await
    }

    /// Sends a `DELETE` request.
    pub async fn delete(&self, target: &str) -> Answer {
        send(self.request(Method::DELETE, target)).await
    }
}

/// Sends a request and reads the whole answer.
pub async fn send(request: RequestBuilder) -> Answer {
    try_send(request).await.unwrap_or_else(|error| panic!("no answer: {error:?}"))
}

/// Like [`send`], for a server that may be killed during the request.
pub async fn try_send(request: RequestBuilder) -> Result<Answer, reqwest::Error> {
    let (client, request) = request.build_split();
    let mut request = request?;
    let (may_change, url) = (scaled::may_change(&request), request.url().to_string());
    scaled::complete(&mut request);
    let method = request.method().clone();
    let path = request.url().path().to_owned();
    let (server, shown) = (secrets::server_of(request.url()), secrets::shown_by(&request));
    let its_method = method.clone();
    // The examples in the OpenAPI document look like secrets, but are not.
    let is_document = path.ends_with("/openapi.json");
    let noted = |answer: Answer| {
        if is_document {
            return answer;
        }
        secrets::note(&server, &its_method, shown, &answer);
        answer
    };
    let request = match in_process::answer(request).await {
        Ok(response) => {
            let (parts, body) = response.into_parts();
            check_named(&method, &path, parts.status.as_u16());
            return Ok(noted(Answer::new(parts.status, parts.headers, &body)));
        }
        Err(request) => request,
    };
    scaled::pause_before(&url).await;
    let response = client.execute(request).await?;
    if scaled::is_nobodys(&response) {
        return Err(response.error_for_status().expect_err("a 502 is an error"));
    }
    let (status, headers) = (response.status(), response.headers().clone());
    check_named(&method, response.url().path(), status.as_u16());
    let body = response.bytes().await?;
    if may_change && status.as_u16() < 400 {
        scaled::changed(&url);
    }
    Ok(noted(Answer::new(status, headers, &body)))
}

/// A complete answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body's bytes.
    pub body: Vec<u8>,
    /// The body if it is JSON, otherwise null.
    pub json: Value,
}

impl Answer {
    fn new(status: StatusCode, headers: HeaderMap, body: &[u8]) -> Self {
        let json = serde_json::from_slice(body).unwrap_or(Value::Null);
        Self { status: status.as_u16(), headers, body: body.to_vec(), json }
    }

    /// Panics and shows the body if the status is another one.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "often the check is all that is wanted")]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "the answer was: {}", String::from_utf8_lossy(&self.body));
        self
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The code of the first error.
    pub fn error_code(&self) -> Option<&str> {
        self.json["errors"][0]["code"].as_str()
    }

    /// The message of the first error. Panics if there is none.
    pub fn error_message(&self) -> &str {
        let message = self.json["errors"][0]["message"].as_str();
        message.unwrap_or_else(|| panic!("there is no error in {self:?}"))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    use super::*;

    /// Starts a server that gives this answer to one request, and returns the head of that request.
    fn server(answer: &'static str) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
            let head: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
            stream.write_all(answer.as_bytes()).unwrap();
            head.join("\n")
        });
        (url, server)
    }

    const CONFLICT: &str = "HTTP/1.1 409 Conflict\r\ncontent-length: 39\r\nx-request-id: 7\r\n\r\n{\"errors\": [{\"code\": \"name_taken\"}]}   ";

    #[tokio::test]
    async fn an_answer_is_read_whole() {
        let (url, server) = server(CONFLICT);
        let answer = Api::new(&url).with_key("secret").get("/v1/things").await.expect(409);
        assert_eq!((answer.error_code(), answer.header("x-request-id")), (Some("name_taken"), Some("7")));
        let head = server.join().unwrap();
        assert!(head.starts_with("GET /v1/things HTTP/1.1\n"), "{head}");
        assert!(head.contains("authorization: Bearer secret"), "{head}");
    }

    #[tokio::test]
    async fn the_key_stays_with_its_server() {
        let (elsewhere, server) = server(CONFLICT);
        let answer = Api::new("http://127.0.0.1:1").with_key("secret").get(&format!("{elsewhere}/x")).await;
        assert_eq!(answer.status, 409);
        assert!(!server.join().unwrap().contains("secret"));
    }
}
