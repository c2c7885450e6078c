//! A simulated Google Cloud Storage, as far as its XML API equals S3: the S3 server behind a layer that checks Google's signatures by the
//! published rules, and translates headers with other names.
//!
//! It can't show whether we interpret the rules in the same way as Google.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, Method, Uri};

use crate::s3::{S3, S3Options};

const EMAIL: &str = "olivine@test.iam.gserviceaccount.com";
/// The host that is signed, whatever the address of the request is.
const HOST: &str = "storage.googleapis.com";

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct Gcs {
    server: S3,
    pem: String,
}

impl Gcs {
    /// Starts a server with the key of a new service account.
    pub fn start() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key can be made");
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).expect("a key has an encoding");
        let text = BASE64_STANDARD.encode(der.as_ref());
        let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
        let door = Door { public_key: pair.public_key().as_ref().to_vec() };
        Self { server: S3::start_behind(S3Options::default(), Some(Arc::new(door))), pem }
    }

    /// Its endpoint.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Creates an empty bucket, and returns its name.
    pub fn bucket(&self, name: &str) -> String {
        self.server.bucket(name)
    }

    /// The key file of its service account, in Google's form.
    pub fn service_account_key(&self) -> String {
        let key = serde_json::json!({
            "type": "service_account",
            "private_key_id": "test",
            "private_key": self.pem,
            "client_email": EMAIL,
            "gcs_base_url": self.url(),
        });
        key.to_string()
    }

    /// The S3 server behind it, for tests that want to change or inspect it.
    pub const fn server(&self) -> &S3 {
        &self.server
    }
}

/// Accepts only signed requests.
#[derive(Debug)]
pub(crate) struct Door {
    public_key: Vec<u8>,
}

impl Door {
    /// Translates a request to S3, or returns `None` if its signature is wrong.
    pub(crate) fn admit(&self, method: &Method, uri: &Uri, headers: &mut HeaderMap) -> Option<Uri> {
        let query = uri.query().unwrap_or_default();
        let translated = if query.contains("X-Goog-Signature=") {
            self.check_url(method, uri.path(), query, headers)?
        } else {
            self.check_token(headers)?;
            query.to_owned()
        };
        headers.remove("authorization");
        // The object must not exist yet.
        if headers.remove("x-goog-if-generation-match").is_some_and(|generation| generation == "0") {
            headers.insert("if-none-match", HeaderValue::from_static("*"));
        }
        if let Some(source) = headers.remove("x-goog-copy-source") {
            headers.insert("x-amz-copy-source", source);
        }
        let path = uri.path();
        let target = if translated.is_empty() { path.to_owned() } else { format!("{path}?{translated}") };
        target.parse().ok()
    }

    /// Checks a signed URL as described in "V4 signing process with your own program", and returns the rest of its query.
    fn check_url(&self, method: &Method, path: &str, query: &str, headers: &HeaderMap) -> Option<String> {
        let mut pairs: Vec<(&str, &str)> =
            query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
        let value = |pairs: &[(&str, &str)], name: &str| {
            pairs.iter().find(|(found, _)| *found == name).map(|(_, value)| decoded(value))
        };
        let signature = hex::decode(value(&pairs, "X-Goog-Signature")?).ok()?;
        let date = value(&pairs, "X-Goog-Date")?;
        let credential = value(&pairs, "X-Goog-Credential")?;
        let signed_headers = value(&pairs, "X-Goog-SignedHeaders")?;
        pairs.retain(|(name, _)| *name != "X-Goog-Signature");
        let mut canonical: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{}={}", strict(&decoded(name)), strict(&decoded(value))))
            .collect();
        canonical.sort();
        let line = |name: &str| {
            let sent = headers.get(name).and_then(|value| value.to_str().ok());
            let value = if name == "host" { HOST } else { sent? };
            Some(format!(
                "{name}:{}
",
                value.trim()
            ))
        };
        let lines: String = signed_headers.split(';').map(line).collect::<Option<_>>()?;
        let request =
            format!("{method}\n{path}\n{}\n{lines}\n{signed_headers}\nUNSIGNED-PAYLOAD", canonical.join("&"));
        let (email, scope) = credential.split_once('/')?;
        let hash = hex::encode(digest(&SHA256, request.as_bytes()));
        let text = format!("GOOG4-RSA-SHA256\n{date}\n{scope}\n{hash}");
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public_key);
        let is_right = email == EMAIL && scope.ends_with("/auto/storage/goog4_request");
        (is_right && key.verify(text.as_bytes(), &signature).is_ok()).then_some(())?;
        pairs.retain(|(name, _)| !name.starts_with("X-Goog-"));
        Some(pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"))
    }

    /// Checks a token that the service account signed.
    fn check_token(&self, headers: &HeaderMap) -> Option<()> {
        let token = headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
        let (text, signature) = token.rsplit_once('.')?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public_key);
        key.verify(text.as_bytes(), &signature).ok()
    }
}

/// Percent-encodes every byte that is not a letter, a digit or one of `-._~`.
fn strict(text: &str) -> String {
    let encoded = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(encoded).collect()
}

fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'%', [high, low, after @ ..]) => {
                let byte = hex::decode([*high, *low]).unwrap_or_else(|_| vec![b'%', *high, *low]);
                bytes.extend(byte);
                rest = after;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The answer to a request that is refused.
pub(crate) const REFUSED: &str =
    "<Error><Code>SignatureDoesNotMatch</Code><Message>not signed by the service account</Message></Error>";
