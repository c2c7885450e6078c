//! A simulated device: a key, a certificate, and requests over mutual TLS.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use rustls::client::{ClientConfig, ResolvesClientCert};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, SignatureScheme};
use serde_json::{Value, json};

use crate::{Answer, Api, Line, Server, in_process, named, prn, send};

const PATIENCE: Duration = Duration::from_mins(1);

/// A server with a Device API.
pub trait ForDevices {
    /// The URL of its Device API.
    fn device_url(&self) -> &str;

    /// The file with the CA certificate that devices must trust, or `None` if the server does not use TLS.
    fn device_ca(&self) -> Option<&Path>;
}

impl ForDevices for Server {
    fn device_url(&self) -> &str {
        self.device_url()
    }

    fn device_ca(&self) -> Option<&Path> {
        Some(self.device_ca())
    }
}

/// A device and its connections to a server.
#[derive(Clone, Debug)]
pub struct Device {
    http: Client,
    base_url: String,
    tls: Arc<ClientConfig>,
    /// The header with its certificate, for a server without TLS.
    without_tls: Option<HeaderValue>,
    certificate: String,
    key: String,
}

impl Device {
    /// A device with a new key and a self-signed certificate.
    pub fn new(server: &impl ForDevices, common_name: &str) -> Self {
        let key = rcgen::KeyPair::generate().expect("a key");
        let certificate = named(common_name).self_signed(&key).expect("a certificate").pem();
        Self::with(server, &certificate, &key.serialize_pem())
    }

    /// A device with this certificate of any X.509 version, possibly followed by further certificates, and this key, all in PEM.
    pub fn with(server: &impl ForDevices, certificate: &str, key: &str) -> Self {
        let mut roots = RootCertStore::empty();
        if let Some(file) = server.device_ca() {
            let authority = CertificateDer::from_pem_file(file).expect("the server's authority");
            roots.add(authority).expect("an authority of version 3");
        }
        let shown: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect();
        let shown = shown.expect("certificates");
        let without_tls = in_process::is_here(server.device_url())
            .then(|| in_process::shown(shown.iter().map(AsRef::as_ref)));
        let private = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a private key");
        let private = any_supported_type(&private).expect("a key of a usual kind");
        let shown = Shown(Arc::new(CertifiedKey::new(shown, private)));
        let tls = ClientConfig::builder().with_root_certificates(roots);
        let tls = tls.with_client_cert_resolver(Arc::new(shown));
        let http = Client::builder().tls_backend_preconfigured(tls.clone());
        let http = http.redirect(Policy::none()).no_proxy().timeout(PATIENCE).build();
        Self {
            http: http.expect("a client with a certificate"),
            base_url: server.device_url().to_owned(),
            tls: Arc::new(tls),
            without_tls,
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        }
    }

    /// The same device, connected to another server, or to one that was restarted.
    #[must_use]
    pub fn at(&self, server: &impl ForDevices) -> Self {
        Self::with(server, &self.certificate, &self.key)
    }

    /// Its certificate in PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Registers its certificate for a device. Returns the certificate's PRN.
    pub async fn register(&self, api: &Api, device_prn: &str) -> String {
        let body = json!({"device_prn": device_prn, "certificate": self.certificate});
        prn(&api.post("/v1/device_certificates", &body).await.expect(201).json["device_certificate"])
    }

    /// A connection that stays the same for all requests on it.
    pub fn line(&self) -> Line {
        Line::connect(&self.base_url, Arc::clone(&self.tls))
    }

    /// A request to which a test can add headers or a body before [`send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base_url));
        match &self.without_tls {
            Some(certificates) => request.header(in_process::CERTIFICATES, certificates),
            None => request,
        }
    }

    /// Sends a `GET` request.
    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    /// The PRN of the device, as the server returns it.
    pub async fn me(&self) -> String {
        prn(&self.get("/device/me").await.expect(200).json["device"])
    }

    /// Asks for an update and reports what the device runs: `[("peridio-release-version", "1.0.0")]`.
    pub async fn update(&self, query: &str, says: &[(&str, &str)]) -> Answer {
        let mut request = self.request(Method::GET, &format!("/update{query}"));
        for (name, value) in says {
            request = request.header(*name, *value);
        }
        send(request).await
    }

    /// Reports the progress of an update.
    pub async fn report(&self, body: &Value) -> Answer {
        send(self.request(Method::POST, "/update/status").json(body)).await
    }
}

/// Presents one certificate, whatever its issuer. rustls itself would refuse to present one of X.509 version 1.
#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl ResolvesClientCert for Shown {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}
