//! What can go wrong between this machine and the server. A signed URL is as good as a key for what it leads to, so no error
//! ever shows more of a URL than its host.

use std::path::PathBuf;
use std::time::Duration;

use olivine_api::errors::{ErrorCode, ErrorItem};

use crate::Cause;

/// A request that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server said no, and why.
    #[error("{}", .errors.first().map_or("the server refused without a reason", |item| item.message.as_str()))]
    Api {
        /// The HTTP status.
        status: u16,
        /// What the server's log knows the request by.
        request_id: Option<String>,
        /// When to try again, if the server said so.
        retry_after: Option<Duration>,
        /// Each thing that is wrong.
        errors: Vec<ErrorItem>,
    },
    /// Something answered, but not with what the API says.
    #[error("{origin} answered {status}, but not in the form of this API: is it the right server?")]
    Unexpected {
        /// Who answered.
        origin: String,
        /// The HTTP status.
        status: u16,
        /// When to try again, if it said so.
        retry_after: Option<Duration>,
    },
    /// An answer that no program should try to show.
    #[error("{origin} answered with JSON that is nested too deeply to be read")]
    TooDeep {
        /// Who answered.
        origin: String,
    },
    /// No connection.
    #[error("{}", crate::causes::sentence(.origin, .source))]
    Connect {
        /// To whom.
        origin: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The connection broke.
    #[error("the connection to {origin} broke")]
    Broken {
        /// To whom.
        origin: String,
        /// How.
        source: reqwest::Error,
    },
    /// Nothing moved for too long.
    #[error("{origin} did not answer for {} seconds", .after.as_secs())]
    Timeout {
        /// Who.
        origin: String,
        /// How long it was given.
        after: Duration,
    },
    /// The base URL is none.
    #[error("'{given}' is not a base URL; it should look like http://localhost:8080")]
    InvalidBaseUrl {
        /// What was given.
        given: String,
    },
    /// The API key has characters that no key has. It is not shown.
    #[error(
        "the API key has characters that can't be part of one: was it copied whole, without a line break?"
    )]
    InvalidApiKey,
    /// The file with certificate authorities can't be used.
    #[error("can't read certificates from {}", .path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A device's certificate and key can't be used.
    #[error(
        "{} and {} are not a certificate and its private key in PEM form", .certificate.display(), .key.display()
    )]
    Identity {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why.
        source: reqwest::Error,
    },
    /// A device's private key is missing.
    #[error("{} has no private key in PEM form (-----BEGIN PRIVATE KEY-----)", .key.display())]
    NoPrivateKey {
        /// The key's file.
        key: PathBuf,
    },
    /// A device's certificate and private key do not belong together.
    #[error(
        "the private key {} is not the one of the certificate {}: give the key that the certificate was made for, or have a certificate \
         made for this key", .key.display(), .certificate.display()
    )]
    OtherKey {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// A device's certificate is of X.509 version 1.
    #[error(
        "{} is a certificate of X.509 version 1, which this client can't present: make one of version 3, as `openssl req -x509 -CA ca.pem \
         -CAkey ca.key …` does (or `openssl x509 -req` with -extfile)", .certificate.display()
    )]
    OldCertificate {
        /// The certificate's file.
        certificate: PathBuf,
    },
    /// TLS can't be set up.
    #[error("can't set up TLS")]
    Tls {
        /// Why.
        source: reqwest::Error,
    },
    /// A file of this machine can't be read or written.
    #[error("can't {action} {}", .path.display())]
    File {
        /// What was tried: "read", "write"…
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Error {
    /// Puts what an HTTP library says into our words, without the URL.
    pub(crate) fn transport(origin: String, source: reqwest::Error) -> Self {
        let source = source.without_url();
        match (source.is_connect(), file_problem(&source)) {
            (_, Some((path, kind))) => Self::File { action: "read", path, source: kind },
            (true, None) => Self::Connect { origin, source },
            (false, None) => Self::Broken { origin, source },
        }
    }

    /// The server's code for what is wrong, where it answered.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Api { errors, .. } => errors.first().map(|item| item.code.as_str()),
            _ => None,
        }
    }

    /// Whether the server gave this code.
    pub fn is(&self, code: ErrorCode) -> bool {
        self.code() == Some(code.as_str())
    }

    /// A fact of the server's answer, by name.
    pub fn fact(&self, name: &str) -> Option<&serde_json::Value> {
        match self {
            Self::Api { errors, .. } => errors.iter().find_map(|item| item.context.get(name)),
            _ => None,
        }
    }

    /// The HTTP status, where somebody answered.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Api { status, .. } | Self::Unexpected { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// When to try again, if the server said so.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api { retry_after, .. } | Self::Unexpected { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the connection failed, so that nobody knows what the server made of the request.
    pub const fn is_transport(&self) -> bool {
        matches!(self, Self::Connect { .. } | Self::Broken { .. } | Self::Timeout { .. })
    }

    /// Whether the same request may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        let passes = [ErrorCode::IdempotencyInProgress, ErrorCode::Conflict];
        // The server's storage or database refuses it, and will next time.
        if self.is(ErrorCode::Misconfigured) {
            return false;
        }
        (self.is_transport() && !self.cause().is_some_and(Cause::is_certificate))
            || matches!(self.status(), Some(408 | 429 | 500 | 502 | 503 | 504))
            || passes.into_iter().any(|code| self.is(code))
    }

    /// Whether a signed URL was refused, so that a fresh one may do.
    pub(crate) fn is_stale_link(&self) -> bool {
        // Foreign storage has other words for it, but the same status.
        self.is(ErrorCode::LinkExpired) || matches!(self, Self::Unexpected { status: 403, .. })
    }
}

/// A request's body comes from a file; that the file failed is not the connection's fault.
fn file_problem(error: &reqwest::Error) -> Option<(PathBuf, std::io::Error)> {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let inner = cause.downcast_ref::<std::io::Error>().and_then(|error| error.get_ref());
        let failed = inner.and_then(|inner| inner.downcast_ref::<crate::files::failed::Failed>());
        if let Some(failed) = failed.or_else(|| cause.downcast_ref()) {
            return Some((failed.path.clone(), std::io::Error::new(failed.kind, failed.reason.clone())));
        }
        source = cause.source();
    }
    None
}
