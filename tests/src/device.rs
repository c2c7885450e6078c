//! A device: a key, a certificate, and what it asks over mutual TLS.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Identity, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{Answer, Api, Server, prn, send};

const PATIENCE: Duration = Duration::from_mins(1);

/// A device, and its connections to one server.
#[derive(Clone, Debug)]
pub struct Device {
    http: Client,
    base_url: String,
    certificate: String,
}

impl Device {
    /// A device with a new key, and a certificate that it signed itself.
    pub fn new(server: &Server, common_name: &str) -> Self {
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, common_name);
        let key = rcgen::KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate").pem();
        Self::with(server, &certificate, &key.serialize_pem())
    }

    /// A device with this certificate (of X.509 version 3) and key, both PEM.
    pub fn with(server: &Server, certificate: &str, key: &str) -> Self {
        let authority = std::fs::read(server.device_ca()).expect("the server's authority");
        let authority = Certificate::from_pem(&authority).expect("a certificate");
        let identity =
            Identity::from_pem(format!("{certificate}{key}").as_bytes()).expect("a certificate and its key");
        let http = Client::builder().identity(identity).tls_certs_only([authority]);
        let http = http.redirect(Policy::none()).no_proxy().timeout(PATIENCE).build();
        Self {
            http: http.expect("a client with a certificate"),
            base_url: server.device_url().to_owned(),
            certificate: certificate.to_owned(),
        }
    }

    /// Its certificate as PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Registers its certificate for a device. Returns the certificate's PRN.
    pub async fn register(&self, api: &Api, device_prn: &str) -> String {
        let body = json!({"device_prn": device_prn, "certificate": self.certificate});
        prn(&api.post("/v1/device_certificates", &body).await.expect(201).json["device_certificate"])
    }

    /// A request to add headers or a body to, for [`send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base_url))
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    /// Asks for an update, saying what it runs: `[("peridio-release-version", "1.0.0")]`.
    pub async fn update(&self, query: &str, says: &[(&str, &str)]) -> Answer {
        let mut request = self.request(Method::GET, &format!("/update{query}"));
        for (name, value) in says {
            request = request.header(*name, *value);
        }
        send(request).await
    }

    /// Says how an update goes.
    pub async fn report(&self, body: &Value) -> Answer {
        send(self.request(Method::POST, "/update/status").json(body)).await
    }
}
